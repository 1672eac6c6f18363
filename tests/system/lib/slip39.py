# SPDX-License-Identifier: Apache-2.0
"""The words and the checksum of SLIP-0039: the words are the standard's own list, to which unit.slip39_words holds the
product's table."""
import os

from . import wire

GENERATORS = (0xe0e040, 0x1c1c080, 0x3838100, 0x7070200, 0xe0e0009, 0x1c0c2412, 0x38086c24,
              0x3090fc48, 0x21b1f890, 0x3f3f120)


def _words():
    with open(os.path.join(wire.SOURCE, "tests", "vectors", "slip39_words.txt"), encoding="ascii") as file:
        found = file.read().split()
    assert len(found) == 1024 and found == sorted(found)
    return found


WORDS = _words()
NUMBERS = {word: number for number, word in enumerate(WORDS)}


def rs1024(extendable, numbers):
    """1 for the numbers of a share's words, whose last three are the checksum."""
    state = 1
    for value in [*(b"shamir_extendable" if extendable else b"shamir"), *numbers]:
        top, state = state >> 20, (state & 0xfffff) << 10 ^ value
        for bit, generator in enumerate(GENERATORS):
            if top >> bit & 1:
                state ^= generator
    return state


def checksum(extendable, numbers):
    """The numbers of the three words that belong behind these."""
    state = rs1024(extendable, [*numbers, 0, 0, 0]) ^ 1
    return [state >> 20, state >> 10 & 1023, state & 1023]


# -- locating an error, by the syndromes of a Reed-Solomon code (Peterson), with the field's own arithmetic

EXP = [1]
for _ in range(1022):
    EXP.append(EXP[-1] << 1 ^ (0x409 if EXP[-1] >> 9 else 0))  # the root of x^10 + x^3 + 1
LOG = {value: power for power, value in enumerate(EXP)}


def times(a, b):
    return EXP[(LOG[a] + LOG[b]) % 1023] if a and b else 0


def syndromes(extendable, numbers):
    """The values at the three roots of the code's generator, all zero for a share."""
    found = []
    for root in EXP[1:4]:
        value = 1
        for number in [*(b"shamir_extendable" if extendable else b"shamir"), *numbers]:
            value = times(value, root) ^ number
        found.append(value ^ 1)
    return found


def locate(numbers):
    """The number of the one word, from 1, that another one would make right; 0: none, or not only one."""
    places = []
    for extendable in (False, True):
        first, second, third = syndromes(extendable, numbers)
        if not (first and second and third) or times(second, second) != times(first, third):
            continue
        power = (LOG[second] - LOG[first]) % 1023
        at = len(numbers) - 1 - power
        error = times(first, EXP[-power % 1023])
        if at >= 0 and bool((numbers[1] ^ (error if at == 1 else 0)) >> 4 & 1) == extendable:
            places.append(at + 1)
    return places[0] if len(places) == 1 else 0

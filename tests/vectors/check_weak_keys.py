#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Breaks each key of weak_keys.txt by the attack of its rule, without any of this project's code, and tries every attack
on the others: each key breaks the rule that it stands for, and no other one."""

import math
import pathlib

BITS = 2048
HERE = pathlib.Path(__file__).resolve().parent
PRIMES = [n for n in range(2, 65536) if all(n % d for d in range(2, math.isqrt(n) + 1))]


def keys():
    """(rule, e, p, q) of every line."""
    for line in (HERE / "weak_keys.txt").read_text(encoding="ascii").splitlines():
        if not line.startswith("#"):
            rule, *numbers = line.split()
            yield rule, *(int(number, 16) for number in numbers)


def signs_without_a_key(e, n):
    return pow(0x1234, e, n) == 0x1234


def has_no_inverse(e, p, q):
    return math.gcd(e, (p - 1) * (q - 1)) != 1


def shares_a_prime(n):
    return math.gcd(n, math.prod(PRIMES)) != 1


def is_power(n, prime):
    """Whether n is a power of 65537 modulo the prime, by the order of the subgroup: in a cyclic group the elements
    whose order divides it are those of the subgroup."""
    if n % prime == 0:
        return False
    order = next(k for k in range(1, prime) if pow(65537, k, prime) == 1)
    return pow(n, order, prime) == 1


def has_structure(n):
    return all(is_power(n, prime) for prime in PRIMES if 2 < prime <= 167)


def fermat(n, rounds):
    a = math.isqrt(n - 1) + 1
    for _ in range(rounds):
        b = math.isqrt(a * a - n)
        if b * b == a * a - n:
            return a - b, a + b
        a += 1
    return None


def is_close(p, q):
    return abs(p - q) < 1 << BITS // 2 - 100


def rules_of(e, p, q):
    n = p * q
    found = {"exponent-one": signs_without_a_key(e, n), "exponent-even": has_no_inverse(e, p, q),
             "small-factor": shares_a_prime(n), "roca": has_structure(n), "close-primes": is_close(p, q)}
    return {rule for rule, broken in found.items() if broken}


def main():
    seen, found_by_fermat = set(), 0
    for rule, e, p, q in keys():
        assert (p * q).bit_length() == BITS, rule
        assert rules_of(e, p, q) == {rule} - {"none"}, (rule, rules_of(e, p, q))
        if fermat(p * q, 10):
            assert rule == "close-primes", rule
            found_by_fermat += 1
        seen.add(rule)
    assert seen == {"none", "exponent-one", "exponent-even", "small-factor", "roca", "close-primes"}, seen
    assert found_by_fermat == 1 # the others are at the bound of the rule
    print("check_weak_keys: each key breaks its own rule and no other")


if __name__ == "__main__":
    main()

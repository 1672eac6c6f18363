# SPDX-License-Identifier: Apache-2.0
"""Searches the whole memory of a process, as root reads it, for secret numbers."""
import os
import re
import sys

PIECE = 16 << 20
WORD = 8
# Pages of the kernel's own, which nobody reads through /proc.
NEVER_READABLE = ("[vvar]", "[vvar_vclock]", "[vsyscall]")
SECRET = "/secretmem"
LINE = re.compile(r"([0-9a-f]+)-([0-9a-f]+) \S+ \S+ \S+ \S+ *(.*)")


class Mapping:
    def __init__(self, start, end, name):
        self.start, self.end, self.name = int(start, 16), int(end, 16), name
        self.flags = []

    @property
    def size(self):
        return self.end - self.start

    def is_secret(self):
        """Of memfd_secret(2)."""
        return self.name.startswith(SECRET)

    def is_locked(self):
        """Never swapped, never dumped, never a child's: as an arena is that root can read."""
        return not self.name and {"lo", "dd", "dc"} <= set(self.flags)

    def __str__(self):
        return f"{self.name or 'anonymous'} {self.start:x}-{self.end:x}"


def mappings(pid):
    found = []
    with open(f"/proc/{pid}/smaps") as lines:
        for line in lines:
            header = LINE.fullmatch(line.rstrip("\n"))
            if header:
                found.append(Mapping(*header.groups()))
            elif line.startswith("VmFlags:"):
                found[-1].flags = line.split()[1:]
    return found


def read(pid, start, size):
    """The bytes there, or None where not even root can read."""
    with open(f"/proc/{pid}/mem", "rb", 0) as memory:
        try:
            memory.seek(start)
            return memory.read(size)
        except (OSError, OverflowError, ValueError):
            return None


def pieces(pid, mapping):
    """(address, bytes) of all of a mapping. That it cannot be read is an error unless it is one
    that nobody can: a search that skips is no search."""
    if mapping.name in NEVER_READABLE:
        return
    for at in range(mapping.start, mapping.end, PIECE):
        size = min(PIECE, mapping.end - at)
        data = read(pid, at, size)
        if data is None or len(data) != size:
            raise AssertionError(f"process {pid}: {mapping} cannot be read")
        yield at, data


class Needles:
    """Secret numbers to look for. Every 8 bytes in a row of a number, in both byte orders, are
    looked for at every address that is a multiple of 8: so every piece of 15 bytes is found
    wherever it is, with one pass over the memory however many numbers there are."""

    def __init__(self, numbers=()):
        self.owners = {}  # word: the name of the number that it is a part of
        for name, number in dict(numbers).items():
            self.add(name, number)

    def add(self, name, number):
        assert len(number) >= 2 * WORD, name
        for form in (number, number[::-1]):
            for at in range(len(form) - WORD + 1):
                word = int.from_bytes(form[at:at + WORD], sys.byteorder)
                self.owners.setdefault(word, name)

    def update(self, numbers):
        for name, number in numbers.items():
            self.add(name, number)

    def names(self):
        return set(self.owners.values())

    def find(self, data):
        """{where: (name, bytes)} of the pieces of numbers that are in data, neighbours as one."""
        found, end = {}, None
        for at, name in sorted(self._words_in(data)):
            if end == (at, name):
                found[start] = name, at + WORD - start
            else:
                start, found[at] = at, (name, WORD)
            end = at + WORD, name
        return found

    def _words_in(self, data):
        for word in self.owners.keys() & memoryview(data).cast("Q"):
            yield data.find(word.to_bytes(WORD, sys.byteorder)), self.owners[word]


def search(pid, needles, among):
    """[(mapping, address, name, bytes), …] of what is in those mappings, and their size."""
    found, searched = [], 0
    for mapping in among:
        for start, data in pieces(pid, mapping):
            searched += len(data)
            found += [(mapping, start + at, *what) for at, what in needles.find(data).items()]
    return found, searched


def told(found):
    """One line for each finding, for people."""
    return [f"{size} bytes of {name} at {address:x} in {mapping}"
            for mapping, address, name, size in sorted(found, key=lambda one: one[1])]


def is_unreadable(pid, mapping):
    """Whether no page of it can be read, nor the whole be opened as a file."""
    page = os.sysconf("SC_PAGESIZE")
    pages = range(mapping.start, mapping.end, page)
    if any(read(pid, at, page) is not None for at in pages):
        return False
    try:
        os.close(os.open(f"/proc/{pid}/map_files/{mapping.start:x}-{mapping.end:x}", os.O_RDONLY))
    except OSError:
        return True
    return False

# SPDX-License-Identifier: Apache-2.0
"""Archives as keystore/FORMAT.md has them, read and written without any of this project's code: what a backup
must be, and what somebody makes who knows the format, with the KEK or without it."""
import dataclasses
import datetime
import hashlib
import os
import re
import struct

from .signer_fixture import id_text, kek_id, read_file, subkey

BLOCK = 512
END = bytes(2 * BLOCK)
FOR_ARCHIVE = 3  # the number of the key that is derived from the KEK
ROLES = {1: "current", 2: "incoming", 3: "retired"}
STATES = ("none", "begun", "wrapped", "verified", "finishing")
SLH = [strength + speed for strength in ("128", "192", "256") for speed in "sf"]
ALGORITHMS = ("rsa-2048 rsa-3072 rsa-4096 ec-p256 ec-p384 ec-p521 ed25519 ed448 ml-dsa-44 ml-dsa-65 ml-dsa-87".split()
              + ["slh-dsa-sha2-" + kind for kind in SLH] + ["slh-dsa-shake-" + kind for kind in SLH])
UNAUTHENTICATED = "UNAUTHENTICATED"
ID = r"[a-z0-9][a-z0-9._-]{0,63}"
RECORDS = r"set-[^/]+\.txt|transcript-[^/]+\.(txt|sig)|drill-[^/]+\.txt|ceremony-state\.txt"
KINDS = ("manifest.txt", "keystore", rf"keys/{ID}\.key", rf"certs/{ID}\.pem", f"records/({RECORDS})", "trailer.txt")
# The fields of a member's header: (name, size), in their order.
FIELDS = (("name", 100), ("mode", 8), ("uid", 8), ("gid", 8), ("size", 12), ("mtime", 12), ("chksum", 8),
          ("typeflag", 1), ("linkname", 100), ("magic", 6), ("version", 2), ("uname", 32), ("gname", 32),
          ("devmajor", 8), ("devminor", 8), ("prefix", 155), ("rest", 12))


class Refused(Exception):
    """This is no archive, or not one that the format's one encoding gives."""


def need(condition, what):
    if not condition:
        raise Refused(what)


def rank(name):
    """Which place a member's kind has; None for what is no member."""
    return next((place for place, kind in enumerate(KINDS) if re.fullmatch(kind, name)), None)


def order(name):
    return rank(name), name.encode()


def time_text(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def time_of(text):
    need(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text), f"{text} is no time")
    return int(datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z").timestamp())


def sha256(data):
    return hashlib.sha256(data).hexdigest()


# -- members

@dataclasses.dataclass(frozen=True)
class Member:
    """A file in an archive. `fields` replaces bytes of its header: {"typeflag": b"2", …}; chksum is made for the
    others unless it is among them. `filler`: what stands behind the content, if it is not zeros."""
    name: str
    content: bytes
    fields: dict = dataclasses.field(default_factory=dict)
    filler: bytes = None

    def with_fields(self, **fields):
        return dataclasses.replace(self, fields={**self.fields, **fields})

    def header(self, time):
        fields = {"name": self.name.encode(), "mode": b"0000600", "uid": b"0000000", "gid": b"0000000",
                  "size": b"%011o" % len(self.content), "mtime": b"%011o" % time, "typeflag": b"0", "magic": b"ustar",
                  "version": b"00", "chksum": b" " * 8, **self.fields}
        raw = b"".join(fields.get(name, b"").ljust(size, b"\0") for name, size in FIELDS)
        assert len(raw) == BLOCK
        if "chksum" not in self.fields:
            raw = raw[:148] + b"%06o\0 " % sum(raw) + raw[156:]
        return raw

    def encode(self, time):
        filler = bytes(-len(self.content) % BLOCK) if self.filler is None else self.filler
        return self.header(time) + self.content + filler


def split(data):
    """(members, the archive's time, where the last one begins) of an archive in the one encoding."""
    need(len(data) % BLOCK == 0 and data.endswith(END), "its end is not there")
    members, at, last, times = [], 0, 0, set()
    while data[at:at + BLOCK] != bytes(BLOCK):
        raw = data[at:at + BLOCK]
        name = raw[:100].rstrip(b"\0").decode("ascii", "replace")
        need(re.fullmatch(rb"[0-7]{11}\0[0-7]{11}\0", raw[124:148]), f"{name}: size or time is no number")
        size, time = int(raw[124:135], 8), int(raw[136:147], 8)
        member = Member(name, data[at + BLOCK:at + BLOCK + size])
        need(len(member.content) == size, f"{name} is cut off")
        encoded = member.encode(time)
        need(data[at:at + len(encoded)] == encoded, f"{name} is encoded otherwise")
        members.append(member)
        times.add(time)
        last, at = at, at + len(encoded)
    need(data[at:] == END, "something stands behind its end")
    need(len(times) == 1, "its members are of several times")
    return members, times.pop(), last


# -- what it says of its content

class Header:
    """DIR/keystore, as far as an archive names it."""

    def __init__(self, data):
        need(data[:12] == b"SIGNRKST" + struct.pack(">I", 1), "keystore is no header")
        self.keystore_id, self.state = data[12:28], STATES[data[28]]
        entries = [data[at:at + 25] for at in range(30, 30 + 25 * data[29], 25)]
        self.keks = [(entry[:8], ROLES[entry[8]], *struct.unpack(">QQ", entry[9:])) for entry in entries]

    def current(self):
        return next(entry[0] for entry in self.keks if entry[1] == "current")

    def lines(self):
        for raw, role, since, until in self.keks:
            ends = f" until {time_text(until)}" if role == "retired" else ""
            yield f"kek {id_text(raw)} {role} since {time_text(since)}{ends}"
        yield f"rekey {self.state}"


def key_words(sealed):
    """What the manifest says of a sealed key: algorithm, its public key's hash, the KEKs that it has wraps for."""
    public_length, wraps_length = struct.unpack(">II", sealed[12:20])
    public, wraps = sealed[24:24 + public_length], sealed[24 + public_length:24 + public_length + wraps_length]
    algorithm, = struct.unpack(">H", public[80:82])
    policy_length, = struct.unpack(">H", public[90:92])
    at = 92 + policy_length
    spki_length, = struct.unpack(">I", public[at:at + 4])
    spki = public[at + 4:at + 4 + spki_length]
    keks = [id_text(wraps[i:i + 8]) for i in range(0, len(wraps), 80)]
    return f"{ALGORITHMS[algorithm - 1]} {sha256(spki)} {','.join(keks)}"


def manifest_lines(files, time, tool="signer-ceremony 0.1.0", libraries="libsodium 1.0.18"):
    header = Header(files["keystore"])
    lines = ["signer archive 1", f"keystore {header.keystore_id.hex()}", *header.lines(), f"time {time_text(time)}",
             f"tool {tool}", f"libraries {libraries}"]
    for name in sorted(files, key=order):
        words = " " + key_words(files[name]) if name.startswith("keys/") else ""
        lines.append(f"file {len(files[name])} {sha256(files[name])} {name}{words}")
    return lines


def mac(kek, keystore_id, time, digest):
    """The MAC of an archive whose bytes before the trailer have this SHA-256 (hex); `kek` is the 32 raw bytes."""
    said = (b"SIGNRBAK" + struct.pack(">I", 1) + keystore_id + kek_id(kek) + struct.pack(">Q", time)
            + bytes.fromhex(digest))
    return hashlib.blake2b(said, digest_size=32, key=subkey(kek, b"SIGNRKEK", FOR_ARCHIVE)).hexdigest()


def trailer_lines(keystore_id, of_kek, time, digest, mac_text):
    return ["signer archive trailer 1", f"keystore {keystore_id.hex()}", f"kek {id_text(of_kek)}",
            f"time {time_text(time)}", f"sha256 {digest}", f"mac {mac_text}"]


def text(lines):
    return "".join(line + "\n" for line in lines).encode()


def with_checksum(lines):
    return text([*lines, "checksum " + sha256(text(lines))])


# -- reading

class Archive:
    """One archive, held to all that the format says; what only a KEK can tell is asked of is_authentic."""

    def __init__(self, data):
        self.data = data
        self.members, self.time, self.trailer_at = split(data)
        names = [member.name for member in self.members]
        need(all(rank(name) is not None for name in names), f"{names}: one is no member")
        need(names == sorted(set(names), key=order), f"{names}: not in this order")
        need([rank(name) for name in names].count(1) == 1, "there is no header")
        need(names[0] == "manifest.txt" and names[-1] == "trailer.txt", "manifest or trailer is not there")
        self.files = {member.name: member.content for member in self.members[1:-1]}
        self.header = Header(self.files["keystore"])
        self.keystore_id = self.header.keystore_id
        self._hold_manifest()
        self._hold_trailer()

    @classmethod
    def read(cls, data, kek=None):
        """Of bytes, or of a file by its path; with a KEK's 32 bytes its MAC must be right."""
        try:
            made = cls(data if isinstance(data, bytes) else read_file(data))
        except (ValueError, LookupError, struct.error) as problem:
            raise Refused(f"{type(problem).__name__}: {problem}") from problem
        need(kek is None or made.is_authentic(kek), "the MAC is wrong")
        return made

    def _hold_manifest(self):
        self.manifest = self.members[0].content.decode("ascii")
        told = dict(re.findall(r"^(tool|libraries) ([ -~]+)$", self.manifest, re.M))
        need(set(told) == {"tool", "libraries"}, "nobody says what made it")
        wanted = text(manifest_lines(self.files, self.time, **told)).decode("ascii")
        need(self.manifest == wanted, f"the manifest is\n{self.manifest}and should be\n{wanted}")

    def _hold_trailer(self):
        self.trailer = self.members[-1].content
        self.said = dict(line.partition(" ")[::2] for line in self.trailer.decode("ascii").splitlines())
        self.kek_text, self.mac, self.sha256 = self.said["kek"], self.said["mac"], sha256(self.data[:self.trailer_at])
        need(self.kek_text in [id_text(entry[0]) for entry in self.header.keks if entry[1] != "retired"],
             "it is authenticated with a KEK that the header does not name")
        need(re.fullmatch(f"[0-9a-f]{{64}}|{UNAUTHENTICATED}", self.mac), "its MAC is none")
        wanted = with_checksum(trailer_lines(self.keystore_id, bytes.fromhex(self.kek_text.replace("-", "")), self.time,
                                             self.sha256, self.mac))
        need(self.trailer == wanted, f"the trailer is\n{self.trailer}\nand should be\n{wanted}")

    def is_authentic(self, kek):
        return self.kek_text == id_text(kek_id(kek)) and self.mac == mac(kek, self.keystore_id, self.time, self.sha256)

    def keys(self):
        return [name[len("keys/"):-len(".key")] for name in self.files if name.startswith("keys/")]

    def kek_ids(self):
        return [id_text(entry[0]) for entry in self.header.keks]


# -- writing

def files_of(path):
    """{name: content} of what a backup of this keystore holds."""
    found = {}
    for at, _, names in os.walk(path):
        for name in names:
            member = os.path.relpath(os.path.join(at, name), path)
            if rank(member) not in (None, 0, len(KINDS) - 1):
                found[member] = read_file(os.path.join(at, name))
    return dict(sorted(found.items(), key=lambda item: order(item[0])))


def build(files, kek=None, time=1767225600, manifest=None, members=None, trailer=None, mac_text=None, end=END, **told):
    """An archive of {name: content}; with a KEK's 32 bytes its MAC is right whatever else is wrong. What is wrong is
    brought in by functions: manifest(lines), members(list of all but the trailer) and trailer(lines without the
    checksum) give what stands there instead; `mac_text` and `end` replace the MAC and what follows."""
    header = Header(files["keystore"])
    lines = manifest_lines(files, time, **told)
    listed = [Member("manifest.txt", text(manifest(lines) if manifest else lines)),
              *(Member(name, files[name]) for name in sorted(files, key=order))]
    body = b"".join(member.encode(time) for member in (members(listed) if members else listed))
    digest = sha256(body)
    if mac_text is None:
        mac_text = mac(kek, header.keystore_id, time, digest) if kek else UNAUTHENTICATED
    lines = trailer_lines(header.keystore_id, kek_id(kek) if kek else header.current(), time, digest, mac_text)
    last = Member("trailer.txt", with_checksum(trailer(lines) if trailer else lines))
    return body + last.encode(time) + end


def rebuilt(archive, kek=None, **changes):
    """An archive that was read, made again with other content or other rules: {"files": {name: content or None}}."""
    files = {**archive.files, **changes.pop("files", {})}
    told = dict(re.findall(r"^(tool|libraries) (.+)$", archive.manifest, re.M))
    return build({name: content for name, content in files.items() if content is not None}, kek,
                 changes.pop("time", archive.time), **{**told, **changes})

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The documents say what the code does: limits, reasons, formats, frames and man pages. What stands in C is asked of a
compiler.

usage: documents.py SOURCE_DIR CC
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SOURCE, COMPILER = pathlib.Path(sys.argv[1]), sys.argv[2]
wrong = []


def read(path):
    return (SOURCE / path).read_text()


def compile_c(program, *options):
    """What the compiler makes of a program: whether there is no error, standard output, standard error."""
    done = subprocess.run([COMPILER, "-std=gnu11", *options, "-x", "c", "-I", SOURCE, "-"], input=program,
                          capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    return done.returncode == 0, done.stdout, done.stderr


def limits():
    """Every limit that PROTOCOL.md names has the value of limits.h: each row is an assertion."""
    rows = re.findall(r"^\|[^|]+\| ([0-9,]+)[^|]*\| `([A-Z_]+)` \|$", read("proto/PROTOCOL.md"), re.M)
    every = re.findall(r"^\|[^|]+\|[^|]+\| `[A-Z_]+` \|$", read("proto/PROTOCOL.md"), re.M)
    if len(rows) < 10 or len(rows) != len(every):
        wrong.append(f"PROTOCOL.md: {len(rows)} of {len(every)} rows of the table of limits were understood")
    for number, name in rows:
        value = number.replace(",", "")
        program = f'#include "proto/limits.h"\n_Static_assert({name} == {value}, "another value");\n'
        is_right, _, problem = compile_c(program, "-fsyntax-only")
        if not is_right:
            wrong.append(f"PROTOCOL.md says {name} = {number}, and limits.h does not: {problem.splitlines()[0]}")


def reasons():
    """Every reason of the gate stands in PROTOCOL.md; the preprocessor lists the macros, and then expands them."""
    documented = set(re.findall(r"`([A-Z][A-Z_]+)`", read("proto/PROTOCOL.md")))
    include = '#include "proto/status.h"\n'
    names = re.findall(r"^#define (REASON_\w+)", compile_c(include, "-E", "-dM")[1], re.M)
    expanded = compile_c(include + "".join(f"given: {name}\n" for name in names), "-E", "-P")[1]
    found = re.findall(r'^given: "([A-Z_]+)"$', expanded, re.M)
    if len(found) != len(names) or len(found) < 10:
        wrong.append(f"status.h: {len(found)} of {len(names)} reasons were understood")
    for reason in found:
        if reason not in documented:
            wrong.append(f"PROTOCOL.md does not tell of the reason {reason}")


def format_example():
    """The hex in FORMAT.md is that of the test vectors."""
    text = re.sub(r"\s", "", read("keystore/FORMAT.md"))
    for vector in ("sealed_key.hex", "header.hex"):
        if re.sub(r"\s", "", read(f"tests/vectors/{vector}")) not in text:
            wrong.append(f"FORMAT.md does not show the bytes of tests/vectors/{vector}")


def frames():
    """The frames in PROTOCOL.md are whole, and protobuf reads them as what the text says."""
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run(["protoc", f"--proto_path={SOURCE}/proto", f"--python_out={directory}",
                        "signer.proto"], check=True)
        sys.path.insert(0, directory)
        import signer_pb2 as wire
    blocks = re.findall(r"(?:^    [0-9a-f ]+$\n?)+", read("proto/PROTOCOL.md").split("## Examples")[1], re.M)
    data = bytes.fromhex("".join(blocks))
    shown = []
    while data:
        length = int.from_bytes(data[:4], "big")
        shown.append(data[4:4 + length])
        data = data[4 + length:]
    request, response = wire.Request.FromString, wire.Response.FromString
    expected = [
        (request, lambda m: m.id == 1 and m.HasField("hello")),
        (request, lambda m: m.generate_key.id == "issuing-ca" and m.deadline_ms == 5000
         and list(m.generate_key.policy.schemes) == [wire.SCHEME_ECDSA]),
        (request, lambda m: m.sign.hash == wire.HASH_SHA256 and len(m.sign.digest) == 32),
        (response, lambda m: m.status == wire.STATUS_NOT_FOUND and m.reason == "KEY_UNKNOWN"),
        (request, lambda m: m.destroy_key.id == "old-ca"),
        (response, lambda m: m.id == 5 and m.destroy_key.existed),
    ]
    if len(shown) != len(expected):
        wrong.append(f"PROTOCOL.md shows {len(shown)} frames, {len(expected)} are known here")
    for frame, (parse, is_right) in zip(shown, expected):
        if not is_right(parse(frame)):
            wrong.append(f"PROTOCOL.md: the frame {frame.hex()} is not what it is said to be")


HELP = re.compile(r'(?:\w*help\[\]|\.help_head|\.help_foot) =\s*((?:"(?:[^"\\]|\\.)*"\s*)+)[;,]')
COLUMNS = 80  # of the console that RUNBOOK.md asks for


def help_texts():
    """What a program or verb says of itself fits the console of a ceremony."""
    found = 0
    folders = (SOURCE / part for part in ("ceremony", "client/signerctl", "signer"))
    for path in sorted(path for folder in folders for path in folder.glob("*.c")):
        for literals in HELP.findall(path.read_text()):
            found += 1
            lines = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literals)).replace('\\"', '"').split("\\n")
            wrong.extend(f"{path.relative_to(SOURCE)}: help of more than {COLUMNS} columns: {line}"
                         for line in lines if len(line) > COLUMNS)
    if found < 30:
        wrong.append(f"only {found} texts of help were found")


def manual_pages():
    """The man pages render without a warning."""
    for page in sorted((SOURCE / "docs/man").glob("*.[1-8]")):
        result = subprocess.run(["man", "--warnings", "-l", page], capture_output=True, text=True,
                                env={"MANPAGER": "cat", "MANWIDTH": "80", "PATH": "/usr/bin:/bin",
                                     "LC_ALL": "C.UTF-8"})
        if result.returncode or result.stderr or len(result.stdout) < 500:
            wrong.append(f"{page.name}: {result.stderr.strip() or 'renders to almost nothing'}")
    for program in ("signer.8", "signer-ceremony.8", "signerctl.1", "libsigner.3", "signer-provider.7",
                    "signer-pkcs11.7"):
        if not (SOURCE / "docs/man" / program).exists():
            wrong.append(f"docs/man/{program} is missing")


for check in (limits, reasons, format_example, frames, help_texts, manual_pages):
    check()
for line in wrong:
    print(f"documents: {line}")
print(f"documents: {len(wrong)} wrong")
sys.exit(1 if wrong else 0)

# SPDX-License-Identifier: Apache-2.0
"""What each way to a signer costs, in one run: turns of all doors alternate, and the table has medians. The signer has
as many vaults as the machine has processors. Figures of two runs, or of two machines, cannot be compared.

    doors.py --bin DIR --lib DIR --tools DIR [--callers 1,2,8,64] [--turns 5] [--seconds 1]

Doors: libsigner with a client for each caller, the OpenSSL provider, the PKCS #11 module, and the Go and the Python
client, each of which is shared by all callers. Go is left out where there is none.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
ALGORITHM = "ec-p256"


def commands(arguments, go_caller):
    """name: the command of a turn with this many callers."""
    seconds, rivals = str(arguments.seconds), os.path.join(arguments.tools, "rivals")
    yield "libsigner", lambda callers: [os.path.join(arguments.bin, "signerctl"), "bench", ALGORITHM, "--callers",
                                        callers, "--in-flight", "1", "--seconds", seconds, "--json"]
    yield "provider", lambda callers: [rivals, "provider", ALGORITHM, callers, "1", seconds, arguments.lib, ALGORITHM]
    yield "PKCS #11 module", lambda callers: [rivals, "pkcs11", ALGORITHM, callers, "1", seconds,
                                              os.path.join(arguments.lib, "signer-pkcs11.so"), ALGORITHM, "any"]
    if go_caller:
        yield "Go client", lambda callers: [go_caller, ALGORITHM, callers, seconds]
    yield "Python client", lambda callers: ["/usr/bin/python3", os.path.join(HERE, "python_caller.py"), ALGORITHM,
                                            callers, seconds]


def build_go(place):
    """The caller in Go, built outside the tree; None without Go."""
    if not shutil.which("go"):
        return None
    module = os.path.join(place, "go_caller")
    shutil.copytree(os.path.join(HERE, "go_caller"), module)
    with open(os.path.join(module, "go.mod"), "w", encoding="ascii") as file:
        file.write(f"module caller\ngo 1.24\nrequire signer/client/go v0.0.0\n"
                   f'replace signer/client/go => "{SOURCE}/client/go"\n')
    subprocess.run(["go", "build", "-o", "caller", "."], cwd=module, check=True,
                   env={**os.environ, "GOFLAGS": "-mod=mod"})
    return os.path.join(module, "caller")


def start_signer(arguments, place, environment):
    def path(name):
        return os.path.join(place, name)
    subprocess.run([os.path.join(arguments.bin, "signer-ceremony"), "init", "--keystore", path("keystore"), "--kek",
                    path("kek")], check=True, capture_output=True)
    with open(path("log"), "wb") as log:
        signer = subprocess.Popen([os.path.join(arguments.bin, "signer"), "--keystore", path("keystore"), "--kek",
                                   path("kek"), "--socket", environment["SIGNER_SOCKET"]], stderr=log)
    while b"ready" not in open(path("log"), "rb").read():
        if signer.poll() is not None:
            raise SystemExit("doors: the signer does not start")
        time.sleep(0.01)
    subprocess.run([os.path.join(arguments.bin, "signerctl"), "generate", ALGORITHM, "--algorithm", ALGORITHM],
                   env=environment, check=True, capture_output=True)
    return signer


def measure(arguments, doors, environment):
    """{(name, callers): [(rate, p50), …]}"""
    found = {}
    for _ in range(arguments.turns):
        for callers in arguments.callers.split(","):
            for name, command in doors:
                done = subprocess.run(command(callers), env=environment, capture_output=True, text=True, check=True)
                figures = json.loads(done.stdout)
                found.setdefault((name, callers), []).append((figures["operations_per_second"], figures["p50_us"]))
    return found


def print_table(arguments, doors, found):
    every = arguments.callers.split(",")
    print("| " + ALGORITHM + " | " + " | ".join(f"{callers}×1" for callers in every) + " |")
    print("|---" * (len(every) + 1) + "|")
    for name, _ in doors:
        cells = []
        for callers in every:
            rate = statistics.median(rate for rate, _ in found[name, callers])
            first = statistics.median(rate for rate, _ in found[doors[0][0], callers])
            p50 = statistics.median(p50 for _, p50 in found[name, callers])
            cells.append(f"**{rate / first:.2f}** {rate:,.0f}/s, {p50:,.0f} µs")
        print(f"| {name} | " + " | ".join(cells) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("bin", "lib", "tools"):
        parser.add_argument("--" + name, required=True, type=os.path.abspath)
    parser.add_argument("--callers", default="1,2,8,64")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=1)
    arguments = parser.parse_args()
    place = tempfile.mkdtemp(prefix="signer-bench-")
    environment = {**os.environ, "SIGNER_SOCKET": os.path.join(place, "socket"), "SIGNER_PKCS11_CONF": "/dev/null",
                   "SIGNER_EXPECT_UID": str(os.geteuid()), "PYTHONPATH": os.path.join(SOURCE, "client", "python")}
    doors = list(commands(arguments, build_go(place)))
    signer = start_signer(arguments, place, environment)
    try:
        print_table(arguments, doors, measure(arguments, doors, environment))
    finally:
        signer.terminate()
        signer.wait()
        shutil.rmtree(place, ignore_errors=True)


main()

# SPDX-License-Identifier: Apache-2.0
"""What the sandbox costs: signatures a second of the signer and of the same signer without its sandbox
(signer_unsandboxed), by turns in one run, and the CPU time of all rooms for each.

usage: sandbox_cost.py [TURNS]      BIN and TOOLS name the directories of the programs
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

BIN, TOOLS = os.environ["BIN"], os.environ["TOOLS"]
TURNS = int(sys.argv[1]) if len(sys.argv) > 1 else 15
LOADS = ((1, 1), (8, 16))
SECONDS = 1
TICK = os.sysconf("SC_CLK_TCK")


def tool(name, *arguments):
    return subprocess.run([os.path.join(BIN, name), *arguments], check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout


class Signer:
    def __init__(self, program, directory):
        self.socket = os.path.join(directory, os.path.basename(program))
        store, kek = self.socket + ".ks", self.socket + ".kek"
        tool("signer-ceremony", "init", "--keystore", store, "--kek", kek)
        self.process = subprocess.Popen([program, "--keystore", store, "--kek", kek, "--socket", self.socket],
                                        stderr=subprocess.DEVNULL)
        while not os.path.exists(self.socket):
            time.sleep(0.05)
        tool("signerctl", "generate", "ca", "--socket", self.socket)

    def cpu_seconds(self):
        """Of the gate and its rooms, while they live."""
        children = open(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read().split()
        ticks = 0
        for pid in [self.process.pid, *children]:
            fields = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / TICK

    def turn(self, callers, in_flight):
        """Signatures a second, and microseconds of CPU for each."""
        before = self.cpu_seconds()
        said = json.loads(tool("signerctl", "bench", "ca", "--callers", str(callers), "--in-flight",
                               str(in_flight), "--seconds", str(SECONDS), "--json", "--socket", self.socket))
        assert said["errors"] == 0, said
        return said["operations_per_second"], (self.cpu_seconds() - before) / said["operations"] * 1e6

    def stop(self):
        self.process.terminate()
        self.process.wait()


def compare(sandboxed, bare, callers, in_flight):
    """Each turn is a pair; which of the two goes first alternates."""
    pairs = []
    for number in range(TURNS):
        order = (sandboxed, bare) if number % 2 else (bare, sandboxed)
        figures = {one: one.turn(callers, in_flight) for one in order}
        pairs.append((figures[sandboxed], figures[bare]))
    rate = [statistics.median(pair[i][0] for pair in pairs) for i in (0, 1)]
    cpu = [statistics.median(pair[i][1] for pair in pairs) for i in (0, 1)]
    ratio = statistics.median(with_it[0] / without[0] for with_it, without in pairs)
    print(f"| {callers}x{in_flight} | {rate[0]:.0f} | {rate[1]:.0f} | {(ratio - 1) * 100:+.1f} % "
          f"| {cpu[0]:.2f} | {cpu[1]:.2f} |", flush=True)


def main():
    with tempfile.TemporaryDirectory(prefix="signer-bench-") as directory:
        signers = [Signer(program, directory) for program in
                   (os.path.join(BIN, "signer"), os.path.join(TOOLS, "signer_unsandboxed"))]
        print(f"P-256, medians of {TURNS} interleaved turns of {SECONDS} s")
        print("| load | with the sandbox /s | without /s | difference | CPU with, us | without, us |")
        print("|---|---|---|---|---|---|")
        for load in LOADS:
            compare(*signers, *load)
        for signer in signers:
            signer.stop()


if __name__ == "__main__":
    main()

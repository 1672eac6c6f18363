# SPDX-License-Identifier: Apache-2.0
"""What a signer costs as its keystore and its connections grow, in one run: each turn measures everything once, at
every size, and every other turn goes through the sizes backwards. A measurement with foreign load on the machine is
left out and taken again. The tables have medians of the turns. Figures of two runs, or of two machines, cannot be
compared.

    growth.py --bin DIR --tools DIR [--sizes 1,10,1000,100000] [--connections 1,10,100,1000,10000] [--turns 5]
              [--seconds 1] [--used 10000] [--foreign 0.06] [--markdown FILE] [--json FILE]

start        from the start of `signer` to the answer of the first Sign, for a client that is there before it
cold         the first signature of up to 300 keys that this signer has never used, and then the second one of each
memory       of each room, after the start, and in the last turn when keys were used, --used of them at most: the vaults
             keep as many as their key memory holds, and the gate knows of all
rate         signatures a second, 8 callers with 16 requests in flight: one warm key, and 100 of them by turns
connections  signatures beside so many idle connections, each of which has asked once, and the gate's memory for
             each of those; what the kernel keeps for a socket is not in it

Keys are EC P-256. A keystore is made once and serves all turns, and the kernel has its files in memory: "cold" is a key
that no room has, never a disk. All signers have their usual bounds but for those with many connections. PSS and private
memory are of /proc/PID/smaps_rollup, which only root can read; without it, they stay empty. 10,000 connections need a
limit of 15,264 open files. --foreign is the part of the machine that others may take in a measurement that counts.
"""
import argparse
import contextlib
import json
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time

from compare import FOREIGN, RETRIES, children_of, cpu_of, machine_busy, read, run, write

STARTS = 5  # in a measurement: one alone is too short for the clock that foreign load is told by
COLD_KEYS = 300
WARM_KEYS = 100
LOADS = ((1, 1), (8, 16))
TELLING = 100  # connections; memory grows by pages, so that fewer say nothing of one
OWN_DESCRIPTORS = 64  # of a signer: what is not a client's
HELLO = bytes.fromhex("00000004" "08015200")  # request 1
ANSWER_ID, ANSWER_STATUS = HELLO[4:6], 0x10  # a status that is not OK stands behind the id
SMAPS = {"pss_kib": ("Pss:",), "private_kib": ("Private_Clean:", "Private_Dirty:")}


def fail(reason):
    sys.exit("growth: " + reason)


def say(what):
    print("growth: " + what, file=sys.stderr, flush=True)


class Place:
    """The keystores and sockets of a run, in a directory of its own, and gone at its end."""

    def __init__(self, arguments, directory):
        self.arguments, self.directory = arguments, directory
        self.samples = {"start": {}, "cold": {}, "memory": {}, "rate": {}, "connections": {}}
        self.left_out = 0
        for size in arguments.sizes:
            self.make_keystore(size)

    def make_keystore(self, size):
        say(f"makes the keystore with keys: {size:,}")
        paths = self.keystore(size)
        run(self.binary("signer-ceremony"), "init", "--keystore", paths[0], "--kek", paths[1])
        run(self.tool("make_keys"), *paths, str(size))

    def keystore(self, size):
        return [os.path.join(self.directory, f"{name}-{size}") for name in ("keystore", "kek")]

    def command(self, size, *options):
        keystore, kek = self.keystore(size)
        return [self.binary("signer"), "--keystore", keystore, "--kek", kek, "--socket", self.socket, *options]

    @property
    def socket(self):
        return os.path.join(self.directory, "socket")

    def binary(self, name):
        return os.path.join(self.arguments.bin, name)

    def tool(self, name):
        return os.path.join(self.arguments.tools, name)

    def caller(self, *arguments):
        return run(self.tool("growth_caller"), *map(str, arguments))

    def add(self, table, row, figures):
        if figures:
            self.samples[table].setdefault(row, []).append(figures)


class Signer:
    """A signer that serves until the end of `with`; `rooms` has their pids."""

    def __init__(self, place, size, *options):
        self.command, self.log = place.command(size, *options), os.path.join(place.directory, "log")

    def __enter__(self):
        with open(self.log, "w", encoding="ascii") as log:
            self.process = subprocess.Popen(self.command, stderr=log)
        while "signer: ready" not in read(self.log):
            if self.process.poll() is not None:
                fail("the signer does not start: " + last_line(read(self.log)))
            time.sleep(0.01)
        store, *vaults, slow = children_of(self.process.pid)  # by the order of forking
        self.rooms = {"gate": self.process.pid, "store": store,
                      **{f"vault {number}": pid for number, pid in enumerate(vaults)}, "slow vault": slow}
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def memory(self):
        return {room: memory_of(pid) for room, pid in self.rooms.items()}


def last_line(text):
    return (text.strip().splitlines() or ["it says nothing"])[-1]


def fields_of(path):
    return {words[0]: int(words[1]) for words in map(str.split, read(path).splitlines())
            if len(words) == 3 and words[2] == "kB"}


def memory_of(pid):
    """In KiB; PSS and the private part as far as this user may read them."""
    figures = {"rss_kib": fields_of(f"/proc/{pid}/status")["VmRSS:"]}
    with contextlib.suppress(OSError):
        fields = fields_of(f"/proc/{pid}/smaps_rollup")
        figures.update({name: sum(fields[part] for part in parts) for name, parts in SMAPS.items()})
    return figures


def run_time(pid):
    """Seconds on a processor; the kernel's own count is finer than its ticks, where it is kept."""
    try:
        return int(read(f"/proc/{pid}/schedstat").split()[0]) / 1e9
    except (OSError, IndexError):
        return cpu_of(pid)


def own_time(pids):
    """Seconds of this program, of its children that have ended, and of those rooms."""
    return sum(os.times()[:4]) + sum(map(cpu_of, pids))


def quiet(place, take, pids=()):
    """What take() gives when nothing else was at work; None if that never was. `pids`: rooms that live before and
    after."""
    for _ in range(RETRIES):
        own, busy, began = own_time(pids), machine_busy(), time.monotonic()
        figures = take()
        foreign = machine_busy() - busy - (own_time(pids) - own)
        if foreign <= place.arguments.foreign * (time.monotonic() - began) * os.cpu_count():
            return figures
        place.left_out += 1
    return None


def medians(turns):
    return {name: statistics.median(turn[name] for turn in turns) for name in turns[0]}


# -- what is measured

def measure_start(place, size):
    def take():
        return {"first_signature_ms": int(place.caller("first", place.socket, *place.command(size))) / 1e6}

    place.add("start", (size,), quiet(place, lambda: medians([take() for _ in range(STARTS)])))


def measure_cold(place, size):
    def take():
        with Signer(place, size):
            return json.loads(place.caller("cold", place.socket, min(size, COLD_KEYS), size))

    place.add("cold", (size,), quiet(place, lambda: medians([take() for _ in range(STARTS)])))


def measure_rate(place, signer, size):
    for keys in (1, WARM_KEYS):
        if keys <= size:
            turn = ("rate", place.socket, keys, *LOADS[-1], place.arguments.seconds)
            figures = quiet(place, lambda: json.loads(place.caller(*turn)), signer.rooms.values())
            place.add("rate", (size, keys), figures)


def measure_keys(place, size, last):
    """Memory after the start, rates, and memory when the keys were used."""
    used = min(size, place.arguments.used)
    with Signer(place, size) as signer:
        for room, figures in signer.memory().items():
            place.add("memory", (size, 0, room), figures)
        measure_rate(place, signer, size)
        if not last:
            return
        run(place.tool("sign_each"), place.socket, str(used))
        for room, figures in signer.memory().items():
            place.add("memory", (size, used, room), figures)


def connection_limits(most):
    """As one uid may have three quarters of all, and callers come on top."""
    return most * 3 // 2 + 200, most + 100


def connect(path, held):
    """An idle connection asks once: one that has never asked is closed early."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    held.callback(connection.close)
    connection.connect(path)
    connection.sendall(HELLO)
    return connection


def open_idle(path, count, held):
    for connection in [connect(path, held) for _ in range(count)]:
        answer = connection.recv(4096)
        if len(answer) < 7 or answer[4:6] != ANSWER_ID or answer[6] == ANSWER_STATUS:
            fail(f"the signer refuses one of {count:,} connections")


def bench(place, signer, callers, in_flight):
    gate = run_time(signer.process.pid)
    result = json.loads(run(place.binary("signerctl"), "--socket", place.socket, "--json", "bench", "k000000",
                            "--callers", str(callers), "--in-flight", str(in_flight),
                            "--seconds", str(place.arguments.seconds)))
    if result["errors"]:
        fail(f"{result['errors']} of {result['operations']} signatures failed")
    return {**{name: result[name] for name in ("operations_per_second", "p50_us", "p99_us")},
            "gate_cpu_us": (run_time(signer.process.pid) - gate) / result["operations"] * 1e6}


def measure_connections(place, count):
    size = place.arguments.sizes[0]
    total, per_uid = connection_limits(max(place.arguments.connections))
    limits = (f"connections={total}", f"connections-per-uid={per_uid}", "idle-seconds=86400")
    with contextlib.ExitStack() as held:
        signer = held.enter_context(Signer(place, size, *[word for limit in limits for word in ("--limit", limit)]))
        run(place.tool("sign_each"), place.socket, "1")
        before = memory_of(signer.process.pid)["rss_kib"]
        open_idle(place.socket, count, held)
        each = (memory_of(signer.process.pid)["rss_kib"] - before) / count
        for load in LOADS:
            figures = quiet(place, lambda load=load: bench(place, signer, *load), signer.rooms.values())
            if figures and count >= TELLING:
                figures["gate_kib_per_connection"] = each
            place.add("connections", (count, *load), figures)


def take_turn(place, turn):
    arguments = place.arguments
    order = slice(None, None, -1 if turn % 2 else 1)
    for size in arguments.sizes[order]:
        say(f"turn {turn + 1} of {arguments.turns}, keys: {size:,}")
        measure_start(place, size)
        measure_cold(place, size)
        measure_keys(place, size, turn == arguments.turns - 1)
    for count in arguments.connections[order]:
        say(f"turn {turn + 1} of {arguments.turns}, connections: {count:,}")
        measure_connections(place, count)


# -- what is written

ROWS = {"start": ("keys",), "cold": ("keys",), "memory": ("keys", "used", "room"), "rate": ("keys", "warm_keys"),
        "connections": ("connections", "callers", "in_flight")}
COLUMNS = {"first_signature_ms": "first signature ms", "different": "different keys", "first_p50_us": "first p50 µs",
           "first_p99_us": "first p99 µs", "second_p50_us": "second p50 µs", "second_p99_us": "second p99 µs",
           "rss_kib": "RSS KiB", "pss_kib": "PSS KiB", "private_kib": "private KiB",
           "operations_per_second": "a second", "p50_us": "p50 µs", "p99_us": "p99 µs", "gate_cpu_us": "CPU µs gate",
           "gate_kib_per_connection": "gate KiB each", "to_smallest": "to the smallest"}
FINE = {"to_smallest", "gate_cpu_us", "gate_kib_per_connection"}  # of two decimals
RATIOS = {"start": "first_signature_ms", "rate": "operations_per_second"}


def summarise(table, samples):
    """A row for each state: medians of its turns."""
    rows = []
    for state, turns in sorted(samples.items(), key=lambda item: [part for part in item[0] if isinstance(part, int)]):
        rows.append({**dict(zip(ROWS[table], state)), **medians(turns), "turns": len(turns)})
    for row in rows if table in RATIOS else ():
        row["to_smallest"] = row[RATIOS[table]] / rows[0][RATIOS[table]]
    return rows


def cell(name, value):
    if not isinstance(value, (int, float)):
        return str(value if value is not None else "")
    return f"{value:,.2f}" if name in FINE else f"{value:,.1f}" if name.endswith(("_us", "_ms")) else f"{value:,.0f}"


def markdown(results):
    lines = [results["about"], ""]
    for table, rows in results["tables"].items():
        if not rows:
            continue
        names = [name for name in dict.fromkeys(name for row in rows for name in row) if name != "turns"]
        heads = " | ".join(COLUMNS.get(name, name.replace("_", " ")) for name in names)
        lines += [f"**{table}**", "", f"| {heads} |", "|" + "---|" * len(names)]
        lines += ["| " + " | ".join(cell(name, row.get(name)) for name in names) + " |" for row in rows] + [""]
    return "\n".join(lines)


def results_of(place):
    arguments = place.arguments
    about = (f"Medians of {arguments.turns} turns, rates of {arguments.seconds:g} s each; {os.cpu_count()} CPUs;"
             f" EC P-256; {place.left_out} measurements left out for foreign load.")
    tables = {table: summarise(table, samples) for table, samples in place.samples.items()}
    return {"about": about, "left_out": place.left_out, "tables": tables}


def expected_rows(arguments):
    """How many rows each table must have: one that foreign load left no turn of is an error."""
    sizes = len(arguments.sizes)
    rates = sizes + sum(size >= WARM_KEYS for size in arguments.sizes)
    return {"start": sizes, "cold": sizes, "rate": rates, "connections": len(arguments.connections) * len(LOADS)}


def check_whole(place):
    for table, count in expected_rows(place.arguments).items():
        if len(place.samples[table]) < count:
            fail(f"{table}: the machine had so much other work that no turn counts; see --foreign")


# -- the command line

def numbers(text):
    found = sorted({int(part) for part in text.split(",")})
    if found[0] < 1:
        raise ValueError
    return found


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("bin", "tools"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--sizes", type=numbers, default="1,10,1000,100000")
    parser.add_argument("--connections", type=numbers, default="1,10,100,1000,10000")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--used", type=int, default=10000)
    parser.add_argument("--foreign", type=float, default=FOREIGN)
    for name in ("markdown", "json"):
        parser.add_argument("--" + name)
    return parser.parse_args()


def allow_descriptors(connections):
    """Of this program and of the signers that it starts."""
    needed = connection_limits(connections)[0] + OWN_DESCRIPTORS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), max(hard, needed)))
    except (OSError, ValueError):
        fail(f"{connections} connections need {needed} open files, and the limit is {hard}")


def main():
    arguments = parse()
    allow_descriptors(max(arguments.connections))
    try:
        with tempfile.TemporaryDirectory(prefix="signer-bench-") as directory:
            place = Place(arguments, directory)
            for turn in range(arguments.turns):
                take_turn(place, turn)
    except subprocess.CalledProcessError as problem:
        fail(f"{os.path.basename(problem.cmd[0])}: {last_line(problem.stderr)}")
    except OSError as problem:
        fail(str(problem))
    results = results_of(place)
    print(markdown(results), end="")
    write(arguments.markdown, markdown(results))
    write(arguments.json, json.dumps(results, indent=1) + "\n")
    check_whole(place)


if __name__ == "__main__":
    main()

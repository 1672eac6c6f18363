# SPDX-License-Identifier: Apache-2.0
"""Where the time of one signature goes: a signer with a keystore of its own serves `signerctl bench` while `perf
record` looks at all processors, and every sample is told apart by process and by what it was at.

    where.py --bin DIR [--case 8x16] [--algorithm ec-p256] [--seconds 3] [--markdown FILE] [--svg FILE] [--json FILE]

The table has microseconds of CPU for one operation: samples of that process and category / all samples x CPUs x
duration / operations. Columns: the client, the gate, all vaults, the idle processors, and "others": the store, perf,
whatever else runs. So everything together is CPUs x duration / operations, and foreign load is seen, not taken out. The
last row has what the kernel's accounts say of the same time: /proc/PID/stat, /proc/stat, and the client's resource
usage; where the two are far apart, or "others" is large, take it again on a quiet machine.

A sample has the category of its innermost frame that has one. A frame of user space has it by its library: libcrypto
and libsodium are signature arithmetic, libprotobuf-c is codec, the executable is key memory (keystore/memory/arena*.c),
codec (proto/ and what is generated of it) or own code, by the source file of the symbol, and all else is the C library,
with the loader, the vdso and what perf cannot name; memset and explicit_bzero in a vault are key memory. Of the
kernel's frames those in KERNEL below have one: a lock taken in a sendmsg to wake somebody up is a wake-up, and so is
the interrupt that tells a processor of it. A sample that begins in the kernel and has none of them is the kernel's
rest. The clock's interrupt waits where interrupts are off: that time is seen where they come on again, mostly in the
same category.

--svg writes a flame graph of client, gate, vaults and idle processors, which are its roots, at the bottom; the mouse on
a frame shows its share, and frames below 0.2 % are left out. A distribution's libcrypto has neither symbols nor frame
pointers, and the programs have no frame pointers: of user space only the innermost frame is known, above its library,
and libcrypto is one frame.

Needs perf, addr2line, programs with debug information, libc6-dbg for the C library's names, and the right to look at
all processes and at the kernel: root, or kernel.perf_event_paranoid=-1 with kernel.kptr_restrict=0. Everything is
slower under perf, and figures of two runs cannot be compared.
"""
import argparse
import collections
import contextlib
import html
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time

from compare import ALGORITHMS, OURS, Place, cpu_of, machine_busy, run, write

FREQUENCY = 4000
ARITHMETIC, MEMORY, CODEC, OWN, LIBC = ("signature arithmetic", "key memory", "protobuf and codec", "own code",
                                        "C library")
WAKE, SWITCH, COPY, SECCOMP, REST, HALT = ("kernel: wake-ups", "kernel: changing process", "kernel: copying in and out",
                                           "kernel: seccomp", "kernel: rest", "waiting for work")
CATEGORIES = [ARITHMETIC, MEMORY, CODEC, OWN, LIBC, WAKE, SWITCH, COPY, SECCOMP, REST, HALT]
PROCESSES, PROGRAMS = ["client", "gate", "vaults", "idle", "others"], ["signer", "signerctl"]
KERNEL = [(category, re.compile(pattern)) for category, pattern in (
    (WAKE, r"try_to_wake_up|wake_up|ttwu|wake_function|sock_def_|write_space|ep_poll_callback|pollwake|futex_wake|"
           r"reschedule_ipi|call_function_single"),
    (SWITCH, r"^_*schedule|finish_task_switch|__switch_to|pick_next_task"),
    (COPY, r"sys_(send|recv|read|write)|unix_stream_|sock_(send|recv|read|write)|(vfs|ksys)_(read|write)"),
    (SECCOMP, r"seccomp"),
    (REST, r"sysvec_|irq_exit|softirq"),  # an interrupt is not what it interrupts
    (HALT, r"default_idle|safe_halt|cpuidle_enter|poll_idle|mwait_idle"))]
SOURCES = [(MEMORY, re.compile(r"/keystore/memory/arena\w*\.c:")), (CODEC, re.compile(r"/proto/\w+\.c:|\.pb-c\.c:"))]
FRAME = re.compile(r"\s*([0-9a-f]+) (.*) \((.*)\)$")

Frame = collections.namedtuple("Frame", "kernel symbol start library")  # start: of the symbol, in its library
Sample = collections.namedtuple("Sample", "process frames")  # innermost first; of user space only the innermost


def fail(reason):
    sys.exit("where: " + reason)


class Signer(Place):
    """The signer alone, with one key."""

    start_agent = start_softhsm = start_p11_server = lambda self: None


# -- what is measured

def check_tools():
    for tool in ("perf", "addr2line"):
        if not shutil.which(tool):
            fail(f"{tool} is not installed")
    with open("/proc/kallsyms", encoding="ascii") as symbols:
        if not symbols.readline().split()[0].strip("0"):
            fail("the kernel's symbols may not be read here: see kernel.kptr_restrict and kernel.perf_event_paranoid")


@contextlib.contextmanager
def recording(place):
    """perf records until the end of `with`; what it runs is a shell that says when it has begun, and waits."""
    with open(place.path("perf.log"), "w+", encoding="utf-8") as log, subprocess.Popen(
            ["perf", "record", "-a", "-e", "cpu-clock", "-F", str(FREQUENCY), "-g", "-k", "mono", "-o",
             place.path("perf.data"), "--", "sh", "-c", "echo; read -r end"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log) as perf:
        if not perf.stdout.readline():
            log.seek(0)
            words = [line.strip() for line in log if line.strip() not in ("", "Error:")]
            fail("perf may not record here: " + (words or ["it says nothing"])[0])
        yield


def client_time():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def take(place, command, rooms):
    """What the bench says, its span by the clock of the samples, all processes, and the kernel's accounts of that
    span."""
    with recording(place):
        began, busy, used, before = time.monotonic(), machine_busy(), client_time(), list(map(cpu_of, rooms))
        client = subprocess.Popen(command, env=place.environment, stdout=subprocess.PIPE, text=True)
        answer = client.communicate()[0]
        ended, accounts = time.monotonic(), collections.Counter(client=client_time() - used)
        whole = (ended - began) * os.cpu_count()
        for (pid, room), then in zip(rooms.items(), before):
            accounts[room] += cpu_of(pid) - then
        accounts["idle"] = max(0.0, whole - (machine_busy() - busy))
        accounts["others"] = max(0.0, whole - sum(accounts.values()))
    if client.returncode != 0 or not json.loads(answer)["operations"]:
        fail("the bench has failed")
    return json.loads(answer), (began, ended), {**rooms, client.pid: "client", 0: "idle"}, accounts


def frame_of(line):
    address, symbol, library = FRAME.match(line).groups()
    name, _, offset = symbol.rpartition("+0x")
    start = int(address, 16) - int(offset, 16) if name else None
    return Frame(len(address) == 16 and address.startswith("ffff"), re.sub(r"[.@].*", "", name), start, library)


def sample_of(block, processes, span):
    head, *lines = block.splitlines()
    pid, at = head.split()[:2]
    frames = [frame_of(line) for line in lines if FRAME.match(line)]
    kernel = next((at for at, frame in enumerate(frames) if not frame.kernel), len(frames))
    inside = span[0] <= float(at.rstrip(":")) <= span[1]
    return Sample(processes.get(int(pid), "others"), frames[:kernel + 1]) if inside else None


def samples_of(place, processes, span):
    text = run("perf", "script", "-i", place.path("perf.data"), "--no-inline", "-F", "pid,time,ip,sym,symoff,dso",
               errors="replace")
    samples = [sample_of(block, processes, span) for block in text.split("\n\n") if block.strip()]
    return list(filter(None, samples)) or fail("perf has taken no sample")


def sources_of(program, samples):
    """(program, start): the file and line of each of its symbols that was seen."""
    starts = sorted({frame.start for sample in samples for frame in sample.frames
                     if frame.library == program and frame.start is not None})
    places = run("addr2line", "-e", program, *map(hex, starts)).splitlines() if starts else []
    if places and all(place.startswith("??") for place in places):
        fail(f"{os.path.basename(program)} has no debug information")
    return {(program, start): place for start, place in zip(starts, places)}


def category_of_user(frame, process, sources):
    library = os.path.basename(frame.library)
    if library.startswith(("libcrypto", "libsodium")):
        return ARITHMETIC
    if library.startswith("libprotobuf-c"):
        return CODEC
    if library in PROGRAMS:
        place = sources.get((frame.library, frame.start), "")
        return next((category for category, pattern in SOURCES if pattern.search(place)), OWN)
    return MEMORY if process == "vaults" and re.search("memset|bzero", frame.symbol) else LIBC


def category_of(sample, sources):
    if sample.frames and not sample.frames[0].kernel:
        return category_of_user(sample.frames[0], sample.process, sources)
    return next((category for frame in sample.frames if frame.kernel for category, pattern in KERNEL
                 if pattern.search(frame.symbol)), REST)


def measure(place):
    """What is to be told, the samples, and the microseconds of an operation that each of them stands for."""
    gate, _, *vaults = place.servers[OURS]  # the store, between them, has no part in a signature
    arguments, (callers, in_flight) = place.arguments, place.arguments.case.split("x")
    command = [place.binary("signerctl"), "bench", arguments.algorithm, "--callers", callers, "--in-flight", in_flight,
               "--seconds", str(arguments.seconds), "--json"]
    bench, span, processes, accounts = take(place, command, {gate: "gate", **dict.fromkeys(vaults, "vaults")})
    samples, sources = samples_of(place, processes, span), {}
    for program in PROGRAMS:
        sources.update(sources_of(place.binary(program), samples))
    each = os.cpu_count() * (span[1] - span[0]) / len(samples) / bench["operations"] * 1e6
    counts = collections.Counter((sample.process, category_of(sample, sources)) for sample in samples)
    return {"algorithm": arguments.algorithm, "case": arguments.case.replace("x", "×"), "cpus": os.cpu_count(),
            "duration": span[1] - span[0], "samples": len(samples), "bench": bench,
            "us_per_operation": {name: {kind: each * counts[name, kind] for kind in CATEGORIES} for name in PROCESSES},
            "accounts_us": {name: accounts[name] / bench["operations"] * 1e6 for name in PROCESSES}}, samples, each


# -- what is written

def line(name, values):
    return f"| {name} | " + " | ".join(f"{value:.2f}" for value in [*values, sum(values)]) + " |"


def markdown(results):
    table, bench = results["us_per_operation"], results["bench"]
    return "\n".join([
        f"{results['algorithm']}, {results['case']}: CPU µs per operation; {results['cpus']} CPUs,"
        f" {results['duration']:.2f} s, {bench['operations']:,} operations"
        f" ({bench['operations_per_second']:,.0f} a second), {results['samples']:,} samples", "",
        "| | " + " | ".join(PROCESSES) + " | all |", "|---|" + "---:|" * (len(PROCESSES) + 1),
        *(line(category, [table[process][category] for process in PROCESSES]) for category in CATEGORIES),
        line("**all**", [sum(table[process].values()) for process in PROCESSES]),
        line("by the kernel's accounts", results["accounts_us"].values()), ""])


ROOTS = {"client": "#8fa8bf", "gate": "#a9bd95", "vaults": "#c9b07f", "idle": "#c4c4c4"}
COLOURS = {"libcrypto": "#d6c08e", "libsodium": "#d6c08e", "libprotobuf-c": "#b8a8c9", "signer": "#a8c4b0",
           "signerctl": "#a8c4b0", "kernel": "#c99a8b"}
OTHER_COLOUR = "#b3c0cc"
WIDTH, ROW, LETTER, LEAST = 1200, 17, 6.7, 0.002  # pixels, and the part of the whole that a frame must have


class Node:
    """A frame with everything that was seen above it."""

    def __init__(self, name, colour):
        self.name, self.colour, self.count, self.children = name, colour, 0, {}


def path_of(sample):
    """(name, colour) of each frame, from the root."""
    yield sample.process, ROOTS[sample.process]
    for frame in reversed(sample.frames):
        library = "kernel" if frame.kernel else re.sub(r"[.-](so|\d).*", "", os.path.basename(frame.library))
        colour = COLOURS.get(library, OTHER_COLOUR)
        if not frame.kernel:
            yield library, colour
        if frame.symbol and library != "libcrypto":
            yield frame.symbol, colour


def tree_of(samples):
    root = Node("all", "#dddddd")
    for sample in samples:
        node, root.count = root, root.count + 1
        for name, colour in path_of(sample):
            node = node.children.setdefault(name, Node(name, colour))
            node.count += 1
    return root


def clipped(text, width):
    letters = int((width - 4) / LETTER)
    return text if len(text) <= letters else text[:letters - 2] + ".." if letters > 3 else ""


def rectangles(node, x, y, root, each):
    scale = WIDTH / root.count
    width, name = node.count * scale, html.escape(node.name)
    yield y, (f'<g><title>{name}: {node.count * each:.2f} µs an operation, {node.count / root.count:.1%}</title>'
              f'<rect x="{x:.1f}" y="{y}" width="{width - 0.4:.1f}" height="{ROW - 1}" fill="{node.colour}"/>'
              f'<text x="{x + 2:.1f}" y="{y + 12}">{html.escape(clipped(node.name, width))}</text></g>')
    for child in sorted(node.children.values(), key=lambda child: -child.count):
        if child.count >= root.count * LEAST:
            yield from rectangles(child, x, y - ROW, root, each)
            x += child.count * scale


def svg(results, samples, each):
    root = tree_of([sample for sample in samples if sample.process in ROOTS])
    drawn = list(rectangles(root, 0, 0, root, each))
    top = min(y for y, _ in drawn) - 2 * ROW
    title = f"{results['algorithm']}, {results['case']}: {root.count * each:.1f} µs of CPU an operation, idle CPUs too"
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{ROW - top}" font-size="11"'
                      f' viewBox="0 {top} {WIDTH} {ROW - top}" font-family="monospace">',
                      f'<text x="4" y="{top + 14}" font-size="13">{title}</text>',
                      *(part for _, part in drawn), "</svg>", ""])


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, type=os.path.realpath)
    parser.add_argument("--case", default="8x16")
    parser.add_argument("--algorithm", default="ec-p256", choices=ALGORITHMS.split(","))
    parser.add_argument("--seconds", type=float, default=3.0)
    for name in ("markdown", "svg", "json"):
        parser.add_argument("--" + name)
    arguments = parser.parse_args()
    arguments.algorithms = [arguments.algorithm]
    if not re.fullmatch(r"[1-9]\d*x[1-9]\d*", arguments.case):
        parser.error("--case is callers x in flight, as in 8x16")
    return arguments


def main():
    arguments = parse()
    try:
        check_tools()
        with contextlib.ExitStack() as stack:
            results, samples, each = measure(Signer(arguments, stack))
    except subprocess.CalledProcessError as problem:
        fail(f"{os.path.basename(problem.cmd[0])}: {(problem.stderr.strip().splitlines() or ['it says nothing'])[-1]}")
    except OSError as problem:
        fail(str(problem))
    print(markdown(results), end="")
    write(arguments.markdown, markdown(results))
    write(arguments.json, json.dumps(results, indent=1) + "\n")
    write(arguments.svg, svg(results, samples, each))


if __name__ == "__main__":
    main()

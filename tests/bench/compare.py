# SPDX-License-Identifier: Apache-2.0
"""How fast a signer signs, beside what people use instead, in one run: turns of all contenders alternate, a turn
with foreign load on the machine is left out and taken again, and the table has medians. Figures of two runs, or of
two machines, cannot be compared: ratios within a run can.

    compare.py --bin DIR --lib DIR --tools DIR [--cases 1x1,8x16] [--algorithms ec-p256] [--turns 5] [--seconds 1]
               [--markdown FILE] [--svg FILE] [--json FILE]

Contenders: OpenSSL in process with kept contexts on as many cores as the case can use (the limit), this signer
through libsigner and through the OpenSSL provider, ssh-agent, SoftHSM2 in process and behind `p11-kit server`, as
far as they are installed. With a lone caller also libsigner that polls, and OpenSSL with one raw round trip to
another core; with one request of a caller at a time also a bare gate with vaults, which does nothing but pass
messages and sign them: what it lacks to the limit is the kernel's share. At the end, what the project wants to reach
and what it reached.
"""
import argparse
import contextlib
import glob
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

CASES = "1x1,2x1,8x1,64x1,1x16,8x16,64x16"
ALGORITHMS = "ec-p256,ed25519,rsa-2048,rsa-3072,ec-p384"
FOREIGN = 0.06  # of the machine, in a turn that counts
RETRIES = 6
TICK = os.sysconf("SC_CLK_TCK")
SOFTHSM = glob.glob("/usr/lib/*/softhsm/libsofthsm2.so") + glob.glob("/usr/lib/softhsm/libsofthsm2.so")
P11_CLIENT = glob.glob("/usr/lib/*/pkcs11/p11-kit-client.so")
SSH = {"ec-p256": ("ecdsa", "256"), "ec-p384": ("ecdsa", "384"), "ed25519": ("ed25519", None),
       "rsa-2048": ("rsa", "2048"), "rsa-3072": ("rsa", "3072")}
LIMIT, OURS, POLLING, RELAY = "openssl in process", "libsigner", "libsigner, polling", "openssl and a round trip"
BARE, AGENT, P11_SERVER = "a bare gate and vaults", "ssh-agent", "softhsm2, p11-kit server"
OPENSSL = {"ec-p256": ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
           "ec-p384": ["EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
           "ed25519": ["ED25519"], "rsa-2048": ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
           "rsa-3072": ["RSA", "-pkeyopt", "rsa_keygen_bits:3072"]}


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


def read(path):
    with open(path, encoding="ascii", errors="replace") as file:
        return file.read()


def cpu_of(pid):
    """Seconds of user and system time."""
    try:
        fields = read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICK


def memory_of(pid):
    """Resident, in MiB."""
    try:
        lines = read(f"/proc/{pid}/status").splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def machine_busy():
    """Seconds that all processors were busy."""
    fields = [int(value) for value in read("/proc/stat").splitlines()[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / TICK


def children_of(pid):
    return [int(child) for child in read(f"/proc/{pid}/task/{pid}/children").split()]


class Place:
    """Everything that a run needs, in a directory of its own, and gone at its end."""

    def __init__(self, arguments, stack):
        self.arguments = arguments
        self.directory = tempfile.mkdtemp(prefix="signer-bench-")
        stack.callback(shutil.rmtree, self.directory, ignore_errors=True)
        self.stack = stack
        self.servers = {}  # name: pids whose time is theirs
        self.environment = dict(os.environ)
        for prepare in (self.start_signer, self.start_agent, self.start_softhsm, self.start_p11_server):
            prepare()

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def keep(self, process):
        self.stack.callback(process.wait)
        self.stack.callback(process.terminate)
        return process

    def tool(self, name):
        return os.path.join(self.arguments.tools, name)

    def binary(self, name):
        return os.path.join(self.arguments.bin, name)

    def start_signer(self):
        run(self.binary("signer-ceremony"), "init", "--keystore", self.path("keystore"), "--kek", self.path("kek"))
        self.socket = self.path("signer.sock")
        signer = self.keep(subprocess.Popen(
            [self.binary("signer"), "--keystore", self.path("keystore"), "--kek", self.path("kek"), "--socket",
             self.socket], stderr=open(self.path("signer.log"), "w", encoding="ascii")))
        self.environment["SIGNER_SOCKET"] = self.socket
        while "ready" not in read(self.path("signer.log")):
            if signer.poll() is not None:
                sys.exit("compare: the signer does not start:\n" + read(self.path("signer.log")))
            time.sleep(0.01)
        for algorithm in self.arguments.algorithms:
            run(self.binary("signerctl"), "generate", algorithm, "--algorithm", algorithm, env=self.environment)
        rooms = [signer.pid, *children_of(signer.pid)]
        self.servers[OURS] = self.servers[POLLING] = self.servers["provider"] = rooms

    def start_agent(self):
        self.agents = {}
        if not shutil.which("ssh-agent"):
            return
        for algorithm in self.arguments.algorithms:
            socket, (kind, bits) = self.path("agent-" + algorithm), SSH[algorithm]
            agent = self.keep(subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.DEVNULL))
            key = self.path("ssh-" + algorithm)
            run("ssh-keygen", "-q", "-N", "", "-t", kind, *(["-b", bits] if bits else []), "-f", key)
            while not os.path.exists(socket):
                time.sleep(0.01)
            run("ssh-add", "-q", key, env={**self.environment, "SSH_AUTH_SOCK": socket})
            self.agents[algorithm] = socket
            self.servers[AGENT, algorithm] = [agent.pid]

    def start_softhsm(self):
        self.hsm = SOFTHSM[0] if SOFTHSM and shutil.which("softhsm2-util") else None
        if not self.hsm:
            return
        os.mkdir(self.path("tokens"))
        with open(self.path("softhsm2.conf"), "w", encoding="ascii") as file:
            file.write(f"directories.tokendir = {self.path('tokens')}\nlog.level = ERROR\n")
        self.environment["SOFTHSM2_CONF"] = self.path("softhsm2.conf")
        run("softhsm2-util", "--init-token", "--free", "--label", "bench", "--so-pin", "1234", "--pin", "1234",
            env=self.environment)
        for number, algorithm in enumerate(self.arguments.algorithms):
            key = self.path(algorithm + ".pem")
            run("openssl", "genpkey", "-algorithm", *OPENSSL[algorithm], "-out", key)
            run("softhsm2-util", "--import", key, "--token", "bench", "--label", algorithm, "--id", f"{number + 1:02x}",
                "--pin", "1234", env=self.environment)

    def start_p11_server(self):
        self.p11 = None
        if not (self.hsm and P11_CLIENT and shutil.which("p11-kit")):
            return
        name = self.path("p11.sock")
        server = self.keep(subprocess.Popen(
            ["p11-kit", "server", "-f", "-n", name, "--provider", self.hsm, "pkcs11:token=bench"], env=self.environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        for _ in range(200):
            if os.path.exists(name):
                self.p11 = {**self.environment, "P11_KIT_SERVER_ADDRESS": "unix:path=" + name}
                self.servers[P11_SERVER] = [server.pid]
                return
            time.sleep(0.01)

    def commands(self, algorithm, callers, in_flight):
        """name: the command of one turn, or nothing where a contender cannot do this case."""
        seconds, rivals = str(self.arguments.seconds), self.tool("rivals")
        turn = [algorithm, str(callers), str(in_flight), seconds]
        bench = [self.binary("signerctl"), "bench", algorithm, "--callers", str(callers), "--in-flight", str(in_flight),
                 "--seconds", seconds, "--json"]
        threads = 1 if callers * in_flight == 1 else max(callers, os.cpu_count())
        yield LIMIT, [rivals, "openssl", algorithm, str(threads), "1", seconds], self.environment
        yield OURS, bench, self.environment
        if callers * in_flight == 1:
            yield POLLING, [*bench, "--spin", "100"], self.environment
            yield RELAY, [rivals, "relay", *turn], self.environment
        if in_flight == 1 and algorithm != "ed25519":
            yield BARE, [self.tool("bare"), algorithm, str(callers), seconds], self.environment
        if algorithm in self.agents:
            yield AGENT, [rivals, "agent", *turn, self.agents[algorithm]], self.environment
        if in_flight > 1:
            return
        yield "provider", [rivals, "provider", *turn, self.arguments.lib, algorithm], self.environment
        if self.hsm:
            yield "softhsm2 in process", [rivals, "pkcs11", *turn, self.hsm, algorithm, "1234"], self.environment
        if self.p11:
            yield P11_SERVER, [rivals, "pkcs11", *turn, P11_CLIENT[0], algorithm, "1234"], self.p11

    def pids(self, name, algorithm):
        return self.servers.get(name) or self.servers.get((name, algorithm)) or []


class Passing(threading.Thread):
    """Children that a server starts for one turn and that are gone at its end: their time is looked at until then."""

    def __init__(self, pids):
        super().__init__(daemon=True)
        self.pids, self.seen, self.over = pids, {}, threading.Event()
        self.start()

    def run(self):
        while not self.over.wait(0.02):
            for child in [child for pid in self.pids for child in children_of(pid)]:
                self.seen[child] = max(self.seen.get(child, 0.0), cpu_of(child))

    def seconds(self):
        self.over.set()
        self.join()
        return sum(self.seen.values())


def take_turn(place, name, algorithm, command, environment):
    """One turn; None where it failed, or the machine did too much else."""
    pids = place.pids(name, algorithm)
    own, servers, busy, began = (resource.getrusage(resource.RUSAGE_CHILDREN), [cpu_of(pid) for pid in pids],
                                 machine_busy(), time.monotonic())
    passing = Passing(pids) if name == P11_SERVER else None
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    span, busy = time.monotonic() - began, machine_busy() - busy
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    client = after.ru_utime + after.ru_stime - own.ru_utime - own.ru_stime
    rooms = [cpu_of(pid) - before for pid, before in zip(pids, servers)] + ([passing.seconds()] if passing else [])
    if done.returncode != 0:
        print(f"compare: {name}: {done.stderr.strip() or done.returncode}", file=sys.stderr)
        return None
    result = json.loads(done.stdout)
    if result["operations_per_second"] == 0:
        return None  # it cannot do this
    operations = result["operations_per_second"] * place.arguments.seconds
    result["client_cpu_us"] = client / operations * 1e6
    result["server_cpu_us"] = sum(rooms) / operations * 1e6
    result["gate_cpu_us"] = rooms[0] / operations * 1e6 if rooms else 0
    result["memory_mib"] = sum(memory_of(pid) for pid in pids)
    result["foreign"] = max(0.0, busy - client - sum(rooms)) / (span * os.cpu_count())
    return result


def take_case(place, algorithm, callers, in_flight):
    samples, left_out = {}, 0
    for _ in range(place.arguments.turns):
        for name, command, environment in place.commands(algorithm, callers, in_flight):
            for _ in range(RETRIES):
                result = take_turn(place, name, algorithm, command, environment)
                if result is None or result["foreign"] <= FOREIGN:
                    break
                left_out += 1
                result = None
            if result:
                samples.setdefault(name, []).append(result)
    rows = {name: summarise(turns) for name, turns in samples.items()}
    return {"algorithm": algorithm, "callers": callers, "in_flight": in_flight, "left_out": left_out, "rows": rows}


def summarise(turns):
    row = {key: statistics.median(turn[key] for turn in turns)
           for key in ("operations_per_second", "p50_us", "p99_us", "client_cpu_us", "server_cpu_us", "gate_cpu_us",
                       "memory_mib")}
    row["errors"] = sum(turn["errors"] for turn in turns)
    row["turns"] = len(turns)
    return row


# -- what is written

def rate(row):
    return row["operations_per_second"]


def p50(row):
    return row["p50_us"]


def cpu(row):
    return row["client_cpu_us"] + row["server_cpu_us"]


def server_cpu(row):
    return row["server_cpu_us"]


def name_of(case):
    return f"{case['callers']}×{case['in_flight']}"


def cell(case, contender):
    row, limit = case["rows"].get(contender), case["rows"].get(LIMIT)
    if not row:
        return ""
    part = f"**{rate(row) / rate(limit):.2f}** " if limit else ""
    return f"{part}{rate(row):,.0f}/s, {p50(row):,.0f} µs"


def matrix(cases):
    """A table for each algorithm: of the limit, signatures a second, p50."""
    lines = []
    for algorithm in dict.fromkeys(case["algorithm"] for case in cases):
        mine = [case for case in cases if case["algorithm"] == algorithm]
        lines += [f"| {algorithm} | " + " | ".join(map(name_of, mine)) + " |", "|---" * (len(mine) + 1) + "|"]
        for contender in dict.fromkeys(name for case in mine for name in case["rows"]):
            lines.append(f"| {contender} | " + " | ".join(cell(case, contender) for case in mine) + " |")
        lines.append("")
    return "\n".join(lines)


def server_cpu_text(name, row):
    if name not in (OURS, POLLING, "provider"):
        return f"{row['server_cpu_us']:.1f}"
    return f"{row['gate_cpu_us']:.1f} + {row['server_cpu_us'] - row['gate_cpu_us']:.1f}"


def markdown(cases):
    lines = ["| algorithm | callers × in flight | contender | a second | of the limit | p50 µs | p99 µs |"
             " CPU µs client | CPU µs server (gate + vaults) | server's memory MiB |",
             "|---|---|---|---|---|---|---|---|---|---|"]
    for case in cases:
        limit = case["rows"].get(LIMIT, {}).get("operations_per_second")
        for name, row in case["rows"].items():
            ratio = f"{row['operations_per_second'] / limit:.2f}" if limit else ""
            lines.append(f"| {case['algorithm']} | {name_of(case)} | {name} |"
                         f" {row['operations_per_second']:,.0f} | {ratio} | {row['p50_us']:.1f} | {row['p99_us']:.1f} |"
                         f" {row['client_cpu_us']:.1f} | {server_cpu_text(name, row)} | {row['memory_mib']:.1f} |"
                         + (f" {row['errors']} errors" if row["errors"] else ""))
    return "\n".join(lines) + "\n"


# what is compared, with whom: in which case, at least (or at most, where less is better) and the aim
WANTED = [
    ("rate", "ec-p256", 8, 16, OURS, rate, LIMIT, rate, 0.82, 0.90),
    ("rate", "ec-p256", 64, 1, OURS, rate, LIMIT, rate, 0.58, 0.66),
    ("rate", "ec-p256", 1, 16, OURS, rate, LIMIT, rate, 0.56, 0.72),
    ("p50", "ec-p256", 1, 1, OURS, p50, AGENT, p50, 0.5, 0.3),
    ("p50", "ec-p256", 1, 1, OURS, p50, P11_SERVER, p50, 0.5, 0.3),
    ("p50", "ec-p256", 1, 1, POLLING, p50, P11_SERVER, p50, 0.5, 0.3),
    ("p50", "ec-p256", 1, 1, OURS, p50, RELAY, p50, 1.5, 1.1),
    ("rate", "rsa-2048", 8, 1, OURS, rate, LIMIT, rate, 0.88, 0.95),
    ("rate", "rsa-2048", 8, 16, OURS, rate, LIMIT, rate, 0.95, 0.99),
    ("rate", "ed25519", 8, 16, OURS, rate, LIMIT, rate, 1.0, 1.4),
    ("server CPU", "ec-p256", 8, 16, OURS, server_cpu, LIMIT, cpu, 1.2, 1.08),
]


def reached(cases):
    """A table of WANTED, as far as it was measured."""
    rows = {(case["algorithm"], case["callers"], case["in_flight"]): case["rows"] for case in cases}
    lines = ["| what | of | case | at least | aim | measured |", "|---|---|---|---|---|---|"]
    for what, algorithm, callers, in_flight, who, figure, whom, other, least, aim in WANTED:
        case = rows.get((algorithm, callers, in_flight), {})
        if who in case and whom in case:
            value = figure(case[who]) / other(case[whom])
            missed = value > least if aim < least else value < least
            lines.append(f"| {who}, {what} | {whom} | {algorithm} {callers}×{in_flight} | {least} | {aim} |"
                         f" {value:.2f}{', missed' if missed else ''} |")
    return "\n".join(lines) + "\n"


COLOURS = ["#7f7f7f", "#1f77b4", "#17becf", "#d62728", "#2ca02c", "#9467bd", "#8c564b", "#e377c2"]
GROUP, BAR = 130, 15  # pixels


def svg(cases, algorithm):
    """Bars of one algorithm: a group for each case, a bar for each contender, as part of the limit."""
    cases = [case for case in cases if case["algorithm"] == algorithm]
    names = list(dict.fromkeys(name for case in cases for name in case["rows"]))
    width, height, left, top = GROUP * len(cases) + 80, 300, 60, 30
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height + 70 + 16 * len(names)}"'
             ' font-family="sans-serif" font-size="11">',
             f'<text x="{left}" y="16" font-size="13">'
             f'{algorithm}: signatures a second, as part of OpenSSL in process</text>']
    scale = (height - top) / 1.25
    for tick in (0, 0.25, 0.5, 0.75, 1.0, 1.25):
        y = height - tick * scale
        parts.append(f'<line x1="{left}" x2="{width - 10}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
                     f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{tick:.2f}</text>')
    for number, case in enumerate(cases):
        x, limit = left + 10 + GROUP * number, case["rows"][LIMIT]["operations_per_second"]
        for at, name in enumerate(names):
            row = case["rows"].get(name)
            tall = min(1.25, row["operations_per_second"] / limit) * scale if row else 0
            parts.append(f'<rect x="{x + BAR * at}" y="{height - tall:.1f}" width="{BAR - 2}" height="{tall:.1f}"'
                         f' fill="{COLOURS[at % len(COLOURS)]}"/>')
        parts.append(f'<text x="{x + 40}" y="{height + 16}" text-anchor="middle">{name_of(case)}</text>')
    for at, name in enumerate(names):
        y = height + 40 + 16 * at
        parts.append(f'<rect x="{left}" y="{y - 9}" width="10" height="10" fill="{COLOURS[at % len(COLOURS)]}"/>'
                     f'<text x="{left + 16}" y="{y}">{name}</text>')
    return "\n".join([*parts, "</svg>", ""])


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("bin", "lib", "tools"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--cases", default=CASES)
    parser.add_argument("--algorithms", default=ALGORITHMS)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    for name in ("markdown", "svg", "json"):
        parser.add_argument("--" + name)
    arguments = parser.parse_args()
    arguments.algorithms = arguments.algorithms.split(",")
    arguments.cases = [tuple(int(part) for part in case.split("x")) for case in arguments.cases.split(",")]
    return arguments


def write(path, text):
    if path:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


def main():
    arguments = parse()
    cases = []
    with contextlib.ExitStack() as stack:
        place = Place(arguments, stack)
        for algorithm in arguments.algorithms:
            for callers, in_flight in arguments.cases:
                cases.append(take_case(place, algorithm, callers, in_flight))
                print(markdown(cases[-1:]).split("\n", 2)[2], end="", flush=True)
    print("\n" + reached(cases), end="")
    write(arguments.markdown, reached(cases) + "\n" + matrix(cases) + "\n" + markdown(cases))
    write(arguments.svg, svg(cases, arguments.algorithms[0]))
    write(arguments.json, json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()

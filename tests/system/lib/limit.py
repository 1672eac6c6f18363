# SPDX-License-Identifier: Apache-2.0
"""A test that hangs says where, and which of its processes live, before ctest's limit ends it without a word."""
import contextlib
import os
import signal
import sys
import traceback

EARLIER = 20  # seconds


def read(pid, name):
    with contextlib.suppress(OSError), open(f"/proc/{pid}/{name}", "rb") as file:
        return file.read().replace(b"\0", b" ").decode(errors="replace").strip()
    return "?"


def descendants(pid):
    """Processes that it started and those that these started, and every signer: it may be an orphan."""
    everyone = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    found = [pid]
    for one in found:
        found += [child for child in everyone if read(child, "stat").rpartition(")")[2].split()[1:2] == [str(one)]]
    return found[1:] + [one for one in everyone if one not in found and "signer" in read(one, "cmdline")]


def give_up(_, frame):
    print("\nhangs here:", file=sys.stderr)
    traceback.print_stack(frame)
    for pid in descendants(os.getpid()):
        state = (read(pid, "stat").rpartition(")")[2].split() or ["?"])[0]
        print(f"process {pid} {state} in {read(pid, 'wchan')}, call {read(pid, 'syscall')}: {read(pid, 'cmdline')}",
              file=sys.stderr)
    sys.stderr.flush()
    os._exit(1)


def watch():
    seconds = int(os.environ.get("TEST_SECONDS", "0"))
    if seconds > EARLIER:
        signal.signal(signal.SIGALRM, give_up)
        signal.alarm(seconds - EARLIER)

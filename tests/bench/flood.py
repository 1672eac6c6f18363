# SPDX-License-Identifier: Apache-2.0
"""How long a signature takes (p99) for one uid while another one floods: quiet, beside 10,000 idle and
1,000 slow connections, and with floods of connections, of garbage and of signatures on top. The states
take turns, and each flooded turn is compared with the quiet one before it.

usage: flood.py [--meek] [TURNS]     BIN names the directory of the programs; needs root

With --meek the hostile processes run at the lowest priority, so that what is measured is the signer
and not how the scheduler shares too few CPUs.
"""
import os
import statistics
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))
import test_flood

ARGUMENTS = sys.argv[1:]
MEEK = "--meek" in ARGUMENTS
TURNS = int(([word for word in ARGUMENTS if word != "--meek"] or [5])[0])
HOSTS = 2  # processes of each flood
FLOODS = {"connections": test_flood.reconnect, "garbage": test_flood.garbage,
          "signatures": test_flood.signatures}


def with_manners(what):
    def run(*arguments):
        if MEEK:
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        what(*arguments)

    run.__name__ = what.__name__
    return run


class Measurement(test_flood.Flood):
    """Its set-up and its hostile processes are the test's."""

    def start(self, what, count=1):
        return [self.hostile(with_manners(what)) for _ in range(count)]

    @staticmethod
    def end(processes):
        for process in processes:
            process.kill()
            process.join()

    def one_turn(self):
        figures = {"quiet": self.sign()}
        crowd = self.start(test_flood.idle) + self.start(test_flood.slow)
        figures["idle and slow"] = self.sign()
        for name, flood in FLOODS.items():
            hosts = self.start(flood, HOSTS)
            figures["and " + name] = self.sign()
            self.end(hosts)
        self.end(crowd)
        return figures

    def measure_all(self):
        turns = [self.one_turn() for _ in range(TURNS)]
        print(f"medians of {TURNS} turns, {test_flood.SECONDS} s each; {os.cpu_count()} CPUs; hostile processes "
              + ("at the lowest priority" if MEEK else "at the same priority"))
        print("| state | p50, us | p99, us | p99 / quiet | signatures/s |\n|---|---|---|---|---|")
        for state in turns[0]:
            middle = [statistics.median(turn[state][name] for turn in turns)
                      for name in ("p50_us", "p99_us", "operations_per_second")]
            ratio = statistics.median(turn[state]["p99_us"] / turn["quiet"]["p99_us"] for turn in turns)
            print(f"| {state} | {middle[0]:.0f} | {middle[1]:.0f} | {ratio:.1f} | {middle[2]:.0f} |")
        self.check_memory()


if __name__ == "__main__":
    suite = unittest.TestSuite([Measurement("measure_all")])
    sys.exit(not unittest.TextTestRunner(verbosity=0).run(suite).wasSuccessful())

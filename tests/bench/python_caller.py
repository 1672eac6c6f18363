# SPDX-License-Identifier: Apache-2.0
"""Signs with a key in a loop, from this many threads that share a client: python_caller.py KEY THREADS SECONDS."""
import sys
import threading
import time

import signer_client

DIGEST = bytes(32)


def caller(client, key, end, took):
    begin = time.perf_counter()
    while begin < end:
        client.sign(key, digest=DIGEST)
        now = time.perf_counter()
        took.append(now - begin)
        begin = now


def main():
    name, threads, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    took = [[] for _ in range(threads)]
    with signer_client.Client() as client:
        key = client.get_key(name)
        end = time.perf_counter() + seconds
        callers = [threading.Thread(target=caller, args=(client, key, end, times)) for times in took]
        for thread in callers:
            thread.start()
        for thread in callers:
            thread.join()
    every = sorted(sum(took, []))
    print(f'{{"operations_per_second":{len(every) // seconds},"p50_us":{every[len(every) // 2] * 1e6:.1f}}}')


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The shape of the product's C: no circle of files, names that tell their file, short functions and files.

usage: shape.py [DIR]      needs universal-ctags
"""
import collections
import json
import os
import re
import subprocess
import sys

ROOTS = ("base", "pki", "proto", "keystore", "signer", "client", "ceremony")
FUNCTION_MAX, FILE_MAX = 60, 400
ENTRY_POINTS = {"main", "OSSL_provider_init", "C_GetFunctionList", "C_GetInterfaceList",
                "C_GetInterface"}  # whose names others gave
wrong = []


def sources():
    for root in ROOTS:
        for at, _, names in os.walk(root):
            yield from sorted(os.path.join(at, name) for name in names if name.endswith((".c", ".h")))


def stem(path):
    return os.path.basename(path)[:-2]


def includes(path):
    with open(path, encoding="utf-8") as file:
        return re.findall(r'^\s*#\s*include\s*"([^"]+)"', file.read(), re.M)


def circles(edges):
    """Tarjan's strongly connected components of more than one node."""
    order, low, stack, found = {}, {}, [], []

    def visit(node):
        order[node] = low[node] = len(order)
        stack.append(node)
        for further in edges[node]:
            if further not in order:
                visit(further)
                low[node] = min(low[node], low[further])
            elif further in stack:
                low[node] = min(low[node], order[further])
        if low[node] == order[node]:
            part = stack[stack.index(node):]
            del stack[stack.index(node):]
            if len(part) > 1:
                found.append(sorted(part))

    sys.setrecursionlimit(10000)
    for node in sorted(edges):
        if node not in order:
            visit(node)
    return found


def check_circles(files):
    """x.h and x.c are one; so are the folders that they lie in."""
    of_files, of_folders = collections.defaultdict(set), collections.defaultdict(set)
    for path in files:
        for header in includes(path):
            if path[:-2] != header[:-2]:
                of_files[path[:-2]].add(header[:-2])
            if os.path.dirname(path) != os.path.dirname(header):
                of_folders[os.path.dirname(path)].add(os.path.dirname(header))
    for edges in (of_files, of_folders):
        for further in [node for nodes in list(edges.values()) for node in nodes]:
            edges[further]  # a node without edges is one
    wrong.extend("a circle: " + ", ".join(part) for part in circles(of_files) + circles(of_folders))


def tags(files):
    done = subprocess.run(["ctags", "--languages=C", "--langmap=C:.c.h", "--kinds-C=fp", "--fields=+nef", "--extras=+F",
                           "--output-format=json", "-o", "-", *files], stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def check_functions(found):
    """A public function begins with the stem of its .c file, or of the header beside it that declares it."""
    headers = collections.defaultdict(set)
    for tag in found:
        if tag["kind"] == "prototype" and tag["path"].endswith(".h"):
            headers[tag["name"]].add(tag["path"])
    for tag in found:
        if tag["kind"] != "function" or not tag["path"].endswith(".c"):
            continue
        where = f"{tag['path']}:{tag['line']}: {tag['name']}"
        if "end" in tag and tag["end"] - tag["line"] + 1 > FUNCTION_MAX:
            wrong.append(f"{where} has {tag['end'] - tag['line'] + 1} lines, {FUNCTION_MAX} are allowed")
        if tag.get("file") or tag["name"] in ENTRY_POINTS:
            continue
        beside = {stem(header) for header in headers[tag["name"]]
                  if os.path.dirname(header) == os.path.dirname(tag["path"])}
        if not any(tag["name"] == name or tag["name"].startswith(name + "_") for name in beside | {stem(tag["path"])}):
            wrong.append(f"{where} does not bear the name of its file")


def check_sizes(files):
    for path in files:
        with open(path, encoding="utf-8") as file:
            lines = sum(1 for _ in file)
        if lines > FILE_MAX:
            wrong.append(f"{path} has {lines} lines, {FILE_MAX} are allowed")


if len(sys.argv) > 1:
    os.chdir(sys.argv[1])
everything = list(sources())
check_circles(everything)
check_functions(tags(everything))
check_sizes(everything)
for line in wrong:
    print("shape: " + line, file=sys.stderr)
if not wrong:
    print(f"shape: {len(everything)} files without a circle, with names that tell where, and short")
sys.exit(1 if wrong else 0)

#!/usr/bin/env python3
"""Measures how long an action takes to start its program, tool cache filled, and prints Markdown for docs/benchmarks.md.

usage: python3 benches/launch.py [PROGRAM] [--runs N]
PROGRAM is a release build of a tool, such as target/x86_64-unknown-linux-gnu/release/zip-deploy after `just dist`. Without it, `true` is
measured, filled up to the size of a tool. The launcher is the real one, with a lock for this program. Its peer is an empty Node action.
"""

import argparse
import hashlib
import os
import pathlib
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
VERSION = "1.2.3"
# What a tool has, static, with glibc.
SIZE = 4_100_000


def milliseconds(command, runs, env):
    """Wall time of each run in milliseconds, sorted, and the CPU time of all, per run."""
    walls = []
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=env)
        walls.append((time.perf_counter() - start) * 1000)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return sorted(walls), (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000 / runs


def stand_in(folder):
    """`true` with zeros behind it, which no loader reads and every hash does."""
    path = folder / "stand-in"
    path.write_bytes(pathlib.Path(shutil.which("true")).read_bytes().ljust(SIZE, b"\0"))
    path.chmod(0o755)
    return path


def checkout(folder, program):
    """The actions of a release in which this program is zip-deploy, and a tool cache that has it."""
    shutil.copytree(ROOT / "actions", folder / "actions")
    target = f"{platform.machine()}-unknown-linux-musl"
    digest = hashlib.sha256(program.read_bytes()).hexdigest()
    (folder / "actions/launch/release.lock").write_text(f"version {VERSION}\nzip-deploy {target} {digest} {digest}\n", encoding="ascii")
    cached = folder / "cache/siding" / VERSION / target
    cached.mkdir(parents=True)
    shutil.copy(program, cached / "zip-deploy")
    return folder / "actions/launch/launch.sh"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path, nargs="?")
    parser.add_argument("--runs", type=int, default=200)
    arguments = parser.parse_args()
    if arguments.program and not arguments.program.is_file():
        sys.exit(f"{arguments.program} is not there: build it first")
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        program = (arguments.program or stand_in(folder)).resolve()
        launch = checkout(folder, program)
        env = {"PATH": os.environ["PATH"], "RUNNER_TEMP": place, "RUNNER_TOOL_CACHE": str(folder / "cache")}
        size = program.stat().st_size / 1e6
        rows = [(f"the program alone ({size:.1f} MB)", [str(program), "--version"])]
        for shell in (["dash"], ["bash", "--posix"], ["busybox", "sh"]):
            if shutil.which(shell[0]):
                rows.append((f"launcher by `{' '.join(shell)}`, cache hit, sha256 checked", [*shell, str(launch), "zip-deploy", "--version"]))
        rows.append(("`sha256sum` of the program", ["sha256sum", str(program)]))
        if shutil.which("node"):
            rows.append(("an empty Node action (`node -e 0`)", ["node", "-e", "0"]))
        print("| what | wall min ms | wall median ms | CPU ms |\n| --- | ---: | ---: | ---: |")
        for name, command in rows:
            walls, cpu = milliseconds(command, arguments.runs if command[0] != "node" else 30, env)
            print(f"| {name} | {walls[0]:.1f} | {statistics.median(walls):.1f} | {cpu:.1f} |")


if __name__ == "__main__":
    main()

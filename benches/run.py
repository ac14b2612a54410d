#!/usr/bin/env python3
"""Measures start-up, sizes, packaging and a whole rehearsal, beside peers, and prints Markdown for docs/benchmarks.md.

usage: python3 benches/run.py [--target-dir DIR] [--target TARGET] [--skip-package]
Build first: `just dist` for the tools, `cargo build` for `siding rehearse`.
"""

import argparse
import gzip
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

TOOLS = ["oidc-login", "kv-sync", "zip-deploy", "smoke-test", "slot-swap"]
ROOT = pathlib.Path(__file__).resolve().parent.parent


def milliseconds(command, runs, env=None):
    """Wall time of each run in milliseconds, sorted, and the CPU time of all, per run."""
    walls = []
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
        walls.append((time.perf_counter() - start) * 1000)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000 / runs
    return sorted(walls), cpu


def row(*cells):
    print("| " + " | ".join(str(cell) for cell in cells) + " |")


def start_up(release):
    print("\n## Start-up, `--version`, 200 runs in turn\n")
    row("program", "wall min ms", "wall median ms", "CPU ms")
    row("---", "---:", "---:", "---:")
    peers = [("true (coreutils)", ["true"])]
    if shutil.which("node"):
        peers.append(("node -e 0 (an empty action)", ["node", "-e", "0"]))
    peers.append(("python3 -c pass", ["python3", "-c", "pass"]))
    commands = [(tool, [str(release / tool), "--version"]) for tool in TOOLS + ["siding"]]
    for name, command in commands + peers:
        walls, cpu = milliseconds(command, 200 if "node" not in name else 30)
        row(name, f"{walls[0]:.2f}", f"{statistics.median(walls):.2f}", f"{cpu:.2f}")


def sizes(release, target):
    print(f"\n## Size, static {target}, stripped\n")
    row("program", "MB", "gzip -9 MB")
    row("---", "---:", "---:")
    for tool in TOOLS:
        data = (release / tool).read_bytes()
        row(tool, f"{len(data) / 1e6:.2f}", f"{len(gzip.compress(data, 9)) / 1e6:.2f}")


def tree(folder):
    """About 3,000 files, 60 MB: text that compresses, some noise that does not; the same every time."""
    import random

    dice = random.Random(7)
    words = [bytes(dice.choices(b"abcdefghijklmnopqrstuvwxyz", k=7)) for _ in range(4000)]
    for number in range(3000):
        path = folder / f"package{number % 60}" / f"module{number}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b" ".join(dice.choices(words, k=2000)))
    for number in range(12):
        (folder / f"image{number}.bin").write_bytes(dice.randbytes(1_000_000))


def packaging(release):
    """A dry run packages before it signs in; without an identity it then ends with exit code 3, which is what we want here."""
    print("\n## Packaging, 3,012 files, 60 MB, 3 runs\n")
    row("program", "wall min s")
    row("---", "---:")
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place) / "tree"
        folder.mkdir()
        tree(folder)
        guid = "00000000-0000-4000-8000-000000000000"
        env = {"PATH": os.environ["PATH"], "RUNNER_TEMP": place, "AZURE_TENANT_ID": guid, "AZURE_CLIENT_ID": guid, "AZURE_SUBSCRIPTION_ID": guid}
        ours = [str(release / "zip-deploy"), str(folder), "--app-name", "app1", "--dry-run"]
        walls = []
        for _ in range(3):
            start = time.perf_counter()
            done = subprocess.run(ours, env=env, capture_output=True, text=True, check=False)
            walls.append(time.perf_counter() - start)
            if done.returncode != 3 or "packaged" not in done.stderr:
                sys.exit(f"zip-deploy did not package: {done.stderr}")
        row("zip-deploy, whole process", f"{min(walls):.2f}")
        archive = pathlib.Path(place) / "peer"
        peers = [("python3 shutil.make_archive", [sys.executable, "-c", f"import shutil; shutil.make_archive({str(archive)!r}, 'zip', {str(folder)!r})"])]
        if shutil.which("zip"):
            peers.append(("zip -r -q -6", ["sh", "-c", f"rm -f {archive}.zip; cd {folder} && zip -r -q -6 {archive}.zip ."]))
        for name, command in peers:
            walls, _ = milliseconds(command, 3)
            row(name, f"{walls[0] / 1000:.2f}")


def rehearsal():
    print("\n## A whole rehearsal, dev profile, 5 runs\n")
    row("what", "wall min s", "wall median s", "CPU s")
    row("---", "---:", "---:", "---:")
    siding = ROOT / "target/debug/siding"
    for name, more in [("default (60 times faster than Azure, 2 s watch)", []), ("clock at full speed, 2 s watch", ["--speed", "1000"])]:
        walls, cpu = milliseconds([str(siding), "rehearse", str(ROOT / "examples/inventory-api"), *more], 5)
        row(name, f"{walls[0] / 1000:.2f}", f"{statistics.median(walls) / 1000:.2f}", f"{cpu / 1000:.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target-dir", default=str(ROOT / "target"))
    parser.add_argument("--target", default="x86_64-unknown-linux-gnu")
    parser.add_argument("--skip-package", action="store_true")
    arguments = parser.parse_args()
    release = pathlib.Path(arguments.target_dir) / arguments.target / "release"
    start_up(release)
    sizes(release, arguments.target)
    if not arguments.skip_package:
        packaging(release)
    rehearsal()


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Measures `siding render --stdout` beside a parser that only reads its output, and prints Markdown for docs/benchmarks.md.

usage: python3 benches/render.py [--siding target/release/siding] [--skip-peer]
Build first: `cargo build --release --bin siding`. The peer needs PyYAML with its C parser; without it, its rows are left out.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEAD = """name: mono
toolkit: { version: 0.1.0, commit: 0123456789012345678901234567890123456789 }
language: { python: "3.12", locks: [requirements.lock] }
"""
SITES = """environments:
  staging: { deploy: slot/staging, group: rg }
  production: { deploy: swap/staging, group: rg }
"""
CLUSTER = """registry: monoregistry
environments:
  staging: { deploy: rolling, group: rg, cluster: aks, namespace: stg, manifests: k8s/overlays/stg, url: "https://stg.example.com" }
  production: { deploy: rolling, group: rg, cluster: aks, namespace: prod, manifests: k8s/overlays/prod, url: "https://example.com" }
"""
PEER = "import sys, yaml; list(yaml.load_all(sys.stdin, Loader=yaml.CSafeLoader))"


def run(command, out, stdin=None):
    """Wall seconds, seconds of the processors and peak memory in MB of one run, whose standard output is in the file `out`.

    The output stays there: what this process holds is counted to the programs that it starts.
    """
    out.seek(0)
    out.truncate()
    start = time.perf_counter()
    child = subprocess.Popen(command, stdin=stdin, stdout=out, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - start
    if status:
        sys.exit(f"{command} ended with {status}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def monorepo(folder, kind, services):
    """A system of that many services of that kind."""
    app = {
        "sites": "  svc-{i}: {{ app-service: mono-svc-{i}, path: services/s{i}, include: [src], health: /health }}\n",
        "images": "  svc-{i}: {{ aks: svc-{i}, path: services/s{i}, health: /health }}\n",
    }[kind]
    apps = "".join(app.format(i=number) for number in range(services))
    path = pathlib.Path(folder) / f"{kind}{services}.yml"
    path.write_text(HEAD + "apps:\n" + apps + (SITES if kind == "sites" else CLUSTER))
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--siding", default=str(ROOT / "target/release/siding"))
    parser.add_argument("--skip-peer", action="store_true")
    arguments = parser.parse_args()
    peer = subprocess.run([sys.executable, "-c", "import yaml; yaml.CSafeLoader"], capture_output=True).returncode == 0
    print("| config | wall | CPU | peak memory | output | a parser that only reads it |\n|---|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        cases = [
            ("system 003, both systems", ROOT / "examples/003-app-service-standard/siding.yml", 9),
            ("1,000 images on AKS, both systems", monorepo(folder, "images", 1000), 3),
            ("1,000 apps on App Service, both systems", monorepo(folder, "sites", 1000), 3),
            ("2,000 images on AKS, both systems", monorepo(folder, "images", 2000), 3),
            ("2,000 apps on App Service, both systems", monorepo(folder, "sites", 2000), 3),
        ]
        out, rest = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        for name, config, runs in cases:
            wall, cpu, memory = min(run([arguments.siding, "render", "--stdout", str(config)], out) for _ in range(runs))
            size = out.seek(0, os.SEEK_END)
            beside = "-"
            if peer and not arguments.skip_peer:
                with tempfile.TemporaryFile() as rendered:
                    out.seek(0)
                    rendered.writelines(b"---\n" if line.startswith(b"--- ") else line for line in out)
                    rendered.seek(0)
                    seconds, _, _ = run([sys.executable, "-c", PEER], rest, stdin=rendered)
                    beside = f"{seconds * 1000:,.0f} ms"
            cells = [name, f"{wall * 1000:,.0f} ms", f"{cpu * 1000:,.0f} ms", f"{memory:,.0f} MB", f"{size / 1e6:.1f} MB", beside]
            print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()

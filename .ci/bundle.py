#!/usr/bin/env python3
"""Packs the bundle for machines without a network: the actions with the programs of a release beside their launchers.

`siding-bundle-VERSION.tar.gz` holds `action.yml` and `actions/` as they stand at the release's commit, and each program at
`actions/launch/bin/TARGET/PROGRAM`, where the launchers look first. Unpacked into a repository of one's own, the actions
need no download. Every program is checked against actions/launch/release.lock, so the bundle cannot hold another one.

Usage: python3 .ci/bundle.py --dist FOLDER --out FOLDER [--lock FILE]
  --dist  what .ci/dist.py leaves: `PROGRAM-VERSION-TARGET.tar.gz`, on Windows `.zip`
Exit code 1 when the archives are not those of the lock.
"""

from __future__ import annotations

import argparse
import hashlib
import pathlib
import subprocess
import sys
import tarfile
import zipfile

from archive import pack

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOCK = "actions/launch/release.lock"


def locked(lock: pathlib.Path) -> tuple[str, list[tuple[str, str, str]]]:
    """The version, and program, target and sha256 of each row."""
    rows = [line.split() for line in lock.read_text(encoding="ascii").splitlines() if not line.startswith("#")]
    version = next((row[1] for row in rows if row[0] == "version"), "source")
    if version == "source":
        sys.exit(f"{lock}: it names no release\n  fix: write it with .ci/lock.py first")
    return version, [(row[0], row[1], row[3]) for row in rows if len(row) == 4]


def program(dist: pathlib.Path, version: str, name: str, target: str) -> bytes:
    """The program in its archive."""
    if "windows" in target:
        with zipfile.ZipFile(dist / f"{name}-{version}-{target}.zip") as archive:
            return archive.read(f"{name}.exe")
    with tarfile.open(dist / f"{name}-{version}-{target}.tar.gz", "r:gz") as archive:
        member = archive.extractfile(name)
        if member is None:
            sys.exit(f"{name}-{version}-{target}.tar.gz holds no file `{name}`")
        return member.read()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dist", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--lock", type=pathlib.Path, default=ROOT / LOCK)
    given = parser.parse_args()
    version, rows = locked(given.lock)
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "action.yml", "actions", "LICENSE-*"], check=True, capture_output=True, cwd=ROOT
    )
    files: dict[str, tuple[bytes, int]] = {}
    for name in tracked.stdout.decode().split("\0"):
        # Manifests of tasks belong to the extension.
        if name and not name.endswith(("task.json", "icon.png", "vss-extension.json")):
            path = ROOT / name
            files[name] = (path.read_bytes(), 0o755 if name.endswith(".sh") else 0o644)
    files[LOCK] = (given.lock.read_bytes(), 0o644)
    for name, target, expected in rows:
        content = program(given.dist, version, name, target)
        if hashlib.sha256(content).hexdigest() != expected:
            sys.exit(f"`{name}` for {target} is not the program that {given.lock} names")
        suffix = ".exe" if "windows" in target else ""
        files[f"actions/launch/bin/{target}/{name}{suffix}"] = (content, 0o755)
    given.out.mkdir(parents=True, exist_ok=True)
    path = given.out / f"siding-bundle-{version}.tar.gz"
    pack(path, files)
    print(f"{path}: {len(rows)} programs, {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()

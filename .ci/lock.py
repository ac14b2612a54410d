#!/usr/bin/env python3
"""Writes actions/launch/release.lock from the archives of a release: which version the actions and tasks run, and every hash.

DIST holds one archive for each program and target, as a release has them:
  <program>-<version>-<target>.tar.gz   with <program> at its top; on Windows .zip with <program>.exe
Every target must have every program; a target that nobody built is told and left out. Exit code 0 when the lock was
written, 1 when the archives are not such a set, 2 on wrong usage. The same archives give the same lock.

Usage: python3 .ci/lock.py DIST VERSION [--lock FILE]
"""

from __future__ import annotations

import argparse
import hashlib
import os
import pathlib
import re
import sys
import tarfile
import tomllib
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Whatever the launchers may look for.
TARGETS = [
    "x86_64-unknown-linux-musl",
    "aarch64-unknown-linux-musl",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
    "x86_64-pc-windows-msvc",
    "aarch64-pc-windows-msvc",
]
HEAD = """\
# Which release the actions and tasks run, and the sha256 of every archive and of the program in it.
# Written by .ci/lock.py after a release was built; read by launch.sh and launch.ps1. docs/actions.md has the form.
"""


class Wrong(Exception):
    """Archives that are no release."""


def main() -> int:
    parser = argparse.ArgumentParser(description="Writes release.lock from the archives of a release.")
    parser.add_argument("dist", type=pathlib.Path, help="the folder with the archives")
    parser.add_argument("version", help="such as 1.2.3, without a v")
    parser.add_argument("--lock", type=pathlib.Path, default=ROOT / "actions/launch/release.lock")
    arguments = parser.parse_args()
    if not re.fullmatch(r"\d+\.\d+\.\d+(-[0-9a-z.-]+)?", arguments.version):
        parser.error(f"`{arguments.version}` is no version such as 1.2.3")
    if not arguments.dist.is_dir():
        parser.error(f"`{arguments.dist}` is no folder")
    try:
        rows, left_out = read_release(arguments.dist, arguments.version)
    except Wrong as wrong:
        print(f"{arguments.dist}: {wrong}; the lock was not written", file=sys.stderr)
        return 1
    text = HEAD + f"version {arguments.version}\nbase {repository()}/releases/download\n" + "".join(rows)
    draft = arguments.lock.with_name(arguments.lock.name + ".draft")
    draft.write_text(text, encoding="ascii", newline="\n")
    os.replace(draft, arguments.lock)
    print(f"{arguments.lock}: {len(rows)} programs of {arguments.version}")
    for target in left_out:
        print(f"  left out: {target}, of which there is no archive")
    return 0


def programs() -> list[str]:
    return sorted(path.stem for path in (ROOT / "src/bin").glob("*.rs"))


def repository() -> str:
    return tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["package"]["repository"]


def read_release(dist: pathlib.Path, version: str) -> tuple[list[str], list[str]]:
    """The rows of the lock, and the targets that nobody built."""
    rows, left_out, expected = [], [], set()
    for target in TARGETS:
        end = ".zip" if "windows" in target else ".tar.gz"
        names = {program: f"{program}-{version}-{target}{end}" for program in programs()}
        expected |= set(names.values())
        missing = [name for name in names.values() if not (dist / name).is_file()]
        if len(missing) == len(names):
            left_out.append(target)
            continue
        if missing:
            raise Wrong(f"{target} lacks {', '.join(missing)}")
        for program, name in names.items():
            archive = dist / name
            member = program + (".exe" if "windows" in target else "")
            rows.append(f"{program} {target} {sha256(archive.read_bytes())} {sha256(unpack(archive, member))}\n")
    if not rows:
        raise Wrong(f"there is no archive of {version}")
    stray = sorted(path.name for path in dist.iterdir() if path.name.endswith((".tar.gz", ".zip")) and path.name not in expected)
    # The bundle for machines without a network is made from these archives, the toolkit for people holds them all.
    stray = [name for name in stray if not name.startswith(("siding-bundle-", "siding-toolkit-"))]
    if stray:
        raise Wrong(f"no program or target of ours is called {', '.join(stray)}")
    return rows, left_out


def unpack(archive: pathlib.Path, member: str) -> bytes:
    """The one file of that name; a launcher would take no other."""
    try:
        if archive.suffix == ".zip":
            with zipfile.ZipFile(archive) as opened:
                found = [opened.read(entry) for entry in opened.infolist() if entry.filename == member]
        else:
            with tarfile.open(archive, "r:gz") as opened:
                entries = [entry for entry in opened.getmembers() if entry.name == member]
                found = [opened.extractfile(entry).read() for entry in entries if entry.isreg()]
                if len(entries) != len(found):
                    raise Wrong(f"{archive.name}: `{member}` is a link or a folder")
    except (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise Wrong(f"{archive.name} cannot be read: {error}") from error
    if len(found) != 1:
        raise Wrong(f"{archive.name} holds `{member}` {len(found)} times, not once at its top")
    if not found[0]:
        raise Wrong(f"{archive.name}: `{member}` is empty")
    return found[0]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


if __name__ == "__main__":
    sys.exit(main())

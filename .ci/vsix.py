#!/usr/bin/env python3
"""Packs the extension for Azure DevOps: the tasks with their programs, checked, by Microsoft's own packager.

The programs come from what .ci/dist.py leaves: archives `PROGRAM-VERSION-TARGET.tar.gz`, or folders `bin/TARGET`. The package
bundles those of TARGETS below for every task, which keeps it under the 25 MiB that older servers take; what it leaves out is
said. `--targets all` makes the large package, for servers without a way to the internet.

Needs Node and npm. The packager is pinned, with all that it brings, by .ci/tfx/package-lock.json. Exit code 0 when the
package was written, 1 when something is wrong with it, 2 when it cannot be made here.

Usage: python3 .ci/vsix.py [--dist FOLDER] [--out FOLDER] [--targets TARGET,...|all] [--limit MIB] [--complete]
  --complete  a target that the folder does not have is wrong, as in a release
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from typing import Any, NoReturn

ROOT = pathlib.Path(__file__).resolve().parent.parent
ACTIONS = ROOT / "actions"
# Most agents. The others fetch their program by the launcher, which checks its sha256, or get it by `SIDING_BIN`.
TARGETS = ["x86_64-unknown-linux-musl", "x86_64-pc-windows-msvc"]
ALL_TARGETS = [*TARGETS, "aarch64-unknown-linux-musl", "x86_64-apple-darwin", "aarch64-apple-darwin"]
# How a program of each system begins, as in the shim.
MAGIC = {"linux": b"\x7fELF", "windows": b"MZ", "apple": b"\xcf\xfa\xed\xfe"}
LIMIT_MIB = 24.0
LIMIT_ALL_MIB = 96.0
# What the shim starts where a task has no program for the machine.
LAUNCHER = ["launch.sh", "fetch.sh", "release.lock"]


def stop(code: int, text: str) -> NoReturn:
    print(f"error: {text}", file=sys.stderr)
    raise SystemExit(code)


def read(path: pathlib.Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def version() -> str:
    """The version that every manifest must have: agents know a task by id and version."""
    with open(ROOT / "Cargo.toml", "rb") as file:
        return tomllib.load(file)["package"]["version"]


def check_versions(wanted: str, tasks: list[str]) -> None:
    have = {"vss-extension.json": read(ACTIONS / "vss-extension.json")["version"]}
    for task in tasks:
        parts = read(ACTIONS / task / "task.json")["version"]
        have[f"{task}/task.json"] = ".".join(str(parts[part]) for part in ("Major", "Minor", "Patch"))
    wrong = [f"{name} has {found}" for name, found in have.items() if found != wanted]
    if wrong:
        stop(1, f"the version is {wanted}, but {', '.join(wrong)}: run `just bless`")


def has_launcher(wanted: str) -> bool:
    """A launcher without hashes of this version would only build from source, which an agent cannot."""
    lock = ACTIONS / "launch" / "release.lock"
    return lock.is_file() and f"version {wanted}" in lock.read_text(encoding="utf-8").splitlines()


def program(dist: pathlib.Path, target: str, name: str) -> bytes | None:
    """A program for a target, if there is one: from its archive, else from the folder of that target."""
    file = f"{name}.exe" if "windows" in target else name
    archive = dist / f"{name}-{version()}-{target}"
    zipped, tarred = (archive.with_name(archive.name + suffix) for suffix in (".zip", ".tar.gz"))
    if zipped.is_file():
        with zipfile.ZipFile(zipped) as packed:
            return packed.read(file)
    if tarred.is_file():
        with tarfile.open(tarred) as packed:
            member = packed.extractfile(file)
            return member.read() if member else None
    plain = dist / "bin" / target / file
    return plain.read_bytes() if plain.is_file() else None


def add_program(dist: pathlib.Path, target: str, task: str, folder: pathlib.Path) -> bool:
    """Copies a program, if there is one. What is none must not be packed: an empty file would be run as an empty script."""
    found = program(dist, target, task)
    if found is None:
        return False
    magic = next(start for system, start in MAGIC.items() if system in target)
    if not found.startswith(magic):
        stop(1, f"`{task}` for {target} in {dist} is no program for that target")
    place = folder / "bin" / target
    place.mkdir(parents=True)
    (place / (f"{task}.exe" if "windows" in target else task)).write_bytes(found)
    return True


def stage(dist: pathlib.Path, targets: list[str], folder: pathlib.Path, complete: bool) -> None:
    """Fills an empty folder with exactly what the package shall hold."""
    manifest = read(ACTIONS / "vss-extension.json")
    tasks = [entry["path"] for entry in manifest["files"]]
    wanted = version()
    check_versions(wanted, tasks)
    for name in ("vss-extension.json", "overview.md", "icon.png"):
        shutil.copyfile(ACTIONS / name, folder / name)
    licences = [(ROOT / name).read_text(encoding="utf-8") for name in ("LICENSE-MIT", "LICENSE-APACHE")]
    (folder / "LICENSE.txt").write_text("MIT OR Apache-2.0, at your choice.\n\n" + "\n\n".join(licences), encoding="utf-8")
    launcher = has_launcher(wanted)
    if not launcher:
        print(f"left out: the launcher, because release.lock is not of {wanted}")
    for task in tasks:
        place = folder / task
        place.mkdir()
        for name in ("task.json", "icon.png"):
            shutil.copyfile(ACTIONS / task / name, place / name)
        for name in ["shim.cjs", *(LAUNCHER if launcher else [])]:
            shutil.copyfile(ACTIONS / "launch" / name, place / name)
        missing = [target for target in targets if not add_program(dist, target, task, place)]
        if len(missing) == len(targets):
            stop(1, f"{dist} has no `{task}` for any of {', '.join(targets)}")
        if missing and complete:
            stop(1, f"{dist} has no `{task}` for {', '.join(missing)}")
        if missing:
            print(f"left out: {task} for {', '.join(missing)}, which {dist} does not have")


def npm() -> str:
    found = shutil.which("npm")
    if found is None or shutil.which("node") is None:
        stop(2, "npm is not installed, and the packager needs it: install Node 20 or newer")
    return found


def packager() -> pathlib.Path:
    """Installs the packager as it is pinned. It runs no script of a package."""
    folder = ROOT / ".ci" / "tfx"
    words = [npm(), "ci", "--prefix", str(folder), "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    if subprocess.run(words, check=False).returncode != 0:
        stop(2, "the packager could not be installed: `npm ci` failed, see above")
    return folder / "node_modules" / ".bin" / "tfx"


def pack(tfx: pathlib.Path, staged: pathlib.Path, package: pathlib.Path) -> None:
    """A warning fails: the packager ends well even when it could not read a manifest."""
    words = [str(tfx), "extension", "create", "--root", str(staged), "--manifests", "vss-extension.json"]
    words += ["--output-path", str(package), "--no-color"]
    environment = {**os.environ, "NO_UPDATE_NOTIFIER": "1"}
    made = subprocess.run(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    print(made.stdout.rstrip())
    if made.returncode != 0 or re.search(r"\bwarn(ing)?\b", made.stdout, re.IGNORECASE):
        package.unlink(missing_ok=True)
        stop(1, "the packager found something wrong, see above")


def check_package(package: pathlib.Path, staged: pathlib.Path, limit: float) -> None:
    """Every staged file is in it as it was, and it is small enough."""
    with zipfile.ZipFile(package) as archive:
        names = set(archive.namelist())
        for file in sorted(path for path in staged.rglob("*") if path.is_file() and path.name != "vss-extension.json"):
            name = file.relative_to(staged).as_posix()
            if name not in names or archive.read(name) != file.read_bytes():
                stop(1, f"{package} does not hold {name} as it was staged")
        tasks: dict[str, int] = {}
        for entry in archive.infolist():
            if "/" in entry.filename:
                task = entry.filename.split("/")[0]
                tasks[task] = tasks.get(task, 0) + entry.compress_size
    for task, size in sorted(tasks.items()):
        print(f"  {size / 2**20:6.2f} MiB  {task}")
    size_mib = package.stat().st_size / 2**20
    print(f"{size_mib:.2f} MiB of {limit:g}: {package}")
    if size_mib > limit:
        package.unlink()
        stop(1, f"the package is larger than {limit:g} MiB, which older servers refuse: bundle fewer targets")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dist", type=pathlib.Path, default=ROOT / "target/dist", help="what .ci/dist.py has left")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "target/vsix", help="where the package goes")
    parser.add_argument("--targets", help=f"separated by commas, or `all`; default: {','.join(TARGETS)}")
    parser.add_argument("--complete", action="store_true", help="a target without a program is wrong")
    parser.add_argument("--limit", type=float, help=f"in MiB; default: {LIMIT_MIB:g}, {LIMIT_ALL_MIB:g} for all targets")
    given = parser.parse_args()
    every = given.targets == "all"
    targets = ALL_TARGETS if every else given.targets.split(",") if given.targets else TARGETS
    unknown = [target for target in targets if target not in ALL_TARGETS]
    if unknown:
        stop(2, f"there is no target {', '.join(unknown)}; there are {', '.join(ALL_TARGETS)}")
    if not given.dist.is_dir():
        stop(2, f"{given.dist} is no folder: run `just dist` first")
    with tempfile.TemporaryDirectory(prefix="siding-vsix-") as folder:
        staged = pathlib.Path(folder)
        stage(given.dist.resolve(), targets, staged, given.complete)
        given.out.mkdir(parents=True, exist_ok=True)
        package = given.out.resolve() / f"siding-{version()}{'-all-targets' if every else ''}.vsix"
        package.unlink(missing_ok=True)
        pack(packager(), staged, package)
        check_package(package, staged, given.limit or (LIMIT_ALL_MIB if every else LIMIT_MIB))


if __name__ == "__main__":
    main()

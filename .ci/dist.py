#!/usr/bin/env python3
"""Builds the programs of a release and packs them: one archive for each program and target.

An archive `PROGRAM-VERSION-TARGET.tar.gz`, on Windows `.zip`, holds the program at its top, beside its licences, its completions and its
manual pages; `siding-toolkit-…` holds all of them, for `cargo binstall` and for people. `SHA256SUMS` lists all archives, `bin/TARGET/PROGRAM` keeps the programs themselves for the bundle that
needs no network and for the tasks of Azure Pipelines. Equal sources and an equal toolchain give equal bytes: paths are
mapped away, times are that of the commit, and archives have no owner and no order but that of their names.

A target is built where the toolchain has its standard library; what is left out is said. Linux programs for shipping
are musl: a static glibc program may crash in name lookup on a host with another glibc, so it is for measuring alone.

Usage: python3 .ci/dist.py [--target TARGET]... [--profile PROFILE] [--out FOLDER] [--programs FOLDER]
  --target    one of the targets, required to be there; all that are installed when it is not given
  --profile   release, or dev where only the form matters
  --programs  pack the programs of this folder as those of the (one) target, and build nothing
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tomllib
import uuid
from typing import NamedTuple, NoReturn

from archive import pack

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHELLS = {"bash": "{}.bash", "zsh": "_{}", "fish": "{}.fish", "powershell": "{}.ps1"}
# Only `siding-release` calls what `records` brings; the linker leaves it out of the others.
FEATURES = ["--no-default-features", "--features", "records"]
# The one that has the emulator and the generator; the others are built without.
WHOLE = "siding"
# The budget of a program in bytes. One over it is said, not refused: a release must not fail for a few kilobytes.
BUDGET = 4_500_000
# It has the emulator and the generator.
BUDGET_OF_THE_WHOLE = 10_000_000


class Target(NamedTuple):
    """What we build for, and what its programs need to be static."""

    triple: str
    flags: tuple[str, ...] = ()
    ships: bool = True

    @property
    def suffix(self) -> str:
        return ".exe" if "windows" in self.triple else ""

    @property
    def archive(self) -> str:
        """PowerShell 5.1 opens a zip by itself."""
        return ".zip" if "windows" in self.triple else ".tar.gz"

    @property
    def is_static_linux(self) -> bool:
        return "linux" in self.triple


TARGETS = [
    Target("x86_64-unknown-linux-musl"),
    Target("aarch64-unknown-linux-musl"),
    Target("x86_64-pc-windows-msvc", ("-Ctarget-feature=+crt-static",)),
    Target("aarch64-pc-windows-msvc", ("-Ctarget-feature=+crt-static",)),
    Target("x86_64-apple-darwin"),
    Target("aarch64-apple-darwin"),
    Target("x86_64-unknown-linux-gnu", ("-Ctarget-feature=+crt-static",), ships=False),
]


def fail(what: str, fix: str) -> NoReturn:
    sys.exit(f"error: {what}\n  fix: {fix}")


def output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout.strip()


def is_installed(target: Target) -> bool:
    folder = pathlib.Path(output("rustc", "--print", "target-libdir", "--target", target.triple))
    return any(folder.glob("libstd-*.rlib"))


def chosen(names: list[str]) -> list[Target]:
    """The targets to build: those that were asked for, or all that can be built here."""
    known = {target.triple: target for target in TARGETS}
    for name in names:
        if name not in known:
            fail(f"`{name}` is none of our targets", f"choose from {', '.join(known)}")
        if not is_installed(known[name]):
            fail(f"the standard library for `{name}` is not installed", f"run `rustup target add {name}`")
    found = [known[name] for name in names] or [target for target in TARGETS if is_installed(target)]
    for target in TARGETS:
        if not names and target not in found:
            print(f"left out: {target.triple}: its standard library is not installed")
    return found


def programs() -> list[str]:
    return sorted(path.stem for path in (ROOT / "src/bin").glob("*.rs"))


def version() -> str:
    with open(ROOT / "Cargo.toml", "rb") as file:
        return tomllib.load(file)["package"]["version"]


def built() -> pathlib.Path:
    """Cargo's target folder. Code that build scripts generate lies in it, and tells its path when it panics."""
    return ROOT / os.environ.get("CARGO_TARGET_DIR", "target")


def environment(target: Target) -> dict[str, str]:
    """The variables that make two builds of one commit the same."""
    home = os.environ.get("CARGO_HOME", str(pathlib.Path.home() / ".cargo"))
    # Of several that fit, the compiler takes the last: the target folder may lie in the sources.
    folders = {ROOT: "siding", home: "cargo", built(): "target"}
    flags = [*target.flags, *(f"--remap-path-prefix={folder}={name}" for folder, name in folders.items())]
    compilers = {}
    if "musl" in target.triple and shutil.which("musl-gcc"):
        compilers[f"CC_{target.triple.replace('-', '_')}"] = "musl-gcc"
    stamp = os.environ.get("SOURCE_DATE_EPOCH") or output("git", "log", "-1", "--format=%ct")
    return {
        **{name: value for name, value in os.environ.items() if name != "RUSTFLAGS"},
        **compilers,
        "CARGO_ENCODED_RUSTFLAGS": "\x1f".join(flags),
        "SOURCE_DATE_EPOCH": stamp,
        "MACOSX_DEPLOYMENT_TARGET": "11.0",
    }


def build(target: Target, profile: str) -> dict[str, pathlib.Path]:
    """Builds every program for the target and returns where they are."""
    auditable = shutil.which("cargo-auditable") is not None
    if not auditable:
        print("left out: the list of crates inside each program: cargo-auditable is not installed")
    cargo = ["cargo", *(["auditable"] if auditable else []), "build", "--locked", "--profile", profile]
    small = [name for name in programs() if name != WHOLE]
    folder = built() / target.triple / ("debug" if profile == "dev" else profile)
    found = {}
    for names, chosen_features in ((small, FEATURES), ([WHOLE], [])):
        arguments = [part for name in names for part in ("--bin", name)]
        command = [*cargo, "--target", target.triple, *chosen_features, *arguments]
        print(f"building {', '.join(names)} for {target.triple}", flush=True)
        subprocess.run(command, check=True, cwd=ROOT, env=environment(target))
        found.update({name: folder / f"{name}{target.suffix}" for name in names})
    return found


def prove_static(target: Target, program: pathlib.Path) -> None:
    """A program for Linux must need nothing of the host, as `file` and `ldd` see it."""
    kind = output("file", "--brief", str(program)) if shutil.which("file") else None
    if kind is not None and "statically linked" not in kind and "static-pie linked" not in kind:
        fail(f"{program.name} for {target.triple} is not static: {kind}", "look for a crate that links a library")
    here = os.uname().machine == target.triple.split("-")[0]
    needs = None
    if here and shutil.which("ldd"):
        run = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=False)
        needs = (run.stdout + run.stderr).strip()
        if "statically linked" not in needs and "not a dynamic executable" not in needs:
            fail(f"{program.name} for {target.triple} is not static: ldd says {needs}", "look for what it links")
    if kind is None and needs is None:
        fail("neither `file` nor `ldd` is here to see whether programs are static", "install `file`")


def papers(name: str, whole: pathlib.Path) -> dict[str, bytes]:
    """What lies beside a program: licences, completions, manual pages; from the declarations of its inputs."""

    def ask(*words: str) -> bytes:
        try:
            return subprocess.run([str(whole), *words], check=True, capture_output=True).stdout
        except OSError as trouble:
            fail(f"{whole} does not run here: {trouble}", "build a target of this machine as well: its `siding` is asked")

    found = {path.name: path.read_bytes() for path in sorted(ROOT.glob("LICENSE-*"))}
    source = "siding" if name == "siding-release" else name
    for shell, pattern in SHELLS.items():
        if source == name:
            found[f"completions/{pattern.format(name)}"] = ask("completions", shell, "--program", name)
    if name == "siding-release":
        found["man/siding-release.1"] = ask("manual", "release")
    else:
        found[f"man/{name}.1"] = ask("manual", "--program", name)
    if name == WHOLE:
        listed = ask("--help").decode().partition("Commands:\n")[2].partition("\n\n")[0]
        for command in (line.split()[0] for line in listed.splitlines()):
            found[f"man/siding-{command}.1"] = ask("manual", command)
    return found


def dist(target: Target, found: dict[str, pathlib.Path], whole: pathlib.Path, given: argparse.Namespace) -> None:
    """Packs the programs of one target."""
    out = given.out
    # Programs of the dev profile have no size that matters, and ten times as much to compress.
    level = 1 if given.profile == "dev" else 9
    kept = out / "bin" / target.triple
    kept.mkdir(parents=True, exist_ok=True)
    note = "" if target.ships else "  (for measuring, not for shipping)"
    toolkit: dict[str, tuple[bytes, int]] = {}
    for name, path in found.items():
        shutil.copyfile(path, kept / path.name)
        (kept / path.name).chmod(0o755)
        files = {other: (text, 0o644) for other, text in papers(name, whole).items()}
        files[path.name] = (path.read_bytes(), 0o755)
        toolkit.update(files)
        archive = out / f"{name}-{version()}-{target.triple}{target.archive}"
        pack(archive, files, level)
        sizes = f"{path.stat().st_size:>10,} B  {archive.stat().st_size:>10,} B packed"
        print(f"{archive.name:<60} {sizes}{note}")
    pack(out / f"siding-toolkit-{version()}-{target.triple}{target.archive}", toolkit, level)


def say_what_is_large(target: Target, found: dict[str, pathlib.Path]) -> None:
    for name, path in found.items():
        size, budget = path.stat().st_size, BUDGET_OF_THE_WHOLE if name == WHOLE else BUDGET
        if target.ships and size > budget:
            print(f"over its budget: {name} for {target.triple} has {size:,} bytes, more than {budget:,}")


def sums(out: pathlib.Path) -> None:
    archives = sorted([*out.glob("*.tar.gz"), *out.glob("*.zip")])
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in archives]
    (out / "SHA256SUMS").write_text("".join(lines), encoding="ascii", newline="\n")
    print(f"{len(archives)} archives in {out}")


def bill_of_materials(out: pathlib.Path) -> None:
    """The crates of all programs and targets, in CycloneDX. Each program also tells its own: `cargo audit bin PROGRAM`."""
    if shutil.which("cargo-cyclonedx") is None:
        print("left out: the bill of materials: cargo-cyclonedx is not installed")
        return
    options = ["--format", "json", "--spec-version", "1.5", "--target", "all", "--all-features"]
    options += ["--override-filename", "siding.cdx"]
    subprocess.run(["cargo", "cyclonedx", *options], check=True, cwd=ROOT, env=environment(TARGETS[0]))
    made = ROOT / "siding.cdx.json"
    # Our own parts are named by where they lie, and by their name where the folder has another; in a bill that others read,
    # and that is the same everywhere, by what they are.
    text, place = made.read_text(encoding="utf-8"), f"path+{ROOT.as_uri()}#"
    bill = json.loads(text.replace(f"{place}siding@", "siding@").replace(place, "siding@"))
    made.unlink()
    # With SOURCE_DATE_EPOCH it gets no serial number, without which nobody attests it. This one follows from the commit.
    name = f"{output('git', 'rev-parse', 'HEAD')} {version()}"
    bill["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}"
    (out / made.name).write_text(json.dumps(bill, indent=2) + "\n", encoding="utf-8", newline="\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", action="append", default=[])
    parser.add_argument("--profile", default="release", choices=["release", "dev"])
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "target/dist")
    parser.add_argument("--programs", type=pathlib.Path)
    given = parser.parse_args()
    host = output("rustc", "--print", "host-tuple")
    if given.out.exists():
        shutil.rmtree(given.out)
    given.out.mkdir(parents=True)
    if given.programs is not None:
        if len(given.target) != 1:
            fail("--programs needs one --target", "say which target these programs are for")
        target = next((one for one in TARGETS if one.triple == given.target[0]), Target(given.target[0]))
        found = {name: given.programs / f"{name}{target.suffix}" for name in programs()}
        dist(target, found, found[WHOLE], given)
        sums(given.out)
        return
    whole = None
    for target in sorted(chosen(given.target), key=lambda one: not one.triple.startswith(host.rsplit("-", 1)[0])):
        found = build(target, given.profile)
        if target.is_static_linux:
            for path in found.values():
                prove_static(target, path)
        if given.profile == "release":
            say_what_is_large(target, found)
        # Only a program for this machine can print its completions; all targets have the same.
        whole = whole or found[WHOLE]
        dist(target, found, whole, given)
    bill_of_materials(given.out)
    sums(given.out)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Enforces deny.toml without a network: licences, banned crates and sources of the dependency tree.

Banned crates and sources are read from Cargo.lock, which lists every crate of every target. Licences are in the crates
themselves, so they are read through `cargo metadata` for each target of deny.toml whose crates are on this machine; the
report names the targets that are not, and `cargo fetch` brings them. Exit code 0 when all is well, 1 on a finding, 2
when the check itself cannot run. It does not know advisories: `cargo deny check advisories` does.

Usage: python3 .ci/licences.py [--root FOLDER] [--every-target]
  --every-target  a target whose licences cannot be read is a finding
"""

from __future__ import annotations

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tomllib
from typing import Any, NamedTuple, NoReturn

# What this script understands of deny.toml. Where a value is fixed, the script does not implement the others.
KNOWN: dict[str, dict[str, Any]] = {
    "graph": {"targets": list, "all-features": True},
    "advisories": {"yanked": str},
    "licenses": {"allow": list, "include-dev": True, "unused-allowed-license": "warn"},
    "bans": {"multiple-versions": "allow", "wildcards": "deny", "deny": list},
    "sources": {"unknown-registry": "deny", "unknown-git": "deny", "allow-registry": list, "allow-git": []},
}
TOKEN = re.compile(r"\s*([()/]|[A-Za-z0-9.+-]+)")


class Crate(NamedTuple):
    """A crate of the tree, as reports name it."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class Unreadable(Exception):
    """A licence expression that is not SPDX."""


def main() -> int:
    parser = argparse.ArgumentParser(description="Checks licences, banned crates and sources without a network.")
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    parser.add_argument("--every-target", action="store_true", help="a target that cannot be read is a finding")
    arguments = parser.parse_args()
    rules = read_rules(arguments.root / "deny.toml")
    locked = read_toml(arguments.root / "Cargo.lock").get("package", [])

    licences: dict[Crate, str | None] = {}
    findings = check_sources(locked, rules) + check_bans(locked, rules)
    notes = []
    for target in rules["graph"]["targets"]:
        packages, why = metadata(arguments.root, target)
        findings += check_wildcards(packages)
        licences.update({Crate(package["name"], package["version"]): package["license"] for package in packages})
        if why:
            notes.append(f"the licences of {target} were not checked: {why}")
    if not licences:
        stop("no target's crates are on this machine; run `cargo fetch --locked` first")
    needed, wrong = check_licences(licences, rules["licenses"]["allow"])
    findings += wrong
    if arguments.every_target:
        findings += notes
    if unused := sorted(set(rules["licenses"]["allow"]) - needed):
        (notes if notes else findings).append(f"deny.toml allows what no crate needs: {', '.join(unused)}")
    return report(sorted(set(findings)), notes, len(locked), len(licences))


def report(findings: list[str], notes: list[str], locked: int, read: int) -> int:
    for note in notes:
        print(f"note: {note}")
    for finding in findings:
        print(f"error: {finding}")
    verdict = f"{len(findings)} findings" if findings else "all is well"
    print(f"{verdict}: {locked} crates in Cargo.lock for bans and sources, {read} of them for licences")
    return 1 if findings else 0


def read_rules(path: pathlib.Path) -> dict[str, Any]:
    """deny.toml, when it holds exactly what this script understands."""
    rules = read_toml(path)
    for section, keys in rules.items():
        for key, value in keys.items():
            known = KNOWN.get(section, {}).get(key)
            fits = isinstance(value, known) if isinstance(known, type) else known is not None and value == known
            if not fits:
                stop(f"{path.name}: [{section}] {key} = {value!r} is not understood here; teach this script or remove it")
    for section, keys in KNOWN.items():
        for key in keys:
            if key not in rules.get(section, {}):
                stop(f"{path.name}: [{section}] {key} is missing")
    return rules


def read_toml(path: pathlib.Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        stop(f"{path}: {error}")


def metadata(root: pathlib.Path, target: str) -> tuple[list[dict[str, Any]], str | None]:
    """The packages of one target, or why they cannot be read."""
    command = ["cargo", "metadata", "--offline", "--locked", "--format-version", "1", "--all-features"]
    try:
        done = subprocess.run([*command, "--filter-platform", target], cwd=root, capture_output=True, text=True)
    except OSError as error:
        stop(f"cargo cannot be started: {error}")
    if done.returncode == 0:
        return json.loads(done.stdout)["packages"], None
    first = next((line for line in done.stderr.splitlines() if line.startswith("error")), done.stderr.strip())
    if "--offline was specified" not in done.stderr:
        stop(f"cargo metadata: {first}")
    return [], first.removeprefix("error: ")


def check_sources(locked: list[dict[str, Any]], rules: dict[str, Any]) -> list[str]:
    """Everything but our own package comes from a registry that is allowed."""
    allowed = {f"registry+{url}" for url in rules["sources"]["allow-registry"]}
    own = [package for package in locked if "source" not in package]
    findings = [
        f"{package['name']} {package['version']} comes from {package['source']}, which is not allowed"
        for package in locked
        if "source" in package and package["source"] not in allowed
    ]
    if len(own) > 1:
        findings.append(f"more than one package comes from a path: {', '.join(package['name'] for package in own)}")
    return findings


def check_bans(locked: list[dict[str, Any]], rules: dict[str, Any]) -> list[str]:
    """No crate that deny.toml bans; the finding says who brings it in."""
    findings = []
    for ban in rules["bans"]["deny"]:
        if not isinstance(ban, dict) or set(ban) != {"crate", "reason"}:
            stop(f"deny.toml: a ban needs exactly `crate` and `reason`: {ban!r}")
        for package in locked:
            if package["name"] == ban["crate"]:
                users = [user["name"] for user in locked if depends(user, package["name"])]
                findings.append(f"{Crate(package['name'], package['version'])} is banned ({ban['reason']}); "
                                f"brought in by {', '.join(users) or 'nobody'}")
    return findings


def depends(package: dict[str, Any], name: str) -> bool:
    return any(dependency.split()[0] == name for dependency in package.get("dependencies", []))


def check_wildcards(packages: list[dict[str, Any]]) -> list[str]:
    """Our own manifest names a version for every dependency."""
    own = [package for package in packages if package["source"] is None]
    return [
        f"{package['name']} takes any version of {dependency['name']}"
        for package in own
        for dependency in package["dependencies"]
        if dependency["req"] == "*" and dependency["source"]
    ]


def check_licences(licences: dict[Crate, str | None], allow: list[str]) -> tuple[set[str], list[str]]:
    """The allowed licences that some crate cannot do without, and the crates that are not covered."""
    needed: set[str] = set()
    findings = []
    for crate, expression in sorted(licences.items()):
        if expression is None:
            findings.append(f"{crate} declares no SPDX licence")
            continue
        try:
            choices = parse(expression)
        except Unreadable as error:
            findings.append(f"{crate}: the licence {expression!r} cannot be read: {error}")
            continue
        covered = [choice for choice in choices if choice <= set(allow)]
        if not covered:
            findings.append(f"{crate}: the licence {expression!r} is not covered by what deny.toml allows")
        else:
            needed |= frozenset.intersection(*covered)
    return needed, findings


def parse(expression: str) -> list[frozenset[str]]:
    """The choices that an SPDX expression gives: each is a set of licences that apply together.

    `OR` binds weakest, then `AND`, then `WITH`; `/` is the old way to write `OR`.
    """
    tokens = []
    position = 0
    while expression[position:].strip():
        match = TOKEN.match(expression, position)
        if match is None:
            raise Unreadable(f"unexpected {expression[position:].strip()[0]!r}")
        tokens.append("OR" if match[1] == "/" else match[1])
        position = match.end()
    choices = parse_or(tokens)
    if tokens:
        raise Unreadable(f"unexpected {tokens[0]!r}")
    return choices


def parse_or(tokens: list[str]) -> list[frozenset[str]]:
    choices = parse_and(tokens)
    while tokens[:1] == ["OR"]:
        tokens.pop(0)
        choices = choices + parse_and(tokens)
    return choices


def parse_and(tokens: list[str]) -> list[frozenset[str]]:
    choices = parse_term(tokens)
    while tokens[:1] == ["AND"]:
        tokens.pop(0)
        more = parse_term(tokens)
        choices = [one | other for one in choices for other in more]
    return choices


def parse_term(tokens: list[str]) -> list[frozenset[str]]:
    if not tokens:
        raise Unreadable("it ends too early")
    token = tokens.pop(0)
    if token == "(":
        choices = parse_or(tokens)
        if tokens[:1] != [")"]:
            raise Unreadable("a parenthesis is not closed")
        tokens.pop(0)
        return choices
    if token in ("AND", "OR", "WITH", ")"):
        raise Unreadable(f"unexpected {token!r}")
    if tokens[:1] == ["WITH"]:
        tokens.pop(0)
        if not tokens or tokens[0] in ("AND", "OR", "WITH", "(", ")"):
            raise Unreadable("an exception is missing after WITH")
        token = f"{token} WITH {tokens.pop(0)}"
    return [frozenset([token])]


def stop(message: str) -> NoReturn:
    print(f"error: {message}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    sys.exit(main())

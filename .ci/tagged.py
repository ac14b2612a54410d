#!/usr/bin/env python3
"""Checks that a tag names the version of Cargo.toml: `v1.2.3` or `bin-v1.2.3`. Exit code 1 when it does not.

Usage: python3 .ci/tagged.py TAG
"""

import pathlib
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    tag = sys.argv[1]
    with open(ROOT / "Cargo.toml", "rb") as file:
        version = tomllib.load(file)["package"]["version"]
    if tag.removeprefix("bin-") != f"v{version}":
        sys.exit(f"the tag `{tag}` is not the version {version} of Cargo.toml\n  fix: set the version first, then tag that commit")


if __name__ == "__main__":
    main()

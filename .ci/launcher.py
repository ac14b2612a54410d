#!/usr/bin/env python3
"""Tries the launcher of the actions on this machine, beside a release that is made up of one program that was built here.

The tests do more with launch.sh; this is for what runs where they do not: launch.ps1 under the PowerShell of Windows.

Usage: python3 .ci/launcher.py PROGRAMS TARGET
  PROGRAMS  holds smoke-test
  TARGET    of this machine, such as x86_64-pc-windows-msvc
Exit code 1 when a case does not end as it should.
"""

from __future__ import annotations

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
WINDOWS = os.name == "nt"
TOOL = "smoke-test"
FILE = f"{TOOL}.exe" if WINDOWS else TOOL
SHELL = ["powershell", "-NoLogo", "-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-File"] if WINDOWS else ["/bin/sh"]
# Nothing listens there, so what is to be downloaded is not.
BASE = "https://127.0.0.1:9/siding"


class Trial:
    """A copy of the launcher with a release of its own, an empty tool cache and no bundle."""

    def __init__(self, folder: pathlib.Path, program: pathlib.Path, target: str) -> None:
        self.program, self.target = program, target
        self.launch, self.cache = folder / "launch", folder / "cache"
        shutil.copytree(ROOT / "actions/launch", self.launch)
        (folder / "temp").mkdir()
        sum_of_program = hashlib.sha256(program.read_bytes()).hexdigest()
        lines = ["version 0.0.0-trial", f"base {BASE}", f"{TOOL} {target} {'0' * 64} {sum_of_program}"]
        (self.launch / "release.lock").write_text("".join(f"{line}\n" for line in lines), encoding="ascii", newline="\n")
        dropped = ("INPUT_", "SIDING_", "GITHUB_", "RUNNER_", "CARGO_")
        self.environment = {name: value for name, value in os.environ.items() if not name.upper().startswith(dropped)}
        self.environment |= {"RUNNER_TOOL_CACHE": str(self.cache), "RUNNER_TEMP": str(folder / "temp")}

    def bundled(self) -> pathlib.Path:
        return self.launch / "bin" / self.target / FILE

    def cached(self) -> pathlib.Path:
        return self.cache / "siding/0.0.0-trial" / self.target / FILE

    def put(self, place: pathlib.Path, *, broken: bool = False) -> None:
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(self.program, place)
        if broken:
            content = bytearray(place.read_bytes())
            content[-1] ^= 1
            place.write_bytes(content)

    def run(self, code: int, says: list[str], *words: str, **variables: str) -> None:
        """Runs the launcher, which must end with this code and say all of this."""
        script = self.launch / ("launch.ps1" if WINDOWS else "launch.sh")
        command = [*SHELL, str(script), *words]
        ran = subprocess.run(
            command, env=self.environment | variables, capture_output=True, text=True, timeout=120, check=False
        )
        said = ran.stdout + ran.stderr
        missing = [text for text in says if text not in said]
        if ran.returncode != code or missing:
            sys.exit(f"{' '.join(words)}: exit code {ran.returncode}, wanted {code}; not said: {missing}\n{said}")
        print(f"as it should be: {' '.join(words) or 'no words'} {variables or ''}: exit code {code}")


def main() -> None:
    programs, target = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(pathlib.Path(folder), programs / FILE, target)
        trial.run(1, ["SID0801", "could not be fetched", f"{BASE}/bin-v0.0.0-trial/"], TOOL, "--version")
        trial.put(trial.cached(), broken=True)
        trial.run(1, ["is not used", "release.lock says"], TOOL, "--version", GITHUB_ACTIONS="true")
        trial.put(trial.cached())
        trial.run(0, [TOOL], TOOL, "--version")
        # The program's own exit codes are kept.
        trial.run(2, ["SID0001", "`--no-such-flag`"], TOOL, "--no-such-flag")
        trial.put(trial.bundled(), broken=True)
        trial.run(0, [TOOL, "bundle"], TOOL, "--version")
        trial.cached().unlink()
        trial.put(trial.bundled())
        trial.run(0, [TOOL], TOOL, "--version")
        trial.run(0, [TOOL], TOOL, "--version", SIDING_BIN=str(programs))
        trial.run(1, ["SID0801"], "no-such-tool")
        trial.run(1, ["SID0801"], "..")
        handed = {"GITHUB_PATH": str(trial.cache / "path"), "GITHUB_OUTPUT": str(trial.cache / "output")}
        trial.run(0, [TOOL], "setup", TOOL, TOOL, **handed)
        if "version=" not in (trial.cache / "output").read_text(encoding="utf-8"):
            sys.exit("setup: no output `version`")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Starts the emulator for the steps of a job that follow, and hands them the variables that lead to it and to our programs.

Its process id is printed; a hosted runner ends by itself what the steps of a job have left behind.

Usage: python3 .ci/emulate.py PROGRAMS FOLDER ENVIRONMENT
  PROGRAMS     holds our programs; the launchers are told to take them
  FOLDER       gets the emulator's output
  ENVIRONMENT  the file of the runner to which variables are added
Exit code 1 when the emulator does not start, with what it said.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import time

NAMES = ["AZURE_CLOUD", "AZURE_AUTHORITY_HOST", "SSL_CERT_FILE", "AZURE_TENANT_ID", "AZURE_SUBSCRIPTION_ID", "AZURE_CLIENT_ID",
         "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"]
LIMIT = 60


def variables(out: pathlib.Path, emulator: subprocess.Popen[bytes]) -> dict[str, str]:
    """What the emulator prints when it is ready."""
    deadline = time.monotonic() + LIMIT
    while emulator.poll() is None and time.monotonic() < deadline:
        try:
            return json.loads(out.read_text(encoding="utf-8"))
        except json.JSONDecodeError:
            time.sleep(0.1)
    raise SystemExit(f"the emulator did not start: {out.with_suffix('.log').read_text(encoding='utf-8')}")


def main() -> None:
    programs, folder, environment = map(pathlib.Path, sys.argv[1:])
    suffix = ".exe" if os.name == "nt" else ""
    out = folder / "emulator.json"
    # What it would inherit is a pipe of this step, which then never ends.
    with out.open("wb") as stdout, out.with_suffix(".log").open("wb") as stderr:
        command = [str(programs / f"siding{suffix}"), "emulator", "--port", "0", "--speed", "200", "--format", "json"]
        # A group of its own: what ends the step must not end it.
        apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP} if os.name == "nt" else {"start_new_session": True}
        emulator = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, **apart)
    found = variables(out, emulator)
    with environment.open("a", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{name}={found[name]}\n" for name in NAMES)
        file.write(f"SIDING_BIN={programs.resolve()}\n")
    print(emulator.pid)


if __name__ == "__main__":
    main()

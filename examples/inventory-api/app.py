"""The entry point: reads the environment, starts the server, and ends it politely on SIGTERM."""

from __future__ import annotations

import os
import pathlib
import signal
import sys
import threading
import time

from inventory.api import Api
from inventory.http import Server
from inventory.log import Log
from inventory.settings import Settings
from inventory.store import Store, seed

# App Service waits 5 seconds by default (WEBSITES_CONTAINER_STOP_TIME_LIMIT) before it kills a container.
DRAIN_SECONDS = 4.5


def main() -> int:
    started = time.monotonic()
    try:
        settings = Settings.read(os.environ, pathlib.Path(__file__).resolve().parent)
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    log = Log(sys.stdout, secrets=settings.secrets())
    for warning in settings.warnings:
        log.warning("settings", message=warning)

    store = Store()
    try:
        server = Server((settings.host, settings.port), Api(store, settings), log)
    except OSError as error:
        log.error("listen", host=settings.host, port=settings.port, message=str(error))
        return 1

    # The handlers come before the server, so that an early SIGTERM is polite as well.
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    store.load(seed())
    milliseconds = round((time.monotonic() - started) * 1000, 1)
    host, port = server.server_address[:2]
    log.info("listening", host=host, port=port, version=settings.version, commit=settings.commit, ms=milliseconds)
    for reason in settings.missing:
        log.warning("not ready", reason=reason)

    stop.wait()
    log.info("stopping", in_flight=server.in_flight())
    left = server.drain(DRAIN_SECONDS)
    log.info("stopped", abandoned=left)
    return 0


if __name__ == "__main__":
    sys.exit(main())

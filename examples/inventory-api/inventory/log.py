"""Structured logs: one JSON object a line, and never a secret in it."""

from __future__ import annotations

import json
import threading
import time
from typing import Any, TextIO


class Log:
    """Writes events to a stream. Whole lines are written under a lock, so that threads do not mix them."""

    def __init__(self, stream: TextIO, secrets: tuple[str, ...] = ()) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        # A secret may arrive as it is or as JSON would escape it.
        forms = {form for secret in secrets for form in (secret, json.dumps(secret)[1:-1])}
        self._secrets = sorted(forms, key=len, reverse=True)

    def info(self, event: str, **fields: Any) -> None:
        self._write("info", event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        self._write("warning", event, fields)

    def error(self, event: str, **fields: Any) -> None:
        self._write("error", event, fields)

    def _write(self, level: str, event: str, fields: dict[str, Any]) -> None:
        now = time.time()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1000):03d}Z"
        safe = {name: self._clean(value) for name, value in fields.items()}
        line = json.dumps({"time": stamp, "level": level, "event": event, **safe})
        with self._lock:
            try:
                self._stream.write(line + "\n")
                self._stream.flush()
            except (OSError, ValueError):
                pass  # nobody reads the log any more; the service goes on

    def _clean(self, value: Any) -> Any:
        if isinstance(value, str):
            for secret in self._secrets:
                value = value.replace(secret, "***")
        return value

"""What the environment and the build say about this instance. Read once, at the start."""

from __future__ import annotations

import json
import pathlib
from typing import Mapping, NamedTuple

# App Service leaves this text in the variable when it could not resolve a Key Vault reference.
UNRESOLVED = "@Microsoft.KeyVault("


class Settings(NamedTuple):
    """The settings; `missing` says what keeps the instance from being ready."""

    host: str
    port: int
    version: str
    commit: str | None
    slot: str | None
    password: str
    missing: tuple[str, ...]
    warnings: tuple[str, ...]

    @classmethod
    def read(cls, environment: Mapping[str, str], folder: pathlib.Path) -> Settings:
        """Reads the environment and the files beside `app.py`; raises ValueError for a port that is none."""
        text = environment.get("PORT", "8000")
        if not (text.isascii() and text.isdigit() and int(text) <= 65535):
            raise ValueError(f"PORT must be a number from 0 to 65535, not {text!r}")
        version, commit, warnings = read_build(folder)
        password = environment.get("DB_PASSWORD", "")
        return cls(
            host=environment.get("HOST") or "0.0.0.0",
            port=int(text),
            version=version,
            commit=commit,
            slot=environment.get("WEBSITE_SLOT_NAME") or None,
            password=password,
            missing=check_password(password),
            warnings=warnings,
        )

    def secrets(self) -> tuple[str, ...]:
        """The values that must never be printed."""
        return (self.password,) if self.password else ()


def check_password(password: str) -> tuple[str, ...]:
    """The reasons why the password cannot be used; it is not shown in them."""
    if not password.strip():
        return ("the setting DB_PASSWORD is missing",)
    if password.startswith(UNRESOLVED):
        return ("the setting DB_PASSWORD is a Key Vault reference that App Service could not resolve",)
    return ()


def read_build(folder: pathlib.Path) -> tuple[str, str | None, tuple[str, ...]]:
    """Version, commit and warnings: from `build-info.json`, which a release adds, or from `VERSION`."""
    warnings = []
    try:
        build = json.loads((folder / "build-info.json").read_text(encoding="utf-8-sig"))
        version, commit = build["version"], build.get("commit")
        if isinstance(version, str) and isinstance(commit, (str, type(None))):
            return version, commit, ()
        warnings.append("build-info.json: version and commit must be text")
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        warnings.append(f"build-info.json cannot be used: {type(error).__name__}: {error}")
    try:
        return (folder / "VERSION").read_text(encoding="utf-8").strip(), None, tuple(warnings)
    except OSError as error:
        warnings.append(f"VERSION cannot be read: {error}")
        return "unknown", None, tuple(warnings)

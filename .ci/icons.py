#!/usr/bin/env python3
"""Draws the icons of the tasks (32 x 32) and of the extension (128 x 128) into actions/: a siding beside the main line.

Usage: python3 .ci/icons.py
"""

from __future__ import annotations

import math
import pathlib
import struct
import zlib

Colour = tuple[int, int, int]

GROUND: Colour = (0x14, 0x32, 0x4A)
MAIN_LINE: Colour = (0xE8, 0xEE, 0xF2)
# The siding of each task has a colour of its own, so that steps are told apart in a long list.
SIDINGS: dict[str, Colour] = {
    "oidc-login": (0xF2, 0xC1, 0x4E),
    "kv-sync": (0xB7, 0x9C, 0xF0),
    "zip-deploy": (0x6F, 0xD0, 0x8C),
    "smoke-test": (0x5C, 0xC8, 0xE8),
    "slot-swap": (0xF2, 0x8F, 0x5B),
    "siding-release": (0xF0, 0x6C, 0x7A),
}
# So many looks in each direction make one smooth pixel.
LOOKS = 4


def centre(x: float) -> float:
    """The height of the siding: it leaves the main line, runs beside it and comes back."""
    rise = min(max((x - 0.12) / 0.24, 0.0), 1.0) * min(max((0.88 - x) / 0.24, 0.0), 1.0)
    return 0.64 - 0.26 * (0.5 - 0.5 * math.cos(math.pi * rise))


def colour(x: float, y: float, siding: Colour) -> tuple[int, int, int, int]:
    """What is at a point of the unit square."""
    radius = 0.18
    corner = math.hypot(max(abs(x - 0.5) - 0.5 + radius, 0.0), max(abs(y - 0.5) - 0.5 + radius, 0.0))
    if corner > radius:
        return (0, 0, 0, 0)
    if abs(x - 0.5) < 0.11 and abs(y - 0.32) < 0.075:
        return (*MAIN_LINE, 255)
    if 0.06 < x < 0.94 and abs(y - 0.64) < 0.032:
        return (*MAIN_LINE, 255)
    steep = (centre(x + 0.001) - centre(x - 0.001)) / 0.002
    if 0.12 < x < 0.88 and abs(y - centre(x)) < 0.032 * math.hypot(1.0, steep):
        return (*siding, 255)
    return (*GROUND, 255)


def pixel(row: int, column: int, size: int, siding: Colour) -> bytes:
    """The mean of several looks, weighted by how opaque they are."""
    steps = [(index + 0.5) / LOOKS for index in range(LOOKS)]
    looks = [colour((column + right) / size, (row + down) / size, siding) for down in steps for right in steps]
    opaque = sum(look[3] for look in looks)
    if opaque == 0:
        return bytes(4)
    mixed = [sum(look[part] * look[3] for look in looks) // opaque for part in range(3)]
    return bytes([*mixed, opaque // len(looks)])


def png(size: int, siding: Colour) -> bytes:
    """The picture as a file."""
    rows = (b"\0" + b"".join(pixel(row, column, size, siding) for column in range(size)) for row in range(size))
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"".join(rows), 9)),
        (b"IEND", b""),
    ]
    packed = (struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def main() -> None:
    actions = pathlib.Path(__file__).resolve().parent.parent / "actions"
    for task, siding in SIDINGS.items():
        (actions / task / "icon.png").write_bytes(png(32, siding))
    (actions / "icon.png").write_bytes(png(128, SIDINGS["siding-release"]))


if __name__ == "__main__":
    main()

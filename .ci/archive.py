"""Archives whose bytes follow from their files alone: no owner, no time, no order but that of the names."""

from __future__ import annotations

import gzip
import io
import pathlib
import tarfile
import zipfile


def pack(path: pathlib.Path, files: dict[str, tuple[bytes, int]], level: int = 9) -> None:
    """Writes `path`, a `.zip` or a `.tar.gz`, with the content and the mode of each file."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
            for name, (content, mode) in sorted(files.items()):
                entry = zipfile.ZipInfo(name)
                entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, mode << 16
                # Windows' Python would write another system than Linux'.
                entry.create_system = 3
                archive.writestr(entry, content)
        return
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, (content, mode) in sorted(files.items()):
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), mode
            archive.addfile(member, io.BytesIO(content))
    path.write_bytes(gzip.compress(plain.getvalue(), level, mtime=0))

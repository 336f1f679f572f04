# SPDX-License-Identifier: GPL-2.0-or-later
"""Writing cpio archives of the "newc" kind, the one the kernel unpacks (Documentation/driver-api/early-userspace)."""

import stat
from collections.abc import Iterator

HEADER = "070701" + "{:08X}" * 13


class Archive:
    """An archive in memory.  Paths have no leading slash; parent directories are made on the way."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._seen: set[str] = set()

    def file(self, path: str, data: bytes, mode: int = 0o644) -> None:
        """Add a regular file; one that is there already stays as it is."""
        self._add(path, stat.S_IFREG | mode, data)

    def link(self, path: str, target: str) -> None:
        """Add a symbolic link."""
        self._add(path, stat.S_IFLNK | 0o777, target.encode())

    def directory(self, path: str) -> None:
        """Add a directory."""
        self._add(path, stat.S_IFDIR | 0o755, b"")

    def entry(self, path: str, mode: int, data: bytes) -> None:
        """Add what entries() gave."""
        self._add(path, mode, data)

    def whole(self) -> bytes:
        """The whole archive."""
        return b"".join([*self._parts, _entry(0, "TRAILER!!!", 0, b"")])

    def _add(self, path: str, mode: int, data: bytes) -> None:
        if path in self._seen:
            return
        parent = path.rpartition("/")[0]
        if parent:
            self.directory(parent)
        self._seen.add(path)
        self._parts.append(_entry(len(self._seen), path, mode, data))


def entries(archive: bytes) -> Iterator[tuple[str, int, bytes]]:
    """Each member's path, mode and content."""
    at = 0
    while True:
        fields = [int(archive[at + 6 + 8 * n : at + 14 + 8 * n], 16) for n in range(13)]
        mode, size, name_size = fields[1], fields[6], fields[11]
        data = at + len(_padded(bytes(110 + name_size)))
        name = archive[at + 110 : at + 109 + name_size].decode()
        if name == "TRAILER!!!":
            return
        yield name, mode, archive[data : data + size]
        at = data + len(_padded(bytes(size)))


def _entry(inode: int, path: str, mode: int, data: bytes) -> bytes:
    name = path.encode() + b"\0"
    links = 2 if stat.S_ISDIR(mode) else 1
    header = HEADER.format(inode, mode, 0, 0, links, 0, len(data), 0, 0, 0, 0, len(name), 0).encode()
    return _padded(header + name) + _padded(data)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)

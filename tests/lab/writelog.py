# SPDX-License-Identifier: GPL-2.0-or-later
"""What a guest wrote to a disk and when it asked the disk to keep it: QEMU's blklogwrites driver, replayed.

The format is that of the kernel's dm-log-writes (Documentation/admin-guide/device-mapper/log-writes.rst and
drivers/md/dm-log-writes.c, struct log_write_super and log_write_entry): little-endian, a super block, then entries, each
in a sector of its own and followed by its data.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from .rows import check

MAGIC = 0x6A736677736872
VERSION = 1
SUPER = struct.Struct("<QQQI")
ENTRY = struct.Struct("<QQQQ")
FLUSH, FUA, DISCARD, MARK = 1, 2, 4, 8


def layer(log: Path) -> str:
    """QEMU's block driver that writes @log, which must be there; see qemu.Drive."""
    log.touch()
    return f"blklogwrites,log.driver=file,log.filename={log}"


@dataclass(frozen=True)
class Entry:
    """A write, a discard or a flush; @end is where its record ends in the log."""

    flags: int
    offset: int
    size: int
    data_at: int
    end: int

    @property
    def is_flush(self) -> bool:
        """All writes before it are on the disk to stay."""
        return bool(self.flags & FLUSH)


@dataclass(frozen=True)
class Log:
    """A log of writes."""

    path: Path
    entries: list[Entry]

    def replay(self, entries: Iterable[Entry], image: BinaryIO) -> None:
        """Do @entries to an image of the disk."""
        with open(self.path, "rb") as log:
            for entry in entries:
                image.seek(entry.offset)
                if entry.flags & DISCARD:
                    image.write(bytes(entry.size))
                elif entry.size:
                    log.seek(entry.data_at)
                    image.write(log.read(entry.size))


def read(path: Path) -> Log:
    """The log of a machine that has ended."""
    with open(path, "rb") as log:
        return Log(path, list(_entries(log, path)))


def _entries(log: BinaryIO, path: Path) -> Iterator[Entry]:
    magic, version, count, sector = SUPER.unpack(log.read(SUPER.size))
    check((magic, version) == (MAGIC, VERSION), f"{path}: not a log of writes: {magic:#x}, version {version}")
    at = sector
    for _ in range(count):
        log.seek(at)
        where, sectors, flags, _ = ENTRY.unpack(log.read(ENTRY.size))
        data_at = at + sector
        at = data_at if flags & DISCARD else data_at + sectors * sector
        yield Entry(flags, where * sector, sectors * sector, data_at, at)

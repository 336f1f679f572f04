# SPDX-License-Identifier: GPL-2.0-or-later
"""Making disk images, and looking into them on the host."""

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

MIB = 1 << 20
MAKERS = {
    "ext4": ["mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0"],
    "xfs": ["mkfs.xfs", "-q", "-f"],
    "btrfs": ["mkfs.btrfs", "-q", "-f"],
}
LABEL_OPTION = {"ext4": "-L", "xfs": "-L", "btrfs": "-L"}
UUID_OPTION = {"ext4": "-U", "xfs": "-m", "btrfs": "-U"}


def blank(path: Path, size_mb: int) -> Path:
    """A sparse image of zeros."""
    path.unlink(missing_ok=True)
    with open(path, "wb") as image:
        os.truncate(image.fileno(), size_mb * MIB)
    return path


def formatted(path: Path, size_mb: int, kind: str, uuid: str, label: str) -> Path:
    """An image with an empty file system of @kind on the whole disk."""
    blank(path, size_mb)
    uuid_value = f"uuid={uuid}" if kind == "xfs" else uuid
    identity = [LABEL_OPTION[kind], label, UUID_OPTION[kind], uuid_value]
    subprocess.run([*MAKERS[kind], *identity, path], check=True, capture_output=True)
    return path


def from_directory(path: Path, directory: Path, label: str) -> Path:
    """An ext4 image, just large enough, with the content of @directory, owned by root."""
    measure = ["du", "-sm", "--apparent-size", str(directory)]
    used_mb = int(subprocess.run(measure, capture_output=True, text=True, check=True).stdout.split()[0])
    blank(path, used_mb + used_mb // 4 + 32)
    options = ["-m", "0", "-O", "^has_journal", "-E", "root_owner=0:0", "-N", "65536", "-L", label]
    subprocess.run(["mkfs.ext4", "-q", "-F", *options, "-d", directory, path], check=True)
    return path


@contextlib.contextmanager
def mounted(image: Path, read_only: bool = True, offset: int = 0) -> Iterator[Path]:
    """A directory with the image's file system in it, which begins at byte @offset.

    Read-only still lets the file system replay its journal, as the next boot would.
    """
    with tempfile.TemporaryDirectory(prefix="lastword-mnt-") as where:
        subprocess.run(["mount", "-o", f"loop,offset={offset}", image, where], check=True)
        try:
            if read_only:
                subprocess.run(["mount", "-o", "remount,ro", where], check=True)
            yield Path(where)
        finally:
            subprocess.run(["umount", where], check=True)

# SPDX-License-Identifier: GPL-2.0-or-later
"""Composing an initramfs: busybox, programs with their libraries, modules in order, an init script."""

import gzip
import subprocess
from pathlib import Path

from . import cpio, modules

BUSYBOX = Path("/bin/busybox")
PROLOGUE = """#!/bin/sh
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev; mount -t tmpfs tmp /tmp
for m in $(cat /mod/order); do insmod /mod/$m; done
"""
"""The first lines of an init script: the usual file systems, then the modules."""


class Initramfs:
    """An initramfs being composed.  Paths inside have no leading slash."""

    def __init__(self) -> None:
        self._archive = cpio.Archive()
        for name in ("proc", "sys", "dev", "tmp", "root", "mnt"):
            self._archive.directory(name)
        self.program(BUSYBOX, "bin/busybox")
        for applet in applets():
            self._archive.link(f"bin/{applet}", "busybox")

    def init(self, script: str) -> None:
        """Set what the kernel runs as process 1."""
        self.text("init", script, 0o755)

    def text(self, path: str, text: str, mode: int = 0o644) -> None:
        """Add a text file."""
        self._archive.file(path, text.encode(), mode)

    def copy(self, source: Path, path: str) -> None:
        """Add a copy of a host file."""
        self._archive.file(path, source.read_bytes(), source.stat().st_mode & 0o777)

    def program(self, source: Path, path: str) -> None:
        """Add a host program and the shared libraries it needs."""
        self.copy(source, path)
        for library in libraries(source):
            self.copy(library, str(library).lstrip("/"))

    def modules(self, tree: Path, names: list[str]) -> None:
        """Add modules of @tree with their dependencies, and /mod/order for PROLOGUE."""
        files = modules.in_order(tree, names)
        for file in files:
            self._archive.file(f"mod/{modules.module_name(file.name)}.ko", modules.contents(file))
        self.text("mod/order", "".join(f"{modules.module_name(f.name)}.ko\n" for f in files))

    def write(self, path: Path) -> Path:
        """Write the compressed image."""
        path.write_bytes(gzip.compress(self._archive.whole(), 1))
        return path


def applets() -> list[str]:
    """The names busybox answers to, but its own."""
    listed = subprocess.run([BUSYBOX, "--list"], capture_output=True, text=True, check=True).stdout.split()
    return [name for name in listed if name != "busybox"]


def libraries(program: Path) -> list[Path]:
    """The shared libraries a program loads at start, by the paths the loader looks for; none if it is static."""
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    return [Path(word) for line in listed.splitlines() for word in line.split() if word.startswith("/")]

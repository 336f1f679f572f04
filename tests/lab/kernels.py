# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's kernels: fetched once for each suite, kept in the cache."""

from dataclasses import dataclass
from pathlib import Path

import shutil
import subprocess

from . import apt, paths

SUITES = {"bullseye": "5.10", "bookworm": "6.1", "trixie": "6.12", "sid": "7.x"}
"""The suites the lab knows, oldest first, with the kernel series each has (sid's moves)."""


@dataclass(frozen=True)
class Kernel:
    """A kernel unpacked below @root as it would be on a system: boot/ and lib/modules/RELEASE/."""

    suite: str
    release: str
    root: Path

    @property
    def image(self) -> Path:
        """The bootable image."""
        return self.root / "boot" / f"vmlinuz-{self.release}"

    @property
    def modules(self) -> Path:
        """The modules' directory, with modules.dep and its companions."""
        return self.root / "lib" / "modules" / self.release


def kernel(suite: str) -> Kernel:
    """The newest kernel @suite had when it was first asked for."""
    root = paths.cache("kernels", suite)
    with paths.locked(root):
        if not root.exists():
            with paths.made_whole(root) as partial:
                _fetch(suite, partial)
    return Kernel(suite, next((root / "lib" / "modules").iterdir()).name, root)


def vmlinux(suite: str) -> Path:
    """The kernel's ELF file with DWARF (about 500 MB; the package it comes in is about 1 GB to download)."""
    release = kernel(suite).release
    path = paths.cache("vmlinux", release)
    with paths.locked(path), paths.scratch("debuginfo") as scratch:
        if not path.exists():
            archive = apt.Apt(suite, scratch / "apt").download(f"linux-image-{release}-dbg", scratch)
            apt.unpack_matching(archive, "*/vmlinux*", scratch)
            # Suites differ in where it is, and have links to it.
            found = next(f for f in scratch.rglob("vmlinux*") if f.is_file() and not f.is_symlink())
            with paths.made_whole(path) as partial:
                shutil.move(found, partial)
    return path


def _fetch(suite: str, root: Path) -> None:
    with paths.scratch("kernel") as scratch:
        source = apt.Apt(suite, scratch / "apt")
        image = next(p for p in source.depends("linux-image-amd64") if p.startswith("linux-image-"))
        # Newer suites split the package into parts whose names differ in one word.
        parts = {image} | {image.replace("image", word, 1) for word in ("base", "modules", "binary")}
        for package in sorted(p for p in parts if p == image or source.has(p)):
            apt.unpack(source.download(package, scratch), scratch / "files")
        files = scratch / "files"
        # Merged /usr: newer suites ship /usr/lib/modules and leave the image beside the modules.
        tree = next(d for d in (files / "lib" / "modules", files / "usr" / "lib" / "modules") if d.is_dir())
        release = next(tree.iterdir()).name
        (root / "boot").mkdir(parents=True)
        packed = files / "boot" / f"vmlinuz-{release}"
        shutil.copy(packed if packed.exists() else tree / release / "vmlinuz", root / "boot" / f"vmlinuz-{release}")
        shutil.copytree(tree, root / "lib" / "modules", symlinks=True)
    (root / "lib" / "modules" / release / "vmlinuz").unlink(missing_ok=True)
    subprocess.run(["depmod", "-b", root, release], check=True)

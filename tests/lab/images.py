# SPDX-License-Identifier: GPL-2.0-or-later
"""Disk images that guests share, read-only, kept in the cache."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from . import disk, initramfs, kernels, oracle, paths


def kernel(suite: str) -> Path:
    """The boot/ and lib/modules/ of a suite's kernel."""
    found = kernels.kernel(suite)
    return _made(f"kernel-{found.release}", found.root)


def system() -> Path:
    """The oracle chroot's system: real programs, libraries and small files."""
    return _made("system", oracle.chroot())


def _made(name: str, tree: Path) -> Path:
    path = paths.cache("images", f"{name}.ext4")
    with paths.locked(path):
        if not path.exists():
            with paths.made_whole(path) as partial:
                disk.from_directory(partial, tree, "files")
    return path


BUILDS_KEPT = 10
"""Images of older builds that may still be in use, by another worktree's tests."""


def programs() -> Path:
    """The image with the current build; it is made again when anything in it has changed."""
    with paths.scratch("programs") as tree:
        install = ["meson", "install", "-C", str(paths.build()), "--destdir", str(tree), "--no-rebuild", "--quiet"]
        subprocess.run(install, check=True)
        executables = [p for p in tree.rglob("*") if p.is_file() and not p.is_symlink() and os.access(p, os.X_OK)]
        libraries = {library for program in executables for library in initramfs.libraries(program)}
        digest = hashlib.sha256()
        for file in sorted([*executables, *libraries, initramfs.BUSYBOX]):
            digest.update(file.name.encode() + file.read_bytes())
        path = paths.cache("images", f"programs-{digest.hexdigest()[:16]}.ext4")
        with paths.locked(paths.cache("images", "programs")):
            if not path.exists():
                _add_system(tree, libraries)
                by_age = sorted(path.parent.glob("programs-*.ext4"), key=lambda image: image.stat().st_mtime)
                for old in by_age[:-BUILDS_KEPT]:
                    old.unlink()
                with paths.made_whole(path) as partial:
                    disk.from_directory(partial, tree, "programs")
    return path


def _add_system(tree: Path, libraries: set[Path]) -> None:
    """Put what a running system has besides lastword into @tree."""
    for library in libraries:
        copy = tree / str(library).lstrip("/")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, copy)
    for name in ("bin", "sbin", "etc", "proc", "sys", "dev", "run", "tmp", "root", "var/crash", "boot", "lib/modules"):
        (tree / name).mkdir(parents=True, exist_ok=True)
    shutil.copy(initramfs.BUSYBOX, tree / "bin" / "busybox")
    for applet in initramfs.applets():
        (tree / "bin" / applet).symlink_to("busybox")
    (tree / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\n", encoding="utf-8")

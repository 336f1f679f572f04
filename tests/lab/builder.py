# SPDX-License-Identifier: GPL-2.0-or-later
"""Building kernel modules for Debian's kernels, each with its suite's compiler in a chroot of its own (some 500 MB)."""

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

from . import apt, kernels, paths

ENTER = 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"'


def module(suite: str, source: Path) -> Path:
    """The module made of the directory @source for the suite's kernel, made again when its source changes."""
    files = sorted(f for f in source.iterdir() if f.name == "Kbuild" or f.suffix == ".c")
    digest = hashlib.sha256(b"".join(f.name.encode() + f.read_bytes() for f in files)).hexdigest()[:16]
    release = kernels.kernel(suite).release
    path = paths.cache("modules", f"{source.name}-{release}-{digest}.ko")
    with paths.locked(path):
        if not path.exists():
            with paths.made_whole(path) as partial:
                shutil.copy(_make(suite, release, files), partial)
    return path


def chroot(suite: str) -> Path:
    """A chroot with the compiler of the suite's kernel, its headers and its build programs."""
    root = paths.cache("chroot", f"build-{suite}")
    with paths.locked(root), paths.scratch("headers") as scratch:
        if not root.exists():
            with paths.made_whole(root) as partial:
                _install(suite, scratch, partial)
    return root


def _install(suite: str, scratch: Path, root: Path) -> None:
    release = kernels.kernel(suite).release
    source = apt.Apt(suite, scratch / "apt")
    headers = f"linux-headers-{release}"
    needed = source.depends(headers)
    common, kbuild = (next(p for p in needed if word in p) for word in ("-common", "linux-kbuild-"))
    compiler = next(found[0] for found in (re.search(r"gcc-\d+", p) for p in needed) if found)
    include = ["make", compiler, *source.depends(kbuild)]
    words = ["debootstrap", "--variant=minbase", f"--include={','.join(include)}", suite, str(root), apt.mirror()]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    for package in (headers, common, kbuild):
        # Unpacked alone: newer headers depend on the kernel itself, which nothing here needs.
        apt.unpack_matching(source.download(package, scratch), "*", root)


def _make(suite: str, release: str, files: list[Path]) -> Path:
    root = chroot(suite)
    with paths.locked(root):
        where = root / "module"
        paths.remove(where)
        where.mkdir()
        for file in files:
            shutil.copy(file, where)
        tree = f"/usr/src/linux-headers-{release}"
        build: list[str | Path] = ["unshare", "-m", "sh", "-c", ENTER, root, "make", "-C", tree, "M=/module", "modules"]
        done = subprocess.run(build, capture_output=True, text=True, check=False)
        if done.returncode:
            raise apt.AptError(f"building for {release}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        return next(where.glob("*.ko"))

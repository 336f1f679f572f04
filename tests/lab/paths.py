# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the lab's data lives.

The cache holds what is slow to make and is the same for every run (kernels, chroots, dumps).  It is outside
the source tree and safe to delete.  Scratch directories belong to one run.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def cache(*parts: str) -> Path:
    """The path of a cache entry; its parent directory exists afterwards."""
    base = os.environ.get("LASTWORD_CACHE") or Path.home() / ".cache" / "lastword"
    path = Path(base).resolve().joinpath(*parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def build() -> Path:
    """The directory with the binaries under test."""
    return Path(os.environ.get("LASTWORD_BUILD") or PROJECT / "build").resolve()


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock named after @path, so that two runs do not make one cache entry at a time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path.with_name(f".{path.name}.lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def made_whole(path: Path) -> Iterator[Path]:
    """A path to write to that becomes @path only if the block ends well: a cache entry is whole or absent."""
    partial = path.with_name(f".{path.name}.partial")
    remove(partial)
    try:
        yield partial
        os.replace(partial, path)
    finally:
        remove(partial)


@contextlib.contextmanager
def scratch(prefix: str) -> Iterator[Path]:
    """A directory that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix=f"lastword-{prefix}-") as name:
        yield Path(name)


def remove(path: Path) -> None:
    """Remove a file, link or tree; no error if there is none."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)

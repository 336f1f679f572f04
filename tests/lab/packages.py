# SPDX-License-Identifier: GPL-2.0-or-later
"""lastword's own packages, made of the tree as it is and kept in the cache until it changes."""

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

from . import apt, paths

KEPT = 4
ROOMS = ("src", "systemd", "packaging", "man", "docs", "scripts/package", "meson.build", "meson_options.txt",
         "README.md")
"""What packages are made of; the rest of the tree makes no difference to them."""
ENTER = 'mount -t proc proc "$0/proc" && exec chroot "$0" env CCACHE_DIR=/ccache "$@"'
BUILD = ["build-essential", "ccache", "debhelper", "meson", "pkg-config", "python3"]


def deb(suite: str) -> Path:
    """The directory with lastword's packages for @suite."""
    digest = _digest()
    made = paths.cache("packages", f"{suite}-{digest}")
    with paths.locked(paths.cache("packages", suite)):
        if not made.exists():
            old = sorted(made.parent.glob(f"{suite}-*"), key=lambda entry: entry.stat().st_mtime)
            for entry in old[: -(KEPT - 1)]:
                paths.remove(entry)
            with paths.made_whole(made) as partial:
                _build(suite, partial)
    return made


def needed(archive: Path) -> list[str]:
    """The packages that an archive depends on, by name."""
    words = ["dpkg-deb", "-f", str(archive), "Depends"]
    depends = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    return sorted(re.findall(r"(?:^|, )([a-z0-9.+-]+)", depends))


def _digest() -> str:
    words = ["git", "ls-files", "-z", *ROOMS]
    listed = subprocess.run(words, cwd=paths.PROJECT, capture_output=True, check=True).stdout
    digest = hashlib.sha256()
    for name in sorted(listed.decode().split("\0")[:-1]):
        file = paths.PROJECT / name
        digest.update(name.encode() + b"\0" + (file.read_bytes() if file.is_file() else b""))
    return digest.hexdigest()[:16]


def _build(suite: str, into: Path) -> None:
    release = Path("/etc/os-release").read_text(encoding="utf-8")
    if f"VERSION_CODENAME={suite}\n" in release:
        # One place for all builds: what did not change is not compiled again.
        _run("scripts/package", "deb", out := paths.cache("packages", f"build-{suite}"))
        shutil.move(out, into)
        return
    with paths.locked(root := _chroot(suite)):
        source, out = root / "source", root / "out"
        paths.remove(source)
        paths.remove(out)
        source.mkdir()
        _run("sh", "-c", 'git ls-files -z | tar --null -T - -c | tar -x -C "$0"', source)
        _run("unshare", "-m", "sh", "-c", ENTER, root, "/source/scripts/package", "deb", "/out")
        shutil.move(out, into)


def _run(*words: str | Path) -> None:
    done = subprocess.run(words, cwd=paths.PROJECT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise apt.AptError(f"{words}: {done.stdout[-2000:]}{done.stderr[-2000:]}")


def _chroot(suite: str) -> Path:
    """A chroot with what building the packages takes."""
    control = (paths.PROJECT / "packaging/debian/control").read_text(encoding="utf-8")
    depends = re.search(r"^Build-Depends: (.*?)^\S", control, re.MULTILINE | re.DOTALL)
    libraries = re.findall(r"\b(\S+-dev)\b", depends[1] if depends else "")
    include = ",".join([*BUILD, *libraries])
    root = paths.cache("chroot", f"packages-{suite}-{hashlib.sha256(include.encode()).hexdigest()[:8]}")
    with paths.locked(paths.cache("chroot", f"packages-{suite}")):
        if not root.exists():
            for old in root.parent.glob(f"packages-{suite}*"):
                paths.remove(old)
            with paths.made_whole(root) as partial:
                words = ["debootstrap", "--variant=minbase", f"--include={include}", suite, str(partial), apt.mirror()]
                subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    return root

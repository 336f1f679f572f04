# SPDX-License-Identifier: GPL-2.0-or-later
"""A Debian sid chroot with the tools lastword's results are compared with: makedumpfile, crash, drgn.

The host's own versions are whatever its release has; the comparison needs known, recent ones.
"""

import subprocess
from pathlib import Path

from . import apt, paths

PACKAGES = ["makedumpfile", "crash", "python3-drgn"]
SUITE = "sid"
DEADLINE = 600.0

ENTER = """
root=$1 where=$2; shift 2
for d in "$@"; do [ "$d" = -- ] && break; mkdir -p "$root$d"; mount --rbind "$d" "$root$d"; done
while [ "$1" != -- ]; do shift; done; shift
exec chroot "$root" sh -c 'cd "$0" && exec "$@"' "$where" "$@"
"""


def chroot() -> Path:
    """The chroot's directory, made on first use (some 400 MB)."""
    root = paths.cache("chroot", SUITE)
    with paths.locked(root):
        if not root.exists():
            with paths.made_whole(root) as partial:
                options = ["--variant=minbase", f"--include={','.join(PACKAGES)}"]
                make = ["debootstrap", *options, SUITE, str(partial), apt.mirror()]
                subprocess.run(make, check=True, stdout=subprocess.DEVNULL)
    return root


def command(*words: str | Path, see: Path = paths.PROJECT) -> list[str | Path]:
    """The words that run a command in the chroot.

    The project, the cache and @see are the host's, under the same paths; @see is the working directory.  The
    mounts live in a namespace of their own and vanish with the command.
    """
    directories: list[str | Path] = ["/proc", "/dev", paths.PROJECT, paths.cache("any").parent, see]
    return ["unshare", "-m", "sh", "-c", ENTER, "enter", chroot(), see, *directories, "--", *words]


def run(*words: str | Path, given: str = "", see: Path = paths.PROJECT) -> subprocess.CompletedProcess[str]:
    """Run a command in the chroot, with @given as its standard input."""
    return subprocess.run(
        command(*words, see=see), input=given, capture_output=True, text=True, errors="replace", timeout=DEADLINE,
        check=False)

# SPDX-License-Identifier: GPL-2.0-or-later
"""A Debian sid chroot with the tools lastword's results are compared with: makedumpfile, crash, drgn.

The host's own versions are whatever its release has; the comparison needs known, recent ones.
"""

import subprocess
from pathlib import Path

from . import apt, paths

PACKAGES = ["makedumpfile", "crash", "python3-drgn"]
SUITE = "sid"

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
                include = "--include=" + ",".join(PACKAGES)
                subprocess.run(["debootstrap", "--variant=minbase", include, SUITE, partial, apt.mirror()], check=True, stdout=subprocess.DEVNULL)
    return root


def run(*words: str | Path, see: list[Path], timeout: float = 600) -> subprocess.CompletedProcess[str]:
    """Run a command in the chroot.  The directories in @see are the host's, under the same paths.

    The mounts live in a namespace of their own and vanish with the command.
    """
    directories = ["/proc", "/dev", *(str(path.resolve()) for path in see)]
    command = ["unshare", "-m", "sh", "-c", ENTER, "enter", str(chroot()), directories[-1], *directories, "--", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=timeout, check=False)

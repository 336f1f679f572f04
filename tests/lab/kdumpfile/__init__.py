# SPDX-License-Identifier: GPL-2.0-or-later
"""libkdumpfile, as the oracle's chroot has it: a program of ours that reads pages with it, and its own test programs.

They are compiled on the host against that version's headers and run in the chroot, with its library.  The test programs are built
from libkdumpfile's repository, which is fetched once into the cache; where that cannot be, there are none.
"""

import subprocess
from pathlib import Path

from tests.lab import apt, oracle, paths

REPOSITORY = "https://github.com/ptesarik/libkdumpfile"
COMMIT = "764baba"
THEIRS = ("dumpdata", "multiread")
OURS = "pages"
LIBRARIES = ("libkdumpfile.so.12", "libaddrxlat.so.3")


def has(program: str) -> bool:
    """Whether that program could be built."""
    return (_directory() / program).exists()


def run(program: str, *words: str | Path, given: str = "", see: Path = paths.PROJECT) -> subprocess.CompletedProcess[str]:
    """Run one of them where the library is."""
    return oracle.run(_directory() / program, *words, given=given, see=see)


def _directory() -> Path:
    root = paths.cache("kdumpfile", "bin")
    with paths.locked(root):
        if not root.exists():
            with paths.made_whole(root) as partial, paths.scratch("kdumpfile") as scratch:
                partial.mkdir()
                _build(scratch, partial)
    return root


def _source() -> Path | None:
    tree = paths.cache("kdumpfile", "source")
    if not tree.exists():
        clone = subprocess.run(["git", "clone", "-q", REPOSITORY, tree], capture_output=True, check=False)
        if clone.returncode:
            return None
    subprocess.run(["git", "-C", tree, "checkout", "-q", COMMIT], check=True)
    return tree / "tests"


def _build(scratch: Path, into: Path) -> None:
    headers = scratch / "headers"
    apt.unpack(apt.Apt(oracle.SUITE, scratch / "apt").download("libkdumpfile-dev", scratch), headers)
    library = oracle.chroot() / "usr" / "lib" / "x86_64-linux-gnu"
    # The chroot's C library is newer than the host's: what its libraries need of it is found when they run.
    links: list[str | Path] = ["-Wl,--allow-shlib-undefined", *(library / name for name in LIBRARIES), "-pthread"]
    source = _source()
    programs = {OURS: Path(__file__).with_name(f"{OURS}.c")} | {name: source / f"{name}.c" for name in THEIRS if source}
    for name, file in programs.items():
        included = [f"-include{header}" for header in ("stdint.h", "inttypes.h", "strings.h", "stdlib.h") if name != OURS]
        subprocess.run(["cc", "-O1", "-D_GNU_SOURCE", *included, f"-I{headers}/usr/include", "-o", into / name, file, *links],
                       check=True, capture_output=True, text=True)

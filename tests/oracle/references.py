# SPDX-License-Identifier: GPL-2.0-or-later
"""The vmcores that everything is compared on, and what makedumpfile makes of them.  Made once, kept in the cache."""

import subprocess
from pathlib import Path

from tests.lab import oracle, paths, rows, vmcore

LEVELS = (1, 2, 4, 8, 16, 31)


def dump(suite: str) -> Path:
    """A real ELF vmcore of the suite's kernel, with pages of every kind in it."""
    path = paths.cache("dumps", f"{suite}-mixed.elf")
    with paths.locked(path):
        if not path.exists():
            vmcore.make(vmcore.Recipe(suite), path)
    return path


def filtered(suite: str, level: int) -> Path:
    """makedumpfile's -d @level of it."""
    return _made(suite, f"d{level}.kdump", ["-c", "-d", str(level)])


def dmesg(suite: str) -> Path:
    """makedumpfile's text of its log."""
    return _made(suite, "dmesg.txt", ["--dump-dmesg"])


def makedumpfile(options: list[str], source: Path, destination: Path) -> None:
    """Run makedumpfile; both files must be below the cache (the rows' logs are)."""
    done = oracle.run("makedumpfile", *options, source, destination)
    if done.returncode:
        raise rows.Failure(f"makedumpfile {' '.join(options)} {source}: {done.stdout}{done.stderr}")


def lastword(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the lastword that was built; it must succeed."""
    command = [paths.build() / "lastword", *words]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, timeout=600)
    shown = " ".join(map(str, words))
    rows.check(done.returncode == 0, f"lastword {shown}: exit status {done.returncode}: {done.stderr.strip()}")
    return done


def _made(suite: str, name: str, options: list[str]) -> Path:
    path = paths.cache("oracle", f"{suite}-mixed", name)
    source = dump(suite)
    with paths.locked(path):
        if not path.exists():
            with paths.made_whole(path) as partial:
                makedumpfile(options, source, partial)
    return path

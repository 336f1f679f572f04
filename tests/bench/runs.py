# SPDX-License-Identifier: GPL-2.0-or-later
"""Running commands for their cost, here and in the chroot where the peers are."""

import json
import subprocess
import sys
from pathlib import Path

from tests.lab import oracle, paths

TIMED = Path(__file__).with_name("timed.py")
TIMED_OUT = 124
"""What timeout(1) ends with where the command was not through."""


def here(what: str, *words: str | Path) -> dict[str, float]:
    """What timed.py measures of a command on this machine."""
    command: list[str | Path] = ["python3", TIMED, what, *words]
    return _answer(subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False))


def there(*words: str | Path, given: str = "", see: Path = paths.PROJECT) -> dict[str, float]:
    """What a command in the chroot takes, with @given as its standard input."""
    return _answer(oracle.run("python3", TIMED, "time", *words, given=given, see=see))


def _answer(done: subprocess.CompletedProcess[str]) -> dict[str, float]:
    """What timed.py printed; the command must have succeeded."""
    if done.returncode:
        sys.exit(f"bench: {done.stderr.strip()}")
    found = json.loads(done.stdout)
    if found["status"] not in (0, TIMED_OUT):
        sys.exit(f"bench: exit status {found['status']}: {found['errors'].strip()}")
    return dict(found)

# SPDX-License-Identifier: GPL-2.0-or-later
"""Named tests: choosing, running and counting them.

A row is a function that takes a directory for its logs and returns a note (a measured figure, or "").
It fails by raising `Failure`, or any other exception, and may say `Skip`.
"""

import fnmatch
import shutil
import signal
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import paths


class Failure(Exception):
    """Something is not as it must be; the message says what was seen and what was wanted."""


class Skip(Exception):
    """The row cannot be run here; the message says why."""


class TimeUp(BaseException):
    """The whole run's time is over.  Not an Exception: no row may take it for a fault of its own."""


def check(holds: object, message: str) -> None:
    """Raise Failure with @message unless @holds."""
    if not holds:
        raise Failure(message)


@dataclass(frozen=True)
class Row:
    """One test.  @group is "test" (run by make test) or "matrix"."""

    name: str
    group: str
    run: Callable[[Path], str]


@dataclass
class Tally:
    """How many rows ended which way."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    unsteady: int = 0
    """Those of the passed that had failed before."""

    def __str__(self) -> str:
        unsteady = f" ({self.unsteady} the second time)" if self.unsteady else ""
        return f"{self.passed} passed{unsteady}, {self.failed} failed, {self.skipped} skipped"


def choose(rows: Sequence[Row], group: str, patterns: list[str], turn: str) -> list[Row]:
    """The rows of @group whose names match one of @patterns (all, if there are none).

    @turn, a hexadecimal number such as a commit hash or "", says with which row to start: a run that has not
    the time for all rows gives each its turn as commits go by.
    """
    chosen = [row for row in rows if row.group == group or patterns]
    if patterns:
        chosen = [row for row in chosen if any(fnmatch.fnmatch(row.name, pattern) for pattern in patterns)]
    start = int(turn, 16) % len(chosen) if turn and chosen else 0
    return chosen[start:] + chosen[:start]


def run(rows: Sequence[Row], seconds: float, again: bool = False) -> Tally:
    """Run @rows one after the other, for at most @seconds (0: no limit), and say how each ended.

    When the time is over the row that runs is ended, and counted as skipped with those after it.  @again: one that
    fails is run a second time, and that counts; what its first run left is kept beside it.
    """
    tally = Tally()
    signal.signal(signal.SIGALRM, _time_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    for number, row in enumerate(rows):
        failed = tally.failed
        try:
            with paths.locked(paths.cache("logs", row.name)):
                _run_one(row, tally)
                if again and tally.failed > failed:
                    _run_again(row, tally)
        except TimeUp:
            left = rows[number:]
            print(f"time is up; not run: {' '.join(r.name for r in left)}")
            tally.skipped += len(left)
            break
    signal.setitimer(signal.ITIMER_REAL, 0)
    print(tally, flush=True)
    return tally


def _run_again(row: Row, tally: Tally) -> None:
    logs = paths.cache("logs", row.name)
    first = logs.with_name(f"{logs.name}.first")
    paths.remove(first)
    logs.rename(first)
    passed = tally.passed
    _run_one(row, tally)
    tally.failed -= 1
    tally.unsteady += tally.passed - passed


def _run_one(row: Row, tally: Tally) -> None:
    logs = paths.cache("logs", row.name)
    paths.remove(logs)
    logs.mkdir(parents=True)
    started = time.monotonic()
    try:
        note = row.run(logs)
        word, tally.passed = "ok", tally.passed + 1
        shutil.rmtree(logs)
    except Skip as reason:
        note, word, tally.skipped = str(reason), "skip", tally.skipped + 1
        shutil.rmtree(logs)
    except Exception as fault:  # pylint: disable=broad-exception-caught
        (logs / "traceback").write_text(traceback.format_exc(), encoding="utf-8")
        note = f"{fault or type(fault).__name__} (logs: {logs})"
        word, tally.failed = "FAIL", tally.failed + 1
    first, *more = note.splitlines() or [""]
    print(f"{word:4} {row.name:24} {time.monotonic() - started:6.1f} s  {first}".rstrip())
    print("".join(f"     {line}\n" for line in more), end="", flush=True)


def _time_up(*_: object) -> None:
    raise TimeUp

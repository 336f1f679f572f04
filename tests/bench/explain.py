# SPDX-License-Identifier: GPL-2.0-or-later
"""How fast `lastword crash` explains a dump, beside crash and drgn with the kernel's DWARF, on the same dump.

The dumps are kdump-compressed with level 31, and in the page cache.  Memory is the peak of what was resident, pages of
the dump's file included; some 10 MiB of it are what any program shows that a Python script starts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.lab import kernels, paths, vmcore
from tests.oracle import references

from . import runs

SCRIPT = Path(__file__).with_name("drgn_explains.py")
SUITE = "bookworm"
THREADS = vmcore.Recipe(SUITE, memory_mb=1536, content="threads")


@dataclass(frozen=True)
class Question:
    """What is asked, in the three tools' words, and what lastword may take of time and memory for it."""

    name: str
    dump: Callable[[], Path]
    ours: list[str]
    crash: str
    drgn: str
    seconds: float
    mib: float


def threads_dump() -> Path:
    """A dump with 10,000 threads, made on first use."""
    path = paths.cache("dumps", f"{SUITE}-threads.kdump")
    with paths.locked(path):
        if not path.exists():
            elf = path.with_suffix(".elf")
            vmcore.make(THREADS, elf)
            with paths.made_whole(path) as partial:
                references.makedumpfile(["-c", "-d", "31"], elf, partial)
            elf.unlink()
    return path


QUESTIONS = [
    Question(
        "sys, bt, ps", lambda: references.filtered(SUITE, 31), ["-e", "sys", "-e", "bt", "-e", "ps"],
        "sys\nbt\nps\nquit\n", "first", 0.1, 48),
    Question("bt of 10,000 threads", threads_dump, ["-e", "foreach bt"], "foreach bt\nquit\n", "stacks", 1.0, 128),
]


def run(repeats: int) -> list[str]:
    """Ask all questions of all three; the goals that are missed."""
    misses = []
    for question in QUESTIONS:
        ours = min((_ours(question) for _ in range(repeats)), key=lambda cost: cost[0])
        _show(question, "lastword", ours, ours)
        _show(question, "crash", _crash(question), ours)
        _show(question, "drgn", _drgn(question), ours)
        if ours[0] > question.seconds:
            misses.append(f"{question.name}: {ours[0]:.2f} s, the goal is {question.seconds}")
        if ours[1] > question.mib:
            misses.append(f"{question.name}: {ours[1]:.0f} MiB, the goal is {question.mib:.0f}")
    return misses


def _show(question: Question, tool: str, cost: tuple[float, float], ours: tuple[float, float]) -> None:
    beside = "" if cost is ours else f"  {cost[0] / ours[0]:6.1f}x {cost[1] / ours[1]:5.1f}x"
    print(f"{question.name:22} {tool:10} {cost[0]:7.2f} s {cost[1]:8.1f} MiB{beside}", flush=True)


def _ours(question: Question) -> tuple[float, float]:
    return _cost(runs.here("time", paths.build() / "lastword", "crash", *question.ours, question.dump()))


def _crash(question: Question) -> tuple[float, float]:
    return _cost(runs.there("crash", "-s", kernels.vmlinux(SUITE), question.dump(), given=question.crash))


def _drgn(question: Question) -> tuple[float, float]:
    return _cost(runs.there("python3", SCRIPT, question.drgn, question.dump(), kernels.vmlinux(SUITE)))


def _cost(found: dict[str, float]) -> tuple[float, float]:
    return found["wall"], found["resident_kib"] / 1024

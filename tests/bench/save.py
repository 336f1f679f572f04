# SPDX-License-Identifier: GPL-2.0-or-later
"""`lastword save` beside makedumpfile 1.7.8, and beside the codecs themselves.

The input is a real dump of 8 GiB, in memory, on pages of 2 MiB: mapping it costs next to nothing, as with /proc/vmcore.
The output is in memory, too (/dev/shm), so that no disk is measured.  Each figure is the best of several runs; what takes
ten seconds runs once.  What ours are measured by is makedumpfile at its best: in one thread, or, for our two, in two where
that is faster.
Debian builds it without snappy.
"""

import contextlib
import functools
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.lab import oracle, paths, vmcore

from . import runs

LARGE = ("bench-8g.elf", vmcore.Recipe("bookworm", memory_mb=8704, content="large"))
QUICK = ("bench.elf", vmcore.Recipe("bookworm", memory_mb=3072, content="large"))
LEVELS = (31, 1, 0)
CODECS = {"zlib": "c", "lzo": "l", "zstd": "z", "snappy": "p"}
THREADS = (1, 2)

FASTER_GOALS = {"zlib": 3.5, "lzo": 2.2, "zstd": 1.6}
"""Wall clock, two threads beside makedumpfile."""
LIMIT_GOAL = 1.15
"""CPU time in one thread beside the codec's own."""
SIZE_GOAL = 1.02
FAST_GOAL = 4.0
"""Wall clock of --fast in one thread beside makedumpfile's zlib."""
DRY_RUN_GOAL = 8.0
"""Wall clock of a dry run in one thread beside makedumpfile's, which packs all pages; and of the selection alone."""
STEPS = ("Checking for memory holes", "Excluding unnecessary pages")
"""Those of makedumpfile that select."""
ANONYMOUS_GOAL = 24.0
"""MiB in one thread beyond the bitmap."""
LONG = 10.0
"""What takes so many seconds runs once."""


@dataclass(frozen=True)
class Cost:
    """What one command took."""

    wall: float
    user: float
    system: float
    size: int

    @property
    def cpu(self) -> float:
        """Seconds of CPU, in the program and in the kernel for it."""
        return self.user + self.system

    def __str__(self) -> str:
        return f"{self.wall:6.2f} s wall {self.user:6.2f} + {self.system:5.2f} s CPU {self.size / 2**20:8.1f} MiB"


def best(costs: Sequence[Cost]) -> Cost:
    """Each figure's least: noise only adds."""
    return Cost(
        min(c.wall for c in costs), min(c.user for c in costs), min(c.system for c in costs), costs[0].size)


def dump(quick: bool) -> Path:
    """The ELF vmcore, made on first use."""
    name, recipe = QUICK if quick else LARGE
    path = paths.cache("dumps", name)
    with paths.locked(path):
        if not path.exists():
            vmcore.make(recipe, path)
    return path


@contextlib.contextmanager
def in_memory(path: Path) -> Iterator[Path]:
    """A directory in memory, and in it another one of huge pages with a copy of @path."""
    with tempfile.TemporaryDirectory(prefix="lastword-bench-", dir="/dev/shm") as name:
        huge = Path(name) / "huge"
        huge.mkdir()
        options = f"huge=always,size={path.stat().st_size + 2**22}"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "bench", huge], check=True)
        try:
            # Memory in pieces gives no pages of 2 MiB.
            Path("/proc/sys/vm/compact_memory").write_text("1", encoding="ascii")
            subprocess.run(["cp", "--sparse=never", path, huge / "dump"], check=True)
            yield Path(name)
        finally:
            subprocess.run(["umount", huge], check=True)


class Bench:
    """One run over all cases."""

    def __init__(self, scratch: Path, repeats: int, quick: bool) -> None:
        self.scratch, self.repeats, self.quick = scratch, repeats, quick
        self.source = scratch / "huge" / "dump"
        self.misses: list[str] = []
        self.serial: dict[tuple[int, str], Cost] = {}

    def repeated(self, once: Callable[[], Cost | None]) -> Cost:
        """The best of several runs."""
        costs: list[Cost] = []
        while len(costs) < self.repeats and not (costs and costs[0].wall > LONG):
            cost = once()
            assert cost
            costs.append(cost)
        return best(costs)

    def cost(self, found: dict[str, float], out: Path) -> Cost:
        """The figures, and the size of what was written; @out is gone afterwards."""
        size = out.stat().st_size if out.exists() else 0
        out.unlink(missing_ok=True)
        return Cost(found["wall"], found["user"], found["system"], size)

    def ours(self, level: int, *words: str) -> Cost:
        """lastword save."""
        out = self.scratch / "ours"
        command: list[str | Path] = [paths.build() / "lastword", "save", "-d", str(level), *words, self.source]
        return self.cost(runs.here("time", *command, *([] if "--dry-run" in words else [out])), out)

    def theirs(self, level: int, *words: str, seconds: float = 0) -> Cost | None:
        """makedumpfile; None where it was not through in @seconds."""
        out = self.scratch / "theirs"
        command: list[str | Path] = ["makedumpfile", "-d", str(level), *words, self.source, out]
        limit = ["timeout", f"{seconds:.0f}"] if seconds else []
        found = runs.there(*limit, *command, see=self.scratch)
        if seconds and found["status"] == runs.TIMED_OUT:
            out.unlink(missing_ok=True)
            return None
        return self.cost(found, out)

    def anonymous_mib(self, level: int, *words: str) -> float:
        """The peak of our anonymous memory."""
        out = self.scratch / "ours"
        found = runs.here("memory", paths.build() / "lastword", "save", "-d", str(level), *words, self.source, out)
        for left in self.scratch.glob("ours*"):
            left.unlink()
        return found["peak_kib"] / 1024

    def limit(self, level: int, letter: str) -> tuple[float, float]:
        """CPU seconds of the codec alone, and with the writing of what it makes."""
        program = paths.build() / "tests" / "bench" / "codec_limit"
        out = self.scratch / "limit"
        words: list[str | Path] = [program, self.source, str(level), letter, str(self.repeats), out]
        found = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
        out.unlink()
        return float(found["seconds"]), float(found["written"])

    def goal(self, case: str, value: float, goal: float, met: bool) -> str:
        """The value, with a star where a goal is missed."""
        if not met:
            self.misses.append(f"{case}: {value:.2f}, the goal is {goal}")
        return f"{value:.2f}{'' if met else '*'}"

    def at_least(self, case: str, value: float, goal: float) -> str:
        """A value that is to be @goal or more."""
        return self.goal(case, value, goal, value >= goal)

    def at_most(self, case: str, value: float, goal: float) -> str:
        """A value that is to be @goal or less."""
        return self.goal(case, value, goal, value <= goal)

    def alone(self, level: int, letter: str) -> Cost:
        """makedumpfile in one thread."""
        if (level, letter) not in self.serial:
            self.serial[level, letter] = self.repeated(lambda: self.theirs(level, f"-{letter}"))
        return self.serial[level, letter]

    def peer(self, level: int, letter: str) -> dict[int, Cost]:
        """makedumpfile's best for one thread of ours and for two."""
        serial = self.alone(level, letter)
        print(f"{self.name(level, letter)} makedumpfile {serial}")
        if self.quick:
            return {1: serial, 2: serial}
        # Where its threads take longer than one, one is its best.
        patience = serial.wall + 1
        threads = self.theirs(level, f"-{letter}", "--num-threads", "2", seconds=patience)
        print(f"{self.name(level, letter)} --num-threads {threads or f'not through in {patience:.0f} s'}")
        return {1: serial, 2: min(serial, threads or serial, key=lambda c: c.wall)}

    def name(self, level: int, letter: str) -> str:
        """The first column."""
        codec = next(c for c, its in CODECS.items() if its == letter)
        return f"{f'-d {level} {codec}':12}"

    def case(self, level: int, codec: str) -> None:
        """One codec at one level: a line for each number of threads, and those of makedumpfile."""
        letter = CODECS[codec]
        peers = self.peer(level, letter) if codec in FASTER_GOALS else {}
        limit, written = self.limit(level, letter)
        for threads in THREADS:
            words = (f"-{letter}", "-j", str(threads))
            own = self.repeated(functools.partial(self.ours, level, *words))
            case = f"-d {level} {codec}, {threads} thread{'s' if threads > 1 else ''}"
            anonymous = self.anonymous_mib(level, *words)
            said = [f"{anonymous:5.1f} MiB anonymous"]
            if threads == 1:
                said[0] = self.at_most(f"{case}, MiB anonymous", anonymous, ANONYMOUS_GOAL) + " MiB anonymous"
            if peers:
                said += self.beside(case, threads, codec, own, peers[threads])
            if threads == 1:
                ratio = self.at_most(f"{case}, CPU beside the codec's", own.cpu / limit, LIMIT_GOAL)
                said.append(f"codec alone {limit:.2f} s: {ratio} ({own.user / limit:.2f} without the kernel's share), "
                            f"codec and writing {written:.2f} s: {own.cpu / written:.2f}")
            print(f"{self.name(level, letter)} {threads:2} thread{'s' if threads > 1 else ' '}   {own}  "
                  f"{'  '.join(said)}")
        sys.stdout.flush()

    def beside(self, case: str, threads: int, codec: str, own: Cost, peer: Cost) -> list[str]:
        """Ours beside makedumpfile's."""
        faster = peer.wall / own.wall
        wall = self.at_least(f"{case}, wall clock", faster, FASTER_GOALS[codec]) if threads == 2 else f"{faster:.2f}"
        return [
            f"wall {wall}x",
            f"CPU {peer.cpu / own.cpu:.2f}x",
            "size " + self.at_most(f"{case}, size", own.size / peer.size, SIZE_GOAL),
        ]

    def fast(self, level: int) -> None:
        """--fast in one thread beside makedumpfile's zlib."""
        peer = self.alone(level, "c")
        for codec in ("zlib", "zstd"):
            own = self.repeated(functools.partial(self.ours, level, f"-{CODECS[codec]}", "--fast", "-j", "1"))
            faster = self.at_least(f"-d {level} {codec} --fast, wall clock", peer.wall / own.wall, FAST_GOAL)
            print(f"{f'-d {level} {codec} --fast':18}   {own}  wall {faster}x makedumpfile -c, "
                  f"CPU {peer.cpu / own.cpu:.2f}x, size {own.size / peer.size:.2f}", flush=True)

    def dry_run(self, level: int) -> None:
        """What it takes to be told how large a dump would be: makedumpfile makes it and throws it away."""
        name = f"{f'-d {level} dry':12}"
        peer = self.repeated(lambda: self.theirs(level, "-c", "--dry-run"))
        own = self.repeated(lambda: self.ours(level, "-c", "--dry-run", "-j", "1"))
        faster = self.at_least(f"-d {level} --dry-run, wall clock", peer.wall / own.wall, DRY_RUN_GOAL)
        print(f"{name} makedumpfile {peer}\n{name}  1 thread    {own}  wall {faster}x  "
              f"CPU {peer.cpu / own.cpu:.2f}x", flush=True)

    def selection(self, level: int) -> None:
        """Selecting alone, in one thread: makedumpfile's by its own clock."""
        peer = min(self.steps(level) for _ in range(self.repeats))
        program = paths.build() / "tests" / "bench" / "select_limit"
        words: list[str | Path] = [program, self.source, str(level), str(self.repeats)]
        own = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)["select"]
        faster = self.at_least(f"-d {level} selection", peer / own, DRY_RUN_GOAL)
        print(f"{f'-d {level} selection':18} makedumpfile {peer:.3f} s, lastword {own:.3f} s: {faster}x", flush=True)

    def steps(self, level: int) -> float:
        """Seconds that makedumpfile says its selection took."""
        done = oracle.run("makedumpfile", "-d", str(level), "--message-level", "31", "--dry-run",
                          self.source, self.scratch / "theirs", see=self.scratch)
        found = re.findall(r"STEP \[(.*?) *\] : ([0-9.]+) seconds", done.stdout + done.stderr)
        return sum(float(seconds) for step, seconds in found if step in STEPS)


def run(repeats: int, levels: Sequence[int], codecs: Sequence[str], quick: bool) -> list[str]:
    """All cases; the goals that are missed."""
    with in_memory(dump(quick)) as scratch:
        bench = Bench(scratch, repeats, quick)
        size = bench.source.stat().st_size / 2**30
        print(f"{size:.1f} GiB dump; best of {repeats}, of what takes {LONG:.0f} s one run; ratios are makedumpfile's "
              "figure over ours")
        for level in levels:
            for codec in codecs:
                bench.case(level, codec)
            bench.fast(level)
        if 31 in levels:
            bench.dry_run(31)
            bench.selection(31)
        return bench.misses

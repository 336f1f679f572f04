# SPDX-License-Identifier: GPL-2.0-or-later
"""python3 -m tests.bench: `lastword save` beside makedumpfile 1.7.8, and beside the codecs themselves; then `lastword
crash` beside crash and drgn (see `explain`).

The input is a real dump of some 3 GB; input and output are in memory (/dev/shm), so that no disk is measured.  Every
figure is the best of several runs, taken in turn.  makedumpfile runs in one thread, which is its best on few CPUs, and
Debian builds it without snappy.
"""

import argparse
import json
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.lab import paths, vmcore

from . import explain, runs

DUMP = vmcore.Recipe("bookworm", memory_mb=3072, content="large")
LEVELS = (31, 1)
CODECS = {"zlib": "c", "lzo": "l", "zstd": "z", "snappy": "p"}
THREADS = (1, 2)

FASTER_GOALS = {"zlib": 3.5, "lzo": 2.2, "zstd": 1.6}
"""Wall clock, two threads beside makedumpfile."""
LIMIT_GOAL = 1.15
"""CPU time in one thread beside the codec's own."""
SIZE_GOAL = 1.02


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


def dump() -> Path:
    """The ELF vmcore, made on first use."""
    path = paths.cache("dumps", "bench.elf")
    with paths.locked(path):
        if not path.exists():
            vmcore.make(DUMP, path)
    return path


def cost(found: dict[str, float], out: Path) -> Cost:
    """The figures, and the size of what was written; @out is gone afterwards."""
    size = out.stat().st_size
    out.unlink()
    return Cost(found["wall"], found["user"], found["system"], size)


def best(costs: list[Cost]) -> Cost:
    """Each figure's least: noise only adds."""
    return Cost(
        min(c.wall for c in costs), min(c.user for c in costs), min(c.system for c in costs), costs[0].size)


class Bench:
    """One run over all cases."""

    def __init__(self, scratch: Path, repeats: int) -> None:
        self.repeats = repeats
        self.scratch = scratch
        self.source = scratch / "dump"
        self.misses: list[str] = []
        shutil.copyfile(dump(), self.source)

    def ours(self, level: int, letter: str, threads: int) -> Cost:
        """lastword save."""
        out = self.scratch / "ours"
        words: list[str | Path] = ["save", "-d", str(level), f"-{letter}", "-j", str(threads), self.source, out]
        return cost(runs.here("time", paths.build() / "lastword", *words), out)

    def theirs(self, level: int, letter: str) -> Cost:
        """makedumpfile."""
        out = self.scratch / "theirs"
        words: list[str | Path] = ["makedumpfile", "-d", str(level), f"-{letter}", self.source, out]
        return cost(runs.there(*words, see=self.scratch), out)

    def anonymous_mib(self, level: int, letter: str, threads: int) -> float:
        """The peak of our anonymous memory."""
        out = self.scratch / "ours"
        words: list[str | Path] = ["save", "-d", str(level), f"-{letter}", "-j", str(threads), self.source, out]
        found = runs.here("memory", paths.build() / "lastword", *words)
        out.unlink()
        return found["peak_kib"] / 1024

    def limit(self, level: int, letter: str) -> float:
        """CPU seconds of the codec alone."""
        program = paths.build() / "tests" / "bench" / "codec_limit"
        words: list[str | Path] = [program, self.source, str(level), letter, str(self.repeats)]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        return float(json.loads(done.stdout)["seconds"])

    def goal(self, case: str, value: float, goal: float, met: bool) -> str:
        """The value, with a star where a goal is missed."""
        if not met:
            self.misses.append(f"{case}: {value:.2f}, the goal is {goal}")
        return f"{value:.2f}{'' if met else '*'}"

    def case(self, level: int, codec: str) -> None:
        """One codec at one level: a line for each number of threads, and one for makedumpfile."""
        letter = CODECS[codec]
        mine: dict[int, list[Cost]] = {threads: [] for threads in THREADS}
        peers: list[Cost] = []
        for _ in range(self.repeats):
            for threads in THREADS:
                mine[threads].append(self.ours(level, letter, threads))
            if codec in FASTER_GOALS:
                peers.append(self.theirs(level, letter))
        limit = self.limit(level, letter)
        peer = best(peers) if peers else None
        name = f"-d {level} {codec}"
        if peer:
            print(f"{name:12} makedumpfile {figures(peer)}")
        for threads in THREADS:
            own = best(mine[threads])
            words = [f"{self.anonymous_mib(level, letter, threads):5.1f} MiB"]
            if peer:
                words += self.beside(f"{name}, {threads} threads", threads, codec, own, peer)
            if threads == 1:
                ratio = own.cpu / limit
                shown = self.goal(f"{name}, CPU beside the codec's", ratio, LIMIT_GOAL, ratio <= LIMIT_GOAL)
                words.append(f"codec alone {limit:.2f} s: {shown} ({own.user / limit:.2f} without the kernel's share)")
            print(f"{name:12} {threads} thread{'s' if threads > 1 else ' '}    {figures(own)}  {'  '.join(words)}")
        sys.stdout.flush()

    def beside(self, case: str, threads: int, codec: str, own: Cost, peer: Cost) -> list[str]:
        """Ours beside makedumpfile's."""
        faster, size = peer.wall / own.wall, own.size / peer.size
        wanted = FASTER_GOALS[codec] if threads == 2 else 0
        return [
            "wall " + self.goal(f"{case}, wall clock", faster, wanted, faster >= wanted) + "x",
            f"CPU {peer.cpu / own.cpu:.2f}x",
            "size " + self.goal(f"{case}, size", size, SIZE_GOAL, size <= SIZE_GOAL),
        ]


def figures(c: Cost) -> str:
    """The columns of one line."""
    return f"{c.wall:6.2f} s wall {c.user:6.2f} + {c.system:5.2f} s CPU {c.size / 2**20:8.1f} MiB"


def main() -> None:
    """Run all cases."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.bench", description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--level", type=int, choices=LEVELS, action="append")
    parser.add_argument("--codec", choices=CODECS, action="append")
    parser.add_argument("--part", choices=("save", "explain"), action="append", help="default: both")
    arguments = parser.parse_args()
    # The directory in memory is large: it goes also when the run is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    parts, misses = arguments.part or ("explain", "save"), []
    if "explain" in parts:
        misses += explain.run(arguments.repeats)
    if "save" in parts:
        with tempfile.TemporaryDirectory(prefix="lastword-bench-", dir="/dev/shm") as name:
            bench = Bench(Path(name), arguments.repeats)
            size = bench.source.stat().st_size / 2**30
            print(f"{size:.1f} GiB dump; best of {arguments.repeats}; ratios are makedumpfile's figure over ours")
            for level in arguments.level or LEVELS:
                for codec in arguments.codec or CODECS:
                    bench.case(level, codec)
            misses += bench.misses
    print("all goals are met" if not misses else "\n".join(["* missed:", *misses]))


main()

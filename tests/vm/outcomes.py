# SPDX-License-Identifier: GPL-2.0-or-later
"""What a fault left: log saved where, dump saved where or how much of it, and when the machine was free again.

A row that breaks something hands its crash to `judge`, which looks into the places where log and dump may be, holds them
against what the row expects, and keeps the outcome in the cache.  `python3 -m tests.vm --faults` prints the kept outcomes
as one table; docs/faults.md has the same lines without the measured figures, and a row whose line there says something
else fails.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.lab import disk, guest, paths
from tests.lab.rows import check

from . import crashes, dumps

PAGE = paths.PROJECT / "docs" / "faults.md"
HEAD = "| row | what goes wrong | log | dump | action, at most |"
RULE = re.sub(r"[^|]+", "---", HEAD)
INCOMPLETE = "vmcore-incomplete"
CORES = (dumps.CORE, "vmcore.flat")
ACTIONS = {"guest-reset": "reboot", "guest-shutdown": "poweroff"}
NOWHERE = "nowhere"

Place = tuple[guest.Disk, str] | Path
"""A directory on a guest's disk, or one of this machine that a server gave to the guest."""


@dataclass(frozen=True)
class Expected:
    """What a row expects: the names of places, "" for none, several joined by " and "."""

    wrong: str
    """What goes wrong, for people."""
    log: str
    dump: str
    part: str | None = ""
    """Where vmcore-incomplete is; None where chance decides."""
    within: float = 60.0
    """Seconds of wall time from the panic to the machine's end; the capture kernel's boot takes 5 to 15 of them."""
    action: str = "reboot"


@dataclass(frozen=True)
class Outcome:
    """A line of the table."""

    row: str
    wrong: str
    log: str
    dump: str
    action: str
    seconds: float
    measured: str

    @property
    def line(self) -> str:
        """As in docs/faults.md."""
        return f"| `{self.row}` | {self.wrong} | {self.log} | {self.dump} | {self.action} |"


def judge(logs: Path, crash: crashes.Crash, expected: Expected, places: Mapping[str, Place]) -> str:
    """Look for log and dump in @places, and see that all is as expected.

    The dump directories are copied to @logs/PLACE.
    Returns the row's note.
    """
    found = {name: _copied(place, logs / name) for name, place in places.items()}
    log_in = [name for name, dump in found.items() if dump and (dump / dumps.LOG).exists()]
    dump_in = [name for name, dump in found.items() if dump and core_of(dump)]
    part_in = [name for name, dump in found.items() if dump and (dump / INCOMPLETE).exists()]
    readable = [_check(name, dump) for name, dump in found.items() if dump]
    took = crash.end_wall - crash.panic_wall
    action = ACTIONS.get(crash.ended_by, crash.ended_by)
    for what, want, have in ((dumps.LOG, expected.log, log_in), (dumps.CORE, expected.dump, dump_in),
                             (INCOMPLETE, expected.part, part_in)):
        check(want is None or want == " and ".join(have), f"{what}: {have or NOWHERE}, expected: {want or NOWHERE}")
    check(action == expected.action, f"the machine ended by {action!r}, expected {expected.action!r}")
    check(took <= expected.within, f"{action} {took:.0f} s after the panic, expected within {expected.within:.0f} s")
    outcome = Outcome(
        logs.name, expected.wrong, expected.log or NOWHERE, _dump_words(expected),
        f"{action}, {expected.within:.0f} s", round(took, 1), "; ".join(word for word in readable if word))
    keep(outcome)
    ended = f"{action} after {took:.0f} of {expected.within:.0f} s"
    return "; ".join(filter(None, (f"log: {outcome.log}", f"dump: {outcome.dump}", ended, outcome.measured)))


def core_of(dump: Path) -> Path | None:
    """The dump in a dump directory, under one of its final names."""
    return next((dump / name for name in CORES if (dump / name).exists()), None)


def readable_part(core: Path) -> str:
    """How much of a dump is there: "100 % of 8012 pages", or why nothing is."""
    told = subprocess.run([paths.build() / "lastword", "info", "--json", core], capture_output=True, text=True, check=False)
    if told.returncode:
        return "nothing: " + told.stderr.strip().splitlines()[-1].split(": ", 2)[-1]
    pages = json.loads(told.stdout)["pages"]
    kept = pages["present"] + pages["lost"]
    return f"{100 * pages['present'] // max(kept, 1)} % of {kept} pages"


def _dump_words(expected: Expected) -> str:
    part = "what was written" if expected.part is None else expected.part and f"{expected.part}: {INCOMPLETE}"
    return "; ".join(words for words in (expected.dump, part) if words) or NOWHERE


def _copied(place: Place, into: Path) -> Path | None:
    """The one new dump directory of a place, copied; None where there is none."""
    if isinstance(place, tuple):
        with disk.mounted(place[0].path) as root:
            return _copied(root / place[1].strip("/"), into)
    tried = dumps.all_new(place) if place.is_dir() else []
    new = [dump for dump in tried if {file.name for file in dump.iterdir()} - {dumps.CAPTURE_LOG, dumps.MANIFEST}] or tried[-1:]
    check(len(new) <= 1, f"{into.name}: one crash made {[d.name for d in new]}")
    return Path(shutil.copytree(new[0], into / new[0].name)) if new else None


def _check(name: str, dump: Path) -> str:
    """What calls itself whole is whole; how much of what does not can be read."""
    if (dump / dumps.LOG).exists():
        dumps.check_log(dump)
    core = core_of(dump)
    if (dump / dumps.MANIFEST).exists():
        dumps.check_manifest(dump, saved=core is not None)
    if core:
        dumps.check_core(core, dump / dumps.LOG if (dump / dumps.LOG).exists() else None)
        size = readable_part(core)
        check(size.startswith("100 %"), f"{name}: {core.name} calls itself whole and is not: {size}")
    part = dump / INCOMPLETE
    return f"{name}: {INCOMPLETE} has {readable_part(part)}" if part.exists() else ""


def keep(outcome: Outcome) -> None:
    """Remember it, and hold it against docs/faults.md."""
    paths.cache("faults", f"{outcome.row}.json").write_text(json.dumps(asdict(outcome)), encoding="utf-8")
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith(f"| `{outcome.row}` |"):
            check(line == outcome.line, f"docs/faults.md says {line}; python3 -m tests.vm --faults=write mends it")


def kept() -> Iterator[Outcome]:
    """What was kept, in the order of the rows' names."""
    for file in sorted(paths.cache("faults", "x").parent.glob("*.json")):
        yield Outcome(**json.loads(file.read_text(encoding="utf-8")))


def table() -> str:
    """All kept outcomes, with what was measured."""
    lines = [HEAD + " took | measured |", RULE + "---|---|"]
    lines += [f"{outcome.line} {outcome.seconds:.0f} s | {outcome.measured} |" for outcome in kept()]
    return "\n".join(lines)


def write_page() -> None:
    """Put the kept outcomes into docs/faults.md; lines of rows that were not run here stay."""
    text = PAGE.read_text(encoding="utf-8")
    lines = {line.split("`")[1]: line for line in text.splitlines() if line.startswith("| `")}
    lines |= {outcome.row: outcome.line for outcome in kept()}
    head = text[: text.index(HEAD)]
    PAGE.write_text("\n".join([head + HEAD, RULE, *(lines[row] for row in sorted(lines))]) + "\n",
                    encoding="utf-8")

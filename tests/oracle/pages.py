# SPDX-License-Identifier: GPL-2.0-or-later
"""Which pages `lastword save` keeps, compared with makedumpfile, page by page.

Equal is the norm.  Where we differ on purpose, EXPLAINED says so, and docs/page-classes.md says why; any other
difference fails, and a kernel page that we lack always does.
"""

import collections
import json
from dataclasses import dataclass
from pathlib import Path

from tests.lab import oracle, rows

from . import kdump, references

SCRIPT = Path(__file__).with_name("page_kinds.py")
RARE = ("huge", "pmem", "kmem", "virtio-mem", "offline", "poisoned")
"""What a guest of references.SPECIAL has."""
PAGES_ASKED = 4000
"""How many pages of a difference are looked at one by one; a larger one is sampled evenly."""


@dataclass(frozen=True)
class Difference:
    """A kind of page that only one of the two saved."""

    side: str
    kind: str
    pages: int

    def __str__(self) -> str:
        return f"{self.side} {self.pages} × {self.kind}"


OURS, THEIRS = "only ours", "only makedumpfile's"
EXPLAINED = {
    "sid": {(OURS, "tail of slab"), (OURS, "tail of kernel, type 0xf8000000")},
    "sid-rare": {(OURS, "tail of slab"), (OURS, "tail of kernel, type 0xf8000000"), (OURS, "tail of cache, private")},
}
"""By dump, the sides and kinds of pages that docs/page-classes.md explains."""


def compare(name: str, level: int, logs: Path) -> list[Difference]:
    """The differences between our dump and makedumpfile's of the same vmcore at @level."""
    ours_path = logs / f"{name}-d{level}.kdump"
    references.lastword("save", "-f", "-c", "-d", str(level), references.dump(name), ours_path)
    ours, theirs = kdump.read(ours_path), kdump.read(references.filtered(name, level))
    ours_path.unlink()
    rows.check(ours.zero & ~theirs.zero & theirs.saved == 0, f"-d {level}: pages were called zero that are not")
    found = _differences(name, OURS, ours.saved & ~theirs.saved)
    found += _differences(name, THEIRS, theirs.saved & ~ours.saved)
    missed = (theirs.zero & ours.saved & ~ours.zero).bit_count()
    if missed:
        found.append(Difference(THEIRS, "found to be zero", missed))
    return found


def _differences(name: str, side: str, bitmap: int) -> list[Difference]:
    if not bitmap:
        return []
    pages = kdump.pages(bitmap)
    step = -(-len(pages) // PAGES_ASKED)
    counted = collections.Counter(_kinds(references.dump(name), pages[::step]).values())
    return [Difference(side, kind, number * step) for kind, number in counted.most_common()]


def _kinds(dump: Path, pages: list[int]) -> dict[str, str]:
    done = oracle.run("python3", SCRIPT, dump, given=" ".join(map(str, pages)))
    if done.returncode:
        raise rows.Failure(f"page_kinds: {done.stderr.strip()}")
    answer: dict[str, str] = json.loads(done.stdout)
    return answer


def row(name: str) -> rows.Row:
    """The row that compares all levels on one vmcore."""

    def run(logs: Path) -> str:
        unexplained, notes = [], []
        if name in references.SPECIAL:
            references.dump(name)
            made = references.made(name)
            rows.check(all(made.get(kind) for kind in RARE), f"the guest made {made}")
            notes.append(", ".join(f"{kind} {count}" for kind, count in made.items()))
        for level in references.LEVELS:
            found = compare(name, level, logs)
            notes.append(f"-d {level}: " + ("equal" if not found else "; ".join(map(str, found))))
            unexplained += [f"-d {level}: {d}" for d in found if (d.side, d.kind) not in EXPLAINED.get(name, set())]
        rows.check(not unexplained, "unexplained: " + "; ".join(unexplained))
        return "\n".join(notes)

    return rows.Row(f"pages-{name}", "matrix", run)

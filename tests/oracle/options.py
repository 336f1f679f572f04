# SPDX-License-Identifier: GPL-2.0-or-later
"""makedumpfile's options through makedumpfile 1.7.8 and through lastword under that name, on the same vmcore.

Compared are exit codes, the set of pages, the pages' content, the report's counts, the lines that scripts read, the files that
are left and whether errors are told.  option_table has the command lines and the differences that are meant.
"""

import collections
import functools
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.lab import kernels, oracle, paths, rows

from . import memory_image, option_table, pages, references
from .option_runs import DEADLINE, Answer, Bench, Pages

ZERO = memory_image.ZERO_CHECK
FEW = 512
"""Pages of struct pages that describe nothing that is kept, which theirs keeps all the same with -e."""
TOTALS = ("Original pages", "Memory Hole", "Remaining pages", "Total pages")
PAGE_LINES = paths.PROJECT / "docs" / "makedumpfile.md"


@dataclass(frozen=True)
class Found:
    """One difference: in which part of the answers, and what it is."""

    what: str
    words: str


def _images(bench: Bench, line: str, ours: Answer, theirs: Answer) -> str:
    """How the pages differ, or nothing."""
    if bool(ours.image) != bool(theirs.image):
        return f"a dump was made by {'us' if ours.image else 'them'} alone"
    if ours.image == theirs.image:
        return ""
    mine, other = bench.images[ours.image], bench.images[theirs.image]
    if re.search(r"(^| )-E ", line.split(" ; ", maxsplit=1)[0]):
        return _elf(bench, line, mine, other)
    only_ours, only_theirs = mine.keys() - other.keys(), other.keys() - mine.keys()
    if bench.name in pages.EXPLAINED and any(level & 8 for level in _levels(line)):
        only_ours = set()
    if "-e " in line and len(only_theirs) < FEW:
        only_theirs = set()
    if only_ours or only_theirs:
        return (f"{len(only_theirs)} pages are theirs alone ({min(only_theirs, default=0):#x}), "
                f"{len(only_ours)} ours ({min(only_ours, default=0):#x})")
    return _contents(mine, other, mine.keys() & other.keys())


def _contents(mine: Pages, other: Pages, both: set[int]) -> str:
    differ = [pfn for pfn in both if mine.get(pfn, ZERO) and other.get(pfn, ZERO) and mine.get(pfn, ZERO) != other.get(pfn, ZERO)]
    return f"{len(differ)} pages have another content ({min(differ):#x})" if differ else ""


def _elf(bench: Bench, line: str, mine: Pages, other: Pages) -> str:
    """What is kept is the same. Short runs of what is left out stand in our file as zeros, in theirs as they are."""
    level = _level(line)
    every = mine.keys() | other.keys()
    if not level:
        return _contents(mine, other, every)
    kept = bench.theirs(option_table.at_level(level))
    saved = bench.images[kept.image].keys()
    left = [pfn for pfn in every - saved if mine.get(pfn, ZERO) not in (0, ZERO)]
    if left and bench.name not in pages.EXPLAINED:
        return f"{len(left)} pages are left out and there"
    return _contents(mine, other, every & saved)


def _levels(line: str) -> list[int]:
    """The levels that are asked for, one after the other."""
    words = re.findall(r"(?<!\S)-\w*d *([\d,]+)", line)
    return [int(word) & 31 for word in words[-1].split(",") if word] if words else [0]


def _level(line: str) -> int:
    return next(iter(_levels(line)), 0)


def compare(bench: Bench, line: str) -> list[Found]:
    """All differences of one line."""
    ours, theirs = bench.ours(line), bench.theirs(line)
    found = []
    for what in ("status", "said", "complete", "files", "content", "progress", "steps"):
        mine, other = getattr(ours, what), getattr(theirs, what)
        if mine != other:
            tail = f" ({ours.text[-200:]!r}, theirs {theirs.text[-200:]!r})" if what == "status" else ""
            found.append(Found(what, f"{mine}, theirs {other}{tail}"))
    if any(theirs.status) and ours.more != theirs.more:
        found.append(Found("more", f"why it failed is told by {'us' if ours.more else 'them'} alone"))
    if difference := _images(bench, line, ours, theirs):
        found.append(Found("pages", difference))
    if bench.name not in pages.EXPLAINED:
        for what, totals in (("counts", False), ("totals", True)):
            mine, other = ({key: value for key, value in answer.report.items() if (key in TOTALS) == totals}
                           for answer in (ours, theirs))
            differ = [f"{key}: {mine.get(key)}, theirs {other.get(key)}" for key in sorted(mine.keys() | other.keys())
                      if mine.get(key) != other.get(key)]
            if differ:
                found.append(Found(what, "; ".join(differ)))
    return found


def meant(line: str, found: Found) -> option_table.Difference | None:
    """The row of the table that allows it."""
    for difference in option_table.DIFFERENCES:
        if re.fullmatch(difference.lines, line) and {found.what, "all"} & set(difference.what.split()):
            return difference
    return None


def run_lines(bench: Bench, lines: tuple[str, ...] | list[str]) -> str:
    """Run all @lines; a note with the counts and the reasons of what is different on purpose."""
    failures, reasons, equal = [], collections.Counter[str](), 0
    for line in lines:
        wrong, allowed = [], set()
        for found in compare(bench, line):
            if difference := meant(line, found):
                allowed.add(difference.why)
            else:
                wrong.append(f"{line}: {found.what}: {found.words}")
        failures += wrong
        reasons.update(allowed)
        equal += not wrong and not allowed
    on_purpose = len(lines) - equal - len({failure.split(": ")[0] for failure in failures})
    note = "\n".join([f"{len(lines)} command lines: {equal} equal, {on_purpose} different on purpose",
                      *(f"{count:3} × {why}" for why, count in reasons.most_common())])
    rows.check(not failures, f"{note}\n{len(failures)} differences:\n" + "\n".join(failures))
    return note


def _reassemble(bench: Bench) -> None:
    """Parts of each program, put together by the other, are the dump that each makes in one; streams likewise."""
    whole = references.filtered(bench.name, 31)
    wanted = memory_image.checksums([whole]) if bench.name not in pages.EXPLAINED else {}
    for ours in (True, False):
        for line, words, given in (
                ("-d 31 -l --split {in} out out2 out3", ["--reassemble", "out2", "out3", "out", "whole"], "/dev/null"),
                ("-F -d 31 -l {in} > flat", ["-R", "whole"], "flat")):
            where = bench.directory(ours)
            rows.check(bench.step(line, where, ours) == 0, f"{line} in {where.name}")
            program = [*oracle.command("makedumpfile", see=where)] if ours else [bench.program]
            with open(where / given, "rb") as stdin:
                done = subprocess.run([*program, *words], stdin=stdin, capture_output=True, cwd=where, timeout=DEADLINE, check=False)
            rows.check(done.returncode == 0, f"{words} in {where.name}: {done.stdout!r}{done.stderr!r}")
            rows.check(not wanted or memory_image.checksums([where / "whole"]) == wanted, f"{words} in {where.name}: other pages")


ERASED = """
erase saved_command_line
erase init_uts_ns.name.nodename
erase linux_banner size 1k
erase init_task.comm size 3
erase init_task.signal.rlim
erase jiffies_64
[no_such_module]
erase secret
[vmlinux]
for p in init_task.children within task_struct:sibling
	erase p.comm size 4
endfor
for t in init_task.tasks within task_struct:tasks
	erase t.cred nullify
	erase t.mm.exe_file nullify
	erase t.comm
endfor
for m in modules within module
	erase m.name
endfor
"""
NESTED = ERASED.replace("\terase t.comm\n", "\tfor c in t.children within task_struct:sibling erase c.comm endfor\n") + """
for c in init_task.children within task_struct:sibling erase c.comm endfor
"""
"""The same, by loops in loops, which theirs has not: each process is somebody's child."""


def erase_row(name: str) -> rows.Row:
    """The row that erases kernel data: by BTF here, by DWARF there, to the same bytes."""

    def run(logs: Path) -> str:
        bench = Bench(name, logs)
        images = []
        for text, run_it in ((ERASED, bench.ours), (NESTED, bench.ours), (ERASED, functools.partial(bench.theirs, given=ERASED))):
            (logs / "erased").write_text(text, encoding="ascii")
            answer = run_it("-l -d 31 -x {vmlinux} --config {erased} {in} out")
            rows.check(not any(answer.status), f"exit status {answer.status}: {answer.text}")
            images.append(bench.images[answer.image])
        whole = memory_image.checksums([references.filtered(name, 31)])
        changed = {pfn for pfn in whole if images[0].get(pfn) != whole[pfn]}
        rows.check(len(changed) > 20, f"only {len(changed)} pages were changed")
        for number, what in ((1, "loops in loops"), (2, "theirs")):
            differ = [pfn for pfn in images[number] if images[0][pfn] != images[number][pfn]]
            rows.check(not differ, f"{what}: {len(differ)} pages differ, such as {min(differ, default=0):#x}")
        return f"{len(changed)} pages have something erased"

    return rows.Row(f"erase-{name}", "matrix", run)


def row(name: str, group: str) -> rows.Row:
    """The row that runs the lines of one group on one vmcore."""

    def run(logs: Path) -> str:
        bench = Bench(name, logs)
        if group == "outputs":
            _reassemble(bench)
        return run_lines(bench, option_table.GROUPS[group])

    return rows.Row(f"options-{group}-{name}", "matrix", run)


def few_row(name: str) -> rows.Row:
    """A dozen of them, and the page that tells people of the differences."""

    def run(logs: Path) -> str:
        page = PAGE_LINES.read_text("utf-8")
        untold = [difference.why for difference in option_table.DIFFERENCES if difference.why not in page]
        rows.check(not untold, f"{PAGE_LINES.name} does not say: {'; '.join(untold)}")
        return run_lines(Bench(name, logs), option_table.FEW)

    return rows.Row("options-few", "test", run)

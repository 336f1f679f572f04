# SPDX-License-Identifier: GPL-2.0-or-later
"""Every kind of output, opened by every reader: crash, drgn, libkdumpfile with a program of ours and with its own test programs.

Each must read from our file what is in the vmcore, and say of pages that were left out that they were.
"""

import json
import random
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.lab import kdumpfile, kernels, oracle, rows

from . import memory_image, readers, references

CRASH_COMMANDS = "sys\nps\nbt\nmod\nlog\nquit\n"
ASKED = 3000
"""Pages that libkdumpfile is asked for, by chance and each time the same; and a tenth as many that are left out."""
THIN = 2048
"""Pages of struct pages of such a guest."""
CUT = 0.6
BESIDE = 0.05
"""By how much the share of pages that are lost may differ between those asked for and all."""
ERASE = "erase saved_command_line\nfor t in init_task.children within task_struct:sibling\n\terase t.comm size 2\nendfor\n"


@dataclass(frozen=True)
class Kind:
    """How lastword makes it, of which files it consists, and who can read it."""

    options: str
    parts: int = 1
    drgn: bool = True
    """It takes one file."""
    complete: bool = True
    crash: bool = False
    """It takes a quarter of a minute: what another kind shows, or readers.crash_row, is not asked again."""


KINDS = {
    "zlib": Kind("-c -d 31"),
    "lzo": Kind("-l -d 31"),
    "zstd": Kind("-z -d 31", crash=True),
    "snappy": Kind("-p -d 31", crash=True),
    "plain": Kind("--codec none -d 31"),
    "elf": Kind("-E -d 31", crash=True),
    "split": Kind("-l -d 31 --split", parts=3, drgn=False, crash=True),
    "joined": Kind(""),
    "flat": Kind("-l -d 31 -F", crash=True),
    "restored": Kind(""),
    "thin": Kind("-l -d 31 -e", crash=True),
    "erased": Kind("-l -d 31 --erase {erase}"),
    "cut": Kind("", complete=False),
    "mended": Kind("", complete=False),
    "limited": Kind("", complete=False),
}
"""By name; those without options are made of others."""


class Outputs:
    """The files, made as they are asked for."""

    def __init__(self, source: Path, logs: Path) -> None:
        self.source, self.logs = source, logs
        logs.mkdir(exist_ok=True)
        (logs / "erase").write_text(ERASE, encoding="ascii")

    def files(self, name: str) -> list[Path]:
        """The files of one kind."""
        kind = KINDS[name]
        files = [self.logs / f"{name}{part or ''}" for part in range(kind.parts)]
        if all(file.exists() for file in files):
            return files
        if kind.options:
            options = kind.options.format(erase=self.logs / "erase").split()
            references.lastword("save", *options, self.source, *files)
        elif name == "joined":
            references.lastword("save", "--join", *reversed(self.files("split")), *files)
        elif name == "restored":
            with open(self.files("flat")[0], "rb") as given:
                command = [references.paths.build() / "lastword", "save", "-", *files]
                subprocess.run(command, stdin=given, check=True, capture_output=True)
        else:
            self._shorten(name, files[0])
        return files

    def _shorten(self, name: str, path: Path) -> None:
        whole = self.files("lzo")[0]
        size = int(whole.stat().st_size * CUT)
        if name == "cut":
            with open(whole, "rb") as source:
                path.write_bytes(source.read(size))
            return
        if name == "mended":
            references.lastword("save", "--repair", self.files("cut")[0], path)
            return
        command = [references.paths.build() / "lastword", "save", "-l", "-L", str(size), self.source, path]
        done = subprocess.run(command, capture_output=True, check=False)
        rows.check(done.returncode == 1, f"a limit of {size} bytes: exit status {done.returncode}")
        path.with_name(f"{name}-incomplete").rename(path)


def _page_answers(files: list[Path], pfns: list[int]) -> dict[int, str]:
    done = kdumpfile.run(kdumpfile.OURS, *files, given="\n".join(map(str, pfns)))
    rows.check(done.returncode == 0, f"libkdumpfile on {files[0].name}: {done.stderr.strip()}")
    return {int(pfn): words for pfn, words in (line.split(" ", 1) for line in done.stdout.splitlines())}


def _some(pfns: list[int], number: int) -> list[int]:
    return sorted(random.Random(number).sample(pfns, min(number, len(pfns))))


def _libkdumpfile(name: str, files: list[Path], vmcore: dict[int, int], whole: list[int]) -> str:
    """Pages through libkdumpfile; a note.  It maps what is behind the end of a cut file, and is killed by SIGBUS."""
    if name == "cut":
        return "not by libkdumpfile"
    kept = _some(whole, ASKED)
    left = _some(sorted(vmcore.keys() - set(whole)), ASKED // 10)
    answers = _page_answers(files, kept + left)
    wrong = [pfn for pfn in kept if answers[pfn].isdigit() and int(answers[pfn]) != vmcore[pfn]]
    # Pages of zeros are left out of ELF, too.
    lost = [pfn for pfn in kept if not answers[pfn].isdigit() and not (name == "elf" and vmcore[pfn] == memory_image.ZERO_CHECK)]
    told = [pfn for pfn in left if answers[pfn].isdigit() and answers[pfn] != str(memory_image.ZERO_CHECK)]
    allowed = 64 if name == "erased" else 0
    rows.check(len(wrong) <= allowed, f"{name}: libkdumpfile reads {len(wrong)} of {len(kept)} pages wrong, such as {wrong[0] if wrong else 0:#x}")
    rows.check(not told, f"{name}: libkdumpfile reads {len(told)} pages that were left out")
    rows.check(not lost or not KINDS[name].complete, f"{name}: libkdumpfile cannot read {len(lost)} pages: {answers[lost[0]] if lost else ''}")
    there = 1.0 if KINDS[name].complete else _share_there(files[0])
    rows.check(len(lost) <= len(kept) * (1 - there + BESIDE), f"{name}: {len(lost)} of {len(kept)} pages are lost, {1 - there:.0%} of all")
    return f"{len(kept) - len(lost)} pages"


def _share_there(dump: Path) -> float:
    pages = json.loads(references.lastword("info", "--json", dump).stdout)["pages"]
    share = pages["present"] / (pages["present"] + pages["lost"])
    rows.check(share > CUT / 3, f"{dump.name}: of {CUT:.0%} of the bytes {share:.0%} of the pages can be read")
    return share


def _their_programs(name: str, files: list[Path], vmcore: Path, whole: list[int]) -> None:
    """dumpdata and multiread of libkdumpfile."""
    if not kdumpfile.has("dumpdata"):
        return
    some = [word for pfn in whole[:: len(whole) // 40 + 1] for word in (hex(pfn * memory_image.PAGE + 512), "64")]
    ours = kdumpfile.run("dumpdata", "-n", str(len(files)), *files, *some)
    theirs = kdumpfile.run("dumpdata", vmcore, *some)
    rows.check(theirs.returncode == 0, f"dumpdata on the vmcore: {theirs.stderr}")
    if KINDS[name].complete and name != "erased":
        rows.check(ours.stdout == theirs.stdout, f"{name}: dumpdata says other things: {ours.stderr[-300:]}")
    run = _longest_run(whole)
    if name not in ("flat", "split") and KINDS[name].complete:
        done = kdumpfile.run("multiread", "-n", "4", "-i", "300", files[0], str(run[0]), str(len(run)))
        rows.check(done.returncode == 0, f"{name}: multiread: {done.stderr[-300:]}")


def _longest_run(pfns: list[int]) -> range:
    best, start = range(0), 0
    for index in range(1, len(pfns) + 1):
        if index == len(pfns) or pfns[index] != pfns[index - 1] + 1:
            if index - start > len(best):
                best = range(pfns[start], pfns[start] + index - start)
            start = index
    return best


def _crash(suite: str, files: list[Path]) -> list[str]:
    done = oracle.run("crash", "-s", kernels.vmlinux(suite), *files, given=CRASH_COMMANDS)
    if done.returncode:
        return [f"exit status {done.returncode}", done.stdout[-300:] + done.stderr[-300:]]
    # Before that it warns of what is not in the dump.
    answer = done.stdout[done.stdout.index("      KERNEL:"):]
    return [line for line in answer.splitlines() if "DUMPFILE" not in line and "PARTIAL DUMP" not in line]


def _check_same(name: str, who: str, wanted: list[str], got: list[str]) -> None:
    differ = [f"{one!r} became {other!r}" for one, other in zip(wanted, got) if one != other][:1]
    rows.check(wanted == got, f"{name}: {who}: {differ or f'{len(wanted)} lines became {len(got)}'}")


@dataclass(frozen=True)
class Wanted:
    """What the readers read from the vmcore itself."""

    source: Path
    content: dict[int, int]
    kept: list[int]
    drgn: list[str]
    crash: list[str]

    @property
    def by_crash(self) -> bool:
        """Whether crash can read it at all."""
        return not self.crash[0].startswith("exit status")


def _kept(name: str, files: list[Path], wanted: Wanted) -> list[int]:
    """The pages that a kind should have."""
    if name != "thin":
        return wanted.kept
    kept = sorted(memory_image.numbers(files))
    fewer = len(wanted.kept) - len(kept)
    rows.check(set(kept) < set(wanted.kept) and fewer < THIN, f"{name}: {fewer} pages fewer")
    return kept


def wanted_of(suite: str, outputs: Outputs) -> Wanted:
    """Of the outputs' source; and the pages that are kept of it."""
    source = outputs.source
    return Wanted(source, memory_image.checksums([source]), sorted(memory_image.numbers(outputs.files("lzo"))),
                  readers.drgn(source).splitlines(), _crash(suite, [source]))


def read(suite: str, name: str, files: list[Path], wanted: Wanted, by_crash: bool) -> str:
    """One kind through all readers; a note."""
    kind, kept = KINDS[name], _kept(name, files, wanted)
    note = _libkdumpfile(name, files, wanted.content, kept)
    _their_programs(name, files, wanted.source, [pfn for pfn in kept if wanted.content[pfn] != memory_image.ZERO_CHECK])
    if kind.drgn:
        _check_same(name, "drgn", wanted.drgn, readers.drgn(files[0]).splitlines())
    if wanted.by_crash and by_crash:
        _check_same(name, "crash", wanted.crash, _crash(suite, files))
    return f"{name}: {note}"


def row(suite: str) -> rows.Row:
    """The row of one kernel."""

    def run(logs: Path) -> str:
        outputs = Outputs(references.dump(suite), logs)
        wanted = wanted_of(suite, outputs)
        notes, failures = [], []
        for name in KINDS:
            try:
                notes.append(read(suite, name, outputs.files(name), wanted, KINDS[name].crash))
            except rows.Failure as failure:
                failures.append(str(failure))
        rows.check(not failures, "\n".join(failures))
        who = ["drgn", "libkdumpfile"] + ["crash"] * wanted.by_crash + ["its test programs"] * kdumpfile.has("dumpdata")
        return f"{len(KINDS)} kinds through {', '.join(who)}\n" + "; ".join(notes)

    return rows.Row(f"readers-{suite}", "matrix", run)

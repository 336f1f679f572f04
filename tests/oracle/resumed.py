# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumps that were cut, damaged or killed, resumed from the vmcore they were made of, and compared with whole ones.

Two dumps with the same pages are the same bytes once makedumpfile, which has nothing of ours, has saved them again without
compression.
"""

import filecmp
import itertools
import json
import os
import random
import resource
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.lab import kernels, paths
from tests.lab.rows import Row, check

from . import references

CODECS = ("-c", "-l", "-p", "-z")
MAKEDUMPFILE_HAS = ("-c", "-l", "-z")
CUTS = 10
FLIPS = 20
KILLS = 12
DESC = 24
BLOCK = 4096


def lastword_json(*words: str | Path) -> dict:
    """What it prints."""
    return json.loads(references.lastword("--json", *words).stdout)


def resume(source: Path, dump: Path) -> dict:
    """It must succeed."""
    return lastword_json("save", "--resume", source, dump)


def content(dump: Path, out: Path, codec: str) -> Path:
    """All pages of @dump, in their order."""
    if codec not in MAKEDUMPFILE_HAS:
        other = out.with_name("other-codec")
        references.lastword("save", "-f", "-d", "0", "-l", dump, other)
        dump = other
    out.unlink(missing_ok=True)
    references.makedumpfile(["-d", "0"], dump, out)
    return out


class Whole:
    """A whole dump, and what others are compared with."""

    def __init__(self, source: Path, logs: Path, codec: str, flat: bool):
        self.source, self.logs, self.codec, self.flat = source, logs, codec, flat
        self.path = logs / "whole"
        references.lastword("save", "-f", codec, *(["-F"] if flat else []), source, self.path)
        self.content = content(self.restored(self.path), logs / "whole.content", codec)

    def restored(self, dump: Path) -> Path:
        """What a flattened one describes: makedumpfile takes no flattened dump."""
        if not self.flat:
            return dump
        out = self.logs / "restored"
        with open(dump, "rb") as stream:
            done = subprocess.run([paths.build() / "lastword", "save", "-f", "-", out], stdin=stream, check=False)
        check(done.returncode == 0, f"{dump}: is no flattened dump any more")
        return out

    def cut(self, size: int) -> Path:
        """A copy that ends there."""
        out = self.logs / "cut"
        shutil.copyfile(self.path, out)
        os.truncate(out, size)
        return out

    def check_same(self, dump: Path, what: str) -> None:
        """Every page, and no mark of being incomplete."""
        info = lastword_json("info", dump)
        check(not info["incomplete"] and not info["truncated"], f"{what}: is called incomplete: {info}")
        got = content(self.restored(dump), self.logs / "content", self.codec)
        check(filecmp.cmp(got, self.content, shallow=False), f"{what}: has other pages than a whole dump")


def cuts_row(suite: str) -> Row:
    """Cut at each second of ten places, others in the next codec or form; flattened ones in two codecs."""

    def run(logs: Path) -> str:
        source = references.dump(suite)
        kept = 0
        forms = [*((codec, False) for codec in CODECS), ("-l", True), ("-z", True)]
        for number, (codec, flat) in enumerate(forms):
            whole = Whole(source, logs, codec, flat)
            size = whole.path.stat().st_size
            before = 0
            for tenth in range(number % 2, CUTS, 2):
                what = f"{codec}{' -F' if flat else ''} cut at {tenth}/{CUTS}"
                # What a flattened stream is says its first block.
                dump = whole.cut(size * tenth // CUTS + (BLOCK if flat else 1))
                done = resume(source, dump)
                whole.check_same(dump, what)
                # A page_desc of a flattened one may end in its middle, with nothing behind it that says so.
                check(done["damaged_pages"] <= flat, f"{what}: calls pages damaged that are missing: {done}")
                check(done["same_pages"] >= before, f"{what}: finds {done['same_pages']} pages, fewer than in a shorter one")
                check(tenth < 5 or done["same_pages"] > done["kept_pages"] // 5, f"{what}: writes nearly all anew: {done}")
                before = done["same_pages"]
                kept += before
            done = resume(source, dump)
            check(done["written_bytes"] == 0, f"{codec}: a whole dump is written to: {done}")
        return f"{kept} pages need not be written again"

    return Row(f"resume-cuts-{suite}", "matrix", run)


def makedumpfile_row(suite: str) -> Row:
    """Dumps of makedumpfile, cut; and a part of a split one, put together with the others afterwards."""

    def run(logs: Path) -> str:
        source = references.dump(suite)
        whole, cut, again = logs / "whole", logs / "cut", logs / "content"
        references.makedumpfile(["-l", "-d", "31"], source, whole)
        wanted = content(whole, logs / "whole.content", "-l")
        for tenth in range(1, CUTS):
            shutil.copyfile(whole, cut)
            os.truncate(cut, whole.stat().st_size * tenth // CUTS)
            done = resume(source, cut)
            check(filecmp.cmp(content(cut, again, "-l"), wanted, shallow=False), f"cut at {tenth}/{CUTS}: other pages")
            check(tenth < 5 or done["same_pages"] > done["kept_pages"] // 5, f"cut at {tenth}/{CUTS}: {done}")
        parts = [logs / "part1", logs / "part2"]
        references.lastword("save", "-l", "-d", "31", "--split", source, *parts)
        os.truncate(parts[1], parts[1].stat().st_size * 2 // 3)
        resume(source, parts[1])
        references.lastword("save", "--join", *parts, logs / "joined")
        done = resume(source, logs / "joined")
        check(done["written_bytes"] == 0, f"a part that was resumed does not fit the others: {done}")
        return f"{CUTS - 1} cuts, a part"

    return Row(f"resume-makedumpfile-{suite}", "matrix", run)


def flips_row(suite: str) -> Row:
    """A bit of headers, bitmaps or page_descs, and some of the data: whole again, or refused and untouched."""

    def run(logs: Path) -> str:
        chance = random.Random(1)
        refused = 0
        source = references.dump(suite)
        for codec in ("-l", "-z"):
            whole = Whole(source, logs, codec, False)
            end = _data_start(whole.path)
            for i in range(FLIPS):
                dump = whole.cut(whole.path.stat().st_size)
                places = (4 * BLOCK, end, whole.path.stat().st_size)
                at = chance.randrange(places[i % len(places)])
                _flip(dump, at, 1 << chance.randrange(8))
                shutil.copyfile(dump, logs / "before")
                done = _run("save", "--resume", source, dump)
                if done.returncode == 0:
                    whole.check_same(dump, f"{codec}, bit of byte {at:#x}")
                    continue
                refused += 1
                check(done.returncode == 1 and done.stderr.startswith("lastword: "), f"bit of byte {at:#x}: {done}")
                check(filecmp.cmp(dump, logs / "before", shallow=False), f"bit of byte {at:#x}: refused, but written to")
        check(refused <= FLIPS // 10, f"{refused} of {2 * FLIPS} are refused")
        return f"{2 * FLIPS} bits, {refused} refused"

    return Row(f"resume-flips-{suite}", "matrix", run)


def kills_row(suite: str) -> Row:
    """Killed at random moments, as often as not while it resumes; and a file that may grow a little each time."""

    def run(logs: Path) -> str:
        source = references.dump(suite)
        notes = []
        for codec, flat in (("-c", False), ("-z", True)):
            whole = Whole(source, logs, codec, flat)
            dump = logs / "vmcore"
            form = ["-F"] if flat else []
            for name, go_on in (("killed", _killed(source, dump)), ("no room", _limited(source, dump, whole))):
                for left in logs.glob("vmcore*"):
                    left.unlink()
                # Just begun: the head, and no page.
                shutil.copyfile(whole.cut(120_000), logs / "vmcore-incomplete")
                tries, before = go_on(), 0
                for times in itertools.count(1):
                    present = lastword_json("info", _there(dump))["pages"]["present"]
                    check(present >= before, f"{codec} {name}: had {before} pages, has {present}")
                    before = present
                    if not next(tries):
                        break
                resume(source, dump)
                check(not (logs / "vmcore-incomplete").exists(), f"{codec} {name}: is still called incomplete")
                whole.check_same(dump, f"{codec} {' '.join(form)} {name}")
                notes.append(f"{name} {times} times")
        return ", ".join(notes)

    return Row(f"resume-kills-{suite}", "matrix", run)


def _there(dump: Path) -> Path:
    incomplete = dump.with_name("vmcore-incomplete")
    return incomplete if incomplete.exists() else dump


def _killed(source: Path, dump: Path) -> Callable:
    chance = random.Random(2)

    def tries():
        for _ in range(KILLS):
            process = subprocess.Popen([paths.build() / "lastword", "save", "--resume", "-j", "1", source, dump],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(chance.uniform(0.05, 1.0))
            process.kill()
            if process.wait() == 0:
                break
            yield True
        yield False

    return tries


def _limited(source: Path, dump: Path, whole: Whole) -> Callable:
    most = 2 * whole.path.stat().st_size

    def tries():
        for limit in range(1 << 20, most, most // KILLS):
            def shrink(limit: int = limit) -> None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

            # Python ignores SIGXFSZ, and so does what it starts, unless signals are restored.
            done = subprocess.run([paths.build() / "lastword", "save", "--resume", source, dump], capture_output=True,
                                  text=True, preexec_fn=shrink, restore_signals=False, check=False)
            if done.returncode == 0:
                break
            check("File too large" in done.stderr, f"limit {limit}: {done}")
            yield True
        yield False

    return tries


def _data_start(dump: Path) -> int:
    info = lastword_json("info", dump)
    with open(dump, "rb") as file:
        header = file.read(464)
    sub, bitmaps = (int.from_bytes(header[at:at + 4], "little") for at in (432, 436))
    return (1 + sub + bitmaps) * BLOCK + info["pages"]["present"] * DESC


def _flip(dump: Path, at: int, bit: int) -> None:
    with open(dump, "r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ bit]))


def _run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([paths.build() / "lastword", *words], capture_output=True, text=True, errors="replace", check=False)


ROWS = [make(suite) for suite in kernels.SUITES for make in (cuts_row, makedumpfile_row, flips_row, kills_row)]

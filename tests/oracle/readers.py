# SPDX-License-Identifier: GPL-2.0-or-later
"""Our dumps opened by the tools people have: crash and drgn with DWARF, drgn without, makedumpfile."""

from pathlib import Path

from tests.lab import kernels, oracle, rows

from . import kdump, references

CRASH_COMMANDS = "sys\nps\nbt\nbt -a\nmod\nlog\nfiles\nkmem -i\nquit\n"
DRGN_SCRIPT = Path(__file__).with_name("drgn_reads.py")
CODECS = ("-c", "-l", "-z")
"""zlib, LZO, zstd.  Debian builds neither makedumpfile nor libkdumpfile with all of them and snappy."""


def saved(suite: str, logs: Path, *options: str) -> Path:
    """Our dump of the suite's vmcore."""
    out = logs / f"{suite}{''.join(options)}.kdump"
    references.lastword("save", "-f", *options, references.dump(suite), out)
    return out


def refilter_row(suite: str) -> rows.Row:
    """makedumpfile reads our dump and filters it further, to what it makes of the vmcore itself."""

    def run(logs: Path) -> str:
        for codec in CODECS:
            again = logs / "again.kdump"
            source = saved(suite, logs, codec, "-d", "1")
            done = oracle.run("makedumpfile", "-f", "-c", "-d", "31", source, again)
            rows.check(done.returncode == 0, f"makedumpfile on our {codec} dump: {done.stdout}{done.stderr}")
            lost = (kdump.read(again).saved ^ kdump.read(references.filtered(suite, 31)).saved).bit_count()
            rows.check(not lost, f"{codec}: filtered again, {lost} pages differ from the vmcore filtered directly")
        return f"{len(CODECS)} codecs"

    return rows.Row(f"refilter-{suite}", "matrix", run)


def drgn_row(suite: str, codec: str) -> rows.Row:
    """drgn without DWARF reads the same bytes from our dump as from the vmcore, at every address vmcoreinfo names."""

    def run(logs: Path) -> str:
        answers = [drgn(dump) for dump in (references.dump(suite), saved(suite, logs, codec, "-d", "31"))]
        rows.check(answers[0] == answers[1], "drgn reads other bytes from our dump than from the vmcore")
        return f"{len(answers[0].splitlines())} addresses"

    return rows.Row(f"drgn-{suite}{codec}", "matrix", run)


def crash_row(suite: str) -> rows.Row:
    """crash says the same about our dump as about the vmcore."""

    def run(logs: Path) -> str:
        vmlinux = kernels.vmlinux(suite)
        answers = [_crash(vmlinux, dump) for dump in (references.dump(suite), saved(suite, logs, "-l", "-d", "31"))]
        (logs / "vmcore.crash").write_text(answers[0], encoding="utf-8")
        (logs / "ours.crash").write_text(answers[1], encoding="utf-8")
        rows.check("PANIC:" in answers[1] and "sysrq_handle_crash" in answers[1], "crash does not show the panic")
        wanted, got = (_without_names(answer) for answer in answers)
        rows.check(wanted == got, f"crash says other things about our dump: {_first_difference(wanted, got)}")
        return f"{len(got)} lines equal"

    return rows.Row(f"crash-{suite}", "matrix", run)


def tasks_row(suite: str) -> rows.Row:
    """drgn with DWARF lists the same tasks and their stacks from our dump as from the vmcore."""

    def run(logs: Path) -> str:
        vmlinux = kernels.vmlinux(suite)
        answers = [drgn(dump, vmlinux) for dump in (references.dump(suite), saved(suite, logs, "-z", "-d", "31"))]
        rows.check(answers[0] == answers[1], "drgn lists other tasks or stacks from our dump than from the vmcore")
        return f"{len(answers[0].splitlines())} lines equal"

    return rows.Row(f"tasks-{suite}", "matrix", run)


def drgn(dump: Path, vmlinux: Path | None = None) -> str:
    """What drgn reads from @dump."""
    files = [dump, *([vmlinux] if vmlinux else [])]
    done = oracle.run("python3", DRGN_SCRIPT, *files)
    rows.check(done.returncode == 0 and done.stdout, f"drgn on {dump}: {done.stderr.strip()}")
    return done.stdout


def _crash(vmlinux: Path, dump: Path) -> str:
    done = oracle.run("crash", "-s", vmlinux, dump, given=CRASH_COMMANDS)
    ending = f"exit status {done.returncode}: {done.stdout[-400:]}{done.stderr[-400:]}"
    rows.check(done.returncode == 0, f"crash on {dump}: {ending}")
    return done.stdout


def _without_names(answer: str) -> list[str]:
    # The one line that must differ: the file's name, and that it is a partial dump.
    return [line for line in answer.splitlines() if not line.lstrip().startswith("DUMPFILE:")]


def _first_difference(wanted: list[str], got: list[str]) -> str:
    for one, other in zip(wanted, got):
        if one != other:
            return f"{one!r} became {other!r}"
    return f"{len(wanted)} lines became {len(got)}"

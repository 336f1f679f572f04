# SPDX-License-Identifier: GPL-2.0-or-later
"""`lastword crash DUMP bt` beside the kernel's own Call Trace and beside drgn with DWARF, from filtered dumps alone."""

import re
from pathlib import Path
from typing import Any

from tests.lab import kernels, oracle, rows
from tests.lab.rows import check

from . import knowledge, readers, references

SCRIPT = Path(__file__).with_name("drgn_stacks.py")
WITH_DWARF = ("bookworm", "trixie", "sid")
PANIC = ("panic", "vpanic")
"""The frames above belong to printing in the log and to saving registers in the dump; here they call other things."""
LOGGED = re.compile(r"^\[ *[\d.]+\](?: \[[^]]*\])?  (\? )?([\w.]+)\+0x([0-9a-f]+)/0x[0-9a-f]+(?: \[\w+\])?$")
KERNEL = 1 << 63
BESIDE_CRASH = (
    "bt {pid}", "bt -s {pid}", "bt -sx {pid}", "bt -f {pid}", "bt -F {pid}", "bt -FF {pid}", "bt -t {pid}", "bt -Ts {pid}",
    "bt -r {pid}", "bt -e {pid}", "bt -R schedule {pid}", "bt -E -c {cpu}", "bt -v",
)
"""Of tasks that sleep, and of a CPU that did not panic: of an interrupt crash leaves out the frame it came to."""

Stack = dict[str, Any]


def row(suite: str) -> rows.Row:
    """All stacks of one kernel: from the vmcore, and from our dump and makedumpfile's at level 31."""

    def run(logs: Path) -> str:
        vmcore = references.dump(suite)
        wanted = _drgn(suite) if suite in WITH_DWARF else {}
        guessed = 0
        for dump in (vmcore, readers.saved(suite, logs, "-z", "-d", "31"), references.filtered(suite, 31)):
            stacks = knowledge.crash(dump, "bt", *_addresses(dump))["stacks"]
            _check_ends(dump, stacks)
            _check_panic(dump)
            for stack in stacks:
                if wanted:
                    _check_frames(dump, stack, wanted[int(stack["task"], 16)])
            doubtful = [s["pid"] for s in stacks if not all(frame["certain"] for frame in s["frames"])]
            check(dump == references.filtered(suite, 31) or not doubtful, f"{dump}: {doubtful} are uncertain")
            guessed = len(doubtful)
        beside = "as drgn's" if wanted else "not compared with drgn"
        return f"{len(stacks)} stacks end as they must, {beside}; {guessed} of makedumpfile's guessed"

    return rows.Row(f"stacks-{suite}", "matrix", run)


def crash_row(suite: str) -> rows.Row:
    """bt's text is crash's, line by line, but for what each calls a local copy of a function."""

    def run(_: Path) -> str:
        dump = references.dump(suite)
        tasks = knowledge.crash(dump, "ps")["tasks"]
        pids = [2, next(task["pid"] for task in tasks if task["command"] == "sleep" and not task["active"])]
        cpu = 1 - knowledge.crash(dump, "bt", "-p")["stacks"][0]["cpu"]
        commands = [line.format(pid=pid, cpu=cpu) for pid in pids for line in BESIDE_CRASH]
        answers = _answers(suite, dump, commands)
        for command, wanted in zip(commands, answers):
            found = references.lastword("crash", dump, *command.split()).stdout
            wanted, found = _comparable(wanted), _comparable(found)
            check(wanted == found, f"{command}: {_difference(wanted, found)}")
        return f"{len(commands)} answers equal"

    return rows.Row(f"bt-crash-{suite}", "matrix", run)


def _answers(suite: str, dump: Path, commands: list[str]) -> list[str]:
    """crash's answer to each command; numbers it prints stand between them."""
    given = "".join(f"{command}\np {number + 1000000}\n" for number, command in enumerate(commands)) + "quit\n"
    done = oracle.run("crash", "-s", kernels.vmlinux(suite), dump, given=given)
    answers = re.split(r"^\$\d+ = 1\d{6}\n", done.stdout, flags=re.MULTILINE)
    check(len(answers) == len(commands) + 1, f"crash gave {len(answers)} answers: {done.stderr}")
    return answers[:-1]


def _comparable(text: str) -> str:
    # Constants without a name of their own are named after what is before them: by each after something else.
    text = re.sub(r"(?:\.LC\d+|kallsyms_\w+)\+\w+ *", "CONSTANT ", text)
    text = re.sub(r"^    \[instruction: .*\n", "", text, flags=re.MULTILINE)  # crash does not show it
    return re.sub(r"\.(?:isra|part|constprop)\.\d+", "", text).rstrip()


def _difference(wanted: str, found: str) -> str:
    for one, other in zip(wanted.splitlines(), found.splitlines()):
        if one != other:
            return f"crash: {one!r}, ours: {other!r}"
    return f"crash: {len(wanted.splitlines())} lines, ours: {len(found.splitlines())}"


def _addresses(dump: Path) -> list[str]:
    return [task["task"].removeprefix("0x") for task in knowledge.crash(dump, "ps")["tasks"]]


def _check_ends(dump: Path, stacks: list[Stack]) -> None:
    odd = [(s["pid"], s["fault"] or s["end"]) for s in stacks if s["end"] not in ("clean", "user")]
    check(not odd, f"{dump}: stacks that do not end where a task's stack does: {odd}")


def _check_panic(dump: Path) -> None:
    """The kernel printed what led to its panic."""
    logged = _below_panic([(m[2], int(m[3], 16)) for m in _call_trace(dump)])
    frames = knowledge.crash(dump, "bt", "-p")["stacks"][0]["frames"]
    found = _below_panic([_symbol(frame["symbol"]) for frame in frames])
    check(logged and logged == found, f"{dump}: the kernel's own trace is {logged}, ours {found}")


def _call_trace(dump: Path) -> list[re.Match[str]]:
    lines = references.lastword("dmesg", dump).stdout.splitlines()
    starts = [number for number, line in enumerate(lines) if line.endswith("] Call Trace:")]
    check(starts, f"{dump}: no Call Trace in the log")
    found = []
    for line in lines[starts[-1] + 1:]:
        if "RIP:" in line:
            break
        match = LOGGED.match(line)
        if match and not match[1]:
            found.append(match)
    return found


def _below_panic(frames: list[tuple[str, int]]) -> list[tuple[str, int]]:
    last = max((i for i, (name, _) in enumerate(frames) if name in PANIC), default=-1)
    return frames[last + 1:]


def _symbol(text: str) -> tuple[str, int]:
    name, _, offset = text.partition("+")
    return name, int(offset or "0")


def _check_frames(dump: Path, stack: Stack, wanted: list[int]) -> None:
    found = [int(str(frame["pc"]), 0) for frame in stack["frames"]]
    # Of a CPU that was stopped we show the NMI too, as crash does.
    if stack["frames"] and stack["frames"][0]["on"] == "NMI exception stack":
        found = found[-len(wanted):]
    shown = [frame["symbol"] for frame in stack["frames"]]
    check(found == wanted, f"{dump}: {stack['pid']}: {shown}, drgn: {' '.join(map(hex, wanted))}")


def _drgn(suite: str) -> dict[int, list[int]]:
    done = oracle.run("python3", SCRIPT, references.dump(suite), kernels.vmlinux(suite))
    check(done.returncode == 0 and done.stdout, f"drgn: {done.stderr.strip()}")
    words = [[int(word, 16) for word in line.split()] for line in done.stdout.splitlines()]
    return {task: [pc for pc in counters if pc & KERNEL] for task, *counters in words}

# SPDX-License-Identifier: GPL-2.0-or-later
"""What a dying kernel wrote of itself: on which CPU, in which task, with which stack.

The forms are the kernel's own: arch/x86/kernel/dumpstack.c, lib/dump_stack.c.  Nothing here comes from lastword.
"""

import re
from dataclasses import dataclass

PREFIX = re.compile(r"^\[ *\d+\.\d+\] (?:\[ *[TC]\d+\] )?")
WHERE = re.compile(r"CPU: (\d+) (?:UID: \d+ )?PID: (\d+) Comm: (.+?) (?:Kdump|Tainted|Not tainted)")
FRAME = re.compile(r"^ ([\w.]+\+0x[0-9a-f]+)/0x[0-9a-f]+(?: \[\w+\])?$")
FAULT = re.compile(r"^RIP: 0010:([\w.]+\+0x[0-9a-f]+)/")
HUNG = re.compile(r"^INFO: task (.+):(\d+) blocked for more than")
START, PANIC = "Call Trace:", "Kernel panic - not syncing"
REPORTING = re.compile(r"^(dump_stack|dump_stack_lvl|panic|vpanic|__crash_kexec|crash_kexec)\+")
"""A kernel that panics calls these to write the trace and then, from other places, to capture: they differ."""


@dataclass(frozen=True)
class Words:
    """The last stack that a kernel wrote.  @frames are FUNCTION+0xOFFSET, innermost first, without those marked "?"."""

    cpu: int | None
    """None where the log does not say it."""
    pid: int
    comm: str
    frames: list[str]
    panicked: bool
    """It panicked by its own will, rather than by a fault of the code on top of the stack."""


def hung_task(log: str) -> Words | None:
    """The stack of the task that the kernel waited for before it panicked; None where that was not why it did."""
    lines = [PREFIX.sub("", line) for line in log.splitlines()]
    panic = next((i for i, line in enumerate(lines) if line.startswith(f"{PANIC}: hung_task")), None)
    named = [i for i in range(panic or 0) if HUNG.match(lines[i])]
    if panic is None or not named:
        return None
    who = HUNG.match(lines[named[-1]])
    assert who
    frames = [found[1] for found in map(FRAME.match, lines[named[-1] : panic]) if found]
    return Words(None, int(who[2]), who[1], frames, True)


def last_words(log: str) -> Words:
    """The end of a log, as it was meant; ValueError if there is no stack in it."""
    lines = [PREFIX.sub("", line) for line in log.splitlines()]
    start = max((i for i, line in enumerate(lines) if line.startswith(START)), default=None)
    if start is None:
        raise ValueError(f"no {START!r} in the log")
    named = max(i for i in range(start) if WHERE.search(lines[i]))
    where = WHERE.search(lines[named])
    assert where
    panicked = any(line.startswith(PANIC) for line in lines)
    frames = []
    for i, line in enumerate(lines[named:], named):
        found = FAULT.match(line) or (FRAME.match(line) if i > start else None)
        if found:
            frames.append(found[1])
        if i > start and line.startswith("---["):
            break
    frames = [frame for frame in frames if not REPORTING.match(frame)]
    return Words(int(where[1]), int(where[2]), where[3], frames, panicked)

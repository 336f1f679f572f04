# SPDX-License-Identifier: GPL-2.0-or-later
"""Run by drgn's Python: the numbers and pointers among the variables of every frame of every task, a JSON list."""

import json
import sys

import drgn
from drgn.helpers.linux.pid import for_each_task

KINDS = (drgn.TypeKind.INT, drgn.TypeKind.BOOL, drgn.TypeKind.ENUM, drgn.TypeKind.POINTER)


def frames(prog, task):
    """Those of a stack that drgn can unwind."""
    try:
        return list(prog.stack_trace(task))
    except (ValueError, LookupError, drgn.FaultError):
        return []


def values(frame):
    """Name and value of what drgn knows."""
    try:
        names = frame.locals()
    except LookupError:
        return
    for name in names:
        try:
            found = frame[name]
            kind = found.type_
            while kind.kind == drgn.TypeKind.TYPEDEF:
                kind = kind.type
            if not found.absent_ and kind.kind in KINDS:
                yield name, int(found.value_())
        except (KeyError, drgn.FaultError, drgn.ObjectAbsentError):
            continue


def main():
    """One vmcore."""
    prog = drgn.Program()
    prog.set_core_dump(sys.argv[1])
    prog.load_debug_info([sys.argv[2]])
    answer = [
        (task.pid.value_(), frame.name, name, value)
        for task in for_each_task(prog)
        for frame in frames(prog, task)
        for name, value in values(frame)
    ]
    json.dump(answer, sys.stdout)


main()

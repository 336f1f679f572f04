# SPDX-License-Identifier: GPL-2.0-or-later
"""What drgn with DWARF knows of a kernel, as JSON: python3 drgn_knows.py DUMP VMLINUX TYPE …, run where drgn is.

Tasks, modules, and the members of the types that are named.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

import drgn  # pylint: disable=import-error
from drgn.helpers.linux.list import list_for_each_entry  # pylint: disable=import-error
from drgn.helpers.linux.pid import for_each_task  # pylint: disable=import-error
from drgn.helpers.linux.sched import task_state_to_char  # pylint: disable=import-error


def tasks(prog: drgn.Program) -> list[dict[str, Any]]:
    """All tasks but the idle ones."""
    return [{
        "pid": task.pid.value_(),
        "comm": task.comm.string_().decode(errors="replace"),
        "state": task_state_to_char(task),
    } for task in for_each_task(prog)]


def modules(prog: drgn.Program) -> list[dict[str, Any]]:
    """The modules on the kernel's list."""
    found = []
    for module in list_for_each_entry("struct module", prog["modules"].address_of_(), "list"):
        memory = module.mem[0] if hasattr(module, "mem") else module.core_layout
        found.append({
            "name": module.name.string_().decode(errors="replace"),
            "address": hex(module.value_()),
            "text": hex(memory.base.value_()),
        })
    return found


def members(kind: drgn.Type, start: int = 0) -> Iterator[tuple[int, str]]:
    """Where each named member of a type is, in bytes; those of a member without a name count as the type's own."""
    for member in kind.members:
        offset = start + member.bit_offset
        if member.name is None:
            yield from members(member.type, offset)
        else:
            yield offset // 8, member.name


def main() -> None:
    """Print all of it."""
    prog = drgn.Program()
    prog.set_core_dump(sys.argv[1])
    prog.load_debug_info([sys.argv[2]])
    types = {name: prog.type(f"struct {name}") for name in sys.argv[3:]}
    json.dump({
        "tasks": tasks(prog),
        "modules": modules(prog),
        "types": {name: {"size": kind.size, "members": list(members(kind))} for name, kind in types.items()},
    }, sys.stdout)


main()

# SPDX-License-Identifier: GPL-2.0-or-later
"""The stack of every task as drgn unwinds it with DWARF: python3 drgn_stacks.py DUMP VMLINUX, run where drgn is.

One line a task: the address of its task_struct, then the program counters, inlined frames left out.
"""

import sys

import drgn  # pylint: disable=import-error


def main() -> None:
    """Print the stacks."""
    prog = drgn.Program()
    prog.set_core_dump(sys.argv[1])
    prog.load_debug_info([sys.argv[2]])
    from drgn.helpers.linux.cpumask import for_each_online_cpu  # pylint: disable=import-error,import-outside-toplevel
    from drgn.helpers.linux.pid import for_each_task  # pylint: disable=import-error,import-outside-toplevel
    from drgn.helpers.linux.sched import idle_task  # pylint: disable=import-error,import-outside-toplevel
    for task in [*for_each_task(prog), *(idle_task(prog, cpu) for cpu in for_each_online_cpu(prog))]:
        counters = [frame.pc for frame in prog.stack_trace(task) if not frame.is_inline]
        print(*(f"{value:x}" for value in (task.value_(), *counters)))


main()

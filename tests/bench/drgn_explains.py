# SPDX-License-Identifier: GPL-2.0-or-later
"""What the bench asks drgn: python3 drgn_explains.py first|stacks DUMP VMLINUX, run where drgn is.

first: the system, the stack of the task that panicked, all tasks.  stacks: the stack of each task.
"""

import sys

import drgn  # pylint: disable=import-error
from drgn.helpers.linux.pid import for_each_task  # pylint: disable=import-error
from drgn.helpers.linux.sched import task_state_to_char  # pylint: disable=import-error


def main() -> None:
    """Print it."""
    prog = drgn.Program()
    prog.set_core_dump(sys.argv[2])
    prog.load_debug_info([sys.argv[3]])
    if sys.argv[1] == "first":
        print(prog["init_uts_ns"].name, prog["saved_command_line"].string_())
        print(prog.crashed_thread().stack_trace())
        for task in for_each_task(prog):
            print(task.pid.value_(), hex(task.value_()), task_state_to_char(task), task.comm.string_())
    else:
        for task in for_each_task(prog):
            print(task.pid.value_(), prog.stack_trace(task))


main()

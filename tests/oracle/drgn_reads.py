# SPDX-License-Identifier: GPL-2.0-or-later
"""What drgn reads from a dump, as text: python3 drgn_reads.py DUMP [VMLINUX], run where drgn is.

Without a vmlinux: 64 bytes at every address that vmcoreinfo names.  With one: every task and its stack.
"""

import re
import sys

import drgn  # pylint: disable=import-error


def named_addresses(prog: drgn.Program) -> None:
    """Print the bytes at each symbol of vmcoreinfo."""
    text = prog["VMCOREINFO"].string_().decode()
    for name, address in re.findall(r"^SYMBOL\((\w+)\)=([0-9a-f]+)$", text, re.MULTILINE):
        print(name, prog.read(int(address, 16), 64).hex())


def tasks(prog: drgn.Program) -> None:
    """Print each task with the addresses on its stack."""
    from drgn.helpers.linux.pid import for_each_task  # pylint: disable=import-error,import-outside-toplevel
    for task in for_each_task(prog):
        frames = prog.stack_trace(task)
        print(task.pid.value_(), task.comm.string_().decode(), *(f"{frame.name}+{frame.pc:#x}" for frame in frames))


def main() -> None:
    """Print what is asked for."""
    prog = drgn.Program()
    prog.set_core_dump(sys.argv[1])
    if len(sys.argv) == 2:
        named_addresses(prog)
    else:
        prog.load_debug_info([sys.argv[2]])
        tasks(prog)


main()

# SPDX-License-Identifier: GPL-2.0-or-later
"""python3 -m tests.lab COMMAND: make what tests and people need, by hand."""

import argparse
import sys
from pathlib import Path

from . import huge, kernels, oracle, packets, vmcore


def main() -> int:
    """Run one command."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.lab", description=__doc__)
    commands = parser.add_subparsers(required=True)

    command = commands.add_parser("kernel", help="fetch a kernel and say where it is")
    command.add_argument("suite", choices=kernels.SUITES)
    command.set_defaults(run=lambda a: print(kernels.kernel(a.suite).image))

    command = commands.add_parser("vmlinux", help="fetch a kernel's ELF file with DWARF and say where it is")
    command.add_argument("suite", choices=kernels.SUITES)
    command.set_defaults(run=lambda a: print(kernels.vmlinux(a.suite)))

    command = commands.add_parser("vmcore", help="crash a kernel and save its vmcore as an ELF file")
    command.add_argument("suite", choices=kernels.SUITES)
    command.add_argument("out", type=Path)
    command.add_argument("--mem", type=int, default=768, help="the guest's memory in MB (default %(default)s)")
    command.add_argument("--crashkernel", default="256M")
    command.add_argument("--content", choices=("mixed", "devices", "large", "threads"), default="mixed", help="what fills the memory")
    command.add_argument("--trigger", default=vmcore.SYSRQ, help="the shell command that crashes the guest")
    command.add_argument("--qemu", default="", help="further words for QEMU, such as '-cpu max'")
    command.set_defaults(run=_vmcore)

    command = commands.add_parser("huge", help="make the vmcore of a machine with terabytes of memory")
    command.add_argument("tib", type=int, choices=range(1, 65), metavar="TIB")
    command.add_argument("out", type=Path)
    command.set_defaults(run=lambda a: huge.make(a.tib, a.out))

    command = commands.add_parser("packets", help="capture what a kernel sends with netconsole, into tests/golden/netconsole")
    command.add_argument("suite", choices=kernels.SUITES)
    command.set_defaults(run=lambda a: print(*packets.capture(a.suite), sep="\n"))

    command = commands.add_parser("oracle", help="run makedumpfile, crash, or python3 (for drgn) in a chroot")
    command.add_argument("words", nargs=argparse.REMAINDER)
    command.set_defaults(run=_oracle)

    arguments = parser.parse_args()
    return int(arguments.run(arguments) or 0)


def _vmcore(arguments: argparse.Namespace) -> None:
    options = tuple(arguments.qemu.split())
    recipe = vmcore.Recipe(
        arguments.suite, arguments.mem, arguments.crashkernel, arguments.content, arguments.trigger, options)
    vmcore.make(recipe, arguments.out)


def _oracle(arguments: argparse.Namespace) -> int:
    if not arguments.words:
        print(oracle.chroot())
        return 0
    done = oracle.run(*arguments.words, see=Path.cwd())
    sys.stdout.write(done.stdout)
    sys.stderr.write(done.stderr)
    return done.returncode


sys.exit(main())

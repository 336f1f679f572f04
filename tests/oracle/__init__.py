# SPDX-License-Identifier: GPL-2.0-or-later
"""What lastword makes, beside what makedumpfile, crash and drgn make of the same real vmcores.

    references  the vmcores and makedumpfile's results, kept in the cache
    kdump       reading the kdump-compressed format, independently of lastword
    pages       which pages were saved, compared with makedumpfile; differences explained
    page_kinds  what a page was, for the explanation (runs in the oracle's chroot, with drgn)
    dmesg       the log's text, byte for byte
    knowledge   tasks, modules and types out of a dump alone, compared with drgn and DWARF
    drgn_knows  what drgn knows of them (runs in the chroot)
    kernel_log  what a dying kernel wrote of itself
    damaged_memory  dumps of kernels whose lists were written over
    golden      crash's commands in lastword and in crash
    damage      damaged input, destinations that cannot take a dump
    stacks      every task's stack beside drgn's, the panic's beside the kernel's own Call Trace
    tasks       every task's memory areas, files and limits beside drgn's (drgn_tasks runs in the chroot)
    locks       what is told of the locks of tests/lab/locks
    memory      kmem, search and their like beside crash and drgn
    resumed     dumps that were cut, damaged or killed, made whole
    readers     our dumps opened by crash, drgn and makedumpfile
    reader_kinds    every kind of output through every reader, libkdumpfile's test programs among them
    options     command lines through both makedumpfiles: option_table has them, option_runs runs them
    memory_image    the pages in a dump, read without lastword
"""

# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab: boots real Debian kernels in QEMU, crashes them and looks at what is left.

Everything here is Python's standard library plus programs from Debian packages.  The lab knows nothing of
what is being tested except in `guest`, which puts lastword's binaries into a small Linux system.

    paths      where cached and scratch data lives
    apt        packages of any Debian suite, without touching the host's apt state
    kernels    kernel images and their modules
    modules    which modules, in which order
    cpio       the newc archive format
    initramfs  composing an initramfs
    qemu       one run of a virtual machine: consoles, deadlines, monitor
    disk       making disk images, looking into them
    images     disk images that guests share
    guest      a small Linux system with lastword in it
    vmcore     making real ELF vmcores
    workload   filling a guest's memory with realistic content
    builder    kernel modules, each with its suite's compiler
    deaths     ways for a kernel to die, and the module that does it
    locks      a module whose threads hold locks, wait for them and deadlock
    oracle     a chroot with the tools lastword is compared with
"""

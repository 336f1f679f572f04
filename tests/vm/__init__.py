# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests that crash real kernels, and the runner of all named rows: python3 -m tests.vm.

    crashes    one crash: arm, panic, capture, reboot; what is left
    dumps      what a dump directory must hold
    outages    servers and networks that go silent
    served     where dumps go: a server in a second guest
    targets    where dumps go: file systems, raw devices, virtiofs
    volumes    where dumps go: LVM, md, device-mapper; file systems of all types
    dying      other deaths than SysRq, and what their dumps tell
    encrypted  dumps encrypted to a public key
    policy     panic switches, presets, and that their triggers lead to a dump
    setup_target  setup --target: an empty disk, a full one, NFS
    arming     status, refusals, what stays armed
    faults     what goes wrong in the capture kernel
    installed  a whole Debian with GRUB, lastword from its package
    figures    measured: the smallest reservation, time from panic to dump
    demo       the same for people to watch
"""

# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests that crash real kernels, and the runner of all named rows: python3 -m tests.vm.

    crashes    one crash: arm, panic, capture, reboot; what is left
    dumps      what a dump directory must hold
    targets    where dumps go: file systems, raw devices
    dying      other deaths than SysRq, and what their dumps tell
    arming     status, refusals, what stays armed
    faults     what goes wrong in the capture kernel
    figures    measured: the smallest reservation, time from panic to dump
    demo       the same for people to watch
"""

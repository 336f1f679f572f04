# SPDX-License-Identifier: GPL-2.0-or-later
"""A receiver of kernel messages in a guest of its own: QEMU's user network hides who sends."""

import re
import time
from pathlib import Path

from . import cables, qemu

FILES = "/var/log/netconsole"
CONTROL = "/run/netconsole"
ARRIVES = 240.0
"""Seconds: on a busy machine without KVM the kernel takes some for each line of a panic."""


class Listener(cables.OtherEnd):
    """The running receiver; a context manager.  @command is what it runs, None: nothing yet."""

    def __init__(self, work: Path, command: str | None = f"lastword netconsole listen --dir {FILES} --control {CONTROL}") -> None:
        commands = f"mkdir -p /var/log\n{cables.NETWORK.strip()}"
        if command:
            commands += f"\n{starting(command)}"
        super().__init__(work, "listener", commands, 384, cables.programs(["ip"]))

    def start(self, command: str) -> None:
        """Run the receiver."""
        self.run(starting(command))

    def received(self, address: str) -> str:
        """The file of the host with @address, behind which a link-local one has the interface; "" while there is none."""
        return self.run(f"cat {FILES}/{address}*.log 2>/dev/null || :")

    def until(self, address: str, pattern: str, seconds: float = ARRIVES) -> str:
        """That file, once @pattern is in it."""
        end = time.monotonic() + seconds
        while True:
            text = self.received(address)
            if re.search(pattern, text, re.MULTILINE):
                return text
            if time.monotonic() > end:
                there = self.run(f"ls {FILES}").split()
                raise qemu.MachineError(f"{pattern!r} of {address} was not received; there are {there}, the end is {text[-300:]!r}")
            time.sleep(1)


def starting(command: str) -> str:
    """A shell's words that run @command and see that it goes on."""
    return f"{command} > /var/log/listen 2>&1 & sleep 2; kill -0 $! || {{ cat /var/log/listen; false; }}"

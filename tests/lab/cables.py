# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest at the other end of two cables from the guest that crashes.

On its side a bridge joins them, with VLAN 7 on top, IPv6, and an address behind it as behind a router.
"""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from . import guest, initramfs, qemu

ADDRESS, ADDRESS6 = "10.9.1.1", "fd09:1::1"
VLAN = 7
VLAN_ADDRESS, VLAN_ADDRESS6 = "10.9.7.1", "fd09:7::1"
BEHIND = "10.9.9.9"
"""An address of the server that is reached through ADDRESS, as through a router."""

CABLES = ("net0", "net1")
"""The monitor's names for the cables, on both sides."""

IP = "/usr/sbin/ip"
"""The real one: busybox prefers its own."""

NETWORK = f"""
modprobe virtio_net; modprobe bridge; modprobe 8021q
{IP} link set lo up
{IP} link add br0 type bridge forward_delay 0
for n in eth0 eth1; do {IP} link set $n master br0 up; done
{IP} link set br0 up; {IP} link add link br0 name br0.{VLAN} type vlan id {VLAN}; {IP} link set br0.{VLAN} up
{IP} addr add {ADDRESS}/24 dev br0; {IP} addr add {ADDRESS6}/64 dev br0 nodad
{IP} addr add {VLAN_ADDRESS}/24 dev br0.{VLAN}; {IP} addr add {VLAN_ADDRESS6}/64 dev br0.{VLAN} nodad
{IP} addr add {BEHIND}/32 dev lo; echo 1 > /proc/sys/net/ipv4/ip_forward"""
"""Both cables in one bridge, and the addresses above."""


class OtherEnd:
    """The running guest; a context manager.  @commands are run in it first, a line each."""

    def __init__(self, work: Path, name: str, commands: str, memory_mb: int, files: Mapping[str, str | Path],  # pylint: disable=too-many-arguments
                 disks: list[guest.Disk] | None = None) -> None:
        # The names of sockets are short.
        self._sockets = Path(tempfile.mkdtemp(prefix="lastword-"))
        self._name, self._commands = name, commands
        self._guest = guest.Guest(work, memory_mb=memory_mb, crashkernel="0", disks=disks or [], files=files, cpus=1,
                                  options=cards(self._sockets, "server", "guest"))
        self.system: guest.System | None = None

    def __enter__(self) -> Self:
        try:
            self.system = self._guest.boot(self._name)
            self.system.__enter__()
            for line in self._commands.strip().splitlines():
                self.run(line)
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.kill()

    def kill(self) -> None:
        """End it at once."""
        if self.system:
            self.system.__exit__(None, None, None)
        self.system = None
        shutil.rmtree(self._sockets, ignore_errors=True)

    def run(self, command: str) -> str:
        """Run a shell command on it."""
        assert self.system
        return self.system.check(command)

    def options(self, *cables: str) -> list[str]:
        """QEMU's words for the cards at the guest's end of @cables, or of both."""
        return cards(self._sockets, "guest", "server", cables or CABLES)


def cards(sockets: Path, here: str, there: str, cables: tuple[str, ...] = CABLES) -> list[str]:
    """QEMU's words for the cards at one end, @here, of cables whose sockets are in @sockets."""
    words = []
    for cable in cables:
        number = CABLES.index(cable)
        ends = ",".join(f"{side}.type=unix,{side}.path={sockets}/{end}{number}"
                        for side, end in (("local", here), ("remote", there)))
        mac = f"52:54:00:12:{len(here):02x}:{number:02x}"
        words += ["-netdev", f"dgram,id={cable},{ends}", "-device", f"virtio-net-pci,netdev={cable},mac={mac}"]
    return words


def programs(names: list[str]) -> dict[str, str | Path]:
    """Programs of this machine with their libraries, as files for a guest."""
    found: dict[str, str | Path] = {}
    for name in names:
        where = shutil.which(name, path="/usr/sbin:/usr/bin")
        if not where:
            raise qemu.MachineError(f"{name} is not installed; run 'make deps'")
        found[where.lstrip("/")] = Path(where)
        found |= {str(library).lstrip("/"): library for library in initramfs.libraries(Path(where))}
    return found

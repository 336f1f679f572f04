# SPDX-License-Identifier: GPL-2.0-or-later
"""`setup --watch` follows a network that changes: two network namespaces of this machine and a made-up configfs, no guest."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lab import paths, qemu, rows
from tests.lab.rows import check

GATEWAY, RECEIVER, OURS, LATER = "10.9.1.1", "10.9.9.9", "10.9.1.2", "10.9.1.7"
FILES = ("enabled", "extended", "dev_name", "local_port", "remote_port", "local_ip", "remote_ip", "remote_mac")
MACS = ["02:00:00:00:01:01", "02:00:00:00:01:02", "02:00:00:00:01:03"]
QUICK, SLOW = 15.0, 150.0
"""Seconds in which a change must be followed: one that the kernel tells, and one that nobody tells."""


class Sender:
    """Our side.  @work/root is the system whose configfs is made up."""

    def __init__(self, work: Path) -> None:
        self.root = work / "root"
        self.log = work / "watch.log"
        self.target = self.root / "sys/kernel/config/netconsole/lastword0"
        self.target.mkdir(parents=True)
        (self.root / "etc").mkdir()
        for name in FILES:
            (self.target / name).write_text("0\n", encoding="utf-8")
        words = [*qemu.DIES_WITH_US, "unshare", "-n", "sleep", "600"]
        self.here, self.there = (subprocess.Popen(words) for _ in range(2))
        time.sleep(1)
        self.ip(f"link add v0 type veth peer name v1 netns {self.there.pid}")
        self.at_gateway(f"link set v1 address {MACS[0]} up")
        self.at_gateway(f"addr add {GATEWAY}/24 dev v1")
        self.ip("link set v0 up")
        self.route(OURS, "v0")

    def inside(self, process: subprocess.Popen, *words: str | Path) -> list[str]:
        """The command line of @words in the namespace of @process."""
        return ["nsenter", "-t", str(process.pid), "-n", *map(str, words)]

    def ip(self, words: str) -> None:
        """Run ip(8) on our side."""
        subprocess.run(self.inside(self.here, "ip", *words.split()), check=True)

    def at_gateway(self, words: str) -> None:
        """Run ip(8) on the other side."""
        subprocess.run(self.inside(self.there, "ip", *words.split()), check=True)

    def route(self, address: str, device: str) -> None:
        """To the receiver, from @address."""
        self.ip(f"addr add {address}/24 dev {device}")
        self.ip(f"route replace {RECEIVER} via {GATEWAY} dev {device} src {address}")

    def lastword(self, *words: str) -> list[str]:
        """The command line of lastword on our side."""
        return self.inside(self.here, paths.build() / "lastword", "--root", self.root, "netconsole", *words)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """What the service does."""
        subprocess.run(self.lastword("setup", "--keep", RECEIVER), check=True, capture_output=True)
        with open(self.log, "wb") as log:
            process = subprocess.Popen([*qemu.DIES_WITH_US, *self.lastword("setup", "--watch")], stdout=log, stderr=log)
            try:
                yield
                check(process.poll() is None, f"--watch ended: {self.log.read_text()!r}")
            finally:
                process.kill()
                process.wait()

    def is_set(self, **wanted: str) -> bool:
        """Is the target enabled, and as @wanted?"""
        return all((self.target / name).read_text().strip() == value for name, value in {"enabled": "1", **wanted}.items())

    def until(self, seconds: float, why: str, **wanted: str) -> float:
        """Wait until it is; how long it took."""
        began = time.monotonic()
        while not self.is_set(**wanted):
            shown = {name: (self.target / name).read_text().strip() for name in FILES}
            check(time.monotonic() - began < seconds, f"{why}: {shown}, wanted {wanted}; said: {self.log.read_text()!r}")
            time.sleep(0.1)
        return time.monotonic() - began

    def end(self) -> None:
        """End both namespaces."""
        for process in (self.here, self.there):
            process.kill()
            process.wait()


def follow(logs: Path) -> str:
    """A gateway that says it is another, another address, a card that joins a bridge and leaves it, a gateway that says nothing."""
    sender = Sender(logs)
    try:
        with sender.watching():
            sender.until(QUICK, "first", remote_mac=MACS[0], local_ip=OURS, dev_name="v0")
            # the kernel's own announcement, as of a failover
            sender.at_gateway("link set v1 down")
            subprocess.run(sender.inside(sender.there, "sysctl", "-qw", "net.ipv4.conf.v1.arp_notify=1"), check=True)
            sender.at_gateway(f"link set v1 address {MACS[1]} up")
            took = [sender.until(QUICK, "an announced gateway", remote_mac=MACS[1])]
            sender.ip("addr flush dev v0")
            sender.route(LATER, "v0")
            took.append(sender.until(QUICK, "another address", local_ip=LATER))
            sender.ip("link add b0 type bridge forward_delay 0")
            sender.ip("addr flush dev v0")
            sender.ip("link set v0 master b0")
            (sender.target / "enabled").write_text("0\n", encoding="utf-8")
            sender.ip("link set b0 up")
            sender.route(LATER, "b0")
            took.append(sender.until(QUICK, "into a bridge", dev_name="b0"))
            sender.ip("link del b0")
            (sender.target / "enabled").write_text("0\n", encoding="utf-8")
            sender.route(OURS, "v0")
            took.append(sender.until(QUICK, "out of the bridge", dev_name="v0", local_ip=OURS))
            subprocess.run(sender.inside(sender.there, "sysctl", "-qw", "net.ipv4.conf.v1.arp_notify=0"), check=True)
            sender.at_gateway(f"link set v1 address {MACS[2]}")
            slow = sender.until(SLOW, "a gateway that says nothing", remote_mac=MACS[2])
        said = sender.log.read_text()
        check(said.count("sent to by") <= 12, f"it writes what has not changed: {said!r}")
        subprocess.run(sender.lastword("remove"), check=False, capture_output=True)
        check(not (sender.root / "etc/lastword/netconsole-send.conf").exists(), "remove leaves the file")
    finally:
        sender.end()
    return f"followed after {', '.join(f'{t:.1f}' for t in took)} s; what nobody tells, after {slow:.0f} s"


ROWS = [rows.Row("netconsole-follow", "matrix", follow)]

# SPDX-License-Identifier: GPL-2.0-or-later
"""Servers and networks that go silent, before the dump and in the middle of it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.lab import cables, deaths, guest, rows, server
from tests.lab.rows import check

from . import crashes, dumps, outcomes, served

PATIENCE_S = 10
"""Replaces the plan's limits of minutes."""
STATUS_WITHIN_S = 12
"""The limit for a name is 5 s, and an emulated guest takes 2 to compose."""
BEFORE, DURING = "in the capture kernel", "report saved"

Act = Callable[[server.Server, guest.System], object]


def swallow(to: server.Server, _: guest.System) -> None:
    """The server's packets vanish; its router still answers."""
    to.swallow()


def freeze(to: server.Server, _: guest.System) -> None:
    """The server stops, with its network."""
    to.freeze()


def unplug(_: server.Server, system: guest.System) -> None:
    """The first cable comes out, which the card sees."""
    system.monitor("set_link", name=cables.CABLES[0], up=False)


def unplug_shortly(to: server.Server, system: guest.System) -> None:
    """It is put in again."""
    unplug(to, system)
    time.sleep(PATIENCE_S / 3)
    system.monitor("set_link", name=cables.CABLES[0], up=True)


@dataclass(frozen=True)
class Outage:
    """What goes wrong, when, and what is left then."""

    way: served.Way
    when: str
    act: Act
    expected: outcomes.Expected
    fallback: bool = True
    """A disk comes second."""
    patience_s: int = PATIENCE_S


def lost(logs: Path, outage: Outage) -> str:
    """The server is looked at after its power was cut."""
    data = crashes.data_disk(logs)
    more = "fallback ext4 LABEL=dumps /spare\n" if outage.fallback else "failure_action poweroff\n"
    with server.Server(logs / "server-guest") as to:
        machine = served.machine(logs, to, outage.way, more=more, disks=[data])
        event = crashes.Event(outage.when, lambda system: outage.act(to, system))
        prepare = f"mkdir -p /var/crash/spare; {served.prepare(outage.way)}"
        crash = crashes.crash(machine, prepare, f"lastword.patience={outage.patience_s}", event)
        to.cut_power()
        places = {"server": (to.disk, served.directory(outage.way)), "fallback": (data, "spare")}
        note = outcomes.judge(logs, crash, outage.expected, places)
    if outage.expected.dump:
        dumps.check_whole(dumps.only(logs / outage.expected.dump))
    return f"{note}; {crash.phases[-1].uptime:.1f} s in the capture kernel"


NAME = "dumps.example"


def names_lost(logs: Path) -> str:
    """Name servers are silent once it is armed: status says so, soon, and the dump arrives."""
    way = served.Way(f"nfs {NAME}:{server.EXPORT}", served.ROUTED, "10.9.1.2")
    expected = outcomes.Expected("name servers do not answer any more", "server", "server", within=90)
    with server.Server(logs / "server-guest") as to, served.machine(logs, to, way).boot("crash") as system:
        system.check(f"{served.prepare(way)}; echo {cables.ADDRESS} {NAME} > /etc/hosts")
        armed = crashes.arm(system)
        to.swallow()
        system.check(f"echo > /etc/hosts; echo nameserver {cables.BEHIND} > /etc/resolv.conf")
        began = system.now()
        status = system.run("lastword status 2>&1")
        took = system.now() - began
        check(status.status == 0 and f"not checked: the address of {NAME}" in status.output, f"status says {status.output!r}")
        check(took <= STATUS_WITHIN_S, f"status took {took:.0f} s")
        panic = deaths.SYSRQ.bring(system)
        end = system.finish(panic + crashes.CAPTURE_DEADLINE)
        to.cut_power()
        crash = crashes.Crash(armed, panic, end, system.ended_by(), system.console)
        note = outcomes.judge(logs, crash, expected, {"server": (to.disk, served.directory(way))})
    return f"{note}; status took {took:.1f} s"


def passed_on(wrong: str, log: str = "fallback", part: str | None = "", within: float = 90) -> outcomes.Expected:
    """The fallback gets the dump."""
    return outcomes.Expected(wrong, log, "fallback", part, within)


BOTH = "server and fallback"
ROUTED = served.nfs(cables.BEHIND, served.ROUTED, "10.9.1.2")
BONDED = served.nfs(cables.ADDRESS, served.BONDED, "10.9.1.2")
PLAIN = served.nfs(cables.ADDRESS, served.PLAIN, "10.9.1.2")
SSH = served.Way(f"ssh root@{cables.BEHIND}", served.ROUTED, "10.9.1.2")
OUTAGES = {
    "nfs-swallowed-before": Outage(ROUTED, BEFORE, swallow, passed_on("the NFS server's packets vanish")),
    "nfs-swallowed-during": Outage(ROUTED, DURING, swallow, passed_on(
        "the NFS server's packets vanish during the dump", BOTH, None, 120)),
    "nfs-frozen-before": Outage(PLAIN, BEFORE, freeze, passed_on("the NFS server's machine stands still")),
    "nfs-frozen-during": Outage(PLAIN, DURING, freeze, passed_on(
        "the NFS server's machine stands still during the dump", BOTH, None, 120)),
    "nfs-unplugged-during": Outage(PLAIN, DURING, unplug, passed_on("the link is lost during the dump", BOTH, None, 120)),
    "nfs-swallowed-alone": Outage(ROUTED, BEFORE, swallow, outcomes.Expected(
        "the NFS server's packets vanish, and there is no fallback", "", "", action="poweroff", within=90), fallback=False),
    "nfs-bond-fails-over": Outage(BONDED, DURING, unplug, outcomes.Expected(
        "the first link of a bond is lost during the dump", BOTH, "server")),
    "nfs-cable-back": Outage(PLAIN, DURING, unplug_shortly, outcomes.Expected(
        "the link is lost during the dump for some seconds", BOTH, "server", within=120), patience_s=3 * PATIENCE_S),
    "ssh-swallowed-before": Outage(SSH, BEFORE, swallow, passed_on("the SSH server's packets vanish")),
    "ssh-swallowed-during": Outage(SSH, DURING, swallow, passed_on(
        "the SSH server's packets vanish during the dump", BOTH, None, 120)),
}


def lost_row(name: str, outage: Outage) -> rows.Row:
    """A row of the table."""
    return rows.Row(name, "matrix", lambda logs: lost(logs, outage))


ROWS = [*(lost_row(name, outage) for name, outage in OUTAGES.items()), rows.Row("nfs-names-lost", "matrix", names_lost)]

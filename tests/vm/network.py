# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumps over the network, to real servers on this machine."""

from pathlib import Path

from tests.lab import guest, nfs, rows
from tests.lab.rows import check

from . import crashes, dumps

ADDRESS = "10.0.2.15"
NETWORK = f"modprobe virtio_net; ip link set eth0 up; ip addr add {ADDRESS}/24 dev eth0"
CONF = f"nfs {nfs.ADDRESS}:{nfs.SHARE}\npath /dumps\ncore_collector makedumpfile -l -d 31\n"


def nfs_saved(logs: Path, suite: str, minors: str = "0,1,2") -> str:
    """Crash a guest whose dumps go to an NFS server."""
    with nfs.Server(logs / "server", minors=minors) as server:
        (server.export / "dumps").mkdir()
        machine = guest.Guest(logs, suite, files={"etc/kdump.conf": CONF}, options=server.options())
        crash = crashes.crash(machine, NETWORK)
        check(crash.ended_by == "guest-reset", f"the machine ended by {crash.ended_by!r}, not by a reboot")
        dumps.check_whole(dumps.only(server.export / "dumps", ADDRESS))
    version = crash.phase("mounted").text
    return f"saved {crash.phase('vmcore saved').uptime:.1f} s after the capture kernel's start; {version}"


def refused(logs: Path) -> str:
    """Where a dump could not arrive, arm says so and does not arm."""
    causes = {"read-only": {"access": "RO"}, "squashed root": {"squash": "Root_Squash"}}
    for cause, how in causes.items():
        with nfs.Server(logs / cause.replace(" ", "-"), **how) as server:
            (server.export / "dumps").mkdir(mode=0o755)
            machine = guest.Guest(logs, files={"etc/kdump.conf": CONF}, options=server.options())
            with machine.boot(cause.replace(" ", "-")) as system:
                system.check(NETWORK)
                armed = system.run("lastword arm 2>&1")
                check(armed.status == 1, f"{cause}: arm exits {armed.status}: {armed.output}")
                check("root cannot write there" in armed.output, f"{cause}: arm says {armed.output.strip()!r}")
                if cause == "read-only":
                    system.check("sed -i s:/dumps:/missing: /etc/kdump.conf")
                    missing = system.run("lastword arm 2>&1").output
                    check("path /missing" in missing, f"missing directory: arm says {missing.strip()!r}")
                    system.check("ip link set eth0 down")
                    unreachable = system.run("lastword arm 2>&1").output
                    check("no route to" in unreachable, f"no route: arm says {unreachable.strip()!r}")
    return ""


ROWS = [
    rows.Row("nfs4", "test", lambda logs: nfs_saved(logs, "bookworm")),
    rows.Row("nfs4-arm-refuses", "matrix", refused),
    rows.Row("nfs4.0", "matrix", lambda logs: nfs_saved(logs, "bookworm", "0")),
    *[rows.Row(f"nfs4-{suite}", "matrix", lambda logs, suite=suite: nfs_saved(logs, suite))
      for suite in ("bullseye", "trixie", "sid")],
]

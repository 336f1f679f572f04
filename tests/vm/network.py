# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumps over the network, to real servers on this machine."""

from collections.abc import Callable
from pathlib import Path

from tests.lab import guest, nfs, rows, ssh
from tests.lab.rows import check

from . import crashes, dumps, outcomes

ADDRESS = "10.0.2.15"
NETWORK = f"modprobe virtio_net; ip link set eth0 up; ip addr add {ADDRESS}/24 dev eth0"
CONF = f"nfs {nfs.ADDRESS}:{nfs.SHARE}\npath /dumps\ncore_collector makedumpfile -l -d 31\n"


BOND = f"""modprobe virtio_net; modprobe bonding max_bonds=0; echo +bond7 > /sys/class/net/bonding_masters
cd /sys/class/net/bond7/bonding; echo active-backup > mode; echo 100 > miimon; echo +eth0 > slaves
ip addr add {ADDRESS}/24 dev bond7; ip link set bond7 up; sleep 1"""
BRIDGE = f"""modprobe virtio_net; modprobe bridge; ip link set eth0 up; brctl addbr br0; brctl addif br0 eth0
ip addr add {ADDRESS}/24 dev br0; ip link set br0 up; sleep 1"""


def nfs_saved(logs: Path, suite: str, minors: str = "0,1,2", network: str = NETWORK) -> str:
    """Crash a guest whose dumps go to an NFS server."""
    with nfs.Server(logs / "server", minors=minors) as server:
        (server.export / "dumps").mkdir()
        machine = guest.Guest(logs, suite, files={"etc/kdump.conf": CONF}, options=server.options())
        crash = crashes.crash(machine, "; ".join(network.splitlines()))
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


CHAIN = CONF + "fallback ext4 LABEL=dumps /spare\n"
SHORT = "lastword.patience=10"


def chain(logs: Path, dies_at: str, expected: outcomes.Expected) -> str:
    """The server stops to answer when the console shows @dies_at, and the fallback gets what there is to save."""
    data = crashes.data_disk(logs)
    with nfs.Server(logs / "server") as server:
        (server.export / "dumps").mkdir()
        machine = guest.Guest(logs, disks=[data], files={"etc/kdump.conf": CHAIN}, options=server.options())
        event = crashes.Event(dies_at, lambda system: server.hang())
        crash = crashes.crash(machine, f"mkdir -p /var/crash/spare; {NETWORK}", append=SHORT, event=event)
        places = {"server": server.export / "dumps", "fallback": (data, "spare")}
        note = outcomes.judge(logs, crash, expected, places)
    dumps.check_whole(dumps.only(logs / "fallback"))
    return note


ADDRESS6 = "fec0::"
"""What the address begins with that QEMU's router gives."""
NETWORK6 = f"modprobe virtio_net; ip link set eth0 up; sleep 4"


def ssh_saved(logs: Path, suite: str, host: str = ssh.ADDRESS, ours: str = ADDRESS, network: str = NETWORK,
              core: str = "vmcore.flat") -> str:
    """Crash a guest whose dumps go to an SSH server; one that has lastword makes a vmcore of what it gets."""
    with ssh.Server(logs / "server", lastword=core == dumps.CORE) as server:
        conf = f"ssh root@{host}\npath {server.store}\ncore_collector makedumpfile -F -l -d 31\n"
        files = server.files() | {"etc/kdump.conf": conf}
        crash = crashes.crash(guest.Guest(logs, suite, files=files, options=server.options("off")), network)
        check(crash.ended_by == "guest-reset", f"the machine ended by {crash.ended_by!r}, not by a reboot")
        dump = dumps.only(server.store, ours)
        dumps.check_log(dump)
        dumps.check_core(dump / core, dump / dumps.LOG)
        names = sorted(file.name for file in dump.iterdir())
        wanted = sorted([dumps.LOG, dumps.REPORT, dumps.REPORT_JSON, core, dumps.CAPTURE_LOG, dumps.MANIFEST])
        check(names == wanted, f"the directory holds {names}")
        dumps.check_manifest(dump)
    return f"saved {crash.phase('vmcore saved').uptime:.1f} s after the capture kernel's start; {crash.armed.strip()}"


def link_down(logs: Path) -> str:
    """The cable is out when the capture kernel starts: the fallback gets all, and that is a success."""
    data = crashes.data_disk(logs)
    expected = outcomes.Expected("the link is down", "fallback", "fallback")
    with nfs.Server(logs / "server") as server:
        (server.export / "dumps").mkdir()
        conf = CHAIN + "failure_action poweroff\n"
        machine = guest.Guest(logs, disks=[data], files={"etc/kdump.conf": conf}, options=server.options())
        event = crashes.Event("in the capture kernel", lambda system: system.monitor("set_link", name="net", up=False))
        crash = crashes.crash(machine, f"mkdir -p /var/crash/spare; {NETWORK}", append=SHORT, event=event)
        places = {"server": server.export / "dumps", "fallback": (data, "spare")}
        return f"{outcomes.judge(logs, crash, expected, places)}; {crash.phase('^network: ').text}"


def ssh_refuses(logs: Path, happens: Callable[[ssh.Server], None], word: str, wrong: str) -> str:
    """The server is not the one that was known, or no longer lets us in: the fallback gets all, with the reason said."""
    data = crashes.data_disk(logs)
    expected = outcomes.Expected(wrong, "fallback", "fallback")
    with ssh.Server(logs / "server") as server:
        conf = f"ssh root@{ssh.ADDRESS}\npath {server.store}\nfallback ext4 LABEL=dumps /spare\n"
        machine = guest.Guest(logs, disks=[data], files=server.files() | {"etc/kdump.conf": conf}, options=server.options())
        event = crashes.Event("in the capture kernel", lambda system: happens(server))
        crash = crashes.crash(machine, f"mkdir -p /var/crash/spare; {NETWORK}", event=event)
        note = outcomes.judge(logs, crash, expected, {"server": server.store, "fallback": (data, "spare")})
    return f"{note}; {crash.phase(word).text}"


def disk_full(logs: Path) -> str:
    """The first target has room for the log alone: the second gets log and dump, under the same name."""
    small = guest.Disk(logs / "small.img", "ext4", "/mnt", "6d1f4e7a-1111-4b0e-9b39-0f9f6e6a2b22", "small", 16).make()
    data = crashes.data_disk(logs)
    conf = f"ext4 LABEL=small\npath /\nfallback ext4 UUID={data.uuid}\n"
    crash = crashes.crash(guest.Guest(logs, disks=[small, data], files={"etc/kdump.conf": conf}))
    expected = outcomes.Expected("the first disk is full during the dump", "disk and fallback", "fallback", "disk")
    note = outcomes.judge(logs, crash, expected, {"disk": (small, ""), "fallback": (data, "")})
    dump = dumps.only(logs / "fallback")
    dumps.check_whole(dump)
    check(dumps.only(logs / "disk").name == dump.name, f"{dump.name} has another name on the first disk")
    return note


ROWS = [
    rows.Row("ssh", "test", lambda logs: ssh_saved(logs, "bookworm")),
    rows.Row("ssh-resequenced", "matrix", lambda logs: ssh_saved(logs, "bookworm", core=dumps.CORE)),
    rows.Row("ssh-ipv6", "matrix", lambda logs: ssh_saved(logs, "bookworm", ssh.ADDRESS6, ADDRESS6, NETWORK6)),
    rows.Row("ssh-sid", "matrix", lambda logs: ssh_saved(logs, "sid")),
    rows.Row("chain-link-down", "matrix", link_down),
    rows.Row("chain-ssh-host-key", "matrix", lambda logs: ssh_refuses(
        logs, lambda server: server.change_host_key(), "^target: .*[Hh]ost key", "the SSH server has another key")),
    rows.Row("chain-ssh-key-refused", "matrix", lambda logs: ssh_refuses(
        logs, lambda server: server.refuse_key(), "^target: .*denied", "the SSH server refuses our key")),
    rows.Row("chain-disk-full", "matrix", disk_full),
    rows.Row("chain-nfs-dead", "matrix", lambda logs: chain(logs, "in the capture kernel", outcomes.Expected(
        "the NFS server does not answer", "fallback", "fallback", within=90))),
    rows.Row("chain-nfs-dies", "matrix", lambda logs: chain(logs, "report saved", outcomes.Expected(
        "the NFS server stops to answer during the dump", "server and fallback", "fallback", None, 120))),
    rows.Row("nfs4", "matrix", lambda logs: nfs_saved(logs, "bookworm")),
    rows.Row("nfs4-arm-refuses", "matrix", refused),
    rows.Row("nfs4-bond", "matrix", lambda logs: nfs_saved(logs, "bookworm", network=BOND)),
    rows.Row("nfs4-bridge", "matrix", lambda logs: nfs_saved(logs, "bookworm", network=BRIDGE)),
    rows.Row("nfs4.0", "matrix", lambda logs: nfs_saved(logs, "bookworm", "0")),
    rows.Row("nfs4-bullseye", "matrix", lambda logs: nfs_saved(logs, "bullseye")),
    # over 4.2 these get an I/O error for what they read again from this nfs-ganesha
    *[rows.Row(f"nfs4-{suite}", "matrix", lambda logs, suite=suite: nfs_saved(logs, suite, "0,1")) for suite in ("trixie", "sid")],
]

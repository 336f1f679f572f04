# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumps over networks of many kinds, to a server in a second guest: NFS 3 and 4 of a kernel's nfsd, sshd, DHCP."""

from dataclasses import dataclass
from pathlib import Path

from tests.lab import cables, guest, kernels, oracle, rows, server
from tests.lab.cables import IP
from tests.lab.rows import check

from . import crashes, dumps

UP = f"modprobe virtio_net; {IP} link set eth0 up"
PLAIN = f"{UP}; {IP} addr add 10.9.1.2/24 dev eth0"
ROUTED = f"{PLAIN}; {IP} route add {cables.BEHIND} via {cables.ADDRESS}"
IPV6_ONLY = f"{UP}; {IP} addr add fd09:1::2/64 dev eth0 nodad"
BOND = f"""modprobe virtio_net; modprobe bonding max_bonds=0; modprobe 8021q
{IP} link add bond7 type bond mode active-backup miimon 100
{IP} link set eth0 master bond7; {IP} link set eth1 master bond7; {IP} link set bond7 up"""
BONDED = f"{BOND}\n{IP} addr add 10.9.1.2/24 dev bond7; sleep 1"
VLAN_ON_BOND = f"""{BOND}
{IP} link add link bond7 name bond7.{cables.VLAN} type vlan id {cables.VLAN}; {IP} link set bond7.{cables.VLAN} up
{IP} addr add 10.9.7.2/24 dev bond7.{cables.VLAN}; sleep 1"""
LEASE = f"""modprobe virtio_net; {IP} link set eth0 up
printf '#!/bin/sh\\n[ $1 = bound ] && {IP} addr add $ip/24 dev eth0 valid_lft $lease preferred_lft $lease\\n' > /tmp/bound; chmod +x /tmp/bound
udhcpc -i eth0 -n -q -s /tmp/bound"""


@dataclass(frozen=True)
class Way:
    """How a dump travels.  @network is a script, line by line; @options are NFS's, in fstab."""

    target: str
    network: str
    ours: str
    """What the dump directory's name begins with."""
    options: str = ""
    shown: str = ""
    """What the line about the opened target must show."""


def nfs(address: str, network: str, ours: str, options: str = "", shown: str = "NFS 4.2") -> Way:
    """To the export; @address is the server's."""
    host = f"[{address}]" if ":" in address else address
    return Way(f"nfs {host}:{server.EXPORT}", network, ours, options, shown)


def machine(logs: Path, to: server.Server, way: Way, suite: str = "bookworm", more: str = "",
            disks: list[guest.Disk] | None = None) -> guest.Guest:
    """The guest that crashes.  @more is for its kdump.conf."""
    path = "/dumps" if way.target.startswith("nfs") else f"{server.STORE}/ssh"
    files = to.files(cables.ADDRESS, cables.ADDRESS6, cables.VLAN_ADDRESS, cables.BEHIND)
    files["etc/kdump.conf"] = f"{way.target}\npath {path}\ncore_collector makedumpfile -l -d 31\n{more}"
    return guest.Guest(logs, suite, files=files, options=to.options(), disks=disks or [])


def prepare(way: Way) -> str:
    """The guest's commands before it arms."""
    fstab = f"echo '{way.target.split()[1]} /mnt nfs noauto,{way.options} 0 0' >> /etc/fstab"
    return "; ".join([*way.network.splitlines(), *([fstab] if way.options else [])])


def directory(way: Way) -> str:
    """Where the server has the dump directories, on its disk."""
    return server.DUMPS[way.target.startswith("ssh")]


def fetch(to: server.Server, way: Way, into: Path) -> Path:
    """Cut the power of the server and copy the only dump directory from its disk to @into; where it is now."""
    to.cut_power()
    found = dumps.fetch(to.disk, into, directory(way))
    check(found.name.startswith(way.ours), f"the dump directory is called {found.name}")
    return found


CRASH_OPENS = ("bookworm", "trixie")
"""Kernels that the oracle's crash knows."""


def check_opens(core: Path, suite: str) -> None:
    """crash, with DWARF, opens the dump and shows the panic."""
    done = oracle.run("crash", "-s", kernels.vmlinux(suite), core, given="sys\nbt\nquit\n", see=core.parent)
    check("sysrq_handle_crash" in done.stdout, f"crash on {core}: {done.stdout[-400:]}{done.stderr[-400:]}")


def saved(logs: Path, way: Way, suite: str = "bookworm") -> str:
    """Crash a guest; what is on the server's disk after its power was cut is whole."""
    with server.Server(logs / "server") as to:
        crash = crashes.crash(machine(logs, to, way, suite), prepare(way))
        check(crash.ended_by == "guest-reset", f"the machine ended by {crash.ended_by!r}, not by a reboot")
        dump = fetch(to, way, logs)
    opened = crash.phase("^(mounted|opened) ").text
    check(way.shown in opened, f"{opened!r} does not show {way.shown!r}")
    if way.target.startswith("ssh"):
        crash.phase("the server has made vmcore of the stream")
    dumps.check_whole(dump)
    if suite in CRASH_OPENS:
        check_opens(dump / dumps.CORE, suite)
    return f"saved {crash.phase('vmcore saved').uptime:.1f} s after the capture kernel's start; {opened}"


REFUSALS = (
    (server.READ_ONLY, "", "root cannot write there"),
    (server.SQUASHED, "", "root cannot write there"),
    ("/missing", "", "exports no such directory"),
    (server.EXPORT, "sec=krb5", "no Kerberos ticket"),
    (server.EXPORT, "hard,colour=red", "does not take option colour=red"),
    (server.EXPORT, "vers=4.3", "Protocol not supported"),
)
"""An exported directory, its options in fstab, and what arm must say of it."""


def refused(logs: Path) -> str:
    """Where a dump could not arrive, arm says why and does not arm."""
    with server.Server(logs / "server") as to:
        way = nfs(cables.ADDRESS, PLAIN, "")
        with machine(logs, to, way).boot("refused") as system:
            system.check(prepare(way))
            for share, options, words in REFUSALS:
                device = f"{cables.ADDRESS}:{share}"
                system.check(f"echo '{device} /mnt nfs noauto,{options} 0 0' > /etc/fstab")
                system.check(f"printf 'nfs {device}\\npath /dumps\\n' > /etc/kdump.conf")
                armed = system.run("lastword arm 2>&1")
                check(armed.status == 1 and words in armed.output, f"{share} {options}: arm says {armed.output.strip()!r}")
            check(system.run("lastword status").status == 3, "something is armed")
    return f"{len(REFUSALS)} reasons"


NFS3_VLAN_BOND = nfs(cables.VLAN_ADDRESS, VLAN_ON_BOND, "10.9.7.2", "vers=3", "NFS 3")
WAYS = {
    "nfs3-vlan-bond": NFS3_VLAN_BOND,
    "nfs3": nfs(cables.ADDRESS, PLAIN, "10.9.1.2", "nfsvers=3,hard,timeo=50", "NFS 3"),
    "nfs3-ipv6": nfs(cables.ADDRESS6, IPV6_ONLY, "fd09:1::2", "vers=3", "NFS 3"),
    "nfs-vlan-bond": nfs(cables.VLAN_ADDRESS, VLAN_ON_BOND, "10.9.7.2"),
    "nfs-ipv6-only": nfs(cables.ADDRESS6, IPV6_ONLY, "fd09:1::2"),
    "nfs-routed": nfs(cables.BEHIND, ROUTED, "10.9.1.2"),
    "nfs-dhcp": nfs(cables.ADDRESS, LEASE, "10.9.1.50"),
    "ssh-ipv6-only": Way(f"ssh root@{cables.ADDRESS6}", IPV6_ONLY, "fd09:1::2", shown="(SSH)"),
    "ssh-vlan-bond": Way(f"ssh root@{cables.VLAN_ADDRESS}", VLAN_ON_BOND, "10.9.7.2", shown="(SSH)"),
}


IN_TEST = ("nfs3-vlan-bond", "nfs-ipv6-only")
"""What `make test` has the time for: NFS 3 and 4, a VLAN on a bond, IPv6 alone."""


def way_row(name: str, way: Way, suite: str = "bookworm") -> rows.Row:
    """A dump that must arrive."""
    return rows.Row(name, "test" if name in IN_TEST else "matrix", lambda logs: saved(logs, way, suite))


ROWS = [
    *(way_row(name, way) for name, way in WAYS.items()),
    *(way_row(f"nfs3-vlan-bond-{suite}", NFS3_VLAN_BOND, suite) for suite in ("bullseye", "trixie", "sid")),
    rows.Row("nfs-arm-refuses", "matrix", refused),
]

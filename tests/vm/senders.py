# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest's last words to a receiver in another guest: over IPv6, VLANs, bonds and bridges, and as the network changes."""

import re
import time
from dataclasses import dataclass
from pathlib import Path

from tests.lab import cables, guest, kernels, paths, rows
from tests.lab.cables import IP
from tests.lab.receiving import ARRIVES, Listener
from tests.lab.rows import check

from . import crashes, dumps, netconsole, served

SILENT = ("sid",)
"""Kernels that do not send what they say in a panic: their netconsole is not safe in atomic context."""
LOUD = "sysctl -qw kernel.printk=7"
LINK_LOCAL = "fe80::5054:ff:fe12:500"
"""Of the sender's first card, made of its MAC address."""


def machine(logs: Path, to: Listener, *over: str, suite: str = "bookworm") -> guest.Guest:
    """A guest that sends over the cables @over, or both."""
    return guest.Guest(logs, suite, files=cables.programs(["ip"]), options=to.options(*over))


def prepare(system: guest.System, network: str) -> None:
    """Its network and log level."""
    system.check("; ".join([*network.splitlines(), LOUD]))


def set_up(system: guest.System, words: str) -> str:
    """What setup says; the test message has arrived."""
    done = system.run(f"lastword netconsole setup --probe {words} 2>&1")
    check(done.status == 0 and "the test message was seen" in done.output, f"setup {words} says {done.output!r}")
    return done.output


def crash(system: guest.System, to: Listener, address: str) -> str:
    """Crash it: all that its console shows from the panic on arrives."""
    system.write("echo c > /proc/sysrq-trigger")
    system.until("---. end Kernel panic", system.now() + ARRIVES)
    shown = [netconsole.words_of(line.text) for line in system.console]
    return netconsole.all_received(shown, to.until(address, "---. end Kernel panic"))


@dataclass(frozen=True)
class Way:
    """How messages travel.  @words are for setup, @ours is who the receiver sees, @shown what setup must say."""

    words: str
    network: str
    ours: str
    shown: str


BRIDGE = f"""modprobe virtio_net; modprobe bridge; {IP} link add br7 type bridge forward_delay 0
{IP} link set eth0 master br7 up; {IP} link set br7 up; {IP} addr add 10.9.1.2/24 dev br7"""
WAYS = {
    "ipv6": Way(cables.ADDRESS6, served.IPV6_ONLY, "fd09:1::2", "by eth0 from fd09:1::2"),
    "link-local": Way("{link_local}%eth0", f"{served.UP}; sleep 3", LINK_LOCAL, "by eth0 from fe80::"),
    "vlan": Way(cables.VLAN_ADDRESS, served.VLAN_ON_BOND, "10.9.7.2", "by bond7.7 from"),
    "bond": Way(cables.ADDRESS, served.BONDED, "10.9.1.2", "by bond7 from"),
    "bridge-port": Way(f"--device eth0 --from 10.9.1.2 {cables.ADDRESS}", BRIDGE, "10.9.1.2", "eth0 is a port of br7 (bridge): br7 is used"),
    "routed": Way(cables.BEHIND, served.ROUTED, "10.9.1.2", "gateway 10.9.1.1"),
}


def arrives(logs: Path, way: Way) -> str:
    """Set up, tried out, crashed."""
    with Listener(logs / "listener") as to, machine(logs, to).boot() as system:
        prepare(system, way.network)
        link_local = re.search(r"fe80::[0-9a-f:]+", to.run(f"{IP} -6 addr show br0 scope link"))
        check(link_local, "the receiver has no link-local address")
        said = set_up(system, way.words.format(link_local=link_local[0] if link_local else ""))
        check(way.shown in said, f"setup does not show {way.shown!r}: {said!r}")
        return crash(system, to, way.ours)


TARGET = "/sys/kernel/config/netconsole/lastword0"


def until_target(system: guest.System, file: str, value: str, seconds: float = ARRIVES) -> None:
    """The target is enabled, and @file of it is @value."""
    end = time.monotonic() + seconds
    while True:
        shown = system.run(f"cat {TARGET}/enabled {TARGET}/{file}").output.split()
        if shown == ["1", value]:
            return
        said = system.run("cat /run/watch; lastword netconsole status 2>&1").output if time.monotonic() > end else ""
        check(time.monotonic() < end, f"enabled and {file} are {shown}, wanted {value}: {said}")
        time.sleep(1)


def watch(system: guest.System, receiver: str) -> None:
    """`--keep`, and what its service would run."""
    said = system.check(f"lastword netconsole setup --keep {receiver} 2>&1")
    for words in ("kept in /etc/lastword/netconsole-send.conf", "nobody whom lastword knows", "setup --kept` run when"):
        check(words in said, f"setup --keep does not say {words!r}: {said!r}")
    system.check("lastword netconsole setup --watch > /run/watch 2>&1 & sleep 2; kill -0 $!")


def say(system: guest.System, to: Listener, address: str, word: str) -> None:
    """The kernel says @word, and it arrives from @address."""
    system.check(f"echo '<1>{word}' > /dev/kmsg")
    to.until(address, f"{word}$")


OTHER_MAC = "52:54:00:99:00:01"


def moved(logs: Path) -> str:
    """The gateway becomes another machine, without telling anybody, and the sender gets another address: it is followed."""
    with Listener(logs / "listener") as to, machine(logs, to, "net0").boot() as system:
        prepare(system, served.ROUTED)
        watch(system, cables.BEHIND)
        say(system, to, "10.9.1.2", "words before")
        to.run(f"{IP} link set br0 address {OTHER_MAC}")
        began = time.monotonic()
        until_target(system, "remote_mac", OTHER_MAC)
        took = time.monotonic() - began
        say(system, to, "10.9.1.2", "words through another gateway")
        system.check(f"{IP} addr flush dev eth0; {IP} addr add 10.9.1.7/24 dev eth0; {IP} route add {cables.BEHIND} via {cables.ADDRESS}")
        until_target(system, "local_ip", "10.9.1.7")
        say(system, to, "10.9.1.7", "words from another address")
        # silence is not a way: what was set up stays
        to.run(f"{IP} link set br0 down")
        system.run("sleep 20")
        until_target(system, "local_ip", "10.9.1.7")
        to.run(f"{IP} link set br0 up")
        say(system, to, "10.9.1.7", "words after silence")
        # the card goes and comes back, which ends the target in some kernels
        system.check(f"cd /sys/bus/virtio/drivers/virtio_net; c=$(ls -d virtio*); echo $c > unbind; sleep 2; echo $c > bind; sleep 1; {served.UP}")
        system.check(f"{IP} addr add 10.9.1.7/24 dev eth0; {IP} route add {cables.BEHIND} via {cables.ADDRESS}")
        until_target(system, "local_ip", "10.9.1.7")
        say(system, to, "10.9.1.7", "words of a card that came back")
        return f"another gateway after {took:.0f} s; {crash(system, to, '10.9.1.7')}"


INTO_BOND = f"""modprobe bonding max_bonds=0; {IP} link add bond7 type bond mode active-backup miimon 100
{IP} addr flush dev eth0; {IP} link set eth0 down; {IP} link set eth0 master bond7; {IP} link set eth1 master bond7
{IP} link set bond7 up; {IP} addr add 10.9.1.2/24 dev bond7"""


def bond_later(logs: Path) -> str:
    """The card joins a bond, which ends the kernel's target for good: it is made again over the bond, and goes back with the card."""
    with Listener(logs / "listener") as to, machine(logs, to).boot() as system:
        prepare(system, served.PLAIN)
        watch(system, cables.ADDRESS)
        say(system, to, "10.9.1.2", "words of a card")
        system.check("; ".join(INTO_BOND.splitlines()))
        until_target(system, "dev_name", "bond7")
        say(system, to, "10.9.1.2", "words of a bond")
        system.check(f"{IP} link del bond7; {IP} link set eth0 up; {IP} addr add 10.9.1.2/24 dev eth0")
        until_target(system, "dev_name", "eth0")
        say(system, to, "10.9.1.2", "words of a card again")
        system.check("; ".join(INTO_BOND.splitlines()))
        until_target(system, "dev_name", "bond7")
        return crash(system, to, "10.9.1.2")


def two(logs: Path) -> str:
    """Two guests die at once, each in its own file; one of them starts again, and the receiver says so."""
    with Listener(logs / "listener") as to:
        first = machine(logs / "first", to, "net0")
        with first.boot() as one, machine(logs / "second", to, "net1").boot() as other:
            for system, host in ((one, 2), (other, 3)):
                prepare(system, f"{served.UP}; {IP} addr add 10.9.1.{host}/24 dev eth0; hostname web{host}")
                set_up(system, cables.ADDRESS)
            other.write("echo c > /proc/sysrq-trigger")
            notes = [crash(one, to, "10.9.1.2")]
            other.until("---. end Kernel panic", other.now() + ARRIVES)
            shown = [netconsole.words_of(line.text) for line in other.console]
            notes.append(netconsole.all_received(shown, to.until("10.9.1.3", "---. end Kernel panic")))
        with first.boot("again") as system:
            prepare(system, f"{served.UP}; {IP} addr add 10.9.1.2/24 dev eth0; hostname web2")
            set_up(system, cables.ADDRESS)
            text = to.until("10.9.1.2", "-- lastword: a new kernel begins")
            check(text.index("---[ end Kernel panic") < text.index("a new kernel begins"), "the reboot is said before the panic")
        check("a new kernel begins" not in to.received("10.9.1.3"), "the other machine is said to have started again")
        panics = to.run(f"grep -c -- '-- lastword: panic: ' /var/log/netconsole/10.9.1.[23].log").split()
        check([line[-2:] for line in panics] == [":1", ":1"], f"panics in the files: {panics}")
    return "; ".join(notes)


def dumped(logs: Path, suite: str) -> str:
    """The log that the capture kernel saves is what was received, line for line from the set-up on, as far as that kernel sends."""
    data = crashes.data_disk(logs)
    machine_ = guest.Guest(logs, suite, disks=[data], options=netconsole.CARD, files={"etc/kdump.conf": "path /var/crash\n"})
    with netconsole.receiver(logs) as files:
        with machine_.boot() as system:
            system.check("; ".join(netconsole.PLAIN.splitlines()))
            system.check(f"lastword netconsole setup --probe {netconsole.HOST}:{netconsole.PORT} 2>&1")
            crashes.arm(system)
            system.check("echo '<1>words before the end' > /dev/kmsg")
            panic = system.now()
            system.write("echo c > /proc/sysrq-trigger")
            system.finish(panic + crashes.CAPTURE_DEADLINE)
        text = "".join(file.read_text() for file in sorted(files.iterdir()))
    log = (dumps.fetch(data, logs) / dumps.LOG).read_text(encoding="utf-8", errors="replace")
    shown = [netconsole.words_of(line) for line in log.splitlines()]
    start = shown.index("words before the end")
    received = [netconsole.words_of(line) for line in text.splitlines()]
    end = next(i for i, line in enumerate(shown) if dumps.CRASH_TEXT in line) if suite in SILENT else len(shown)
    missing = [line for line in shown[start:end] if line and line not in received]
    check(not missing, f"{len(missing)} lines of {dumps.LOG} were not received: {missing[:3]}")
    late = [line for line in shown[end:] if line in received]
    return f"{end - start} lines" + (f", and {len(late)} of {len(shown) - end} of the panic" if suite in SILENT else "")


COMMANDS = re.compile(r"^## Last words over the network\n(?:(?!    ).*\n)*((?:    .*\n)+)", re.MULTILINE)
SECOND = "/var/log/second"


def readme(logs: Path) -> str:
    """The commands that the README tells a newcomer, as they stand there; then several receivers, status, and the end of it."""
    found = COMMANDS.search((paths.PROJECT / "README.md").read_text(encoding="utf-8"))
    check(found, "the README has no commands for two machines")
    listen, *send = [line.strip() for line in (found[1] if found else "").splitlines()]
    check(len(send) == 2 and "RECEIVER" in send[0], f"the README's commands are {listen!r} and {send}")
    with Listener(logs / "listener", None) as to, machine(logs, to, "net0").boot() as system:
        to.start(listen)
        system.check(served.PLAIN + f"; {IP} addr add fd09:1::2/64 dev eth0 nodad")
        said = "".join(system.check(f"{command.replace('RECEIVER', cables.ADDRESS)} 2>&1") for command in send)
        check("the test message was seen" in said, f"setup says {said!r}")
        say(system, to, "10.9.1.2", "words of a newcomer")
        several(system, to)
        return crash(system, to, "10.9.1.2")


def several(system: guest.System, to: Listener) -> None:
    """A second receiver by IPv6; status asks both, and tells when one does not answer; remove; and set up again."""
    to.run(f"mkdir {SECOND}")
    to.start(f"lastword netconsole listen --port 514 --dir {SECOND}")
    words = f"{cables.ADDRESS} [{cables.ADDRESS6}]:514"
    plan = system.check(f"lastword netconsole setup --dry-run {words} 2>&1")
    check("remote_ip fd09:1::1" in plan and "remote_port 514" in plan, f"--dry-run says {plan!r}")
    check(system.run("test -e /sys/kernel/config/netconsole/lastword1").status == 1, "--dry-run makes a target")
    said = system.check(f"lastword netconsole setup --probe {words} 2>&1")
    check("was sent to already" in said and said.count("the test message was seen") == 2, f"setup says {said!r}")
    shown = system.check("lastword netconsole status --probe 2>&1")
    check(shown.count(" seen") == 2 and "fd09:1::1" in shown, f"status says {shown!r}")
    check("fd09:1::2.log" in to.run(f"ls {SECOND}"), "the second receiver has nothing")
    to.run("kill $(ps | grep 'port 51[4]' | awk '{ print $1 }')")
    done = system.run("lastword netconsole status --probe 2>&1")
    check(done.status == 1 and "fd09:1::1 port 514 did not answer" in done.output and done.output.count(" seen") == 1,
          f"one receiver is gone, and status exits {done.status}: {done.output!r}")
    said = system.check(f"lastword netconsole setup {cables.ADDRESS} 2>&1; ls /sys/kernel/config/netconsole")
    check("lastword1" not in said, f"a receiver that is not named any more stays: {said!r}")
    said = system.check("lastword netconsole remove 2>&1; lastword netconsole status")
    check("lastword0 is removed" in said and "this kernel sends to nobody" in said, f"remove and status say {said!r}")
    set_up(system, cables.ADDRESS)


BAD = """modprobe virtio_net; modprobe vrf; modprobe tun; ip link set eth0 up; ip addr add 10.0.2.15/24 dev eth0
{IP} link add red type vrf table 7; {IP} link set red up; {IP} link set eth1 master red; {IP} link set eth1 up
{IP} tuntap add tun7 mode tun; {IP} addr add 10.77.1.1/24 dev tun7; {IP} link set tun7 up
{IP} link add nk7 type netkit; {IP} addr add 10.77.2.1/24 dev nk7; {IP} link set nk7 up""".replace("{IP}", IP)
TOO_MANY = "--boot --broadcast " + " ".join(f"10.0.2.{n}" for n in range(101, 107))
REFUSED = {
    "192.0.2.1": "there is no route to 192.0.2.1",
    "10.0.2.15": "10.0.2.15 is this machine",
    "10.0.2.77": "the receiver 10.0.2.77 on eth0 does not tell its MAC address",
    "192.0.2.1 10.0.2.77 10.0.2.2": "nothing was changed",
    "fd00::1": "there is no route to fd00::1",
    "fe80::1": "a link-local address needs its interface",
    "--from fd00::1 10.0.2.2": "not of one family",
    "--device nic7 10.0.2.2": "there is no interface nic7; there are: eth0, eth1",
    "--device eth2 10.0.2.2": "eth2 is down: take it up first",
    "--device eth1 --broadcast --from 10.0.3.1 10.0.3.2": "eth1 belongs to the VRF red",
    "10.77.1.2": "tun7 is no Ethernet device (tun)",
    "--broadcast 10.77.2.2": "nk7 cannot send from a crash: its driver does not support polling",
    TOO_MANY: "the kernel cuts it at 255",
    "--boot --broadcast 10.77.2.2": "nk7 is made by the system's network set-up",
    "10.0.2.2:0": "'0' is no port",
    "[10.0.2.2": "[ADDRESS]:PORT is meant",
    "no.such.host": "no.such.host: ",
}
NOTED = {
    "sysctl -qw kernel.printk=4": "the console's log level is 4",
    "echo Y > /sys/module/netconsole/parameters/oops_only": "netconsole.oops_only is set",
}


def refused(logs: Path) -> str:
    """What cannot work is refused with words of its own, and what works in part is said."""
    card = ["-nic", "user,ipv6=off,model=virtio-net-pci"]
    with guest.Guest(logs, "trixie", files=cables.programs(["ip"]), options=card * 3).boot() as system:
        system.check("; ".join(BAD.splitlines()))
        for words, reason in REFUSED.items():
            done = system.run(f"lastword netconsole setup {words} 2>&1")
            check(done.status == 1 and reason in done.output, f"setup {words} exits {done.status}: {done.output!r}")
        left = system.run("cat /sys/kernel/config/netconsole/*/enabled 2>&1").output
        check("1" not in left, f"something was set up: {left!r}")
        for command, note in NOTED.items():
            said = system.check(f"sysctl -qw kernel.printk=7; modprobe netconsole; {command}; lastword netconsole setup 10.0.2.2 2>&1")
            check(f"note: {note}" in said, f"after {command!r}, setup says {said!r}")
    return f"{len(REFUSED)} reasons"


ROWS = [
    *[rows.Row(f"netconsole-{name}", "matrix", lambda logs, way=way: arrives(logs, way)) for name, way in WAYS.items()],
    rows.Row("netconsole-moved", "matrix", moved),
    rows.Row("netconsole-bond-later", "matrix", bond_later),
    rows.Row("netconsole-two", "matrix", two),
    rows.Row("netconsole-readme", "matrix", readme),
    rows.Row("netconsole-refused", "matrix", refused),
    *[rows.Row(f"netconsole-dumped-{suite}", "matrix", lambda logs, suite=suite: dumped(logs, suite)) for suite in kernels.SUITES],
]

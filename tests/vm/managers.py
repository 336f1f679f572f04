# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernel messages from a Debian whose network ifupdown, NetworkManager or systemd-networkd brings up, from start to start."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.lab import grub, packages, rows
from tests.lab.rows import check

from . import netconsole

NIC = "ens16"
"""What udev makes of the card's slot."""
CARD = ["-netdev", "user,id=user", "-device", "virtio-net-pci,netdev=user,addr=0x10"]
RECEIVER = f"{netconsole.HOST}:{netconsole.PORT}"
TARGET = "/sys/kernel/config/netconsole/lastword0"
UNIT = "lastword-netconsole-send"
CONNECTION = f"""[connection]
id=lab
type=ethernet
interface-name={NIC}
[ipv4]
method=manual
address1={netconsole.ADDRESS}/24
[ipv6]
method=disabled
"""


@dataclass(frozen=True)
class Manager:
    """Who brings the network up.  @renew takes the interface down and up; @hook is what of ours it calls then, "": nothing."""

    name: str
    package: str
    path: str
    config: str
    enable: str
    renew: str
    hook: str = ""


MANAGERS = {
    "ifupdown": Manager(
        "ifupdown", "ifupdown", "etc/network/interfaces",
        f"auto lo\niface lo inet loopback\nauto {NIC}\niface {NIC} inet static\n  address {netconsole.ADDRESS}/24\n",
        "systemctl enable networking", f"ifdown {NIC} 2>&1; ifup {NIC} 2>&1", "/etc/network/if-up.d/lastword-netconsole"),
    "networkmanager": Manager(
        "NetworkManager", "network-manager", "etc/NetworkManager/system-connections/lab.nmconnection", CONNECTION,
        "systemctl enable NetworkManager", "nmcli connection down lab; nmcli connection up lab",
        "/usr/lib/NetworkManager/dispatcher.d/90-lastword-netconsole"),
    "networkd": Manager(
        "systemd-networkd", "", "etc/systemd/network/lab.network",
        f"[Match]\nName={NIC}\n[Network]\nAddress={netconsole.ADDRESS}/24\n",
        "systemctl enable systemd-networkd", f"ip link set {NIC} down; sleep 1; ip link set {NIC} up"),
}


def installed(logs: Path, manager: Manager) -> grub.Disk:
    """A Debian with lastword and with @manager in charge."""
    made = packages.deb("bookworm")
    disk = grub.copy("bookworm", packages.needed(next(made.glob("lastword_*.deb"))), logs)
    with disk.mounted(read_only=False) as root:
        shutil.copytree(made, root / "packages")
        archive = next((root / "packages").glob("lastword_*.deb")).relative_to(root)
        chroot: list[str | Path] = ["env", "DEBIAN_FRONTEND=noninteractive", "chroot", root]
        words = ["apt-get", "-y", "--no-install-recommends", "install", f"/{archive}", *filter(None, [manager.package])]
        done = subprocess.run([*chroot, *words], capture_output=True, text=True, check=False)
        check(done.returncode == 0, f"{words}: {done.stdout[-1000:]}{done.stderr[-1000:]}")
        file = root / manager.path
        file.write_text(manager.config, encoding="utf-8")
        file.chmod(0o600 if "nmconnection" in file.name else 0o644)
        subprocess.run([*chroot, *manager.enable.split()], check=True, capture_output=True)
        (root / "etc/sysctl.d/lab.conf").write_text("kernel.printk = 7 4 1 7\n", encoding="utf-8")
    return disk


def until_up(system: grub.System) -> None:
    """Its network is."""
    wait = f"for i in $(seq 90); do ip addr show dev {NIC} | grep -q {netconsole.ADDRESS} && exit 0; sleep 1; done; ip addr; exit 1"
    system.check(wait, 200)


def say(system: grub.System, files: Path, word: str) -> None:
    """The kernel says @word, and it arrives."""
    system.check(f"echo '<1>{word}' > /dev/kmsg")
    netconsole.until(files, f"{word}$")


def until_enabled(system: grub.System, why: str, address: str = netconsole.ADDRESS) -> None:
    """The target is there, from @address."""
    wait = f"for i in $(seq 40); do grep -qx 1 {TARGET}/enabled && grep -qx {address} {TARGET}/local_ip && exit 0; sleep 1; done; exit 1"
    done = system.run(wait, 120)
    shown = system.run(f"lastword netconsole status; systemctl status {UNIT}; ip addr; networkctl 2>&1").output
    check(done.status == 0, f"{why}: no target from {address}: {shown}")


def kept(logs: Path, manager: Manager) -> str:
    """`setup --keep` lasts: over a reboot by the service, without it by the hook, and is gone when it is removed."""
    disk = installed(logs, manager)
    with netconsole.receiver(logs) as files, disk.boot(logs, "kept", options=CARD) as system:
        until_up(system)
        said = system.check(f"lastword netconsole setup --probe --keep {RECEIVER} 2>&1")
        check("the test message was seen" in said, f"setup says {said!r}")
        check(f"{NIC} is brought up by {manager.name}" in said and manager.hook in said, f"setup does not say by whom: {said!r}")
        check(f"{UNIT}.service is enabled" in said, f"setup does not say what it enabled: {said!r}")
        system.reboot()
        until_enabled(system, "after a reboot")
        say(system, files, "words after a reboot")
        system.check(f"ip addr add 10.0.2.99/24 dev {NIC}; ip addr del {netconsole.ADDRESS}/24 dev {NIC}; ip addr add 10.0.2.99/24 dev {NIC} || :")
        until_enabled(system, "another address", "10.0.2.99")
        if manager.hook:
            by_hook(system, files, manager)
        else:
            system.check(manager.renew)
            until_enabled(system, "down and up", "10.0.2.99")
        system.check("lastword netconsole remove")
        check(system.run(f"test -e {TARGET}").status == 1, "remove leaves the target")
        check(system.run(f"systemctl is-enabled {UNIT}").output.strip() == "disabled", "remove leaves the service enabled")
        system.run(manager.renew)
        check(system.run(f"sleep 5; test -e {TARGET}").status == 1, "removed, and set up again")
    return manager.hook or "by the service alone"


def by_hook(system: grub.System, files: Path, manager: Manager) -> None:
    """Without the service, what brings the interface up sets up the target."""
    system.check(f"systemctl disable --now {UNIT} 2>&1")
    system.check(f"echo 0 > {TARGET}/enabled; rmdir {TARGET}/userdata/* 2>/dev/null; rmdir {TARGET}")
    system.check(f"ip addr flush dev {NIC}; {manager.renew}", 120)
    until_enabled(system, "down and up")
    say(system, files, "words after ifup")


EARLIEST = "Linux version"
SPLIT = """awk '/^# \\// { file = $2; next } { print > file }' /root/printed"""


def early(logs: Path) -> str:
    """What --boot prints, written where it says: the messages of the start arrive before anybody has set up anything."""
    disk = installed(logs, MANAGERS["ifupdown"])
    with netconsole.receiver(logs) as files, disk.boot(logs, "early", options=CARD) as system:
        until_up(system)
        said = system.check(f"lastword netconsole setup --boot {RECEIVER} 2>/root/notes > /root/printed; cat /root/printed /root/notes")
        check("softdep netconsole pre: virtio_net" in said, f"--boot does not name the driver: {said!r}")
        check("netconsole is a module here" in said, f"--boot does not say what it cannot: {said!r}")
        check(not any(EARLIEST in file.read_text() for file in files.iterdir()), "something was sent before")
        system.check(SPLIT)
        system.reboot()
        text = netconsole.until(files, f"{EARLIEST} 6")
        loaded = system.check("dmesg | grep -m1 'netconsole: network logging started'")
    check("Command line: " in text, "the first messages are not all there")
    return loaded.strip()


ROWS = [
    *[rows.Row(f"netconsole-{name}", "matrix", lambda logs, manager=manager: kept(logs, manager)) for name, manager in MANAGERS.items()],
    rows.Row("netconsole-early", "matrix", early),
]

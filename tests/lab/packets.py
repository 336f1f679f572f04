# SPDX-License-Identifier: GPL-2.0-or-later
"""What real kernels send with netconsole, datagram by datagram, as text: tests/golden/netconsole/SUITE-KIND.packets.

A line is a datagram: milliseconds since the one before, and its bytes, of which a newline stands as \\n, a backslash as
\\\\ and what is not printable as \\xHH.  tests/unit/netconsole/captured.c plays them to the receiver.
"""

import socket
import threading
import time
from pathlib import Path

from . import guest, kernels, paths

GOLDEN = paths.PROJECT / "tests" / "golden" / "netconsole"
HOST, HOST_MAC, ADDRESS = "10.0.2.2", "52:55:0a:00:02:02", "10.0.2.15"
"""This machine and the guest, in QEMU's user network."""
CARDS = ["-nic", "user,model=virtio-net-pci", "-device", "qemu-xhci", "-device", "usb-kbd"]
PORTS = {"boot": 17661, "basic": 17662, "extended": 17663}
PANIC_DEADLINE = 120.0
SETTLED = 3.0
"""Seconds without a datagram after which no more will come."""
LIMIT = 36 << 10
"""Bytes of a file, without its heading."""

ABOUT = {
    "boot": "the log so far, as a target of a module's parameter gets it; what has no dictionary was thinned out",
    "basic": "basic format: a USB keyboard, memory by SysRq, long words, a panic by SysRq; the machine boots again",
    "extended": "extended format with all this kernel adds to it: the same, and a task's name that forges a dictionary",
}

CONFIGFS = "/sys/kernel/config/netconsole"
NETWORK = f"""modprobe virtio_net; ip link set eth0 up; ip addr add {ADDRESS}/24 dev eth0; hostname web1
sysctl -qw kernel.printk=8; modprobe configfs; mount -t configfs none /sys/kernel/config; sleep 1"""
BOOT_TARGET = f"modprobe netconsole netconsole=+6665@{ADDRESS}/eth0,{PORTS['boot']}@{HOST}/{HOST_MAC}; sleep 3"
CONFIGFS_TARGETS = f"""modprobe netconsole; mkdir {CONFIGFS}/basic {CONFIGFS}/extended
cd {CONFIGFS}/extended; [ ! -e release ] || echo 1 > release
if [ -d userdata ]; then mkdir userdata/host userdata/boot; hostname > userdata/host/value
cat /proc/sys/kernel/random/boot_id > userdata/boot/value; fi
for i in cpu_nr taskname release msgid; do [ ! -e userdata/${{i}}_enabled ] || echo 1 > userdata/${{i}}_enabled; done
cd {CONFIGFS}; for t in basic extended; do echo {HOST_MAC} > $t/remote_mac; echo {HOST} > $t/remote_ip
echo {ADDRESS} > $t/local_ip; echo eth0 > $t/dev_name; done
echo 0 > basic/extended; echo 1 > extended/extended
echo {PORTS['basic']} > basic/remote_port; echo {PORTS['extended']} > extended/remote_port
echo 1 > basic/enabled; echo 1 > extended/enabled"""
LONG = "\u00e9" * 400
"""Escaped, each of these letters is eight bytes: a message of some pieces, cut inside escapes."""
SAYS = [
    "modprobe xhci_pci; modprobe usbhid; sleep 3",
    f"echo '<4>long {LONG}' > /dev/kmsg",
    "printf '<6>two\\nlines' | dd bs=100 of=/dev/kmsg 2> /dev/null",
    "many=$(for i in $(seq 35); do echo line $i of many; done); printf \"$many\" | dd bs=900 of=/dev/kmsg 2> /dev/null",
    "printf 'back\\\\slash \\033[31mred\\033[m' | dd bs=100 of=/dev/kmsg 2> /dev/null",
    "sh -c \"printf 'x\\n host=evil' > /proc/\\$\\$/comm; echo '<4>a task with a name' > /dev/kmsg\"",
    "echo m > /proc/sysrq-trigger",
    "sleep 2",
]


class Ears:
    """Sockets that keep what comes, with the time: a thread each."""

    def __init__(self) -> None:
        self.heard: dict[str, list[tuple[float, bytes]]] = {}
        for where in PORTS.items():
            threading.Thread(target=self._listen, args=where, daemon=True).start()

    def _listen(self, kind: str, port: int) -> None:
        mine: list[tuple[float, bytes]] = []
        self.heard[kind] = mine
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
            ear.bind(("", port))
            while True:
                datagram = ear.recv(65536)
                mine.append((time.monotonic(), datagram))

    def settle(self) -> None:
        """Wait until nothing comes any more."""
        while any(heard and time.monotonic() - heard[-1][0] < SETTLED for heard in self.heard.values()):
            time.sleep(0.2)


def written(datagram: bytes) -> str:
    """As it stands in the file."""
    known = {ord("\n"): "\\n", ord("\\"): "\\\\"}
    return "".join(known.get(c) or (chr(c) if 0x20 <= c < 0x7F else f"\\x{c:02x}") for c in datagram)


def thinned(heard: list[tuple[float, bytes]]) -> list[tuple[float, bytes]]:
    """The first, the last, and what has a dictionary."""
    rows = enumerate(heard)
    return [row for i, row in rows if i < 40 or i >= len(heard) - 15 or b"\n SUBSYSTEM=" in row[1]]


def keep(suite: str, kind: str, heard: list[tuple[float, bytes]]) -> Path:
    """Write the file of one kind."""
    path = GOLDEN / f"{suite}-{kind}.packets"
    lines, size, before = [f"# {kernels.kernel(suite).release}: {ABOUT[kind]}"], 0, heard[0][0]
    for when, datagram in thinned(heard) if kind == "boot" else heard:
        line = f"{round(1000 * (when - before))} {written(datagram)}"
        size += len(line) + 1
        if size > LIMIT:
            break
        lines.append(line)
        before = when
    path.write_text("\n".join(lines) + "\n", encoding="ascii")
    return path


def capture(suite: str) -> list[Path]:
    """Boot a guest, let it talk, panic and boot again; the files written."""
    ears = Ears()
    with paths.scratch("packets") as work:
        machine = guest.Guest(work, suite, options=CARDS, cmdline="sysrq_always_enabled panic=0")
        with machine.boot("first") as system:
            system.check("; ".join(NETWORK.splitlines()))
            system.check(BOOT_TARGET)
            ears.settle()
            system.run(f"rmmod netconsole; {'; '.join(CONFIGFS_TARGETS.splitlines())}")
            for command in SAYS:
                system.run(command)
            system.write("echo c > /proc/sysrq-trigger")
            system.until("---. end Kernel panic", system.now() + PANIC_DEADLINE)
            ears.settle()
        with machine.boot("second") as system:
            system.check("; ".join(NETWORK.splitlines()))
            system.run("; ".join(CONFIGFS_TARGETS.splitlines()))
            system.run("echo '<5>here I am again' > /dev/kmsg; echo '<6>and well' > /dev/kmsg; sleep 2")
            ears.settle()
    return [keep(suite, kind, heard) for kind, heard in ears.heard.items() if heard]

# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest's last words over the network: set up by `netconsole setup`, received on the host by `netconsole listen`."""

import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lab import guest, paths, rows
from tests.lab.rows import check


def free_port() -> int:
    """A port of UDP that nobody has: rows of several runs receive beside each other."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as unused:
        unused.bind(("::", 0))
        return int(unused.getsockname()[1])


PORT = free_port()
HOST = "10.0.2.2"
"""This machine, as QEMU's user network shows it."""
ADDRESS = "10.0.2.15"
LEVEL = "sysctl -qw kernel.printk=7; hostname web1"
PLAIN = f"modprobe virtio_net; ip link set eth0 up; ip addr add {ADDRESS}/24 dev eth0; {LEVEL}"
BRIDGE = f"""modprobe virtio_net; modprobe bridge; ip link set eth0 up; brctl addbr br0; brctl addif br0 eth0
ip addr add {ADDRESS}/24 dev br0; ip link set br0 up; sleep 1; {LEVEL}"""
CARD = ["-nic", "user,model=virtio-net-pci"]
STAMP = re.compile(r"\[ *\d+\.\d+\] ?")
BEGINS = 24
"""Characters of a console's line that tell which it is."""
ARRIVES = 240.0
"""Seconds: on a busy machine without KVM the kernel takes some for each line of a panic."""


@contextmanager
def receiver(logs: Path) -> Iterator[Path]:
    """`netconsole listen`; the directory of its files."""
    files = logs / "received"
    files.mkdir(parents=True)
    lastword = paths.build() / "lastword"
    with open(logs / "receiver.log", "wb") as said:
        words = [lastword, "netconsole", "listen", "--port", str(PORT), "--dir", files, "--output", f"json:{logs}/all.json"]
        process = subprocess.Popen(words, stdout=said, stderr=said)
        try:
            yield files
        finally:
            process.terminate()
            check(process.wait(20) == 0, f"the receiver ends with {process.returncode}")


def until(files: Path, pattern: str) -> str:
    """What was received, once @pattern is in it."""
    end = time.monotonic() + ARRIVES
    while True:
        text = "".join(path.read_text() for path in sorted(files.iterdir()))
        if re.search(pattern, text, re.MULTILINE):
            return text
        check(time.monotonic() < end, f"{pattern!r} was not received; the end is {text[-300:]!r}")
        time.sleep(0.2)


def words_of(line: str) -> str:
    """A line without its times and callers."""
    return re.sub(r"^(\S+Z )?(\(resent\) )?(\[ *\d+\.\d+\] ?)?(\[ *[TC]\d+\] ?)? ?", "", line).rstrip()


def panics(logs: Path, suite: str, network: str = PLAIN) -> str:
    """Set up, say something of each kind, crash: all that the console shows from the panic on is in the file."""
    with receiver(logs) as files:
        with guest.Guest(logs, suite, options=CARD).boot() as system:
            system.check("; ".join(network.splitlines()))
            plan = system.check(f"lastword netconsole setup --dry-run {HOST}:{PORT} 2>&1")
            check(f"remote_ip {HOST}" in plan and f"local_ip {ADDRESS}" in plan, f"the plan is {plan!r}")
            check("netconsole" not in system.run("ls /sys/kernel/config").output, "--dry-run did something")
            done = system.run(f"lastword netconsole setup --probe {HOST}:{PORT} 2>&1")
            check(done.status == 0 and "the test message was seen" in done.output, f"setup says {done.output!r}")
            again = system.check(f"lastword netconsole setup {HOST}:{PORT} 2>&1")
            check("was sent to already" in again, f"the second setup says {again!r}")
            check(HOST in system.check("lastword netconsole status"), "status does not show the target")
            # escaped, each of these letters is eight bytes: two pieces; from Linux 6.4 on there are never more than 2048 bytes
            long = "\u00e9" * 200
            system.check(f"echo '<1>long {long}' > /dev/kmsg; echo '<1>caf\u00e9' > /dev/kmsg")
            check(f"long {long}\n" in until(files, "caf\u00e9$"), "a message in pieces is not whole")
            system.write("echo c > /proc/sysrq-trigger")
            system.until("---. end Kernel panic", system.now() + ARRIVES)
            until(files, "-- lastword: panic: ")
            text = until(files, "---. end Kernel panic")
            shown = [words_of(line.text) for line in system.console]
    return all_received(shown, text)


def shows(words: str, piece: str) -> bool:
    """Is @piece what the serial port of a dying machine shows of @words: how it begins, or all but a hole within?"""
    if words.startswith(piece[:BEGINS]):
        return True
    begins = len(os.path.commonprefix([words, piece]))
    return begins > 0 and words.endswith(piece[begins:])


def all_received(shown: list[str], text: str) -> str:
    """All lines of @shown, a console's, from the panic on are in @text; how many there are, as a note."""
    start = next(i for i, line in enumerate(shown) if "Kernel panic - not syncing" in line)
    received = {words_of(line) for line in text.splitlines()}
    # a line can break off, and another go on within it
    missing = [piece for line in shown[start:] for piece in STAMP.split(line)
               if piece.strip() and not any(shows(words, piece.rstrip()) for words in received)]
    check(not missing, f"{len(missing)} lines of the panic are not in the file: {missing[:3]}")
    return f"{len(shown) - start} lines from the panic on"


def removed(logs: Path) -> str:
    """`remove` leaves nothing, and what cannot work says why."""
    with receiver(logs), guest.Guest(logs, options=CARD).boot() as system:
        system.check(PLAIN)
        system.check(f"lastword netconsole setup {HOST}:{PORT}; mkdir /sys/kernel/config/netconsole/other")
        system.check("lastword netconsole remove")
        left = system.check("ls /sys/kernel/config/netconsole").split()
        check(left == ["other"], f"what is left is {left}")
        for words, reason in {
            "192.0.2.1": "there is no route to",
            ADDRESS: "is this machine",
            "10.0.2.77": "does not tell its MAC address",
            "fe80::1": "needs its interface",
            f"--device nic7 {HOST}": "there is no interface nic7",
        }.items():
            done = system.run(f"lastword netconsole setup {words} 2>&1")
            check(done.status == 1 and reason in done.output, f"setup {words} says {done.output!r}")
    return ""


ROWS = [
    *[rows.Row(f"netconsole-{suite}", "matrix", lambda logs, suite=suite: panics(logs, suite))
      for suite in ("bullseye", "bookworm", "trixie")],
    rows.Row("netconsole-bridge", "matrix", lambda logs: panics(logs, "bookworm", BRIDGE)),
    rows.Row("netconsole-removed", "matrix", removed),
]

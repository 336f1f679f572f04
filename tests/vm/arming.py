# SPDX-License-Identifier: GPL-2.0-or-later
"""Arming: what status says, what arm refuses, and that a refusal leaves what was armed armed."""

from pathlib import Path

from tests.lab import guest, rows
from tests.lab.rows import check

from . import crashes

CONF = "path /var/crash\n"
LOADED = "cat /sys/kernel/kexec_crash_loaded"
SIZE = "/sys/kernel/kexec_crash_size"
ARMED, NOT_ARMED, STALE = 0, 3, 4

REFUSED = (
    ("path /var/crash\nfoo bar\n", r"kdump.conf:2"),
    ("ext4 UUID=00000000-dead-beef-0000-000000000000\n", "00000000-dead-beef-0000-000000000000"),
    ("xfs UUID=4b9f4c1e-0c1c-4b0e-9b39-0f9f6e6a2b11\n", "ext4"),
    ("nfs server:/dumps\n", "nfs: server: "),
    ("ssh root@server\n", "ssh"),
    ("virtiofs tag\n", "no virtiofs device"),
    ("path /no/such/directory\n", "/no/such/directory"),
)
"""kdump.conf texts that arm must refuse, each with words its message must have."""


def refuses(system: guest.System, words: str) -> None:
    """`lastword arm` fails with exit status 1 and says @words."""
    done = system.run("lastword arm 2>&1")
    check(done.status == 1, f"arm exits {done.status}, wanted 1: {done.output.strip()}")
    check(words in done.output, f"arm does not say {words!r}: {done.output.strip()}")


def status_is(system: guest.System, wanted: int) -> None:
    """`lastword status` exits with @wanted and says why in one line."""
    done = system.run("lastword status 2>&1")
    check(done.status == wanted, f"status exits {done.status}, wanted {wanted}: {done.output.strip()}")
    check(len(done.output.splitlines()) == 1, f"status is not one line: {done.output!r}")


def life(logs: Path) -> str:
    """Not armed, armed, refused but still armed, stale, armed again, disarmed; then too little memory, then none."""
    data = crashes.data_disk(logs)
    with guest.Guest(logs, disks=[data], files={"etc/kdump.conf": CONF}).boot() as system:
        status_is(system, NOT_ARMED)
        crashes.arm(system)
        for conf, words in REFUSED:
            system.check(f"printf '{conf.encode('unicode_escape').decode()}' > /etc/kdump.conf")
            refuses(system, words)
            check(system.check(LOADED).strip() == "1", "a refused arm unloaded what was armed")
            status_is(system, STALE)
        system.check(f"printf '{CONF.strip()}\\ncore_collector makedumpfile -z -d 1\\n' > /etc/kdump.conf")
        status_is(system, STALE)
        crashes.arm(system)
        system.check("lastword reload && lastword rebuild")
        status_is(system, ARMED)
        system.check("lastword disarm")
        check(system.check(LOADED).strip() == "0", "disarmed, but the kernel still has a capture image")
        status_is(system, NOT_ARMED)
        system.check(f"echo {48 << 20} > {SIZE}")
        refuses(system, "crashkernel=")
        check(system.check(LOADED).strip() == "0", "an image that does not fit was loaded")
        system.check(f"echo 0 > {SIZE}")
        refuses(system, "no memory is reserved")
        status_is(system, NOT_ARMED)
        system.power_off()
    return ""


ROWS = [rows.Row("arming", "test", life)]

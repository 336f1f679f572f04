# SPDX-License-Identifier: GPL-2.0-or-later
"""The receiver as a service of a real systemd, from the package: a user of its own, its socket, reload and restart."""

import shutil
from pathlib import Path

from tests.lab import grub, packages, rows
from tests.lab.rows import check

from . import installed

SERVICE = "lastword-netconsole.service"
LOG = "/var/log/netconsole/127.0.0.1.log"
MESSAGES = 400


def say(first: int, last: int, pause: float = 0) -> str:
    """A command that sends numbered lines."""
    wait = f"; sleep {pause}" if pause else ""
    return f"bash -c 'for i in $(seq {first} {last}); do echo word $i > /dev/udp/127.0.0.1/6666{wait}; done'"


def service(logs: Path) -> str:
    """Installed, enabled, heard; moved files, a reload and restarts lose nothing; it may do next to nothing."""
    made = packages.deb("bookworm")
    disk = grub.copy("bookworm", packages.needed(next(made.glob("lastword_*.deb"))), logs)
    with disk.mounted(read_only=False) as root:
        shutil.copytree(made, root / "packages")
    with disk.boot(logs, "service") as system:
        system.check(f"{installed.APT} /packages/lastword_*.deb 2>&1", 400)
        system.check(f"systemctl enable --now {SERVICE} 2>&1")
        system.check(f"{say(1, 100)}; sleep 1; mv {LOG} {LOG}.moved; systemctl reload {SERVICE}; sleep 1")
        system.check(f"{say(101, 200)}; sleep 1")
        system.check(f"({say(201, MESSAGES, 0.02)}) & sleep 1; systemctl restart {SERVICE}; sleep 1; "
                     f"systemctl kill -s KILL {SERVICE}; wait; sleep 2", 200)
        text = system.check(f"cat {LOG}.moved {LOG}")
        process = "/proc/$(systemctl show -P MainPID lastword-netconsole)/status"
        rights = system.check(f"grep -E '^(Uid|CapEff|NoNewPrivs|Seccomp):' {process}")
        state = system.run("lastword netconsole status").output
        said = system.run(f"journalctl -b -o cat -u {SERVICE}").output
        exposure = system.run(f"systemd-analyze security {SERVICE} | tail -1").output.strip()
    words = [line.partition(" ")[2] for line in text.splitlines() if " word " in line]
    missing = {f"word {n}" for n in range(1, MESSAGES + 1)} - set(words)
    # of what a killed receiver has not written yet, 50 ms are lost
    check(len(missing) <= 20, f"{len(missing)} lines are missing: {sorted(missing)[:5]}; it says {said}")
    check(not any(int(word.split()[1]) <= 240 for word in missing), f"a reload or restart loses lines: {sorted(missing)[:5]}")
    facts = dict(line.split(":\t", 1) for line in rights.splitlines())
    check("0" not in facts["Uid"].split(), f"it runs as {facts['Uid']}")
    check(int(facts["CapEff"], 16) == 0 and facts["NoNewPrivs"] == "1" and facts["Seccomp"] == "2", f"its rights are {facts}")
    check("127.0.0.1" in state and "receive buffer 67108864" in state, f"status says {state}")
    check("failed" not in said.lower().replace("failed with result 'signal'", ""), f"the journal has {said}")
    return exposure.split("service: ")[-1]


ROWS = [rows.Row("netconsole-service", "matrix", service)]

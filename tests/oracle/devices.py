# SPDX-License-Identifier: GPL-2.0-or-later
"""list, tree, irq, timer, mount, net, ipcs, dev and bpf of a filtered dump alone, beside crash on the whole vmcore with DWARF;
on a kernel that crash does not know, beside drgn."""

import ipaddress
import json
import re
from pathlib import Path
from typing import Any

from tests.lab import kernels, oracle, rows
from tests.lab.rows import check

from . import knowledge, references

SCRIPT = Path(__file__).with_name("drgn_devices.py")
SUITES = ("bullseye", "bookworm", "trixie")
"""Those that crash 9.0.2 can open."""
COMMANDS = (
    "irq", "irq -u", "irq 4", "irq -d", "irq -b", "irq -a", "irq -s", "irq -s -c 1", "timer", "timer -r", "timer -C 1",
    "mount", "mount -n 1", "net", "net -n 1", "net -a", "net -N 0x0100007f", "ipcs", "ipcs -M", "ipcs -s -n 1", "dev", "dev -i",
    "dev -p", "dev -d", "bpf", "list -H modules module.list", "list -H modules -o module.list -r", "list modules",
    "list -h init_task -o task_struct.tasks -S task_struct.pid,comm", "list -o 8 modules",
    "list -h init_task -O task_struct.children -o task_struct.sibling -S task_struct.pid",
    "tree -t rbtree -o vmap_area.rb_node vmap_area_root -p", "tree -t rbtree -o vmap_area.rb_node vmap_area_root -l",
    "tree -t xarray -r pid_namespace.idr init_pid_ns -p", "tree -t xarray -r pid_namespace.idr init_pid_ns -S pid.level",
)
MARK = "@@ next"
SIX = re.compile(r"([0-9a-f]*:[0-9a-f:]*)-(\d+)")


def row(suite: str) -> rows.Row:
    """The same lines, blanks aside."""

    def run(logs: Path) -> str:
        dump = _filtered(suite, logs)
        commands = [*COMMANDS, f"net -s {_python(dump)}"]
        equal = 0
        for command, wanted in zip(commands, _crash(suite, commands), strict=True):
            name = command.split()[0]
            if any(line.startswith(f"{name}: ") for line in wanted):
                continue  # a variable that this kernel does not have
            found = _lines(references.lastword("crash", dump, *command.split()).stdout)
            if name == "timer":
                _timers(command, wanted, found)
            elif command == "dev -d":  # crash calls reads and writes asynchronous and synchronous on older kernels
                check(wanted[1:] == found[1:], f"{command}: {_difference(wanted[1:], found[1:])}")
            else:
                check(wanted == found, f"{command}: {_difference(wanted, found)}")
            equal += len(wanted)
        check(equal > 1000, f"only {equal} lines: this shows nothing")
        return f"{len(commands)} commands, {equal} lines equal"

    return rows.Row(f"commands-devices-{suite}", "matrix", run)


def drgn_row(suite: str) -> rows.Row:
    """The same things by drgn's own walks."""

    def run(logs: Path) -> str:
        dump = _filtered(suite, logs)
        done = oracle.run("python3", SCRIPT, references.devices(suite), kernels.vmlinux(suite))
        check(done.returncode == 0, f"drgn: {done.stderr.strip()}")
        wanted: dict[str, Any] = json.loads(done.stdout)
        found = _known(dump)
        for what, known in wanted.items():
            check(known == found[what], f"{what}: drgn has {known}, we have {found[what]}")
        return f"{sum(len(known) for known in wanted.values())} things equal"

    return rows.Row(f"commands-devices-{suite}", "matrix", run)


def _filtered(suite: str, logs: Path) -> Path:
    out = logs / f"{suite}-devices.kdump"
    references.lastword("save", "-f", "-z", "-d", "31", references.devices(suite), out)
    return out


def _python(dump: Path) -> int:
    return next(int(t["pid"]) for t in knowledge.crash(dump, "ps")["tasks"] if t["command"] == "python3")


def _known(dump: Path) -> dict[str, Any]:
    def ask(*words: str) -> dict[str, Any]:
        return knowledge.crash(dump, *words)

    ipcs = ask("ipcs")
    return {
        "irqs": [[i["irq"], i["irq_desc"], [a["name"] for a in i["actions"]]] for i in ask("irq", "-u")["irqs"]],
        "counts": [[i["irq"], i["counts"]] for i in ask("irq", "-s")["irqs"]],
        "mounts": [[m["mount"], m["type"], m["device"], m["directory"]] for m in ask("mount")["mounts"]],
        "devices": [[n["net_device"], n["name"]] for n in ask("net")["devices"]],
        "disks": [[d["gendisk"], d["name"]] for d in ask("dev", "-d")["disks"]],
        "memory": [[m["address"], m["id"], m["bytes"]] for m in ipcs["shared_memory"]],
        "semaphores": [[m["address"], m["id"], m["semaphores"]] for m in ipcs["semaphores"]],
        "messages": [[m["address"], m["id"], m["messages"]] for m in ipcs["message_queues"]],
        "timers": sorted(t["timer_list"] for base in ask("timer")["bases"] for t in base["timers"]),
        "hrtimers": [[t["hrtimer"], t["expires_ns"]] for base in ask("timer", "-r")["bases"] for t in base["timers"]],
        "pids": [[e["entry"], int(e["first"], 16)]
                 for e in ask("tree", "-t", "xarray", "-r", "pid_namespace.idr", "init_pid_ns")["entries"]],
        "modules": [e["address"] for e in ask("list", "-H", "modules", "module.list")["entries"]],
        "sockets": [[s["fd"], s["socket_address"], s["sock_address"]]
                    for s in ask("net", "-s", str(_python(dump)))["tasks"][0]["sockets"]],
    }


def _crash(suite: str, commands: list[str]) -> list[list[str]]:
    given = f"set scroll off\n!echo {MARK}\n" + "".join(f"{command}\n!echo {MARK}\n" for command in commands) + "quit\n"
    done = oracle.run("crash", "-s", kernels.vmlinux(suite), references.devices(suite), given=given)
    check(done.returncode == 0, f"crash: exit status {done.returncode}: {done.stdout[-400:]}{done.stderr[-400:]}")
    return [_lines(part) for part in done.stdout.split(f"{MARK}\n")[1:-1]]


def _lines(text: str) -> list[str]:
    squeezed = (" ".join(line.split()) for line in text.splitlines())
    return [SIX.sub(_short, line) for line in squeezed if line]


def _short(found: re.Match[str]) -> str:
    try:
        return f"{ipaddress.IPv6Address(found[1])}-{found[2]}"
    except ValueError:
        return found[0]


def _timers(command: str, wanted: list[str], found: list[str]) -> None:
    # crash does not know the third base of 6.9 and later and gives the others the old names.
    known = set(found)
    lost = [line for line in wanted if "<" in line and line not in known]
    check(not lost, f"{command}: {lost[:3]} are not there")
    many = [sum("<" in line for line in lines) for lines in (wanted, found)]
    check(many[0] > 0 and many[1] >= many[0], f"{command}: {many[0]} timers by crash, {many[1]} here")


def _difference(wanted: list[str], found: list[str]) -> str:
    for one, other in zip(wanted, found):
        if one != other:
            return f"crash has {one!r}, we have {other!r}"
    return f"crash has {len(wanted)} lines, we have {len(found)}: {(wanted[len(found):] or found[len(wanted):])[:2]}"


ROWS = [*(row(suite) for suite in SUITES), drgn_row("sid")]

# SPDX-License-Identifier: GPL-2.0-or-later
"""The panic policy on real kernels: what is absent, what a preset sets, and that its triggers lead to a dump."""

import dataclasses
import json
import re
import time
from pathlib import Path
from typing import Any

from tests.lab import deaths, guest, kernels, rows
from tests.lab.rows import check

from . import crashes, dumps

CONF = "ext4 UUID={uuid}\npath /\n"
READ_ALL = "cd /proc/sys; for f in kernel/* vm/*; do [ -f $f ] && echo \"$f=$(cat $f 2> /dev/null)\"; done; true"
KNOWN = re.compile(
    r"kernel/(.*panic.*|.*oops.*|.*nmi.*|.*lockup.*|hung_task_.*|warn_limit|.*sys_info|sysrq)|vm/.*panic.*")
"""Switches of the kernel that lastword must know …"""
LEFT_OUT = {"kernel/kexec_load_limit_panic", "kernel/ftrace_dump_on_oops", "kernel/hung_task_check_count",
            "kernel/hung_task_check_interval_secs", "kernel/hung_task_detect_count", "kernel/kernel_sys_info"}
"""… but for these, which decide nothing about a panic."""
ONE_WAY = "kernel/max_rcu_stall_to_panic"
"""The kernel starts with 0 and does not take that back."""


@dataclasses.dataclass(frozen=True)
class Trigger:
    """A fault that @preset makes a panic: how it is caused (with @ready to make it come soon), and what the kernel logs
    of it without the preset.
    """

    preset: str
    death: deaths.Death
    logs: str
    ready: str = ":"


SETTLE = 2.0
"""Seconds in which a panic would be seen."""
HUNG, OOM = deaths.DEATHS["hung"], deaths.DEATHS["oom"]
WARN = deaths.Death("Kernel panic", "death_warn", "insmod", f"insmod /{deaths.MODULE} kind=warn")
ENDING = "{ (while sleep 1; do :; done) > /dev/null 2>&1 & }"
"""Processes that end begin grace periods: where nothing begins one, none stalls."""
STALL = f"echo 3 > /sys/module/rcupdate/parameters/rcu_cpu_stall_timeout; lastword sysctl set soft_watchdog=0; {ENDING}"
TRIGGERS = {
    "oops": Trigger("default", deaths.DEATHS["null"], "NULL pointer dereference"),
    "nmi": Trigger("default", deaths.DEATHS["nmi-idle"], "NMI received for unknown reason"),
    "softlockup": Trigger(
        "server", deaths.DEATHS["softlockup"], "soft lockup", "lastword sysctl set watchdog_thresh=2"),
    "rcu": Trigger("server", deaths.DEATHS["softlockup"], "detected stalls on CPUs|self-detected stall", STALL),
    "hung": Trigger("strict", HUNG, "blocked for more than", "lastword sysctl set hung_task_timeout_secs=5"),
    "oom": Trigger("strict", OOM, "Killed process", "echo 1 > /proc/sys/vm/overcommit_memory"),
    "warn": Trigger("strict", WARN, "death by warning"),
}


def values(system: guest.System) -> dict[str, str]:
    """All switches of the kernel by their path."""
    lines = (line.partition("=") for line in system.check(READ_ALL).splitlines())
    return {path: value.strip() for path, _, value in lines}


def listed(system: guest.System) -> dict[str, dict[str, Any]]:
    """What `lastword sysctl list` says, by path."""
    switches = json.loads(system.check("lastword --json sysctl list"))["switches"]
    return {switch["name"].replace(".", "/"): switch for switch in switches}


def row_list(suite: str) -> rows.Row:
    """Absent is what the kernel lacks, and nothing is missed; a preset runs, and undo leaves all as it was."""

    def run(logs: Path) -> str:
        with guest.Guest(logs, suite).boot() as system:
            before, switches = values(system), listed(system)
            for path, switch in switches.items():
                check(switch["running"] == before.get(path), f"{path}: {switch['running']!r}, not {before.get(path)!r}")
            missed = {path for path in before if KNOWN.fullmatch(path)} - set(switches) - LEFT_OUT
            check(not missed, f"the kernel has switches that lastword does not know: {sorted(missed)}")
            for preset in ("strict", "hpc", "server", "default"):
                system.check(f"lastword sysctl preset {preset}")
                now = values(system)
                wanted = json.loads(system.check("lastword --json sysctl preset"))["switches"]
                for switch in wanted:
                    path = switch["name"].replace(".", "/")
                    if path in before and (switch[preset] or path != ONE_WAY):
                        value = switch[preset] or before[path]
                        check(now[path] == value, f"{preset}: {path} is {now[path]}, not {value}")
            system.check("lastword sysctl set panic_print=tasks,locks sysrq=dump")
            refused = system.run("lastword sysctl set panic_on_oops=0 kernel.panic_on_stackoverflow=1 2>&1")
            check(refused.status == 1 and "absent" in refused.output, f"{refused}")
            system.check("lastword sysctl undo")
            left = {path: (before[path], value) for path, value in values(system).items() if path in switches
                    and before[path] != value and path != ONE_WAY}
            check(not left, f"undo leaves {left}")
            files = system.run("ls /etc/sysctl.d/60-lastword.conf /var/lib/lastword/sysctl.before").output
            check(not files.startswith("/"), "undo leaves files")
            absent = sorted(path.partition("/")[2] for path, switch in switches.items() if switch["running"] is None)
        return f"absent: {' '.join(absent)}"

    return rows.Row(f"sysctl-{suite}", "matrix", run)


def survives(machine: guest.Guest, trigger: Trigger) -> None:
    """Without the preset the fault is logged and the machine goes on."""
    plain = dataclasses.replace(trigger.death, prepare=":", sign=trigger.logs)
    with machine.boot("survives") as system:
        system.check(f"{trigger.ready}; dmesg -n 8")
        plain.bring(system)
        time.sleep(SETTLE)
        check(system.monitor("query-status")["running"], "the machine ended without the preset")
        check(not any("Kernel panic" in line.text for line in system.console), "the kernel panicked without the preset")


def row(suite: str, kind: str) -> rows.Row:
    """A fault that is a panic with a preset, and only then."""
    trigger = TRIGGERS[kind]

    def run(logs: Path) -> str:
        data = crashes.data_disk(logs)
        files: dict[str, str | Path] = {"etc/kdump.conf": CONF.format(uuid=data.uuid), **deaths.files(suite)}
        machine = guest.Guest(logs, suite, disks=[data], files=files)
        survives(machine, trigger)
        prepare = f"lastword sysctl preset {trigger.preset} && {trigger.ready}"
        death = dataclasses.replace(trigger.death, prepare=":")
        crash = crashes.crash(machine, prepare, death=death)
        check(crash.ended_by == "guest-reset", f"the machine ended by {crash.ended_by!r}, not by a reboot")
        dump = dumps.fetch(data, logs)
        check((dump / dumps.CORE).stat().st_size > 0, "the dump is empty")
        return trigger.preset

    return rows.Row(f"policy-{kind}-{suite}", "matrix", run)


def row_trigger(suite: str) -> rows.Row:
    """`lastword trigger` refuses where no dump would be taken, tells how to do it from outside, and does it."""

    def run(logs: Path) -> str:
        data = crashes.data_disk(logs)
        machine = guest.Guest(logs, suite, disks=[data], files={"etc/kdump.conf": CONF.format(uuid=data.uuid)})
        with machine.boot("refuses") as system:
            refused = system.run("lastword trigger --yes 2>&1")
            check(refused.status == 1 and "not armed" in refused.output, f"not armed, but trigger says {refused}")
            crashes.arm(system)
            system.check("lastword trigger --dry-run")
            unasked = system.run("lastword trigger 2>&1")
            check(unasked.status == 1 and "no terminal" in unasked.output, f"nobody to ask, but trigger says {unasked}")
            check(not _outside(system)["panics"], "without a preset the kernel would not panic on an NMI")
            system.check("lastword sysctl preset default")
            check(_outside(system)["panics"], "with the preset the kernel would panic on an NMI")
            command = _outside(system)["command"]
        blow = dataclasses.replace(deaths.SYSRQ, trigger="lastword trigger --yes")
        crash = crashes.crash(machine, death=blow)
        check(crash.ended_by == "guest-reset", f"the machine ended by {crash.ended_by!r}, not by a reboot")
        dumps.check_log(dumps.fetch(data, logs))
        return command

    return rows.Row(f"trigger-{suite}", "matrix", run)


def _outside(system: guest.System) -> dict[str, Any]:
    """The first way to crash it from outside."""
    told = json.loads(system.check("lastword --json trigger --how"))["platforms"][0]
    check(told["platform"] == "qemu", f"the guest takes itself for {told}")
    way: dict[str, Any] = told["ways"][0]
    check(way["signal"] == "nmi", f"the first way is {way}")
    return way


PRINTS_LATE = {"bullseye"}
"""Kernels that print what panic_print asks for only after the capture kernel would have started."""


def panic_print(suite: str) -> rows.Row:
    """What panic_print asks for is in the dump's log with crash_kexec_post_notifiers alone, and not on every kernel."""

    def run(logs: Path) -> str:
        found = {}
        for words in ("", "crash_kexec_post_notifiers"):
            where = logs / (words or "plain")
            where.mkdir()
            data = crashes.data_disk(where)
            files: dict[str, str | Path] = {"etc/kdump.conf": CONF.format(uuid=data.uuid)}
            machine = guest.Guest(where, suite, disks=[data], files=files, cmdline=words)
            crash = crashes.crash(machine, "lastword sysctl set panic_print=tasks")
            check(crash.ended_by == "guest-reset", f"the machine ended by {crash.ended_by!r}, not by a reboot")
            log = (dumps.fetch(data, where) / dumps.LOG).read_text(encoding="utf-8", errors="replace")
            found[words] = "task:khungtaskd" in log.partition("Kernel panic")[2].replace(" ", "")
        check(not found[""], "panic_print is in the log without crash_kexec_post_notifiers")
        check(found["crash_kexec_post_notifiers"] == (suite not in PRINTS_LATE),
              f"with crash_kexec_post_notifiers panic_print is in the log: {found['crash_kexec_post_notifiers']}")
        return "crash_kexec_post_notifiers: " + ("printed" if found["crash_kexec_post_notifiers"] else "not printed")

    return rows.Row(f"policy-print-{suite}", "matrix", run)


ROWS = [row_list(suite) for suite in kernels.SUITES]
ROWS += [row(suite, kind) for suite in kernels.SUITES for kind in TRIGGERS]
ROWS += [row_trigger(suite) for suite in ("bookworm", "sid")] + [panic_print(suite) for suite in kernels.SUITES]

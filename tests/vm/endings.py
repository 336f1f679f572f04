# SPDX-License-Identifier: GPL-2.0-or-later
"""There is always an ending: limits, watchdogs, and what ends the machine where the supervisor or the reboot hangs."""

import time
from pathlib import Path

from tests.lab import deaths, disk, guest, rows, ssh
from tests.lab.rows import check

from . import crashes, dumps, network, outcomes

CONF = "ext4 UUID={uuid}\npath /\n"
PHASES = ("modules", "network", "target", "log", "report", "pre", "dump", "manifest", "post", "ownlog", "close")
TOTAL_S = 15
RITES_S = 70
"""From the end of the total time to the reset, at most: docs/endings.md."""
SHUTDOWN_S = 30

WATCHDOG = ["-device", "i6300esb"]
TCO = ["-M", "q35", "-global", "ICH9-LPC.noreboot=false"]
"""The one in the chipset of most PCs, which hangs below two other drivers."""
FIRST_DOG_S, CAPTURE_DOG_S = 40, 15
START_DOG = f"modprobe i6300esb heartbeat={FIRST_DOG_S} && watchdog -T {FIRST_DOG_S} -t 4 /dev/watchdog0"
START_TCO = (
    "modprobe lpc_ich; modprobe i2c_i801; modprobe iTCO_wdt"
    f" heartbeat={FIRST_DOG_S} && watchdog -T {FIRST_DOG_S} -t 4 /dev/watchdog0")
SLOW_DISK = 500 << 10
"""Bytes a second: the dump takes longer than any of the two timeouts."""


def crash_of(
    logs: Path, conf: str, append: str = "", prepare: str = ":", event: crashes.Event | None = None,
    options: list[str] | None = None,
) -> tuple[crashes.Crash, guest.Disk]:
    """A crash of a guest with one disk for dumps; it must end in a reset."""
    data = crashes.data_disk(logs)
    conf = CONF.format(uuid=data.uuid) + conf
    machine = guest.Guest(logs, disks=[data], files={"etc/kdump.conf": conf}, options=options or [])
    crash = crashes.crash(machine, prepare, append, event)
    check(crash.ended_by == "guest-reset", f"the machine ended by {crash.ended_by!r}, not by a reset")
    return crash, data


def took(crash: crashes.Crash, since: str) -> float:
    """Seconds from what the capture kernel said to the end of the machine."""
    return crash.end_wall - crash.phase(since).wall


def after(phase: str, other: str) -> str:
    """Where that is which is saved in @other, when @phase is the last one begun."""
    return "disk" if PHASES.index(phase) > PHASES.index(other) else ""


def total_row(phase: str) -> rows.Row:
    """A worker that hangs, with limits so long that only the total time ends it."""
    expected = outcomes.Expected(
        f"the worker hangs, phase `{phase}`, and only the total time ends it", after(phase, "log"), after(phase, "dump"),
        "disk" if phase == "dump" else "", within=TOTAL_S + RITES_S)

    def run(logs: Path) -> str:
        limits = f"lastword_timeout device=1h log=1h report=1h dump=1h total={TOTAL_S}\n"
        crash, data = crash_of(logs, limits, f"lastword.fault={phase}:hang")
        over = crash.phase(f"^phase {phase}: the total time of {TOTAL_S} s is up").uptime
        up = over - crash.phase("in the capture kernel").uptime
        check(TOTAL_S - 1 <= up < TOTAL_S + 5, f"the total time was up after {up:.1f} s")
        check(took(crash, "the total time") < RITES_S, "the machine did not restart in time")
        return outcomes.judge(logs, crash, expected, {"disk": (data, "")})

    return rows.Row(f"total-{phase}", "matrix", run)


def reboot_hangs(logs: Path) -> str:
    """The shutdown never ends: SysRq does."""
    expected = outcomes.Expected("the reboot hangs", "disk", "disk", within=90)
    crash, data = crash_of(logs, "", "lastword.fault=action:hang")
    note = outcomes.judge(logs, crash, expected, {"disk": (data, "")})
    seconds = took(crash, "^reboot")
    check(SHUTDOWN_S - 2 < seconds < SHUTDOWN_S + 10, f"reset {seconds:.0f} s after the reboot began")
    return f"{note}; reset {seconds:.0f} s after the reboot began"


def supervisor_dies(logs: Path) -> str:
    """PID 1 ends: the kernel panics, and that restarts the machine."""
    crash, data = crash_of(logs, "", "lastword.fault=supervisor:kill")
    dumps.check_log(dumps.fetch(data, logs))
    check(any("Attempted to kill init" in line.text for line in crash.console), "PID 1 did not die")
    return f"ended {crash.end_wall - crash.panic_wall:.0f} s after the panic"


def watchdog_kept(logs: Path, name: str, start: str, options: list[str]) -> str:
    """The first kernel started a watchdog; the dump takes longer than its timeout, and is saved."""
    event = crashes.Event(f"{dumps.LOG} saved", lambda system: system.slow_drive("data", SLOW_DISK))
    crash, data = crash_of(logs, f"lastword_watchdog {CAPTURE_DOG_S}\n", "", start, event, options)
    check(not crash.bitten, "the watchdog reset the machine")
    check(f"watchdog: {name}, {CAPTURE_DOG_S} s" in crash.armed, f"arm said: {crash.armed}")
    crash.phase(f"^watchdog {name}: {CAPTURE_DOG_S} s")
    dumps.check_whole(dumps.fetch(data, logs))
    seconds = crash.phase("vmcore saved").uptime
    check(seconds > FIRST_DOG_S + 5, f"the dump was too fast to show anything: {seconds:.0f} s")
    return f"saved after {seconds:.0f} s"


def watchdog_bites(logs: Path) -> str:
    """The supervisor hangs: the hardware resets the machine."""
    crash, data = crash_of(
        logs, f"lastword_watchdog {CAPTURE_DOG_S}\n", "lastword.fault=supervisor:hang", START_DOG, None, WATCHDOG)
    check(crash.bitten, "it was not the watchdog that reset the machine")
    expected = outcomes.Expected("the supervisor hangs, with a hardware watchdog", "disk", "disk", within=90)
    note = outcomes.judge(logs, crash, expected, {"disk": (data, "")})
    seconds = took(crash, f"{dumps.LOG} saved")
    check(seconds < CAPTURE_DOG_S + 10, f"reset {seconds:.0f} s after the log was saved")
    return f"{note}; reset {seconds:.0f} s after the log was saved"


def watchdog_stopped(logs: Path) -> str:
    """A capture kernel that is to stand still is not reset: its watchdog, which nobody had started before, is stopped."""
    data = crashes.data_disk(logs)
    conf = CONF.format(uuid=data.uuid) + f"final_action halt\nlastword_watchdog {CAPTURE_DOG_S}\n"
    machine = guest.Guest(logs, disks=[data], files={"etc/kdump.conf": conf}, options=WATCHDOG)
    with machine.boot("crash") as system:
        system.check("modprobe i6300esb")
        crashes.arm(system)
        panic = system.now()
        system.write("echo c > /proc/sysrq-trigger")
        system.until("lastword: .* watchdog i6300ESB timer", panic + crashes.CAPTURE_DEADLINE)
        halted = system.until("System halted", panic + crashes.CAPTURE_DEADLINE).seconds
        system.wait(halted + 2 * CAPTURE_DOG_S)
        check(not system.bitten(), "the watchdog reset the machine")
    dumps.check_whole(dumps.fetch(data, logs))
    return f"halted for {2 * CAPTURE_DOG_S} s"


LOOP_CONF = "lastword_crash_loop 3 in 30m poweroff\n"


def earlier(host: str) -> list[str]:
    """Names of dump directories: two of the last half hour, and three that are too old, of another host, and of a time to come."""
    ages = ((host, 300), (host, 1200), (host, 2400), ("10.9.9.9", 60), (host, -3600))
    return [time.strftime(f"{who}-%Y-%m-%d-%H:%M:%S", time.gmtime(time.time() - age)) for who, age in ages]


def looped(crash: crashes.Crash, dump: Path) -> str:
    """The log and the report are there and no dump, and the machine is off."""
    check(crash.ended_by == "guest-shutdown", f"the machine ended by {crash.ended_by!r}, not by a power off")
    dumps.check_log(dump)
    check((dump / dumps.REPORT).exists(), "no report")
    check(not list(dump.glob("vmcore[-.]*incomplete*")) and not (dump / dumps.CORE).exists(), "there is a dump")
    crash.phase("^1 dump directories are of a time to come")
    return crash.phase("^crash loop: 3 crashes").text


def crash_loop(logs: Path) -> str:
    """The third crash within half an hour: no dump, and the machine is off."""
    data = crashes.data_disk(logs)
    old = earlier("127.0.0.1")
    conf = CONF.format(uuid=data.uuid) + LOOP_CONF
    machine = guest.Guest(logs, disks=[data], files={"etc/kdump.conf": conf})
    crash = crashes.crash(machine, "; ".join(f"mkdir /var/crash/{name}" for name in old))
    with disk.mounted(data.path) as root:
        new = [d for d in dumps.all_new(root) if d.name not in old]
        check(len(new) == 1, f"wanted one new dump directory, found {new}")
        return looped(crash, new[0])


def crash_loop_ssh(logs: Path) -> str:
    """As above, on a server that is reached by ssh."""
    with ssh.Server(logs / "server") as server:
        old = [server.store / name for name in earlier(network.ADDRESS)]
        for directory in old:
            directory.mkdir()
        conf = f"ssh root@{ssh.ADDRESS}\npath {server.store}\ncore_collector makedumpfile -F -l -d 31\n" + LOOP_CONF
        files = server.files() | {"etc/kdump.conf": conf}
        crash = crashes.crash(guest.Guest(logs, files=files, options=server.options("off")), network.NETWORK)
        for directory in old:
            directory.rmdir()
        return looped(crash, dumps.only(server.store, network.ADDRESS))


COMPRESSED = "core_collector makedumpfile -c -d 0\n"
FILLED = "mount -o remount,size=400M /tmp && head -c 314572800 /dev/urandom > /tmp/filled"
ON_CPU_1 = deaths.Death("sysrq: Trigger a crash", "sysrq_handle_crash", "sh", "taskset 2 sh -c 'echo c > /proc/sysrq-trigger'")


def capture_with(logs: Path, cpus: int) -> crashes.Crash:
    """A guest of three CPUs crashes on its second; its capture kernel has @cpus."""
    data = crashes.data_disk(logs)
    conf = CONF.format(uuid=data.uuid) + COMPRESSED + f"lastword_cpus {cpus}\n"
    machine = guest.Guest(logs, disks=[data], files={"etc/kdump.conf": conf}, options=["-smp", "3"], memory_mb=1280)
    crash = crashes.crash(machine, FILLED, death=ON_CPU_1)
    dump = dumps.fetch(data, logs / f"{cpus}")
    dumps.check_whole(dump)
    up = (dump / dumps.CAPTURE_LOG).read_text(encoding="utf-8", errors="replace")
    check(f"smp: Brought up 1 node, {cpus} CPU" in up, f"the capture kernel did not start {cpus} CPUs")
    check("CPU: 1 PID:" in (dump / dumps.LOG).read_text(encoding="utf-8"), "the crash was not on CPU 1")
    return crash


def several_cpus(logs: Path) -> str:
    """A capture kernel that begins on another CPU than the boot CPU starts two, which make the dump faster."""
    done = [capture_with(logs, cpus) for cpus in (1, 2)]
    one, two = (crash.phase("vmcore saved").uptime - crash.phase("report saved").uptime for crash in done)
    check(two < one, f"the dump took {two:.1f} s with two CPUs, {one:.1f} s with one")
    memory = " / ".join(crash.phase("^memory").text for crash in done)
    return f"the dump took {one:.1f} s with one CPU, {two:.1f} s with two; {memory}"


ROWS = [
    rows.Row("several-cpus", "matrix", several_cpus),
    *(total_row(phase) for phase in PHASES),
    rows.Row("crash-loop", "matrix", crash_loop),
    rows.Row("crash-loop-ssh", "matrix", crash_loop_ssh),
    rows.Row("reboot-hangs", "matrix", reboot_hangs),
    rows.Row("supervisor-dies", "matrix", supervisor_dies),
    rows.Row("watchdog-kept", "matrix", lambda logs: watchdog_kept(logs, "i6300ESB timer", START_DOG, WATCHDOG)),
    rows.Row("watchdog-kept-tco", "matrix", lambda logs: watchdog_kept(logs, "iTCO_wdt", START_TCO, TCO)),
    rows.Row("watchdog-bites", "matrix", watchdog_bites),
    rows.Row("watchdog-stopped", "matrix", watchdog_stopped),
]

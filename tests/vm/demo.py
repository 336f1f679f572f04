# SPDX-License-Identifier: GPL-2.0-or-later
"""python3 -m tests.vm.demo: a kernel crashes before your eyes, and its last words are on disk.

The same guest and the same checks as the tests, with what happens printed.
"""

import subprocess
import sys
import time

from tests.lab import deaths, guest, kernels, paths

from . import crashes, dumps

SUITE = "bookworm"
CONF = "ext4 UUID={uuid}\npath /\ncore_collector makedumpfile -l -d 31\n"
LOG_LINES = 30
REPORT_LINES = 32


def say(text: str) -> None:
    """Print a heading."""
    print(f"\n\033[1m== {text}\033[0m" if sys.stdout.isatty() else f"\n== {text}", flush=True)


def shown(*words: object) -> str:
    """What a lastword command prints about a dump."""
    command = [str(paths.build() / "lastword"), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, errors="replace", check=True).stdout


def main() -> None:
    """Crash a guest and show what is left."""
    say(f"a kernel of Debian {SUITE} (fetched once, kept in {paths.cache('kernels')})")
    print(kernels.kernel(SUITE).release)
    started = time.monotonic()
    with paths.scratch("demo") as work:
        data = crashes.data_disk(work)
        machine = guest.Guest(work, SUITE, disks=[data], files={"etc/kdump.conf": CONF.format(uuid=data.uuid)})
        say(f"boot it in QEMU: {machine.memory_mb} MB, crashkernel={machine.crashkernel}, an ext4 disk for dumps")
        with machine.boot("crash") as system:
            booted = system.now()
            for command in ("cat /etc/kdump.conf", "lastword arm", "lastword status"):
                print(f"# {command}\n{system.check(command + ' 2>&1')}", end="")
            say(f"crash it: {deaths.SYSRQ.trigger}")
            armed = system.now()
            system.write(deaths.SYSRQ.trigger)
            panic = system.until(deaths.SYSRQ.sign, armed + 60).seconds
            first = system.until(crashes.PHASE.pattern, panic + crashes.CAPTURE_DEADLINE)
            end = system.finish(panic + crashes.CAPTURE_DEADLINE)
            crash = crashes.Crash("", panic, end, system.ended_by(), system.console)
        for phase in crash.phases:
            print(f"  {phase.uptime:7.2f} s  {phase.text}")
        say("boot again")
        with machine.boot("after") as system:
            print(system.check("lastword arm && lastword status && cd /var/crash && ls -l 127.0.0.1-*"), end="")
            system.power_off()
        dump = dumps.fetch(data, work)
        dumps.check_whole(dump)
        say(f"head -n {REPORT_LINES} {dumps.REPORT}, as the capture kernel wrote it before the dump")
        print("\n".join((dump / dumps.REPORT).read_text(encoding="ascii").splitlines()[:REPORT_LINES]))
        say(f"lastword info {dumps.CORE}")
        print(shown("info", dump / dumps.CORE), end="")
        say(f"lastword dmesg {dumps.CORE} | tail -n {LOG_LINES}")
        print("\n".join(shown("dmesg", dump / dumps.CORE).splitlines()[-LOG_LINES:]))
        say("how long it took")
        _times(crash, booted, armed, first.seconds)
    print(f"  whole demo               {time.monotonic() - started:6.1f} s")


def _times(crash: crashes.Crash, booted: float, armed: float, first: float) -> None:
    saved = crash.phase(f"{dumps.CORE} saved")
    print(f"  boot                     {booted:6.1f} s  wall")
    print(f"  arm and status           {armed - booted:6.1f} s  wall")
    print(f"  panic to lastword-init   {first - crash.panic_wall:6.1f} s  wall (checksum, decompression, kernel boot)")
    print(f"  dump saved               {saved.uptime:6.1f} s  the capture kernel's clock")
    print(f"  panic to machine reset   {crash.end_wall - crash.panic_wall:6.1f} s  wall")
    print(f"  {crash.phase('^memory:').text}")
    print("  beside kdump-tools in one guest: make test-matrix ROWS=beside-kdump-tools")


if __name__ == "__main__":
    main()

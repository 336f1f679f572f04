# SPDX-License-Identifier: GPL-2.0-or-later
"""Ways for a guest's kernel to die: what to do to it, and what its console shows when it does.

Most are done by the module in this directory.
"""

import time
from dataclasses import dataclass
from pathlib import Path

from tests.lab import builder, guest

SOURCE = Path(__file__).parent
MODULE = "root/lastword_death.ko"
LOCKS = Path(__file__).parent.parent / "locks"
LOCKS_MODULE = "root/lastword_locks.ko"
DEADLINE = 120.0
"""Seconds from the trigger to the kernel's first word about it."""
SETTLE = 2.0
"""Seconds from a trigger to the NMI that ends it."""
NMI = "echo 1 > /proc/sys/kernel/unknown_nmi_panic"
CAPTURED = "in the capture kernel"
"""What the capture kernel shows first.  A kernel that dies in an NMI or a double fault does not write to its console."""


@dataclass(frozen=True)
class Death:
    """A way to die.  @prepare and @trigger are shell commands; @trigger is not waited for.

    @sign is found on the console when the kernel dies; @nmi: the host sends an NMI when the trigger had its time.
    @function is on the stack of the task whose name is like @task; both are as the crash is told afterwards; so is @title, and @place where the report
    has another function than that as the place of the crash ("" for none).
    """

    sign: str
    function: str
    task: str
    trigger: str
    prepare: str = ":"
    nmi: bool = False
    title: str = ".*"
    place: str | None = None

    def bring(self, system: guest.System) -> float:
        """Kill @system; when its console said so."""
        system.check(self.prepare)
        system.write(self.trigger)
        if self.nmi:
            time.sleep(SETTLE)
            system.monitor("inject-nmi")
        return system.until(self.sign, system.now() + DEADLINE).seconds


def _module(kind: str) -> str:
    return f"insmod /{MODULE} kind={kind}"


def _set(*values: str) -> str:
    return "; ".join(f"echo {value} > /proc/sys/{name}" for name, value in (v.split("=") for v in values))


SYSRQ = Death("sysrq: Trigger a crash", "sysrq_handle_crash", "sh", "echo c > /proc/sysrq-trigger")
NULL = "BUG: unable to handle kernel NULL pointer dereference in death_null"
NMI_PANIC = "kernel panic: NMI: Not continuing"
DEATHS = {
    "null": Death("NULL pointer dereference", "death_null", "insmod", _module("null"), title=NULL),
    "softirq": Death(
        "kernel BUG at", "death_softirq", "insmod", _module("softirq"), title="kernel BUG in death_softirq"),
    "nmi-idle": Death(CAPTURED, "do_idle", "swapper/[01]", ":", NMI, True, NMI_PANIC, "(pv_)?native_safe_halt"),
    # The NMI may come while the interrupt of a timer is handled.
    "nmi-busy": Death(CAPTURED, "death_spin", "insmod|death_thread", _module("busy"), NMI, True, NMI_PANIC, ".+"),
    "nmi-user": Death(
        CAPTURED, "unknown_nmi_error", "sh", "while :; do :; done & while :; do :; done", NMI, True, NMI_PANIC, ".*"),
    "nmi-deaf": Death(CAPTURED, "death_spin_deaf", "insmod|death_thread", _module("deaf"), NMI, True, NMI_PANIC),
    "softlockup": Death(
        "Kernel panic", "death_spin_unpreempted", "insmod", _module("softlockup"),
        # Where exactly a loop is stopped is chance: the title has the function that did not come back.
        _set("kernel/softlockup_panic=1", "kernel/watchdog_thresh=2"), title="BUG: soft lockup in death_init"),
    "hung": Death(
        "Kernel panic", "watchdog", "khungtaskd", _module("hung"),
        _set("kernel/hung_task_panic=1", "kernel/hung_task_timeout_secs=5"), title="INFO: task hung in death_sleep",
        place="death_sleep"),
    "oom": Death(
        "Kernel panic", "out_of_memory", "dd", "dd if=/dev/zero of=/dev/null bs=2000M count=1",
        _set("vm/panic_on_oom=2", "vm/overcommit_memory=1"), title="kernel panic: Out of memory", place=""),
    "overflow": Death(
        CAPTURED, "death_recurse", "insmod", _module("overflow"), title="kernel stack overflow in death_recurse"),
    "locks": Death("Kernel panic", "locks_panic", "insmod", f"insmod /{LOCKS_MODULE}", title="kernel panic: locks"),
    "workqueue": Death(
        "Kernel panic", "death_work", "kworker/.*", _module("workqueue"), title="kernel panic: death in a workqueue"),
}


def files(suite: str) -> dict[str, Path]:
    """What a guest that is to die needs among its files."""
    return {MODULE: builder.module(suite, SOURCE), LOCKS_MODULE: builder.module(suite, LOCKS)}

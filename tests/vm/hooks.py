# SPDX-License-Identifier: GPL-2.0-or-later
"""The administrator's programs in the capture kernel, what follows a failure, and messages to a cluster."""

import re
import socket
import struct
import threading
from collections.abc import Mapping
from pathlib import Path

from tests.lab import deaths, debian, disk, guest, initramfs, rows
from tests.lab.rows import check

from . import crashes, dumps, network, outcomes, peers

PREPARE = "chmod +x /opt/* /usr/bin/env /etc/kdump/*.d/[0-9a-z]* 2>/dev/null; true"
CONF = "ext4 LABEL=dumps\npath /\n"
FULL_DISK_MB = 16
"""Room for the log, not for a dump."""
FENCE = struct.Struct("=II")
FENCE_MESSAGE = (0x1B302A40, 1)


def mark(name: str, more: str = "") -> str:
    """A hook that notes that it ran, with what argument, and says so."""
    return f'#!/bin/sh\n[ -z "$LASTWORD_DIR" ] || echo "{name} $#$1" >> "$LASTWORD_DIR/{dumps.MARKS}"\necho "{name} here $#$1"\n{more}'


def crash(logs: Path, conf: str, files: Mapping[str, str | Path], expected: outcomes.Expected, size_mb: int = 1024,
          append: str = "", event: crashes.Event | None = None) -> tuple[crashes.Crash, Path, str]:
    """Crash a guest with hooks; what it showed, the directory it left, and the row's note."""
    data = crashes.data_disk(logs, size_mb=size_mb)
    machine = guest.Guest(logs, disks=[data], files={"etc/kdump.conf": CONF + conf, **files})
    shown = crashes.crash(machine, PREPARE, append=append, event=event)
    note = outcomes.judge(logs, shown, expected, {"disk": (data, "")})
    return shown, dumps.only(logs / "disk"), note


def failed(wrong: str, action: str = "poweroff", within: float = 60) -> outcomes.Expected:
    """The log is there, the dump in part."""
    return outcomes.Expected(wrong, "disk", "", "disk", within, action)


def check_marks(dump: Path, wanted: list[str]) -> None:
    """The hooks that could write into the dump directory, in their order; takes the file away."""
    marks = (dump / dumps.MARKS).read_text(encoding="ascii").splitlines()
    check(marks == wanted, f"the hooks ran as {marks}, not as {wanted}")
    (dump / dumps.MARKS).unlink()


def check_order(shown: crashes.Crash, patterns: list[str]) -> None:
    """These lines come in this order, each once."""
    found = [[i for i, phase in enumerate(shown.phases) if re.search(p, phase.text)] for p in patterns]
    check(all(len(f) == 1 for f in found) and found == sorted(found), f"{dict(zip(patterns, found))}")


def order(logs: Path) -> str:
    """All hooks run in kdump-utils' order; what is not executable does not; a program's libraries are there."""
    program = Path("/usr/bin/getconf")
    files: dict[str, str | Path] = {
        "opt/pre": mark("pre", "/opt/getconf PAGE_SIZE\n"),
        "opt/post": mark("post").replace("/bin/sh", "/usr/bin/env sh", 1),
        "opt/getconf": program,
        "opt/emergency": mark("emergency"),
        "etc/kdump/pre.d/20-b": mark("b"),
        "etc/kdump/pre.d/10-a": mark("a", "exit 1\n"),
        "etc/kdump/pre.d/README": "not a program\n",
        "etc/kdump/post.d/z": mark("z", 'exec sleep 1000 >> "$LASTWORD_DIR/marks" &\n'),
        **{str(library).lstrip("/"): library for library in initramfs.libraries(program)},
    }
    conf = "kdump_pre /opt/pre\nkdump_post /opt/post\nkdump_emergency /opt/emergency\nextra_bins /opt/getconf\n"
    files["usr/bin/env"] = '#!/bin/sh\nexec "$@"\n'
    expected = outcomes.Expected("nothing: hooks of all kinds, one of which fails", "disk", "disk")
    shown, dump, _ = crash(logs, conf, files, expected)
    check("README: not executable" in shown.armed, f"arm said nothing of a file that it left out: {shown.armed}")
    check_marks(dump, ["pre 0", "a 0", "b 0", "z 10", "post 10"])
    dumps.check_whole(dump)
    check_order(shown, ["^pre: pre here 0", "^pre: 4096$", "^10-a: a here", "done, with status 1$", "^20-b: b here", "^vmcore saved",
                        "^z: z here 10", "^post: post here 10", "^target closed", "^reboot$"])
    return shown.phase("^pre: 4096").text


def hangs(logs: Path) -> str:
    """Hooks that never end are ended, and the dump is saved: a hook that hangs vetoes nothing."""
    stuck = "#!/bin/sh\ntrap '' TERM INT HUP\nsleep 1000 &\nwhile :; do sleep 1; done\n"
    files = {"opt/pre": stuck, "opt/post": stuck}
    conf = "kdump_pre /opt/pre\nkdump_post /opt/post\nlastword_timeout hook=5\n"
    expected = outcomes.Expected("hooks before and behind the dump hang", "disk", "disk", within=90)
    shown, dump, note = crash(logs, conf, files, expected)
    dumps.check_whole(dump)
    check_order(shown, ["pre hook /opt/pre: not done within 5 s", "^vmcore saved", "post hook /opt/post: not done within 5 s",
                        "^target closed"])
    return note


def takes_all(logs: Path) -> str:
    """A hook that takes all memory is killed alone."""
    greedy = "#!/bin/sh\nexec awk 'BEGIN { x = \"x\"; while (1) x = x x }'\n"
    expected = outcomes.Expected("a hook before the dump takes all memory", "disk", "disk", within=90)
    shown, dump, note = crash(logs, "kdump_pre /opt/pre\n", {"opt/pre": greedy}, expected)
    dumps.check_whole(dump)
    check_order(shown, ["pre hook /opt/pre: ended by signal 9", "^vmcore saved"])
    return note


def vetoes(logs: Path) -> str:
    """kdump_pre fails: no dump, no post hooks, the final action; the log is there all the same."""
    files = {"opt/pre": "#!/bin/sh\nexit 3\n", "opt/post": mark("post"), "etc/kdump/pre.d/10-a": mark("a")}
    conf = "kdump_pre /opt/pre\nkdump_post /opt/post\nfailure_action reboot\nfinal_action poweroff\n"
    expected = outcomes.Expected("`kdump_pre` fails: no dump is wanted", "disk", "", action="poweroff")
    shown, dump, _ = crash(logs, conf, files, expected)
    names = sorted(file.name for file in dump.iterdir())
    wanted = [dumps.LOG, dumps.REPORT, dumps.REPORT_JSON, dumps.CAPTURE_LOG, dumps.MANIFEST]
    check(names == sorted(wanted), f"the directory holds {names}")
    return shown.phase("wants no dump").text


def emergency(logs: Path, wrong: str, append: str = "", size_mb: int = FULL_DISK_MB) -> str:
    """The dump fails: the post hooks hear of it, then come the emergency hooks, then the failure action."""
    files = {"opt/emergency": mark("emergency"), "etc/kdump/emergency.d/10-a": mark("a"), "opt/post": mark("post")}
    conf = "kdump_post /opt/post\nkdump_emergency /opt/emergency\nfailure_action poweroff\n"
    shown, dump, note = crash(logs, conf, files, failed(wrong), size_mb, append)
    check_marks(dump, ["post 11"])
    check_order(shown, ["^post: post here 11", "^10-a: a here 0", "^emergency: emergency here 0", "^poweroff$"])
    return note


def stalls(logs: Path) -> str:
    """The disk stops to answer: a post hook that wants to write there is left behind, and the emergency hook still runs."""
    files = {"opt/emergency": mark("emergency"), "opt/post": mark("post", "sync\n")}
    conf = "kdump_post /opt/post\nkdump_emergency /opt/emergency\nfailure_action poweroff\nlastword_timeout hook=5\n"
    expected = outcomes.Expected("the disk stops to answer after the log; hooks of a failure", "disk", "", None, 150, "poweroff")
    event = crashes.Event(f"{dumps.LOG} saved", lambda system: system.stall_drive("data"))
    shown, _, note = crash(logs, conf, files, expected, append="lastword.patience=10", event=event)
    check_order(shown, ["post hook /opt/post: not done within 5 s", "^emergency: emergency here 0", "^poweroff$"])
    return note


def use_shell(system: guest.System) -> None:
    """Sit at the console: a command, its answer, the end."""
    system.send("console", b"echo the answer is $((6 * 7)); ls -d /proc/vmcore\n")
    system.until("^the answer is 42", system.now() + 30)
    system.until("^/proc/vmcore", system.now() + 30)
    system.send("console", b"exit\n")


def shell(logs: Path) -> str:
    """A failure ends in a shell, and the shell in the final action."""
    conf = "failure_action shell\nfinal_action poweroff\n"
    event = crashes.Event("a shell on the console", use_shell)
    expected = failed("the disk is full; `failure_action shell`, somebody is there")
    shown = crash(logs, conf, {}, expected, FULL_DISK_MB, event=event)[0]
    return next(line for line in shown.armed.splitlines() if "MiB" in line).strip()


def halts(logs: Path, conf: str, size_mb: int) -> str:
    """The machine stops and stays."""
    data = crashes.data_disk(logs, size_mb=size_mb)
    event = crashes.Event("reboot: System halted", lambda system: system.monitor("quit"))
    shown = crashes.crash(guest.Guest(logs, disks=[data], files={"etc/kdump.conf": CONF + conf}), event=event)
    check(shown.ended_by == "host-qmp-quit", f"the machine ended by {shown.ended_by!r}, not by us")
    dumps.check_log(dumps.fetch(data, logs))
    return f"halted {shown.end_wall - shown.panic_wall:.0f} s after the panic"


def powers_off(logs: Path) -> str:
    """failure_action, by its old name."""
    shown, _, note = crash(logs, "default poweroff\n", {}, failed("the disk is full; `failure_action poweroff`"), FULL_DISK_MB)
    check("default: out of date" in shown.armed, f"arm said nothing of the old name: {shown.armed}")
    return note


ROOTED = "cd /var/crash; for d in proc sys dev bin sbin usr lib lib64 etc boot tmp run; do [ -d /$d ] || continue; \
mkdir -p $d && mount -o bind /$d $d; done; mkdir -p var/crash root mnt; mount -t sysfs sys sys"


def rootfs(logs: Path) -> str:
    """The first target has room for the log alone: the emergency hooks run, and then the root file system gets the dump."""
    small = guest.Disk(logs / "small.img", "ext4", "/mnt", "6d1f4e7a-1111-4b0e-9b39-0f9f6e6a2b22", "small", FULL_DISK_MB).make()
    data = crashes.data_disk(logs)
    conf = "ext4 LABEL=small\npath /dumps\nfailure_action dump_to_rootfs\nfinal_action poweroff\n"
    conf += "kdump_post /opt/post\nkdump_emergency /opt/emergency\n"
    files = {"etc/kdump.conf": conf, "opt/post": mark("post"), "opt/emergency": mark("emergency")}
    machine = guest.Guest(logs, disks=[small, data], files=files)
    # the guest's root is no disk: what sees the disk for dumps as its root is armed
    with machine.boot("crash") as system:
        system.check(PREPARE + "; mkdir -p /mnt/dumps; " + ROOTED + "; cp -r /opt opt")
        armed = system.check("chroot /var/crash lastword arm 2>&1")
        system.check("umount -l /var/crash/*; sync")
        panic = deaths.SYSRQ.bring(system)
        end = system.finish(panic + crashes.CAPTURE_DEADLINE)
        shown = crashes.Crash(armed, panic, end, system.ended_by(), system.console)
    expected = outcomes.Expected("the first disk is full; `failure_action dump_to_rootfs`", "first and root", "root", "first", 60, "poweroff")
    note = outcomes.judge(logs, shown, expected, {"first": (small, "dumps"), "root": (data, "dumps")})
    dump = dumps.only(logs / "root")
    check_marks(dump, ["post 10"])
    dumps.check_whole(dump)
    check_order(shown, ["^emergency: emergency here", "^the dump is not saved", "^vmcore saved", "^post: post here 10", "^poweroff$"])
    return note


DEBIAN_POST = """#!/bin/bash
names=(bash needs libtinfo)
date +year=%Y
/bin/mktemp -u /tmp/x.XXX
env -i /usr/bin/sha256sum < /proc/version | cut -c1-3
ls "$LASTWORD_DIR"
echo ${#names[@]} words
"""


def debian_system(logs: Path) -> str:
    """A distribution as it is, with /bin a link: bash and coreutils run with their libraries, by either name."""
    conf = {"etc/kdump.conf": "path /var/crash\nkdump_post /root/post\nextra_bins /usr/bin/date /bin/mktemp /bin/sha256sum /usr/bin/env /bin/cut\n",
            "root/post": DEBIAN_POST}
    script = "systemctl stop kdump-tools; chmod +x /root/post; if lastword arm > /said 2>&1 && lastword status; then sync; " \
        f"{deaths.SYSRQ.trigger}; fi; systemctl poweroff\n"
    system = debian.copy(logs, script, conf, lastword=True)
    with system.boot(logs, "lastword", peers.CRASHKERNEL) as run:
        run.until(deaths.SYSRQ.sign, peers.DEADLINE)
        said = [run.until(pattern, peers.DEADLINE).text
                for pattern in (r"post: year=20\d\d$", "post: /tmp/x", "post: [0-9a-f]{3}$", "post: .*ls: ", "post: 3 words$")]
        run.until(r"lastword: .*reboot$", peers.DEADLINE)
        run.finish(peers.DEADLINE)
    with disk.mounted(system.image) as root:
        armed = (root / "said").read_text(encoding="utf-8")
    check("extra_bins /usr/bin/ls'" in armed, f"arm said {armed!r}")
    return said[0]


class Listener:
    """What fence_kdump(8) does: takes messages on a UDP port."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.taken: list[bytes] = []
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        while True:
            self.taken.append(self.socket.recv(4096))


def fence(logs: Path) -> str:
    """The cluster hears of a node that saves its dump to a disk; a node is not told of itself."""
    listener = Listener()
    data = crashes.data_disk(logs)
    conf = CONF + f"fence_kdump_nodes 10.0.2.2\nfence_kdump_args -p {listener.port}\nkdump_post /opt/post\n"
    slow = "#!/bin/sh\nsleep 3\n"
    files = {"opt/post": slow, "etc/kdump.conf": conf, "etc/wrong.conf": conf.replace("10.0.2.2", f"10.0.2.2 {network.ADDRESS}")}
    machine = guest.Guest(logs, disks=[data], files=files, options=["-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net"])
    refuse = "mv /etc/kdump.conf /etc/right.conf; mv /etc/wrong.conf /etc/kdump.conf; ! lastword arm 2>/tmp/said; " \
        "grep -q 'cannot tell itself' /tmp/said && mv /etc/right.conf /etc/kdump.conf"
    shown = crashes.crash(machine, f"{PREPARE}; {network.NETWORK}; {refuse}")
    check(shown.ended_by == "guest-reset", f"the machine ended by {shown.ended_by!r}, not by a reboot")
    check(len(listener.taken) >= 2, f"{len(listener.taken)} messages came")
    wrong = [m for m in listener.taken if len(m) != FENCE.size or FENCE.unpack(m) != FENCE_MESSAGE]
    check(not wrong, f"these are no messages of fence_kdump: {wrong}")
    dumps.check_whole(dumps.fetch(data, logs))
    return f"{len(listener.taken)} messages"


ROWS = [
    rows.Row("hooks-order", "matrix", order),
    rows.Row("hook-hangs", "matrix", hangs),
    rows.Row("hook-oom", "matrix", takes_all),
    rows.Row("hook-fails", "matrix", vetoes),
    rows.Row("emergency-hook", "matrix", lambda logs: emergency(logs, "the disk is full; hooks of a failure")),
    rows.Row("emergency-hook-kill", "matrix", lambda logs: emergency(
        logs, "the worker is killed, phase `dump`; hooks of a failure", "lastword.fault=dump:kill", 1024)),
    rows.Row("emergency-hook-stall", "matrix", stalls),
    rows.Row("failure-shell", "matrix", shell),
    rows.Row("failure-halt", "matrix", lambda logs: halts(logs, "failure_action halt\n", FULL_DISK_MB)),
    rows.Row("failure-poweroff", "matrix", powers_off),
    rows.Row("final-halt", "matrix", lambda logs: halts(logs, "final_action halt\n", 1024)),
    rows.Row("dump-to-rootfs", "matrix", rootfs),
    rows.Row("hooks-debian", "matrix", debian_system),
    rows.Row("fence-kdump", "matrix", fence),
]

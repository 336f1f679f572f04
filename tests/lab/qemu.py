# SPDX-License-Identifier: GPL-2.0-or-later
"""One run of a virtual machine: its consoles line by line with time stamps, its deadline, its monitor.

Software emulation only: on nested hosts /dev/kvm may exist and still hang.
"""

import json
import re
import selectors
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

QEMU = "qemu-system-x86_64"
DIES_WITH_US = ["setpriv", "--pdeathsig", "KILL", "--"]
"""Words before a program that must not outlive the test, whatever ends that."""

CMDLINE = "console=ttyS0 no_timer_check"
"""A busy host delivers an emulated timer's interrupts too late for the kernel's check of them, which panics."""
ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]|[\r\0]")


class MachineError(Exception):
    """The machine did not do in time what was expected of it."""


@dataclass(frozen=True)
class Drive:
    """A disk.  @serial is shown in the guest's /sys/block/vdX/serial, and is its name for the monitor.

    @driver and @layer are QEMU's: the device the guest sees (its id is SERIAL-disk), and a block driver with its options
    between that and the file, such as "blkdebug,config=FILE".
    """

    path: Path
    serial: str
    read_only: bool = False
    driver: str = "virtio-blk-pci"
    layer: str = ""

    def options(self) -> list[str]:
        """QEMU's words for it."""
        device = ["-device", f"{self.driver},id={self.serial}-disk,drive={self.serial},serial={self.serial}"]
        if self.layer:
            file = f"file.driver=file,file.filename={self.path}"
            return ["-blockdev", f"driver={self.layer},node-name={self.serial},{file}", *device]
        backend = f"file={self.path},format=raw,if=none,id={self.serial},readonly={'on' if self.read_only else 'off'}"
        return ["-drive", backend, *device]


@dataclass(frozen=True)
class Machine:
    """What to run.  @cmdline is appended to the consoles' options; @options are further words for QEMU.

    No @kernel: the firmware starts what the first disk has.  @restarts: a reset restarts it instead of ending the run.
    """

    kernel: Path | None
    initrd: Path | None
    cmdline: str = ""
    memory_mb: int = 768
    cpus: int = 2
    drives: list[Drive] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    restarts: bool = False

    def start(self) -> list[str]:
        """QEMU's words for what it starts."""
        once = [] if self.restarts else ["-no-reboot"]
        if not self.kernel or not self.initrd:
            return once
        return [*once, "-kernel", str(self.kernel), "-initrd", str(self.initrd), "-append", f"{CMDLINE} {self.cmdline}"]


@dataclass(frozen=True)
class Line:
    """One line a guest wrote; @seconds is wall time since the machine was started."""

    seconds: float
    text: str


class _Channel:
    """One end of a socket whose other end is a character device of the guest or the monitor."""

    def __init__(self, log: Path) -> None:
        self.ours, self.guests = socket.socketpair()
        self.lines: list[Line] = []
        self._rest = b""
        self._log = open(log, "w", encoding="utf-8")  # pylint: disable=consider-using-with

    def read(self, started: float) -> bool:
        """Take what has arrived; False at the end of the stream."""
        try:
            data = self.ours.recv(65536)
        except ConnectionResetError:
            data = b""
        *whole, self._rest = (self._rest + data).split(b"\n") if data else (self._rest, b"")
        for raw in whole:
            self._take(raw, time.monotonic() - started)
        self._log.flush()
        return bool(data)

    def _take(self, raw: bytes, seconds: float) -> None:
        line = Line(seconds, ESCAPES.sub(b"", raw).decode(errors="replace"))
        if line.text:
            self.lines.append(line)
            self._log.write(f"{seconds:9.3f} {line.text}\n")

    def close(self) -> None:
        """Close both ends and the log."""
        self.ours.close()
        self.guests.close()
        self._log.close()


class Run:
    """A running machine; a context manager that leaves no process behind.

    `console` is the guest's ttyS0 (the kernel's console), `report` its ttyS1, on which only the lab's own
    scripts write.  Both are kept in @log_dir as NAME.console and NAME.report, beside QEMU's messages.
    """

    def __init__(self, machine: Machine, log_dir: Path, name: str = "run") -> None:
        self._given = machine, log_dir, name
        self._start()

    def _start(self) -> None:
        machine, log_dir, name = self._given
        log_dir.mkdir(parents=True, exist_ok=True)
        self._channels = {k: _Channel(log_dir / f"{name}.{k}") for k in ("console", "report", "monitor")}
        self._selector = selectors.DefaultSelector()
        self._messages = log_dir / f"{name}.qemu"
        self._read_up_to = {name: 0 for name in self._channels}
        descriptors = {name: channel.guests.fileno() for name, channel in self._channels.items()}
        words = [*DIES_WITH_US, QEMU, "-accel", "tcg,thread=multi", "-m", str(machine.memory_mb), "-smp", str(machine.cpus)]
        words += ["-display", "none", "-nodefaults", "-nic", "none", "-device", "virtio-rng-pci"]
        for device, descriptor in descriptors.items():
            words += ["-chardev", f"socket,id={device},fd={descriptor}"]
        words += ["-serial", "chardev:console", "-serial", "chardev:report", "-mon", "chardev=monitor,mode=control"]
        words += machine.start()
        for drive in machine.drives:
            words += drive.options()
        with open(self._messages, "wb") as messages:
            self._process = subprocess.Popen(  # pylint: disable=consider-using-with
                words + machine.options, stdin=subprocess.DEVNULL, stdout=messages, stderr=messages,
                pass_fds=list(descriptors.values()))
        self.started = time.monotonic()
        for channel in self._channels.values():
            channel.guests.close()
            self._selector.register(channel.ours, selectors.EVENT_READ, channel)
        self._send({"execute": "qmp_capabilities"})

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def restart(self) -> None:
        """The same machine from its beginning, with its disks as they are; nothing is left of what the first one showed."""
        self._end()
        self._start()

    def _end(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._selector.close()
        for channel in self._channels.values():
            channel.close()

    @property
    def console(self) -> list[Line]:
        """What the kernel's console has shown so far."""
        return self._channels["console"].lines

    @property
    def report(self) -> list[Line]:
        """What the lab's scripts have written so far."""
        return self._channels["report"].lines

    def now(self) -> float:
        """Seconds since the machine was started, the clock of all deadlines and lines here."""
        return time.monotonic() - self.started

    def send(self, channel: str, data: bytes) -> None:
        """Write to the guest's serial port."""
        self._channels[channel].ours.sendall(data)

    def until(self, pattern: str, deadline: float, channel: str = "console") -> Line:
        """The next line that @pattern is found in, waiting for it until @deadline (seconds after the start).

        Lines before the last one that was returned for this channel are not looked at again.
        """
        wanted, lines = re.compile(pattern), self._channels[channel].lines
        for _ in self._turns(deadline, f"{pattern!r} on the {channel}"):
            while self._read_up_to[channel] < len(lines):
                line = lines[self._read_up_to[channel]]
                self._read_up_to[channel] += 1
                if wanted.search(line.text):
                    return line
        raise MachineError(f"the machine ended before {pattern!r} on the {channel}; {self._last_words()}")

    def first(self, patterns: dict[str, str], deadline: float) -> str:
        """The first channel that shows what @patterns has for it."""
        for _ in self._turns(deadline, f"one of {patterns}"):
            for channel, pattern in patterns.items():
                if any(re.search(pattern, line.text) for line in self._channels[channel].lines):
                    return channel
        raise MachineError(f"the machine ended before one of {patterns}; {self._last_words()}")

    def finish(self, deadline: float) -> float:
        """Wait until the machine ends by itself; the time it took in seconds."""
        for _ in self._turns(deadline, "the machine to end"):
            pass
        if self._process.wait():
            raise MachineError(f"QEMU: {self._messages.read_text(encoding='utf-8').strip()}")
        return self.now()

    def wait(self, until: float) -> None:
        """Let it run on until @until (seconds after the start), or until it ends."""
        while self._selector.get_map() and self.now() < until:
            for key, _ in self._selector.select(until - self.now()):
                if not key.data.read(self.started):
                    self._selector.unregister(key.fileobj)

    def stall_drive(self, serial: str) -> None:
        """Make a disk that no longer answers."""
        self.slow_drive(serial, 1, 1)

    def slow_drive(self, serial: str, written: int, read: int = 0) -> None:
        """Let a virtio disk take @written and give @read bytes a second from now on; 0: any number."""
        limits = dict.fromkeys(("bps", "iops", "iops_rd", "iops_wr"), 0)
        backend = f"/machine/peripheral/{serial}-disk/virtio-backend"
        self.monitor("block_set_io_throttle", id=backend, bps_wr=written, bps_rd=read, **limits)

    def bitten(self) -> bool:
        """Did a hardware watchdog reset the machine?"""
        return any(event.get("event") == "WATCHDOG" for event in self._answers())

    def ended_by(self) -> str:
        """Why the machine ended: "guest-reset", "guest-shutdown", "guest-panic" …; "" while it runs."""
        for event in self._answers():
            if event.get("event") == "SHUTDOWN":
                return str(event["data"]["reason"])
        return ""

    def monitor(self, command: str, **arguments: Any) -> Any:
        """Give a QMP command and return its answer."""
        given = len([a for a in self._answers() if "return" in a or "error" in a])
        self._send({"execute": command, "arguments": arguments})
        for _ in self._turns(self.now() + 30, f"an answer to {command}"):
            answers = [a for a in self._answers() if "return" in a or "error" in a]
            if len(answers) > max(given, 1):
                if "error" in answers[-1]:
                    raise MachineError(f"{command}: {answers[-1]['error']['desc']}")
                return answers[-1]["return"]
        raise MachineError(f"the machine ended before it answered {command}")

    def _answers(self) -> list[dict[str, Any]]:
        return [json.loads(line.text) for line in self._channels["monitor"].lines]

    def _send(self, command: dict[str, Any]) -> None:
        self.send("monitor", json.dumps(command).encode() + b"\n")

    def _turns(self, deadline: float, purpose: str) -> Iterator[None]:
        """Yield after each arrival of data, until all streams have ended; an error at the deadline."""
        yield
        while self._selector.get_map():
            left = deadline - self.now()
            if left <= 0:
                raise MachineError(f"waited {deadline:.0f} s for {purpose}; {self._last_words()}")
            for key, _ in self._selector.select(left):
                if not key.data.read(self.started):
                    self._selector.unregister(key.fileobj)
            yield

    def _last_words(self) -> str:
        emulator = self._messages.read_text(encoding="utf-8", errors="replace").strip()
        last = self.console[-1].text if self.console else "(none)"
        return f"the console's last line was: {last}" + (f"; QEMU: {emulator}" if emulator else "")

# SPDX-License-Identifier: GPL-2.0-or-later
"""python3 -m tests.bench.netconsole: `lastword netconsole listen` beside netconsd and rsyslog, all writing a file a host.

Each gets the same load over loopback, one after the other, files in memory (/dev/shm).  What counts is CPU time a message,
in the program and in the kernel for it, and what was lost of what was sent.  netconsd is built from its repository outside
of this one; rsyslog is unpacked from the distribution's package, not installed.
"""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.lab import paths, syslogs

PORT = 16666
NETCONSD = "https://github.com/facebook/netconsd"

PEERS = ("netconsd", "rsyslog", "lastword")
CPU_GOAL_US = 6.0
CPU_RATIO_GOAL = 0.5
"""Of netconsd's."""
MEMORY_GOAL_MIB = 64


@dataclass(frozen=True)
class Load:
    """What is offered."""

    name: str
    sources: int
    rate: int
    """Messages a second."""
    seconds: float
    words: tuple[str, ...] = ()


STEADY = Load("80,000/s from 50 sources", 50, 80000, 5)
MANY = Load("40,000/s from 10,000 sources", 10000, 40000, 8)
LOADS = (
    STEADY,
    Load("150,000/s from 50 sources", 50, 150000, 5),
    MANY,
    Load("200 hosts panic, 250 lines each at once", 200, 1000000, 0.05, ("8", "panic")),
)


@dataclass(frozen=True)
class Cost:
    """What one receiver took for one load."""

    sent: int
    written: int
    cpu_us: float
    """A message that was written: what is lost costs nothing."""
    peak_mib: float

    @property
    def lost(self) -> float:
        """Per cent."""
        return 100 * (1 - self.written / self.sent)


def netconsd() -> Path:
    """Its build; cloned on first use."""
    top = paths.cache("netconsd")
    with paths.locked(top):
        if not (top / "Makefile").exists():
            subprocess.run(["git", "clone", "-q", "--depth", "1", NETCONSD, top], check=True)
        if not (top / "modules" / "logger-simple.so").exists():
            # one of the modules wants libraries of its own: the others are there when it fails
            subprocess.run(["make", "-s", "-k", "-C", top], check=False, capture_output=True)
    return top


def rsyslog_conf(work: Path) -> str:
    """A file a host, written as it writes files by default."""
    return (
        'global(net.enableDNS="off")\n'
        'module(load="imudp")\n'
        f'template(name="f" type="string" string="{work}/files/%fromhost-ip%")\n'
        f'ruleset(name="r") {{ action(type="omfile" dynaFile="f" dynaFileCacheSize="20000") }}\n'
        f'input(type="imudp" port="{PORT}" ruleset="r" rcvbufSize="8m")\n')


@contextmanager
def running(words: list[str | Path], work: Path, library: Path | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A receiver, until it has written what it got.  Peers ask for the name of each host and wait: nobody answers here."""
    (work / "nsswitch.conf").write_text("hosts: files\n")
    environment = dict(os.environ, **({"LD_LIBRARY_PATH": os.fspath(library)} if library else {}))
    with open(work / "said", "wb") as said:
        # a file a host, of ten thousand
        resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
        mounts = 'mount --bind "$0" /etc/nsswitch.conf; exec "$@"'
        quiet: list[str | Path] = ["unshare", "--mount", "sh", "-c", mounts, work / "nsswitch.conf", *words]
        process = subprocess.Popen(quiet, cwd=work / "files", env=environment, stdout=said, stderr=said)
        time.sleep(1)
        try:
            if process.poll() is not None:
                sys.exit(f"bench: {words[0]} ended: {(work / 'said').read_text()[-400:]}")
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def spent(pid: int) -> float:
    """Seconds of CPU so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_mib(pid: int) -> float:
    """The most memory it ever had."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def count_lines(directory: Path) -> int:
    """A message is one line, or begins one."""
    return sum(path.read_bytes().count(b"\n") for path in directory.iterdir())


def send(load: Load) -> int:
    """Sends; how many messages."""
    program = paths.build() / "tests" / "bench" / "netconsole_load"
    words = [str(program), *(str(n) for n in (PORT, load.sources, load.rate, load.seconds)), *load.words]
    done = subprocess.run(words, check=True, capture_output=True)
    return int(json.loads(done.stdout)["sent"])


def measure(name: str, scratch: Path, load: Load) -> Cost:
    """One receiver under one load."""
    work = Path(tempfile.mkdtemp(dir=scratch))
    (work / "files").mkdir()
    library = None
    words: list[str | Path]
    if name == "lastword":
        words = [paths.build() / "lastword", "netconsole", "listen", "--port", str(PORT), "--dir", work / "files"]
    elif name == "netconsd":
        words = [netconsd() / "netconsd", "-u", str(PORT), netconsd() / "modules" / "logger-simple.so"]
    else:
        library = syslogs.libraries("rsyslog")
        (work / "conf").write_text(rsyslog_conf(work))
        words = syslogs.words("rsyslog", work / "conf")
    with running(words, work, library) as process:
        before = spent(process.pid)
        sent = send(load)
        time.sleep(2)
        cpu = spent(process.pid) - before
        peak = peak_mib(process.pid)
    written = min(count_lines(work / "files"), sent)
    shutil.rmtree(work)
    return Cost(sent, written, 1e6 * cpu / max(written, 1), peak)


def line(name: str, cost: Cost) -> str:
    """A row of the table."""
    return (f"  {name:<10} {cost.sent:>8} sent  {cost.cpu_us:6.2f} us CPU a message  {cost.lost:6.2f} % lost  "
            f"{cost.peak_mib:6.1f} MiB")


def goals(load: Load, costs: dict[str, Cost]) -> list[str]:
    """Those that were missed."""
    misses: list[str] = []
    ours, theirs = costs["lastword"], costs["netconsd"]
    if load == STEADY and (ours.cpu_us > CPU_GOAL_US or ours.cpu_us > CPU_RATIO_GOAL * theirs.cpu_us):
        misses.append(f"netconsole: {ours.cpu_us:.2f} us a message; netconsd takes {theirs.cpu_us:.2f}")
    if ours.lost > theirs.lost:
        misses.append(f"netconsole: {load.name}: {ours.lost:.2f} % lost; netconsd loses {theirs.lost:.2f} %")
    if load == MANY and ours.peak_mib > MEMORY_GOAL_MIB:
        misses.append(f"netconsole: {load.name}: {ours.peak_mib:.1f} MiB, the goal is {MEMORY_GOAL_MIB}")
    return misses


def run() -> list[str]:
    """All of it; the goals that were missed."""
    subprocess.run(["ninja", "-C", paths.build(), "--quiet", "tests/bench/netconsole_load"], check=True, capture_output=True)
    misses: list[str] = []
    with tempfile.TemporaryDirectory(prefix="lastword-bench-", dir="/dev/shm") as scratch:
        for load in LOADS:
            print(f"netconsole: {load.name}, a file a host", flush=True)
            costs: dict[str, Cost] = {}
            for peer in PEERS:
                costs[peer] = measure(peer, Path(scratch), load)
                print(line(peer, costs[peer]), flush=True)
            misses += goals(load, costs)
    return misses


if __name__ == "__main__":
    sys.exit(bool(run()))

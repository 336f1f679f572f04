# SPDX-License-Identifier: GPL-2.0-or-later
"""A real NFS server, nfs-ganesha, on this machine; guests reach it through QEMU's user network."""

import signal
import socket
import subprocess
from pathlib import Path
from types import TracebackType

from . import initramfs, older, qemu

ADDRESS = "10.0.2.100"
"""The server's address as guests see it."""

SHARE = "/export"

CONFIGURATION = """
NFS_CORE_PARAM {{ Protocols = 4; NFS_Port = {port}; Bind_addr = 127.0.0.1; Enable_NLM = false;
	Enable_RQUOTA = false; Plugins_Dir = {plugins}; }}
NFSV4 {{ Graceless = true; Lease_Lifetime = 10; RecoveryBackend = fs; RecoveryRoot = {work}/recovery;
	Minor_Versions = {minors}; }}
EXPORT {{ Export_Id = 1; Path = {export}; Pseudo = {share}; Protocols = 4; Transports = TCP; Access_Type = {access};
	Squash = {squash}; SecType = sys; FSAL {{ Name = VFS; }} }}
"""

PLUGINS = "/usr/lib/x86_64-linux-gnu/ganesha"


class Server:
    """A running server whose export is the directory `export`; a context manager that leaves no process behind."""

    def __init__(self, work: Path, access: str = "RW", squash: str = "No_Root_Squash", minors: str = "0,1,2", port: int = 0) -> None:
        self.export = work / "export"
        self.export.mkdir(parents=True)
        (work / "recovery").mkdir()
        with socket.socket() as free:
            free.bind(("127.0.0.1", port))
            self.port = free.getsockname()[1]
        conf = work / "ganesha.conf"
        conf.write_text(CONFIGURATION.format(port=self.port, work=work, export=self.export, share=SHARE, access=access,
                                             squash=squash, minors=minors, plugins=PLUGINS), encoding="utf-8")
        self._log = work / "ganesha.log"
        self._command = [*qemu.DIES_WITH_US, "ganesha.nfsd", "-F", "-f", str(conf), "-L", str(self._log), "-p", str(work / "ganesha.pid")]
        self._process: subprocess.Popen[bytes] | None = None
        self._shared = older.shared(self.export)

    def __enter__(self) -> "Server":
        self._shared.__enter__()
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._shared.__exit__(kind, error, trace)
        self.stop()

    def _wait(self) -> None:
        """Until it says that it serves."""
        with subprocess.Popen(["tail", "-n", "+1", "-F", str(self._log)], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True) as tail:
            assert tail.stdout and self._process
            for line in tail.stdout:
                if "NFS SERVER INITIALIZED" in line:
                    break
                if "fatal" in line.lower():
                    raise qemu.MachineError(f"nfs-ganesha: {line.strip()}")
            tail.kill()

    def stop(self) -> None:
        """End it as a crash would."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def hang(self) -> None:
        """No longer answer, nor refuse: what a dead server behind a firewall looks like."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def options(self) -> list[str]:
        """QEMU's words for a network card that reaches the server and nothing else."""
        forward = f"guestfwd=tcp:{ADDRESS}:2049-cmd:{initramfs.BUSYBOX} nc 127.0.0.1 {self.port}"
        return ["-netdev", f"user,id=net,restrict=on,{forward}",
                "-device", "virtio-net-pci,netdev=net,mac=52:54:00:12:34:56"]

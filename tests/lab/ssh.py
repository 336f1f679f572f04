# SPDX-License-Identifier: GPL-2.0-or-later
"""A real OpenSSH server on this machine; guests reach it through QEMU's user network."""

import socket
import subprocess
from pathlib import Path
from types import TracebackType

from . import initramfs, older, paths, qemu

ADDRESS, ADDRESS6 = "10.0.2.101", "fec0::2"
"""The server's addresses as guests see it.  The second is this machine's own, with the server's own port."""

SSHD = "/usr/sbin/sshd"
CLIENTS = [Path("/usr/bin/ssh"), Path("/usr/bin/ssh-keygen")]

CONFIGURATION = """
Port {port}
ListenAddress 127.0.0.1
ListenAddress ::1
HostKey {work}/host_key
AuthorizedKeysFile {work}/key.pub
PidFile none
StrictModes no
PermitRootLogin yes
PasswordAuthentication no
UsePAM no
"""


def make_key(path: Path) -> None:
    """A key pair, @path and @path.pub."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)


class Server:
    """A running server that lets root in with the key in `work`; a context manager."""

    def __init__(self, work: Path, lastword: bool = False) -> None:
        work.mkdir(parents=True)
        self.work = work
        self.store = work / "store"
        self.store.mkdir()
        for name in ("host_key", "key"):
            make_key(work / name)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._conf = work / "sshd_config"
        self._conf.write_text(CONFIGURATION.format(port=self.port, work=work), encoding="utf-8")
        if lastword:
            with open(self._conf, "a", encoding="utf-8") as conf:
                conf.write(f"SetEnv PATH={paths.build()}:/usr/bin:/bin\n")
        self._process: subprocess.Popen[bytes] | None = None
        self._shared = older.shared(self.store)

    def __enter__(self) -> "Server":
        self._shared.__enter__()
        Path("/run/sshd").mkdir(exist_ok=True)
        self._start()
        return self

    def _start(self) -> None:
        with open(self.work / "sshd.log", "ab") as log:
            self._process = subprocess.Popen([*qemu.DIES_WITH_US, SSHD, "-D", "-e", "-f", str(self._conf)], stderr=log)

    def change_host_key(self) -> None:
        """Be another server, or one that was installed anew."""
        for name in ("host_key", "host_key.pub"):
            (self.work / name).unlink()
        make_key(self.work / "host_key")
        self._restart()

    def refuse_key(self) -> None:
        """Let nobody in any more."""
        (self.work / "key.pub").write_text("", encoding="utf-8")

    def _restart(self) -> None:
        assert self._process
        self._process.kill()
        self._process.wait()
        self._start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._shared.__exit__(kind, error, trace)
        if self._process:
            self._process.kill()
            self._process.wait()

    def files(self) -> dict[str, str | Path]:
        """What a guest needs to log in: the client with its libraries, the key, the host's key."""
        found: dict[str, str | Path] = {str(program).lstrip("/"): program for program in CLIENTS}
        for program in CLIENTS:
            found |= {str(library).lstrip("/"): library for library in initramfs.libraries(program)}
        host_key = (self.work / "host_key.pub").read_text(encoding="utf-8")
        found["root/.ssh/known_hosts"] = f"{ADDRESS} {host_key}[{ADDRESS6}]:{self.port} {host_key}"
        found["root/.ssh/config"] = f"Host {ADDRESS6}\n\tPort {self.port}\n"
        found["root/.ssh/kdump_id_rsa"] = self.work / "key"
        return found

    def options(self, restrict: str = "on") -> list[str]:
        """QEMU's words for a network card that reaches the server (and nothing else, where it is restricted)."""
        forward = f"guestfwd=tcp:{ADDRESS}:22-cmd:{initramfs.BUSYBOX} nc 127.0.0.1 {self.port}"
        return ["-netdev", f"user,id=net,restrict={restrict},{forward}",
                "-device", "virtio-net-pci,netdev=net,mac=52:54:00:12:34:56"]

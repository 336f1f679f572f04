# SPDX-License-Identifier: GPL-2.0-or-later
"""A directory of this machine that a guest sees as virtiofs."""

import shutil
import subprocess
import time
from pathlib import Path
from types import TracebackType

from . import qemu

TAG = "dumps"
SERVERS = ["/usr/lib/qemu/virtiofsd", "/usr/libexec/virtiofsd", shutil.which("virtiofsd") or ""]


class Share:
    """A directory `path` and the server for it; a context manager."""

    def __init__(self, work: Path, memory_mb: int) -> None:
        self.path = work / "share"
        self.path.mkdir(parents=True)
        self._socket = work / "virtiofs.sock"
        self._memory_mb = memory_mb
        server = next(name for name in SERVERS if name and Path(name).exists())
        with open(work / "virtiofsd.log", "wb") as log:
            self._process = subprocess.Popen(  # pylint: disable=consider-using-with
                [*qemu.DIES_WITH_US, server, f"--socket-path={self._socket}", "-o", f"source={self.path}", "-o", "sandbox=chroot"],
                stdout=log, stderr=log)

    def __enter__(self) -> "Share":
        for _ in range(100):
            if self._socket.exists():
                return self
            time.sleep(0.1)
        raise qemu.MachineError("virtiofsd does not listen")

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()

    def options(self) -> list[str]:
        """QEMU's words for it: the server shares the guest's memory."""
        return ["-object", f"memory-backend-memfd,id=ram,size={self._memory_mb}M,share=on", "-numa", "node,memdev=ram",
                "-chardev", f"socket,id=fs,path={self._socket}", "-device", f"vhost-user-fs-pci,chardev=fs,tag={TAG}"]

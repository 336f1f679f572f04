# SPDX-License-Identifier: GPL-2.0-or-later
"""`lastword propagate` to a real sshd on this machine, in a mount namespace with a /root/.ssh and an /etc/kdump.conf of its own."""

import subprocess
import sys
from pathlib import Path

from tests.lab import paths, rows, ssh
from tests.lab.rows import check

HOME = Path("/root/.ssh")
KEY, KNOWN, AUTHORIZED = HOME / "kdump_id_rsa", HOME / "known_hosts", HOME / "authorized_keys"
CONF = Path("/etc/kdump.conf")
SERVER = "127.0.0.1"


def propagate(logs: Path) -> str:
    """The row: everything below happens in a namespace."""
    words = ["unshare", "--mount", sys.executable, "-m", "tests.vm.propagate", str(logs)]
    existed = HOME.exists()
    done = subprocess.run(words, cwd=paths.PROJECT, capture_output=True, text=True, check=False)
    if not existed:
        HOME.rmdir()
    check(done.returncode == 0, f"{done.stdout.strip()} {done.stderr.strip()}")
    return done.stdout.strip()


def _isolate(work: Path) -> None:
    HOME.mkdir(mode=0o700, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0700", "ssh", HOME], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "layers", work], check=True)
    layers = {name: work / name for name in ("upper", "work")}
    for layer in layers.values():
        layer.mkdir()
    options = f"lowerdir=/etc,upperdir={layers['upper']},workdir={layers['work']}"
    subprocess.run(["mount", "-t", "overlay", "-o", options, "etc", "/etc"], check=True)


def _says(status: int, *words: str, name: str = "lastword", options: tuple[str, ...] = ()) -> None:
    """propagate exits with @status and says all of @words."""
    program = [paths.build() / "lastword", *(["kdumpctl"] if name == "kdumpctl" else []), "propagate", *options]
    done = subprocess.run(program, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)
    check(done.returncode == status, f"exits {done.returncode}, wanted {status}: {done.stderr.strip()}")
    for word in words:
        check(word in done.stderr, f"does not say {word!r}: {done.stderr.strip()}")


class Server(ssh.Server):
    """A server whose users' keys are where sshd looks for them by default.

    Its administrator comes in with another key than kdump's, which stands for the password.
    """

    def __init__(self, work: Path) -> None:
        super().__init__(work)
        conf = self._conf.read_text(encoding="utf-8")
        self._conf.write_text(conf.replace(f"{work}/key.pub", ".ssh/authorized_keys"), encoding="utf-8")
        AUTHORIZED.write_text((work / "key.pub").read_text(encoding="utf-8"), encoding="utf-8")
        (HOME / "config").write_text(f"Host {SERVER}\n\tPort {self.port}\n\tIdentityFile {work}/key\n", encoding="utf-8")


def inside(logs: Path) -> None:
    """In the namespace."""
    _isolate(logs)
    with Server(logs / "server") as server:
        CONF.write_text("path /var/crash\n", encoding="utf-8")
        _says(1, "No ssh destination defined in /etc/kdump.conf.")
        CONF.write_text(f"ssh root@{SERVER}\npath {server.store}/a b\n", encoding="utf-8")
        _says(1, "Generating new ssh keys", "Failed to propagate ssh key", "Host key verification failed")
        check(KEY.stat().st_mode & 0o777 == 0o600, f"{KEY}: mode {KEY.stat().st_mode:o}")
        KEY.with_suffix(".pub").unlink()
        _says(0, "Using existing keys...", "has been added to ~root", "can be written to", options=("--accept-new",))
        pinned = subprocess.run(["ssh-keygen", "-F", f"[{SERVER}]:{server.port}", "-f", KNOWN], capture_output=True, check=False)
        check(pinned.returncode == 0, "the server's key is not pinned")
        check((server.store / "a b").is_dir(), "the path was not made")
        has = AUTHORIZED.read_text(encoding="utf-8")
        check(has.count("\n") == 2, f"the server knows {has.count(chr(10))} keys, wanted the administrator's and ours")
        _says(0, "kdump: Using existing keys...", "kdump: root@127.0.0.1: the login works", name="kdumpctl")
        check(AUTHORIZED.read_text(encoding="utf-8") == has, "a key that was there was added again")
        CONF.write_text(f"ssh root@{SERVER}\npath /proc/none\n", encoding="utf-8")
        _says(1, "/proc/none")
        server.change_host_key()
        CONF.write_text(f"ssh root@{SERVER}\npath {server.store}\n", encoding="utf-8")
        _says(1, "Failed to propagate ssh key", options=("--accept-new",))
        check(AUTHORIZED.read_text(encoding="utf-8") == has, "a key went to a server that is not the one that is known")


ROWS = [rows.Row("propagate", "matrix", propagate)]

if __name__ == "__main__":
    inside(Path(sys.argv[1]))

# SPDX-License-Identifier: GPL-2.0-or-later
"""A server in a guest of its own: the kernel's nfsd with rpcbind and mountd, sshd, a DHCP server.

What it stores is on a disk of its own, which a test looks into after the server's death: what is there then was synced.
"""

from pathlib import Path

from . import cables, disk, guest, older, ssh

STORE = "/srv"
EXPORT, READ_ONLY, SQUASHED = "/export", "/readonly", "/squashed"
"""NFS's directories, below STORE, which is NFS's root: version 4 cannot pass through the overlay above it."""

DUMPS = ("export/dumps", "ssh")
"""Where dumps go, by NFS and by SSH, on its disk."""

PROGRAMS = ["ip", "rpc.mountd", "rpc.nfsd", "exportfs", "rpcbind", "sshd"]
HOST_FILES = ["/etc/netconfig", "/etc/protocols", "/etc/services"]
OPTIONS = "sync,no_subtree_check,insecure"
FILES = {
    "etc/exports": f"{EXPORT} *(rw,no_root_squash,fsid=1,{OPTIONS})\n{READ_ONLY} *(ro,no_root_squash,fsid=2,{OPTIONS})\n"
                   f"{SQUASHED} *(rw,root_squash,fsid=3,{OPTIONS})\n",
    "etc/nfs.conf": f"[exports]\nrootdir={STORE}\n",
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nsshd:x:100:65534::/run/sshd:/bin/false\n_rpc:x:101:65534::/run/rpcbind:/bin/false\n",
    "etc/nsswitch.conf": "hosts: files\n",
    "etc/sshd_config": "HostKey /etc/host_key\nAuthorizedKeysFile /etc/key.pub\nPidFile /run/sshd.pid\nStrictModes no\n"
                       "PermitRootLogin yes\nPasswordAuthentication no\nUsePAM no\n",
    "etc/udhcpd.conf": "interface br0\nstart 10.9.1.50\nend 10.9.1.50\noption subnet 255.255.255.0\n"
                       f"option router {cables.ADDRESS}\nlease_file /run/leases\n",
}
SERVE = f"""{cables.NETWORK}
modprobe nfsd; mkdir -p /run/sshd /run/rpcbind /var/lib/nfs/v4recovery; cd {STORE}; mkdir -p .{READ_ONLY}/dumps .{SQUASHED}/dumps
touch /var/lib/nfs/etab /var/lib/nfs/rmtab /run/leases
mount -t nfsd nfsd /proc/fs/nfsd
rpcbind; exportfs -ra; rpc.nfsd --lease-time 10 --grace-time 10 2; rpc.mountd; echo Y > /proc/fs/nfsd/v4_end_grace
/usr/sbin/sshd -f /etc/sshd_config
udhcpd -S /etc/udhcpd.conf"""


class Server(cables.OtherEnd):
    """The running server; a context manager.  @memory_mb is its own."""

    def __init__(self, work: Path, memory_mb: int = 512) -> None:
        self.work = work
        work.mkdir(parents=True)
        for name in ("host_key", "key"):
            ssh.make_key(work / name)
        self.disk = guest.Disk(work / "store.img", mount=STORE, label="store").make()
        files: dict[str, str | Path] = {**FILES, "etc/host_key": work / "host_key", "etc/key.pub": work / "key.pub"}
        for file in HOST_FILES:
            files[file.lstrip("/")] = Path(file)
        super().__init__(work, "server", SERVE, memory_mb, files | cables.programs(PROGRAMS), [self.disk])

    def __enter__(self) -> "Server":
        with disk.mounted(self.disk.path, read_only=False) as root:
            for directory in DUMPS:
                older.put(root / directory)
        super().__enter__()
        return self

    def cut_power(self) -> None:
        """End it, and see that the older dumps on its disk are as they were."""
        self.kill()
        with disk.mounted(self.disk.path) as root:
            for directory in DUMPS:
                older.verify(root / directory)

    def swallow(self) -> None:
        """Swallow all that comes for cables.BEHIND from now on, as a firewall would; the router still answers."""
        self.run(f"{cables.IP} addr del {cables.BEHIND}/32 dev lo; {cables.IP} route add blackhole {cables.BEHIND}/32")

    def freeze(self) -> None:
        """The machine stops: nothing answers, not even the neighbour's question for its address."""
        assert self.system
        self.system.monitor("stop")

    def files(self, *names: str) -> dict[str, str | Path]:
        """What a guest needs: real ip(8), ssh with its key, and the server's key under @names."""
        host_key = (self.work / "host_key.pub").read_text(encoding="utf-8")
        return cables.programs(["ip", *map(str, ssh.CLIENTS)]) | {
            "root/.ssh/known_hosts": "".join(f"{name} {host_key}" for name in names),
            "root/.ssh/kdump_id_rsa": self.work / "key",
            "etc/nsswitch.conf": "hosts: files dns\n",
        }

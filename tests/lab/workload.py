# SPDX-License-Identifier: GPL-2.0-or-later
"""Filling a guest's memory before it crashes, so that a dump holds what a machine in use holds.

The mixed workload makes pages of every kind that page classification knows, on each kernel from 5.10 on; what a
kernel does not offer is left out silently.  The large one is for benchmarks: how well memory compresses, and how
a dump's pages spread over the classes, decides every figure, so it uses real files and real processes.
"""

from pathlib import Path

MIXED = """
# Shared memory, anonymous memory of small objects, processes.
dd if=/dev/urandom of=/tmp/shared bs=1M count=24 2>/dev/null
awk 'BEGIN { for (i = 0; i < 150000; i++) a[i] = "value " i; system("sleep 100000") }' &
i=0; while [ $i -lt 20 ]; do sleep 1000 & i=$((i+1)); done
# Page cache of two file systems, of a block device, clean and dirty, with buffer heads.
mkdir /files /old; mount -o ro /dev/vdb /files; find /files -type f -size -40k | head -n 500 | xargs cat > /dev/null
dd if=/dev/zero of=/tmp/image bs=1M count=16 2>/dev/null; mke2fs /tmp/image > /dev/null 2>&1
mount -o loop /tmp/image /old; dd if=/tmp/shared of=/old/dirty bs=1M count=6 2>/dev/null
# Huge pages of both sorts: a pool, and a large buffer whose owner never gets rid of its content.
echo 6 > /proc/sys/vm/nr_hugepages
echo always > /sys/kernel/mm/transparent_hugepage/enabled; dd if=/dev/urandom bs=12M count=1 2>/dev/null | sleep 100000 &
# Pages that were taken out of use because their memory is bad.
for a in 0x11000000 0x12345000 0x15000000 0x18001000; do echo $a > /sys/devices/system/memory/soft_offline_page; done 2>/dev/null
# Swapped out, and partly in the swap cache.
echo 48M > /sys/block/zram0/disksize; mkswap /dev/zram0 > /dev/null; swapon /dev/zram0
mkdir /cgroup; mount -t cgroup2 cgroup /cgroup; echo +memory > /cgroup/cgroup.subtree_control; mkdir /cgroup/small
echo 6M > /cgroup/small/memory.high
sh -c 'echo $$ > /cgroup/small/cgroup.procs
    exec awk "BEGIN { for (i = 0; i < 90000; i++) a[i] = i; for (i in a) n++; system(\\"sleep 100000\\") }"' & sleep 3
# Given back to the host by the balloon driver, which the host asks for when it reads the next line.
echo "lab: balloon"; full=$(sed -n 's/MemTotal: *//p' /proc/meminfo)
i=0; while [ "$full" = "$(sed -n 's/MemTotal: *//p' /proc/meminfo)" ] && [ $i -lt 20 ]; do sleep 1; i=$((i+1)); done; sleep 1
cat /proc/meminfo
"""
MIXED_MODULES = ["loop", "ext2", "ext4", "crc32c_generic", "zram", "virtio_balloon"]
BALLOON_MB = 16
"""How much the host takes back from the guest when it says `lab: balloon`."""

SPECIAL = """
# Huge pages, of whose struct pages the kernel frees most; some in use.
echo 24 > /proc/sys/vm/nr_hugepages; mkdir /huge; mount -t hugetlbfs huge /huge; fallocate -l 8M /huge/file
echo "lab: huge $(cat /proc/sys/vm/nr_hugepages)"
# Persistent memory with a file system, whose files are used where they are.
mkdir /pmem; mke2fs -b 4096 /dev/pmem0 > /dev/null; mount -t ext4 -o dax /dev/pmem0 /pmem || mount -t ext4 /dev/pmem0 /pmem
dd if=/dev/urandom of=/pmem/file bs=1M count=8 2>/dev/null
echo "lab: pmem $(grep -c /pmem /proc/mounts)"
# Memory of a device, as CXL's, given to the kernel.
echo namespace1.0 > /sys/bus/nd/drivers/nd_pmem/unbind; dax=$(cat /sys/bus/nd/devices/region1/dax_seed); cd /sys/bus/nd/devices/$dax
cat /proc/sys/kernel/random/uuid > uuid; echo ram > mode; echo 2097152 > align; echo namespace1.0 > namespace
echo $dax > /sys/bus/nd/drivers/dax_pmem/bind; cd /sys/bus/dax; for device in $(ls devices); do
    echo $device > drivers/device_dax/unbind; echo $device > drivers/kmem/new_id; done; cd /
echo "lab: kmem $(grep -ci kmem /proc/iomem)"
# Memory that the host gave and could take back; a block of it taken offline.
i=0; while ! grep -q virtio_mem /proc/iomem && [ $i -lt 20 ]; do sleep 1; i=$((i+1)); done
echo "lab: virtio-mem $(grep -c virtio_mem /proc/iomem)"
offline=0; for block in 33 32; do
    [ $offline = 1 ] || timeout 20 sh -c "echo offline > /sys/devices/system/memory/memory$block/state" && offline=1; done
echo "lab: offline $offline"
awk 'BEGIN { for (i = 0; i < 150000; i++) a[i] = "value " i; system("sleep 100000") }' &
dd if=/dev/urandom of=/tmp/shared bs=1M count=24 2>/dev/null; sleep 2
# Bad memory, in use, free, in a free block's middle.
for a in 0x11000000 0x12345000 0x15000000 0x18001000; do echo $a > /sys/devices/system/memory/hard_offline_page; done 2>/dev/null
echo "lab: poisoned $(sed -n 's/HardwareCorrupted: *\\([0-9]*\\).*/\\1/p' /proc/meminfo)"
cat /proc/meminfo; cat /proc/iomem; sleep 1
"""
SPECIAL_MODULES = ["virtio_mem", "nd_e820", "nd_pmem", "dax_pmem", "device_dax", "kmem"]
SPECIAL_MEMORY = ("-m", "size=1168M,slots=2,maxmem=4G", "-object", "memory-backend-ram,id=plugged,size=512M",
                  "-device", "virtio-mem-pci,memdev=plugged,requested-size=168M")
SPECIAL_CMDLINE = "hugetlb_free_vmemmap=on memmap=64M!0x2c000000 memmap=384M!0x30000000 memhp_default_state=online_movable"

SYSTEM = """
mkdir -p /sysroot; mount -o ro /dev/vdb /sysroot
mount -t proc proc /sysroot/proc; mount -t devtmpfs dev /sysroot/dev; mount -t tmpfs tmp /sysroot/tmp
cp /content.py /sysroot/tmp/
"""
"""A Debian system with python3 on /sysroot, whose image is /dev/vdb."""

LARGE = """
i=0; while [ $i -lt {processes} ]; do
    chroot /sysroot /usr/bin/python3 /tmp/content.py {megabytes} $i /tmp/ready.$i & i=$((i+1)); done
find /sysroot/usr -xdev -type f -size -64k -exec cat {{}} + > /dev/null
find /sysroot/usr/lib /sysroot/usr/bin -xdev -type f -size +64k -exec cat {{}} + | head -c {cache_mb}m > /dev/null
while [ "$(ls /sysroot/tmp/ready.* 2>/dev/null | wc -l)" -lt {processes} ]; do sleep 1; done
head -c 60m /dev/urandom > /sysroot/tmp/shared
"""

CONTENT = '''
"""Fill MEGABYTES of anonymous memory with what programs keep there, then say so and sleep."""
import json, os, pathlib, random, sys, time, zlib

megabytes, seed, ready = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
rng = random.Random(seed)
files = [p for p in pathlib.Path("/usr/lib/python3").rglob("*.py")] or list(pathlib.Path("/usr/lib").rglob("*.py"))
keep, used = [], 0
while used < megabytes << 20:
    text = rng.choice(files).read_bytes()[:1 << 18]
    part = rng.random()
    if part < 0.35:      # objects: parsed data, pointers and small integers
        made = [{"id": rng.getrandbits(40), "name": w, "flags": [0] * 8} for w in text.decode(errors="replace").split()[:2000]]
        size = 420 * len(made)
    elif part < 0.60:    # text
        made = bytearray(text); size = len(made)
    elif part < 0.75:    # compressed data: will not shrink again
        made = bytearray(zlib.compress(text)); size = len(made)
    elif part < 0.85:    # tables of numbers
        made = bytearray(b"".join((i * 37 + seed).to_bytes(8, "little") for i in range(20000))); size = len(made)
    else:                # buffers that were allocated and never used, written once
        made = bytearray(1 << 17); made[::4096] = bytes(len(made) // 4096); size = len(made)
    keep.append(made); used += size
pathlib.Path(ready).touch()
time.sleep(100000)
'''

DEVICES = """
ip link set lo up; ip link set eth0 up; ip addr add 10.1.2.3/24 dev eth0; ip addr add 10.1.2.4/24 dev eth0
ip -6 addr add fd00::5/64 dev eth0; ping -c 1 -W 2 10.1.2.2 > /dev/null
chroot /sysroot /usr/bin/python3 /tmp/content.py &
while [ ! -e /sysroot/tmp/ready ]; do sleep 1; done
"""

DEVICES_CONTENT = '''
"""What a machine has open: System V memory, semaphores and queues, sockets of every family."""
import ctypes, pathlib, socket, struct, time

libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
CREATE = 0o1000
small = libc.shmget(0x11112222, 90000, CREATE | 0o640)
address = libc.shmat(small, None, 0)
ctypes.memset(address, 1, 3 * 4096)
libc.shmget(0, 1 << 20, CREATE | 0o600)
libc.semget(0x33334444, 5, CREATE | 0o666)
libc.semget(0, 1, CREATE | 0o600)
queue = libc.msgget(0x55556666, CREATE | 0o644)
libc.msgsnd(queue, (ctypes.c_long(1).__class__ * 5)(1, 2, 3, 4, 5), 32, 0)
libc.msgsnd(queue, (ctypes.c_long(1).__class__ * 3)(1, 2, 3), 16, 0)

keep = []
def made(*words):
    keep.append(socket.socket(*words))
    return keep[-1]
listener = made(socket.AF_INET, socket.SOCK_STREAM); listener.bind(("127.0.0.1", 7777)); listener.listen(5)
client = made(socket.AF_INET, socket.SOCK_STREAM); client.connect(("127.0.0.1", 7777)); keep.append(listener.accept()[0])
made(socket.AF_INET, socket.SOCK_DGRAM).bind(("10.1.2.3", 5353))
six = made(socket.AF_INET6, socket.SOCK_STREAM); six.bind(("::1", 8888)); six.listen(5)
six_client = made(socket.AF_INET6, socket.SOCK_STREAM); six_client.connect(("::1", 8888))
unix = made(socket.AF_UNIX, socket.SOCK_STREAM); unix.bind("/tmp/socket"); unix.listen(1)
keep += socket.socketpair()
made(socket.AF_NETLINK, socket.SOCK_RAW, 0)
made(socket.AF_INET, socket.SOCK_RAW, 1)

def bpf(command, form, *words):
    attributes = struct.pack(form, *words)
    return libc.syscall(321, command, ctypes.create_string_buffer(attributes), len(attributes))
table = bpf(0, "7I16s", 2, 4, 8, 10, 0, 0, 0, b"lastword_map")
code = struct.pack("<BBhiBBhiBBhiBBhi", 0x18, 0x11, 0, table, 0, 0, 0, 0, 0xb7, 0, 0, 0, 0x95, 0, 0, 0)
texts = ctypes.create_string_buffer(code), ctypes.create_string_buffer(b"GPL")
bpf(5, "IIQQIIQII16s", 1, 4, ctypes.addressof(texts[0]), ctypes.addressof(texts[1]), 0, 0, 0, 0, 0, b"lastword_prog")
pathlib.Path("/tmp/ready").touch()
time.sleep(100000)
'''


THREADS = """
echo 100000 > /proc/sys/kernel/threads-max; echo 1 > /proc/sys/vm/overcommit_memory
chroot /sysroot /usr/bin/python3 /tmp/content.py {threads} /tmp/ready &
while [ ! -e /sysroot/tmp/ready ]; do sleep 1; done
"""
THREADS_CONTENT = '''
"""Start THREADS threads that sleep, then say so and sleep."""
import pathlib, sys, threading, time

threading.stack_size(64 << 10)
for _ in range(int(sys.argv[1])):
    threading.Thread(target=time.sleep, args=(100000,), daemon=True).start()
pathlib.Path(sys.argv[2]).touch()
time.sleep(100000)
'''
THREADS_COUNT = 10000


def script(content: str, memory_mb: int) -> tuple[str, str]:
    """The shell lines of a workload for a guest of @memory_mb, and the program they have as /content.py."""
    if content == "large":
        lines = LARGE.format(processes=4, megabytes=memory_mb // 12, cache_mb=memory_mb // 4)
        return SYSTEM + lines, CONTENT
    if content == "threads":
        return SYSTEM + THREADS.format(threads=THREADS_COUNT), THREADS_CONTENT
    if content == "devices":
        return SYSTEM + DEVICES, DEVICES_CONTENT
    return SPECIAL if content == "special" else MIXED, ""


def system_tree(chroot: Path) -> list[Path]:
    """The directories of a Debian system that the large workload reads."""
    return [chroot / name for name in ("usr", "bin", "lib", "lib64", "etc", "sbin")]

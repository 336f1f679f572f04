# SPDX-License-Identifier: GPL-2.0-or-later
"""Run in the oracle's chroot: what drgn finds with DWARF in a vmcore, as JSON, in the form of `devices`' questions."""

import json
import os
import sys

import drgn
from drgn.helpers.linux.block import disk_name, for_each_disk
from drgn.helpers.linux.cpumask import for_each_possible_cpu
from drgn.helpers.linux.fs import for_each_file, for_each_mount, mount_dst, mount_fstype, mount_src
from drgn.helpers.linux.idr import idr_for_each
from drgn.helpers.linux.list import hlist_for_each_entry, list_for_each_entry
from drgn.helpers.linux.mapletree import mt_for_each
from drgn.helpers.linux.net import for_each_netdev
from drgn.helpers.linux.percpu import per_cpu, per_cpu_ptr
from drgn.helpers.linux.pid import find_task, for_each_task
from drgn.helpers.linux.rbtree import rbtree_inorder_for_each_entry
from drgn.helpers.linux.xarray import xa_for_each

prog = drgn.Program()
prog.set_core_dump(sys.argv[1])
prog.load_debug_info([sys.argv[2]], main=False)


def at(pointer):
    return f"0x{pointer.value_():x}"


def text(pointer):
    return pointer.string_().decode()


def irqs():
    return [(number, drgn.cast("struct irq_desc *", desc)) for number, _, desc in mt_for_each(prog["sparse_irqs"].address_of_())]


def actions(desc):
    action = desc.action
    while action:
        yield action
        action = action.next


def ipc(index, kind, member):
    found = []
    for _, entry in idr_for_each(prog["init_ipc_ns"].ids[index].ipcs_idr.address_of_()):
        one = drgn.cast(f"struct {kind} *", entry)
        perm = drgn.cast("struct kern_ipc_perm *", entry)
        found.append([at(one), perm.id.value_(), one.member_(member).value_()])
    return found


def timers():
    for cpu in for_each_possible_cpu(prog):
        for base in per_cpu(prog["timer_bases"], cpu):
            for vector in base.vectors:
                for timer in hlist_for_each_entry("struct timer_list", vector.address_of_(), "entry"):
                    yield at(timer)


def hrtimers():
    for cpu in for_each_possible_cpu(prog):
        for base in per_cpu(prog["hrtimer_bases"], cpu).clock_base:
            root = base.active.rb_root.rb_root.address_of_()
            for timer in rbtree_inorder_for_each_entry("struct hrtimer", root, "node.node"):
                yield [at(timer), timer.node.expires.value_()]


def sockets():
    task = next(t for t in for_each_task(prog) if t.comm.string_() == b"python3")
    for fd, file in for_each_file(task):
        if file.f_inode.i_mode.value_() & 0o170000 == 0o140000:
            socket = drgn.container_of(file.f_inode, "struct socket_alloc", "vfs_inode").socket.address_of_()
            yield [fd, at(socket), at(socket.sk)]


used = [(number, desc) for number, desc in irqs() if desc.action]
cpus = list(for_each_possible_cpu(prog))
init = find_task(prog, 1)
disks = [(at(disk), disk_name(disk).decode()) for disk in for_each_disk(prog)]
json.dump({
    "irqs": [[number, at(desc), [text(a.name) for a in actions(desc)]] for number, desc in irqs()],
    "counts": [[number, [per_cpu_ptr(desc.kstat_irqs, cpu).cnt.value_() for cpu in cpus]] for number, desc in used],
    "mounts": [[at(m), mount_fstype(m).decode(), mount_src(m).decode(), os.fsdecode(mount_dst(m))]
               for m in for_each_mount(init.nsproxy.mnt_ns)],
    "devices": [[at(d), text(d.name)] for d in for_each_netdev(prog["init_net"])],
    "disks": [[addr, name] for addr, name in disks if not name.startswith(("loop", "ram"))],
    "memory": ipc(2, "shmid_kernel", "shm_segsz"),
    "semaphores": ipc(0, "sem_array", "sem_nsems"),
    "messages": ipc(1, "msg_queue", "q_qnum"),
    "timers": sorted(timers()),
    "hrtimers": list(hrtimers()),
    "pids": [[at(entry), index] for index, entry in xa_for_each(prog["init_pid_ns"].idr.idr_rt.address_of_())],
    "modules": [at(m) for m in list_for_each_entry("struct module", prog["modules"].address_of_(), "list")],
    "sockets": list(sockets()),
}, sys.stdout)

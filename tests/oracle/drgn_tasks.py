# SPDX-License-Identifier: GPL-2.0-or-later
"""What drgn with DWARF knows of a kernel's tasks, as JSON: python3 drgn_tasks.py DUMP VMLINUX, run where drgn is."""

import json
import sys
from typing import Any

import drgn  # pylint: disable=import-error
from drgn.helpers.linux.fs import d_path, for_each_file  # pylint: disable=import-error
from drgn.helpers.linux.mm import for_each_vma, task_rss  # pylint: disable=import-error
from drgn.helpers.linux.pid import for_each_task  # pylint: disable=import-error
from drgn.helpers.linux.sched import task_cpu  # pylint: disable=import-error


def _path(file: drgn.Object) -> str:
    where = file.f_path if hasattr(file, "f_path") else getattr(file, "__f_path")
    return d_path(where.address_of_()).decode(errors="replace")


def _flags(vma: drgn.Object) -> int:
    return int(vma.vm_flags)


def _areas(task: drgn.Object) -> list[dict[str, Any]]:
    if not task.mm:
        return []
    return [{
        "vma": vma.value_(), "start": int(vma.vm_start), "end": int(vma.vm_end), "flags": _flags(vma),
        "path": _path(vma.vm_file) if vma.vm_file else None,
    } for vma in for_each_vma(task.mm)]


def _files(task: drgn.Object) -> list[dict[str, Any]]:
    if not task.files:
        return []
    return [{
        "fd": fd, "file": file.value_(), "inode": file.f_inode.value_(), "path": _path(file),
    } for fd, file in for_each_file(task)]


def _limits(task: drgn.Object) -> list[list[int]]:
    return [[int(limit.rlim_cur), int(limit.rlim_max)] for limit in task.signal.rlim]


def tasks(prog: drgn.Program) -> list[dict[str, Any]]:
    """All tasks but the idle ones."""
    return [{
        "pid": int(task.pid), "tgid": int(task.tgid), "task": task.value_(), "cpu": int(task_cpu(task)),
        "ppid": int(task.real_parent.tgid), "policy": int(task.policy),
        "vsz_kib": int(task.mm.total_vm) * 4 if task.mm else 0,
        "rss_kib": task_rss(task).total * 4 if task.mm else 0,
        "areas": _areas(task), "files": _files(task), "limits": _limits(task),
    } for task in for_each_task(prog)]


def main() -> None:
    """The whole document."""
    dump, vmlinux = sys.argv[1:]
    prog = drgn.Program()
    prog.set_core_dump(dump)
    prog.load_debug_info([vmlinux])
    json.dump(tasks(prog), sys.stdout)


main()

# SPDX-License-Identifier: GPL-2.0-or-later
"""Commands whose output is crash's own, letter by letter, on the same dump: what scripts and eyes are used to."""

import re
import subprocess
from pathlib import Path

from tests.lab import kernels, oracle, paths, rows
from tests.lab.rows import check

from . import references

COMMANDS = """\
p jiffies
p -x jiffies
p -d 0x20
p init_task.comm
p init_task.comm[0]
p &init_task
p &init_task.tasks
p init_task.pid+5
p init_task.cpus_mask
p init_task.cred->uid
p init_task.sched_class
p *init_task.cred
p/x init_task.flags
p sizeof(struct page)
p runqueues
p runqueues:0
p runqueues:a
p irq_stat:0,1
p modules
p &modules
p modules.next
p *modules.next
p ((struct list_head *)modules.next)->next
p (long)5
p (char)65
p 1+2*3
p 7/2
p saved_command_line
p tainted_mask
p panic_cpu
p system_state
p avenrun
p &avenrun
p *avenrun@2
p panic
p &panic
p zone_names
p sys_call_table[0]
p init_uts_ns.name
p init_net.loopback_dev->name
struct list_head
struct list_head -o
struct list_head modules
struct list_head modules -o
struct list_head modules -r
struct list_head modules 2
struct list_head modules -c -2
struct list_head.next modules -p
struct task_struct
struct task_struct -o
struct task_struct.comm init_task
struct task_struct.comm -r init_task
struct task_struct.tasks init_task
struct task_struct.flags -x init_task
struct task_struct.sched_class -p init_task
struct task_struct.mm,active_mm -p init_task
struct page
struct page -o
struct page -ox
struct qstr.hash
struct rq.nr_running,curr runqueues:a
struct rq.cpu -o runqueues:0,1
struct timer_base timer_bases:0
struct resource iomem_resource
struct gate_struct idt_table 2
struct fs_struct init_fs
union rcu_special -o
list_head modules
* list_head
whatis jiffies
whatis init_task
whatis init_task.comm
whatis &init_task
whatis schedule
whatis pid_t
whatis pgd_t
whatis atomic_t
whatis avenrun
whatis runqueues
whatis enum pid_type
whatis PIDTYPE_PID
whatis list_head
whatis -o rcu_special
sys -t
sys -i
sys -c read
""".splitlines()


def row(suite: str) -> rows.Row:
    """Both on the vmcore of one kernel, both with its vmlinux: `sys -c` shows source lines."""

    def run(_: Path) -> str:
        vmlinux, dump = kernels.vmlinux(suite), references.dump(suite)
        given = "".join(f"!echo '### {command}'\n{command}\n" for command in COMMANDS)
        theirs = oracle.run("crash", "-s", vmlinux, dump, given=given + "quit\n").stdout
        command = [paths.build() / "lastword", "crash", "-s", "--vmlinux", vmlinux, dump]
        ours = subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=600).stdout
        wanted, found = _answers(theirs), _answers(ours)
        check(len(wanted) == len(COMMANDS), f"crash answered {len(wanted)} of {len(COMMANDS)} commands")
        for one in COMMANDS:
            for theirs_line, our_line in zip(wanted[one], found.get(one, [])):
                check(theirs_line == our_line, f"{one}: {our_line!r}, where crash has {theirs_line!r}")
            check(len(wanted[one]) == len(found.get(one, [])), f"{one}: not as many lines as crash has")
        lines = sum(len(answer) for answer in wanted.values())
        return f"{len(COMMANDS)} commands, {lines} lines as crash has them"

    return rows.Row(f"shapes-{suite}", "matrix", run)


def _answers(text: str) -> dict[str, list[str]]:
    """The lines of each command; the number of a value counts what was asked before, and files' names begin elsewhere."""
    answers: dict[str, list[str]] = {}
    for part in re.split(r"^### ", text, flags=re.MULTILINE)[1:]:
        command, _, answer = part.partition("\n")
        lines = [re.sub(r"\$\d+ =", "$ =", line.rstrip()).replace(" ../", " ") for line in answer.splitlines()]
        while lines and not lines[-1]:
            lines.pop()
        answers[command] = lines
    return answers

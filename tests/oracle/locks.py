# SPDX-License-Identifier: GPL-2.0-or-later
"""What `lock` and `blocked` tell of the dump that tests/lab/locks leaves: its source says who holds and who waits for what."""

from pathlib import Path
from typing import Any

from tests.lab.rows import check

from . import knowledge

MUTEX, RWSEM, SEMAPHORE = "mutex", "rw_semaphore", "semaphore"
HELD = {
    "locks_a": (MUTEX, "locks_ab", {"locks_ba", "locks_a0", "locks_a1", "locks_a2"}),
    "locks_b": (MUTEX, "locks_ba", {"locks_ab"}),
    "locks_w": (RWSEM, "locks_writer", {"locks_w_reader"}),
    "locks_r": (RWSEM, None, {"locks_r_writer", "locks_r_second"}),
    "locks_s": (SEMAPHORE, None, {"locks_s_taker"}),
}
"""Of each lock: its kind, who is known to hold it, who waits."""
LAST_READER = "locks_reader"


def check_locks(dump: Path) -> str:
    """Each lock, its owner and its waiters; the one deadlock; who is blocked."""
    told = knowledge.crash(dump, "lock")
    locks = {lock["symbol"].split()[0]: lock for lock in told["locks"] if lock["symbol"]}
    found = {name: (lock["kind"], _owner(lock), _names(lock["waiters"])) for name, lock in locks.items()}
    check(found == HELD, f"lock: {found}")
    check(not told["unknown"], f"lock: the locks of {_names(told['unknown'])} were not found")
    reader = locks["locks_r"]
    check(reader["readers"] == 1 and reader["owner"]["command"] == LAST_READER, f"lock: {reader}")
    circles = [_names(circle) for circle in told["deadlocks"]]
    check(circles == [{"locks_ab", "locks_ba"}], f"lock: deadlocks of {circles}")
    wanted = set.union(*(waiters for _, _, waiters in HELD.values()))
    blocked = knowledge.crash(dump, "blocked")["tasks"]
    check(_names(blocked) == wanted, f"blocked: {_names(blocked)}")
    check(all(task["lock"] for task in blocked), "blocked: a task's lock is not known")
    ages = [task["age_ns"] for task in blocked]
    check(ages == sorted(ages, reverse=True) and ages[-1] > 0, f"blocked: {ages}")
    return f"{len(found)} locks, {len(blocked)} tasks blocked, a deadlock"


def _owner(lock: dict[str, Any]) -> str | None:
    return lock["owner"]["command"] if lock["owner_certain"] else None


def _names(tasks: list[dict[str, Any]]) -> set[str]:
    return {task["command"] for task in tasks}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the files of tasks share: task_read.c reads one, task_list.c finds them, task.c answers. */
#include "kernel/percpu.h"
#include "kernel/task.h"

/* MM_FILEPAGES, MM_ANONPAGES and MM_SHMEMPAGES of include/linux/mm_types_task.h: 0, 1, 3 */
#define RSS_COUNTERS 3

/* Where the members are that are read of each task. size 0: this kernel does not have it. */
struct task_layout {
	struct type_member tasks, children, sibling, node, signal, head, pid, tgid, comm, parent,
		cpu, state, exit_state, policy, flags, last_run, mm, stack, sp, start, total_vm;
	struct type_member rss[RSS_COUNTERS], rss_percpu[RSS_COUNTERS], own_rss[RSS_COUNTERS];
	uint64_t frame_size;
	struct type_member frame_bp, frame_return;
};

/* Places in the list by address: a hash table with open addressing. */
struct task_index {
	size_t *slots; /* place + 1; 0: none */
	size_t room;   /* a power of two */
};

struct tasks {
	struct kernel_reader *reader;
	struct symbols *symbols;
	struct types *types;
	struct task_layout layout;
	struct percpu *percpu; /* NULL where it cannot be told */
	struct task *list;
	size_t count, room;
	struct task_index index;
	char damage[200];
};

/* ---- task_read.c ---- */

int task_find_layout(struct tasks *t, struct error *e) _must_check_;

bool task_read_number(struct kernel_reader *r, uint64_t addr, size_t size, uint64_t *ret);
/* 0 where the member or its memory is missing. */
uint64_t task_number(const struct tasks *t, uint64_t base, const struct type_member *m);

/*
 * False where no task is there: memory that the machine does not have, or that holds something else. Of a task whose pages
 * are partly not in the dump what is there is taken.
 */
bool task_read(struct tasks *t, uint64_t addr, struct task *ret);

/* Every thread's own pages count for all of its group. The list is sorted. */
void tasks_add_own_pages(struct tasks *t);

/* ---- task_list.c ---- */

/* Fills the list, sorts it, marks the current ones. */
int tasks_collect(struct tasks *t, struct error *e) _must_check_;

/* SIZE_MAX where it is not in the list. */
size_t task_place(const struct tasks *t, uint64_t addr);

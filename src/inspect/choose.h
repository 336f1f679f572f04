/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Which tasks a command works on: words to tasks, and the task that is meant where no word names one.
 */
#include "inspect/command.h"

/* Tasks of tasks_list(), borrowed. */
struct chosen {
	const struct task **tasks;
	size_t count;
};

void chosen_done(struct chosen *chosen);
#define _cleanup_chosen_ _cleanup_(chosen_done)

/* ---- for commands ---- */

/* The context: what `set` chose, else the task that panicked, else what ran on the first CPU. -ENOENT. */
int choose_context(struct inspect *c, const struct task **ret, struct error *e) _must_check_;

/* One task by its pid (decimal, or hexadecimal after 0x) or the address of its task_struct. -EINVAL. */
int choose_task(struct inspect *c, const char *word, const struct task **ret,
		struct error *e) _must_check_;

/*
 * Each word is a pid (0: every idle task), a task_struct's address, a command's name, or, where no task has that name, an
 * extended regular expression that a part of the name matches, in '' or not. Without words: what foreach chose, else the
 * context. In the order of the words. -EINVAL for a word that no task fits.
 */
int choose_tasks(struct inspect *c, int count, char **words, struct chosen *ret,
		 struct error *e) _must_check_;

/* The same; without words all tasks (of foreach: its choice). */
int choose_tasks_or_all(struct inspect *c, int count, char **words, struct chosen *ret,
			struct error *e) _must_check_;

/* The task of that number on each CPU: 0, "1,3-5", "all". *ret has one entry a CPU (free it); *ret_count of them. -EINVAL. */
int choose_cpus(struct inspect *c, const char *words, bool **ret, uint32_t *ret_count,
		struct error *e) _must_check_;

/* A task's user memory, and the context's. -EINVAL for a kernel thread. */
int task_user_memory(const struct task *task, uint64_t *ret_mm, struct error *e) _must_check_;
int choose_user_memory(struct inspect *c, uint64_t *ret_mm, struct error *e) _must_check_;

/* ---- shown of a task ---- */

/* A kernel thread: it never has memory of its own. */
bool task_is_kernel(const struct task *task);

/* The line before what a command says of a task: PID, TASK, CPU, COMMAND. */
void print_task_line(FILE *out, const struct task *task);

/* What `set` shows of a task: PID, COMMAND, TASK, CPU, STATE, a line each; or an object of JSON. */
/* Since 4.9 a part of the task; before it at the stack's lowest address. */
uint64_t task_thread_info(struct inspect *c, const struct task *task);

#define TASK_STATE_SIZE 256

/* "TASK_INTERRUPTIBLE|TASK_WAKEKILL", as crash writes it. */
void task_state_words(const struct task *task, char ret[TASK_STATE_SIZE]);

void show_task_context(struct inspect *c, struct json *j, const struct task *task);

/* pid, task, cpu, command: members of the object that is open. */
void json_task_line(struct json *j, const struct task *task);

/* ---- without a dump, for tests ---- */

int choose_by_words(const struct task *list, size_t n, int count, char **words, struct chosen *ret,
		    struct error *e) _must_check_;

/* foreach's words that are no task's: what they ask for is asked of each task besides. */
struct choose_filter {
	bool kernel, user, leaders, active;
	uint32_t states; /* one bit for each row of the state table; 0: any */
};

/* "kernel", "user", "gleader", "active", "UN", "un" … False: the word is something else. */
bool choose_filter_word(const char *word, struct choose_filter *f);
bool choose_filter_fits(const struct choose_filter *f, const struct task *task);

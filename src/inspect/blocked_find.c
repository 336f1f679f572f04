/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "inspect/blocked.h"

#define NSEC_PER_SEC UINT64_C(1000000000)

void blocked_done(struct blocked *b)
{
	free(b->list);
	locks_done(&b->locks);
	*b = (struct blocked){ 0 };
}

const struct lock *blocked_lock(const struct blocked *b, const struct blocked_task *t)
{
	for (size_t i = 0; i < b->locks.wait_count; i++)
		if (b->locks.waits[i].task == t->wait.task)
			return locks_of_wait(&b->locks, i);
	return NULL;
}

static int oldest_first(const void *a, const void *b)
{
	const struct blocked_task *x = a, *y = b;

	if (x->wait.age != y->wait.age)
		return x->wait.age < y->wait.age ? 1 : -1;
	return (x->wait.task > y->wait.task) - (x->wait.task < y->wait.task);
}

/* By stack, then by age: those alike stand side by side. */
static int alike_together(const void *a, const void *b)
{
	const struct blocked_task *x = *(struct blocked_task *const *)a,
				  *y = *(struct blocked_task *const *)b;

	if (x->wait.stack != y->wait.stack)
		return x->wait.stack < y->wait.stack ? -1 : 1;
	return (x > y) - (x < y);
}

static int count_alike(struct blocked *b)
{
	_cleanup_free_ struct blocked_task **by_stack = calloc(b->count + 1, sizeof(*by_stack));
	struct blocked_task *oldest = NULL;

	if (!by_stack)
		return -ENOMEM;
	for (size_t i = 0; i < b->count; i++)
		by_stack[i] = &b->list[i];
	qsort(by_stack, b->count, sizeof(*by_stack), alike_together);
	for (size_t i = 0; i < b->count; i++) {
		if (!oldest || !by_stack[i]->wait.stack ||
		    by_stack[i]->wait.stack != oldest->wait.stack)
			oldest = by_stack[i];
		oldest->alike++;
	}
	return 0;
}

static int find_tasks(struct inspect *c, struct blocked *b, struct error *e)
{
	_cleanup_(waits_freep) struct waits *waits = NULL;
	const struct task *list;
	size_t n;
	int err = waits_open(c, &waits, e);

	if (err < 0)
		return err;
	n = tasks_list(c->tasks, &list);
	b->list = calloc(n + 1, sizeof(*b->list));
	if (!b->list)
		return error_errno(e, -ENOMEM, "blocked tasks");
	for (size_t i = 0; i < n; i++)
		if (!list[i].current && strcmp(task_state_name(&list[i]), "UN") == 0)
			wait_find(waits, &list[i], &b->list[b->count++].wait);
	qsort(b->list, b->count, sizeof(*b->list), oldest_first);
	err = count_alike(b);
	return err < 0 ? error_errno(e, err, "blocked tasks") : 0;
}

/* kernel/hung_task.c */
static uint64_t find_threshold(struct inspect *c)
{
	struct symbols *symbols;
	uint64_t at, seconds;

	if (inspect_symbols(c, &symbols, NULL) < 0 ||
	    !symbols_find(symbols, "sysctl_hung_task_timeout_secs", &at) ||
	    inspect_number(c, at, 8, &seconds, NULL) < 0 || seconds > UINT64_MAX / NSEC_PER_SEC)
		return 0;
	return seconds * NSEC_PER_SEC;
}

int blocked_find(struct inspect *c, struct blocked *ret, struct error *e)
{
	struct blocked b = { .threshold = find_threshold(c) };
	int err = find_tasks(c, &b, e);

	if (err == 0 && b.count > 0)
		err = locks_find(c, &b.locks, e);
	if (err < 0) {
		blocked_done(&b);
		return err;
	}
	*ret = b;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Equal stacks once, with the tasks that have them. */
#include <errno.h>
#include <string.h>

#include "inspect/bt.h"

/* Pids that are written of a group's; JSON has all. */
#define PIDS_SHOWN 12
#define NONE SIZE_MAX

/* A group is a chain of tasks, by their places in what was chosen. */
struct group {
	uint64_t hash;
	size_t first, last, count;
};

struct groups {
	const struct chosen *chosen;
	struct group *list;
	size_t count;
	size_t *next;  /* by task: the next of its group, or NONE */
	size_t *slots; /* a hash table of groups: NONE where there is none */
	size_t mask;
};

static void groups_done(struct groups *g)
{
	free(g->list);
	free(g->next);
	free(g->slots);
}

static int groups_init(struct groups *g, const struct chosen *chosen)
{
	size_t slots = 64;

	while (slots < chosen->count * 2)
		slots *= 2;
	*g = (struct groups){ .chosen = chosen, .mask = slots - 1 };
	g->list = calloc(chosen->count + 1, sizeof(*g->list));
	g->next = calloc(chosen->count + 1, sizeof(*g->next));
	g->slots = calloc(slots, sizeof(*g->slots));
	if (!g->list || !g->next || !g->slots) {
		groups_done(g);
		return -ENOMEM;
	}
	memset(g->slots, 0xff, slots * sizeof(*g->slots));
	return 0;
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
	return (hash ^ value) * UINT64_C(1099511628211);
}

/* By the program counters alone: where they stand differs from task to task. Stacks that cannot be had are told apart by why. */
static uint64_t hash_stack(struct bt *b, const struct task *task)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	struct error why = { 0 };

	if (bt_trace(b, task, &why) < 0)
		return mix(hash, (uint64_t)why.code);
	for (size_t i = 0; i < b->trace.count; i++)
		hash = mix(hash, b->trace.frames[i].pc);
	return mix(hash, b->trace.end * 2 + b->trace.unexpected);
}

static void add(struct groups *g, uint64_t hash, size_t task)
{
	size_t slot = (hash ^ hash >> 32) & g->mask;
	struct group *group;

	g->next[task] = NONE;
	while (g->slots[slot] != NONE && g->list[g->slots[slot]].hash != hash)
		slot = (slot + 1) & g->mask;
	if (g->slots[slot] == NONE) {
		g->slots[slot] = g->count;
		g->list[g->count++] = (struct group){ hash, task, task, 1 };
		return;
	}
	group = &g->list[g->slots[slot]];
	g->next[group->last] = task;
	group->last = task;
	group->count++;
}

static int compare(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return (x->first > y->first) - (x->first < y->first);
}

static void print_group(struct bt *b, const struct groups *g, const struct group *group,
			const char *fault)
{
	FILE *out = b->c->out;
	size_t shown = 0;

	if (b->any)
		fputc('\n', out);
	fprintf(out, "TASKS: %zu  PIDS:", group->count);
	for (size_t i = group->first; i != NONE && shown < PIDS_SHOWN; i = g->next[i], shown++)
		fprintf(out, " %u", g->chosen->tasks[i]->pid);
	fprintf(out, "%s\n", shown < group->count ? " …" : "");
	print_task_line(out, g->chosen->tasks[group->first]);
	bt_print(b, g->chosen->tasks[group->first], fault);
	b->any = true;
}

static void json_group(struct bt *b, const struct groups *g, const struct group *group,
		       const char *fault)
{
	struct json *j = &b->json;

	bt_json(b, g->chosen->tasks[group->first], fault);
	json_put_uint(j, "count", group->count);
	json_put_array(j, "pids");
	for (size_t i = group->first; i != NONE; i = g->next[i])
		json_uint(j, g->chosen->tasks[i]->pid);
	json_array_end(j);
	json_object_end(j);
}

int bt_groups(struct bt *b, const struct chosen *chosen, struct error *e)
{
	_cleanup_(groups_done) struct groups g;
	int err = groups_init(&g, chosen);

	if (err < 0)
		return error_errno(e, err, "stacks");
	for (size_t i = 0; i < chosen->count; i++)
		add(&g, hash_stack(b, chosen->tasks[i]), i);
	qsort(g.list, g.count, sizeof(*g.list), compare);
	for (size_t i = 0; i < g.count; i++) {
		struct error why = { 0 };
		int lost = bt_trace(b, chosen->tasks[g.list[i].first], &why);

		if (lost == 0 && !bt_has_ref(b))
			continue;
		if (b->c->json)
			json_group(b, &g, &g.list[i], lost < 0 ? error_text(&why) : NULL);
		else
			print_group(b, &g, &g.list[i], lost < 0 ? error_text(&why) : NULL);
	}
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/timer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/machine.h"
#include "kernel/rbtree.h"

#define BASES_LIMIT 16

struct waiting {
	uint64_t addr, soft, expires, function;
};

struct queue {
	struct timer_show *t;
	struct waiting *list;
	size_t count, size;
};

static int on_timer(void *user, const struct tree_entry *entry)
{
	struct queue *q = user;
	const struct object_source *s = &q->t->source;
	struct object timer;
	struct waiting one = { 0 };
	int err = object_container(s, entry->value, "hrtimer", "node.node", &timer, NULL);

	if (err < 0)
		return err;
	if (q->count == q->size) {
		const size_t size = MAX(2 * q->size, (size_t)64);
		struct waiting *list = reallocarray(q->list, size, sizeof(*list));

		if (!list)
			return -ENOMEM;
		q->list = list;
		q->size = size;
	}
	one.addr = timer.addr;
	one.soft = object_number_or_0(s, &timer, "_softexpires");
	one.expires = object_number_or_0(s, &timer, "node.expires");
	one.function = object_number_or_0(s, &timer, "function");
	q->list[q->count++] = one;
	return 0;
}

/* What crash calls the clock: the function that reads it. Newer kernels have its number alone (include/uapi/linux/time.h). */
static void clock_name(struct timer_show *t, const struct object *base, char *ret, size_t size)
{
	static const struct {
		uint64_t id;
		const char *name;
	} clocks[] = {
		{ 0, "ktime_get_real" },
		{ 1, "ktime_get" },
		{ 7, "ktime_get_boottime" },
		{ 11, "ktime_get_clocktai" },
	};
	char symbol[INSPECT_NAME_SIZE];
	uint64_t value;

	snprintf(ret, size, "?");
	if (object_number(&t->source, base, "get_time", &value, NULL) == 0) {
		inspect_symbol_name(t->c, value, symbol);
		snprintf(ret, size, "%.*s", (int)size - 1, symbol);
		return;
	}
	if (object_number(&t->source, base, "clockid", &value, NULL) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++)
		if (clocks[i].id == value)
			snprintf(ret, size, "%s", clocks[i].name);
}

static void show_json(const struct queue *q, uint64_t now)
{
	struct json *j = q->t->json;
	char name[INSPECT_NAME_SIZE];

	json_put_uint(j, "current_ns", now);
	json_put_array(j, "timers");
	for (size_t i = 0; i < q->count; i++) {
		inspect_symbol_name(q->t->c, q->list[i].function, name);
		json_object(j);
		json_put_hex(j, "hrtimer", q->list[i].addr);
		json_put_uint(j, "soft_expires_ns", q->list[i].soft);
		json_put_uint(j, "expires_ns", q->list[i].expires);
		json_put_int(j, "tte_ns", (int64_t)(q->list[i].expires - now));
		json_put_hex(j, "function", q->list[i].function);
		json_put_string(j, "function_name", name);
		json_object_end(j);
	}
	json_array_end(j);
}

static void show_text(const struct queue *q, uint64_t now)
{
	FILE *out = q->t->c->out;
	int width = MAX(12, timer_digits(now));
	char name[INSPECT_NAME_SIZE];

	if (q->count == 0) {
		fputs("  (empty)\n", out);
		return;
	}
	for (size_t i = 0; i < q->count; i++)
		width = MAX(width, timer_digits(q->list[i].expires));
	fprintf(out, "  %*s\n  %*" PRIu64 "\n", width, "CURRENT", width, now);
	fprintf(out, "  %*s  %*s  %*s  %-16s  %s\n", width, "SOFTEXPIRES", width, "EXPIRES", width,
		"TTE", "    HRTIMER", "   FUNCTION");
	for (size_t i = 0; i < q->count; i++) {
		const struct waiting *w = &q->list[i];

		inspect_symbol_name(q->t->c, w->function, name);
		fprintf(out,
			"  %*" PRIu64 "  %*" PRIu64 "  %*" PRId64 "  %016" PRIx64 "  %016" PRIx64
			"  <%s>\n",
			width, w->soft, width, w->expires, width, (int64_t)(w->expires - now),
			w->addr, w->function, name);
	}
}

static int show_base(struct timer_show *t, const struct object *base, uint32_t cpu, uint64_t index,
		     uint64_t monotonic, struct error *e)
{
	const uint64_t now = monotonic + object_number_or_0(&t->source, base, "offset");
	struct queue q = { .t = t };
	struct error why = { 0 };
	struct object root;
	char clock[64];
	int err = object_follow(&t->source, base, "active.rb_root.rb_root|active.head", &root, e);

	if (err < 0)
		return err;
	err = rbtree_each(t->c->reader, root.addr, on_timer, &q, &why);
	timer_damage(t, err, &why);
	clock_name(t, base, clock, sizeof(clock));
	if (t->json) {
		json_object(t->json);
		json_put_uint(t->json, "cpu", cpu);
		json_put_uint(t->json, "clock", index);
		json_put_hex(t->json, "address", base->addr);
		json_put_string(t->json, "clock_name", clock);
		show_json(&q, now);
		json_object_end(t->json);
	} else {
		fprintf(t->c->out, "  CLOCK: %" PRIu64 "  HRTIMER_CLOCK_BASE: %" PRIx64 "  [%s]\n",
			index, base->addr, clock);
		show_text(&q, now);
		fputc('\n', t->c->out);
	}
	free(q.list);
	return err == -ENOMEM ? error_errno(e, err, "timers") : 0;
}

int timer_high(struct timer_show *t, struct error *e)
{
	struct machine machine = { 0 };
	struct object cpu_base, bases, base;
	struct type_member m;
	int err = 0;

	machine_find(t->c, &machine);
	if (!types_member(t->source.types, "hrtimer_cpu_base.clock_base", &m))
		return error_set(e, -ENOENT, "hrtimer_cpu_base is none that is known here");
	for (uint32_t cpu = 0; err == 0 && cpu < t->count; cpu++) {
		if (!t->cpus[cpu])
			continue;
		err = inspect_variable(t->c, "hrtimer_bases", cpu, &cpu_base, e);
		if (err == 0)
			err = object_follow(&t->source, &cpu_base, "clock_base", &bases, e);
		if (err < 0)
			return err;
		if (!t->json)
			fprintf(t->c->out, "CPU: %u  HRTIMER_CPU_BASE: %" PRIx64 "\n", cpu,
				cpu_base.addr);
		for (uint64_t i = 0; err == 0 && i < MIN(m.elements, (uint64_t)BASES_LIMIT) &&
				     object_element(&bases, i, &base);
		     i++)
			err = show_base(t, &base, cpu, i, machine.uptime_ns, e);
	}
	return err;
}

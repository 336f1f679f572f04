/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/timer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "kernel/list.h"

#define BASES_MAX 3
#define VECTORS_LIMIT 4096

struct waiting {
	uint64_t addr, expires, function;
};

/* One timer_base: what waits in it. */
struct wheel {
	struct timer_show *t;
	struct waiting *list;
	size_t count, size;
};

static int on_timer(void *user, uint64_t node)
{
	struct wheel *w = user;
	struct object timer;
	struct waiting *one;
	int err = object_container(&w->t->source, node, "timer_list", "entry", &timer, NULL);

	if (err < 0)
		return err;
	if (w->count == w->size) {
		const size_t size = MAX(2 * w->size, (size_t)64);
		struct waiting *list = reallocarray(w->list, size, sizeof(*list));

		if (!list)
			return -ENOMEM;
		w->list = list;
		w->size = size;
	}
	one = &w->list[w->count];
	one->addr = timer.addr;
	err = object_number(&w->t->source, &timer, "expires", &one->expires, NULL);
	one->function = object_number_or_0(&w->t->source, &timer, "function");
	if (err == 0)
		w->count++;
	return 0;
}

static int by_expiry(const void *a, const void *b)
{
	const struct waiting *x = a, *y = b;

	if (x->expires != y->expires)
		return x->expires < y->expires ? -1 : 1;
	return 0;
}

static uint64_t elements(const struct object *array)
{
	uint32_t id, element, count;
	struct btf_type t;

	if (!btf_resolve(array->type.btf, array->type.id, &id, &t) ||
	    !btf_array(&t, &element, &count))
		return 0;
	return count;
}

static int collect(struct wheel *w, const struct object *base, struct error *e)
{
	struct object vectors, vector;
	struct error why = { 0 };
	int err = object_follow(&w->t->source, base, "vectors", &vectors, e);

	for (uint64_t i = 0; err == 0 && i < MIN(elements(&vectors), (uint64_t)VECTORS_LIMIT);
	     i++) {
		int walked;

		if (!object_element(&vectors, i, &vector))
			break;
		walked = list_each(w->t->c->reader, vector.addr, 0, on_timer, w, &why);
		if (walked == -ENOMEM)
			return error_errno(e, walked, "timers");
		timer_damage(w->t, walked, &why);
	}
	if (w->count > 0)
		qsort(w->list, w->count, sizeof(*w->list), by_expiry);
	return err;
}

/* kernel/time/timer.c: which bases there are depends on NO_HZ_COMMON and, since 6.9, on who may expire a timer. */
static const char *base_name(uint64_t index, uint64_t count)
{
	static const char *const names[BASES_MAX][BASES_MAX] = {
		{ "BASE_STD" },
		{ "BASE_STD", "BASE_DEF" },
		{ "BASE_LOCAL", "BASE_GLOBAL", "BASE_DEF" },
	};

	return count >= 1 && count <= BASES_MAX && index < count ? names[count - 1][index] : "?";
}

static void show_json(const struct wheel *w, uint64_t jiffies)
{
	struct json *j = w->t->json;
	char name[INSPECT_NAME_SIZE];

	json_put_array(j, "timers");
	for (size_t i = 0; i < w->count; i++) {
		inspect_symbol_name(w->t->c, w->list[i].function, name);
		json_object(j);
		json_put_hex(j, "timer_list", w->list[i].addr);
		json_put_uint(j, "expires", w->list[i].expires);
		json_put_int(j, "tte_jiffies", (int64_t)(w->list[i].expires - jiffies));
		json_put_hex(j, "function", w->list[i].function);
		json_put_string(j, "function_name", name);
		json_object_end(j);
	}
	json_array_end(j);
}

static void show_text(const struct wheel *w, uint64_t jiffies)
{
	FILE *out = w->t->c->out;
	int expires = 10, tte = 5;
	char name[INSPECT_NAME_SIZE];

	if (w->count == 0) {
		fputs("  (none)\n", out);
		return;
	}
	for (size_t i = 0; i < w->count; i++) {
		const int64_t left = (int64_t)(w->list[i].expires - jiffies);

		expires = MAX(expires, timer_digits(w->list[i].expires));
		tte = MAX(tte, 1 + timer_digits(left < 0 ? -(uint64_t)left : (uint64_t)left));
	}
	fprintf(out, "  %-*s  %*s  %-16s  %s\n", expires, "EXPIRES", tte, "TTE", "   TIMER_LIST",
		"   FUNCTION");
	for (size_t i = 0; i < w->count; i++) {
		inspect_symbol_name(w->t->c, w->list[i].function, name);
		fprintf(out, "  %*" PRIu64 "  %*" PRId64 "  %016" PRIx64 "  %016" PRIx64 "  <%s>\n",
			expires, w->list[i].expires, tte, (int64_t)(w->list[i].expires - jiffies),
			w->list[i].addr, w->list[i].function, name);
	}
}

static int show_base(struct timer_show *t, const struct object *base, uint32_t cpu,
		     const char *name, uint64_t jiffies, struct error *e)
{
	struct wheel w = { .t = t };
	int err = collect(&w, base, e);

	if (err == 0 && t->json) {
		json_object(t->json);
		json_put_uint(t->json, "cpu", cpu);
		json_put_string(t->json, "base", name);
		json_put_hex(t->json, "address", base->addr);
		json_put_uint(t->json, "jiffies", jiffies);
		show_json(&w, jiffies);
		json_object_end(t->json);
	} else if (err == 0) {
		fprintf(t->c->out, "TIMER_BASES[%u][%s]: %" PRIx64 "\n", cpu, name, base->addr);
		show_text(&w, jiffies);
	}
	free(w.list);
	return err;
}

int timer_wheel(struct timer_show *t, struct error *e)
{
	struct object bases, base, o;
	uint64_t jiffies;
	int err = inspect_variable(t->c, "jiffies_64", 0, &o, e);

	if (err == 0)
		err = object_number(&t->source, &o, "", &jiffies, e);
	if (err < 0)
		return err;
	if (!t->json)
		fprintf(t->c->out, "JIFFIES\n%" PRIu64 "\n\n", jiffies);
	for (uint32_t cpu = 0; err == 0 && cpu < t->count; cpu++) {
		if (!t->cpus[cpu])
			continue;
		err = inspect_variable(t->c, "timer_bases", cpu, &bases, e);
		if (err < 0)
			return err;
		for (uint64_t i = 0; err == 0 && i < MIN(elements(&bases), (uint64_t)BASES_MAX) &&
				     object_element(&bases, i, &base);
		     i++)
			err = show_base(t, &base, cpu, base_name(i, elements(&bases)), jiffies, e);
		if (!t->json)
			fputc('\n', t->c->out);
	}
	return err;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/command.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/choose.h"
#include "inspect/irq.h"
#include "kernel/maple.h"
#include "kernel/xarray.h"

#define IRQ_LIMIT 1000000 /* MAX_SPARSE_IRQS is less */
#define ACTIONS_LIMIT 1000
#define NAME_SIZE 64

/* irq_desc's addresses by number, 0 where there is none. */
struct irqs {
	struct inspect *c;
	struct object_source source;
	uint64_t *desc;
	uint32_t count;
	struct error damage;
};

static int on_desc(void *user, const struct tree_entry *entry)
{
	struct irqs *irqs = user;

	if (entry->first < irqs->count)
		irqs->desc[entry->first] = entry->value;
	return 0;
}

/* Kernels without sparse numbers have one array. */
static void read_array(struct irqs *irqs, const struct object *array)
{
	for (uint32_t i = 0; i < irqs->count; i++) {
		struct object desc;

		if (object_element(array, i, &desc))
			irqs->desc[i] = desc.addr;
	}
}

static int read_count(struct inspect *c, uint32_t *ret, struct error *e)
{
	struct object_source source;
	struct object o;
	uint64_t count;
	int err = inspect_source(c, &source, e);

	if (err == 0 && inspect_variable(c, "total_nr_irqs", 0, &o, NULL) < 0)
		err = inspect_variable(c, "nr_irqs", 0, &o, e);
	if (err == 0)
		err = object_number(&source, &o, "", &count, e);
	if (err < 0)
		return err;
	if (count == 0 || count > IRQ_LIMIT)
		return error_set(e, -EINVAL, "the kernel has %" PRIu64 " IRQs?", count);
	*ret = count;
	return 0;
}

static int irqs_open(struct inspect *c, struct irqs *ret, struct error *e)
{
	struct irqs irqs = { .c = c };
	struct object o;
	int err = read_count(c, &irqs.count, e);

	if (err == 0)
		err = inspect_source(c, &irqs.source, e);
	if (err < 0)
		return err;
	irqs.desc = calloc(irqs.count, sizeof(*irqs.desc));
	if (!irqs.desc)
		return error_errno(e, -ENOMEM, "%u IRQs", irqs.count);
	if (inspect_variable(c, "sparse_irqs", 0, &o, NULL) == 0)
		(void)!maple_each(&irqs.source, o.addr, on_desc, &irqs, &irqs.damage);
	else if (inspect_variable(c, "irq_desc_tree", 0, &o, NULL) == 0)
		(void)!xarray_each(&irqs.source, o.addr, on_desc, &irqs, &irqs.damage);
	else if ((err = inspect_variable(c, "irq_desc", 0, &o, e)) == 0)
		read_array(&irqs, &o);
	if (err < 0) {
		free(irqs.desc);
		return err;
	}
	*ret = irqs;
	return 0;
}

static void irqs_done(struct irqs *irqs)
{
	free(irqs->desc);
}

#define _cleanup_irqs_ _cleanup_(irqs_done)

static bool desc_at(const struct irqs *irqs, uint32_t irq, struct object *ret)
{
	return irq < irqs->count && irqs->desc[irq] &&
	       object_at(&irqs->source, "irq_desc", irqs->desc[irq], ret, NULL) == 0;
}

/* The next action of an IRQ; from irq_desc the first. False at the end. */
static bool next_action(const struct irqs *irqs, struct object *o)
{
	return object_follow(&irqs->source, o, object_has(o, "action") ? "action->" : "next->", o,
			     NULL) == 0;
}

static bool in_use(const struct irqs *irqs, uint32_t irq)
{
	struct object o;

	return desc_at(irqs, irq, &o) && next_action(irqs, &o);
}

/* "ehci_hcd:usb2,uhci_hcd:usb3" */
static int all_names(const struct irqs *irqs, struct object o, struct buf *ret)
{
	char name[NAME_SIZE];
	int err = 0;

	for (unsigned n = 0; err == 0 && n < ACTIONS_LIMIT && next_action(irqs, &o); n++) {
		object_text_or_mark(&irqs->source, &o, "name", name, sizeof(name));
		err = buf_printf(ret, "%s%s", n ? "," : "", name);
	}
	return err;
}

/* ---- the list ---- */

static void json_action(const struct irqs *irqs, const struct object *action, const char *name,
			struct json *j)
{
	char symbol[INSPECT_NAME_SIZE];
	uint64_t handler = object_number_or_0(&irqs->source, action, "handler");

	json_object(j);
	json_put_hex(j, "irqaction", action->addr);
	json_put_string(j, "name", name);
	json_put_hex(j, "handler", handler);
	inspect_symbol_name(irqs->c, handler, symbol);
	json_put_string(j, "handler_name", symbol);
	json_put_hex(j, "thread", object_number_or_0(&irqs->source, action, "thread"));
	json_object_end(j);
}

/* A pointer that cannot be followed is not nothing. */
static bool has_actions(const struct irqs *irqs, const struct object *desc)
{
	uint64_t action;

	return object_number(&irqs->source, desc, "action", &action, NULL) < 0 || action;
}

static void list_actions(const struct irqs *irqs, struct object o, struct json *j)
{
	const struct object desc = o;
	FILE *out = irqs->c->out;
	char name[NAME_SIZE];
	unsigned n = 0;

	while (n < ACTIONS_LIMIT && next_action(irqs, &o)) {
		object_text_or_mark(&irqs->source, &o, "name", name, sizeof(name));
		if (j)
			json_action(irqs, &o, name, j);
		else
			fprintf(out, "%*s%016" PRIx64 "  \"%s\"\n", n ? 24 : 0, "", o.addr, name);
		n++;
	}
	if (n == 0 && !j)
		fprintf(out, "    %s\n",
			has_actions(irqs, &desc) ? "(not in the dump)" : "(unused)");
}

static void list_one(const struct irqs *irqs, uint32_t irq, struct json *j)
{
	FILE *out = irqs->c->out;
	struct object desc;
	const bool there = desc_at(irqs, irq, &desc);
	char number[16];

	if (j) {
		json_object(j);
		json_put_uint(j, "irq", irq);
		json_put_hex(j, "irq_desc", there ? desc.addr : 0);
		json_put_array(j, "actions");
		if (there)
			list_actions(irqs, desc, j);
		json_array_end(j);
		json_object_end(j);
		return;
	}
	/* In the middle of five columns, as in crash. */
	snprintf(number, sizeof(number), irq < 100 ? "%3u" : " %u", irq);
	if (!there) {
		fprintf(out, "%-5s     (unused)          (unused)\n", number);
		return;
	}
	fprintf(out, "%-5s %016" PRIx64 "  ", number, desc.addr);
	list_actions(irqs, desc, NULL);
}

/* ---- -a, -s ---- */

/* "0-1,4": the CPUs of a mask that is in the struct or where it points. */
static int mask_text(const struct irqs *irqs, const struct object *desc, struct buf *ret)
{
	static const char path[] = "irq_common_data.affinity|irq_data.affinity";
	struct percpu *percpu;
	struct object mask;
	uint8_t bytes[PERCPU_LIMIT / 8] = { 0 };
	int err = inspect_percpu(irqs->c, &percpu, NULL);
	bool first = true;

	if (err == 0)
		err = object_follow(&irqs->source, desc, path, &mask, NULL);
	if (err == 0 && !object_has(&mask, "bits") && !object_has(&mask, "[0].bits"))
		err = object_pointee(&irqs->source, &mask, &mask, NULL);
	if (err == 0)
		err = kernel_read(irqs->c->reader, mask.addr, bytes,
				  MIN((size_t)DIV_ROUND_UP(percpu->count, 64) * 8, sizeof(bytes)),
				  NULL);
	if (err < 0)
		return buf_printf(ret, "?");
	for (uint32_t cpu = 0; err == 0 && cpu < percpu->count; cpu++) {
		uint32_t last = cpu;

		if (!(bytes[cpu / 8] >> cpu % 8 & 1))
			continue;
		while (last + 1 < percpu->count && bytes[(last + 1) / 8] >> (last + 1) % 8 & 1)
			last++;
		err = buf_printf(ret, last > cpu ? "%s%u-%u" : "%s%u", first ? "" : ",", cpu, last);
		first = false;
		cpu = last;
	}
	return err;
}

static int affinity_one(const struct irqs *irqs, uint32_t irq, struct json *j)
{
	_cleanup_buf_ struct buf names = { 0 }, cpus = { 0 };
	struct object desc;
	int err;

	if (!desc_at(irqs, irq, &desc))
		return 0;
	err = all_names(irqs, desc, &names);
	if (err == 0)
		err = mask_text(irqs, &desc, &cpus);
	if (err < 0)
		return err;
	if (!j) {
		fprintf(irqs->c->out, "%3u %-20s %s\n", irq, names.data,
			cpus.data ? cpus.data : "");
		return 0;
	}
	json_object(j);
	json_put_uint(j, "irq", irq);
	json_put_string(j, "name", names.data);
	json_put_string(j, "affinity", cpus.data ? cpus.data : "");
	json_object_end(j);
	return 0;
}

static int affinities(const struct irqs *irqs, struct json *j)
{
	int err = 0;

	if (!j)
		fputs("IRQ NAME                 AFFINITY\n", irqs->c->out);
	for (uint32_t irq = 0; err == 0 && irq < irqs->count; irq++)
		if (in_use(irqs, irq))
			err = affinity_one(irqs, irq, j);
	return err;
}

/* kstat_irqs is per-CPU: a number, or a struct that begins with it. */
static uint64_t times(const struct irqs *irqs, const struct object *desc,
		      const struct percpu *percpu, uint32_t cpu)
{
	struct object stat;
	uint64_t value;

	if (object_follow(&irqs->source, desc, "kstat_irqs->", &stat, NULL) < 0 ||
	    !percpu_address(percpu, cpu, stat.addr, &stat.addr) ||
	    inspect_number(irqs->c, stat.addr, 4, &value, NULL) < 0)
		return 0;
	return value;
}

static int stats_one(const struct irqs *irqs, uint32_t irq, const struct percpu *percpu,
		     const bool *cpus, struct json *j)
{
	_cleanup_buf_ struct buf names = { 0 };
	char chip[NAME_SIZE], flow[NAME_SIZE];
	struct object desc;
	int err;

	if (!desc_at(irqs, irq, &desc))
		return 0;
	err = all_names(irqs, desc, &names);
	if (err < 0)
		return err;
	object_text_or_mark(&irqs->source, &desc, "irq_data.chip->name", chip, sizeof(chip));
	(void)object_text(&irqs->source, &desc, "name", flow, sizeof(flow), NULL);
	if (j) {
		json_object(j);
		json_put_uint(j, "irq", irq);
		json_put_array(j, "counts");
	} else {
		fprintf(irqs->c->out, "%3u:", irq);
	}
	for (uint32_t cpu = 0; cpu < percpu->count; cpu++) {
		if (!cpus[cpu])
			continue;
		if (j)
			json_uint(j, times(irqs, &desc, percpu, cpu));
		else
			fprintf(irqs->c->out, " %10" PRIu64, times(irqs, &desc, percpu, cpu));
	}
	if (!j) {
		fprintf(irqs->c->out, " %8s-%-8s %s\n", chip, flow, names.data);
		return 0;
	}
	json_array_end(j);
	json_put_string(j, "chip", chip);
	json_put_string(j, "flow", flow);
	json_put_string(j, "name", names.data);
	json_object_end(j);
	return 0;
}

static int stats(const struct irqs *irqs, const char *words, struct json *j, struct error *e)
{
	_cleanup_free_ bool *cpus = NULL;
	struct percpu *percpu;
	uint32_t count;
	char name[16];
	int err = inspect_percpu(irqs->c, &percpu, e);

	if (err == 0)
		err = choose_cpus(irqs->c, words, &cpus, &count, e);
	if (err < 0)
		return err;
	if (!j) {
		fputs("     ", irqs->c->out);
		for (uint32_t cpu = 0; cpu < percpu->count; cpu++) {
			snprintf(name, sizeof(name), "CPU%u", cpu);
			if (cpus[cpu])
				fprintf(irqs->c->out, "%10s ", name);
		}
		fputc('\n', irqs->c->out);
	}
	for (uint32_t irq = 0; err == 0 && irq < irqs->count; irq++)
		if (in_use(irqs, irq))
			err = stats_one(irqs, irq, percpu, cpus, j);
	return err;
}

/* ---- words ---- */

struct options {
	bool used, affinity, stats, vectors, softirqs;
	const char *cpus;
};

static int list(const struct irqs *irqs, const struct options *o, int count, char **words,
		struct json *j, struct error *e)
{
	if (!j)
		fputs(" IRQ   IRQ_DESC/_DATA      IRQACTION      NAME\n", irqs->c->out);
	for (int i = 0; i < count; i++) {
		uint64_t irq;
		int err = inspect_count(words[i], &irq, e);

		if (err < 0)
			return err;
		if (irq >= irqs->count)
			return error_set(e, -EINVAL, "%s: IRQs go up to %u", words[i],
					 irqs->count - 1);
		list_one(irqs, irq, j);
	}
	for (uint32_t irq = 0; count == 0 && irq < irqs->count; irq++)
		if (!o->used || irqs->desc[irq])
			list_one(irqs, irq, j);
	return 0;
}

static int show(const struct irqs *irqs, const struct options *o, int count, char **words,
		struct json *j, struct error *e)
{
	int err;

	if (o->stats)
		return stats(irqs, o->cpus, j, e);
	if (!o->affinity)
		return list(irqs, o, count, words, j, e);
	err = affinities(irqs, j);
	return err < 0 ? error_errno(e, err, "affinities") : 0;
}

static int run_irqs(struct inspect *c, const struct options *o, int count, char **words,
		    struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	_cleanup_irqs_ struct irqs irqs = { 0 };
	struct json j;
	int err = irqs_open(c, &irqs, e), ended = 0;

	if (err < 0)
		return err;
	if (c->json) {
		inspect_json_begin(c, &j, &buf, "irq");
		json_put_string(&j, "damage", irqs.damage.code ? error_text(&irqs.damage) : NULL);
		json_put_array(&j, "irqs");
	}
	err = show(&irqs, o, count, words, c->json ? &j : NULL, e);
	if (c->json) {
		json_array_end(&j);
		ended = inspect_json_end(c, &j, e);
	} else if (irqs.damage.code) {
		fprintf(c->out, "irq: perhaps not all: %s\n", error_text(&irqs.damage));
	}
	return err < 0 ? err : ended;
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	struct options o = { .cpus = "all" };
	int opt;

	while ((opt = getopt(argc, argv, "+udbasc:")) != -1) {
		switch (opt) {
		case 'u':
			o.used = true;
			break;
		case 'd':
			o.vectors = true;
			break;
		case 'b':
			o.softirqs = true;
			break;
		case 'a':
			o.affinity = true;
			break;
		case 's':
			o.stats = true;
			break;
		case 'c':
			o.cpus = optarg;
			break;
		default:
			return inspect_bad_option(argc, argv, e);
		}
	}
	if (o.vectors)
		return irq_vectors(c, e);
	if (o.softirqs)
		return irq_softirqs(c, e);
	return run_irqs(c, &o, argc - optind, argv + optind, e);
}

const struct inspect_command inspect_irq = {
	.name = "irq",
	.usage = "[[number …] | -u | -d | -b | -a | -s [-c cpus]]",
	.summary = "interrupts",
	.details = "  -u       those alone that are set up\n"
		   "  -d       the interrupt descriptor table\n"
		   "  -b       bottom halves: what runs for each softirq\n"
		   "  -a       on which CPUs they may come\n"
		   "  -s       how often they came; -c cpus: on those alone, such as 1,3-5\n",
	.run = run,
};

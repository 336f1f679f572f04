/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kmem -V and -z: the counters of memory, of all and of each zone. */
#include <errno.h>
#include <inttypes.h>

#include "inspect/kmem.h"
#include "kernel/vmstat.h"
#include "kernel/zone.h"

struct printer {
	struct inspect *c;
	struct object_source source;
	struct symbols *symbols;
	struct vmstat vmstat;
	struct json j;
	int width;
};

static int open_printer(struct inspect *c, struct printer *p, struct error *e)
{
	struct percpu *percpu = NULL;
	int err = inspect_symbols(c, &p->symbols, e);

	p->c = c;
	if (err == 0)
		err = inspect_source(c, &p->source, e);
	if (err == 0)
		err = inspect_percpu(c, &percpu, e);
	p->vmstat = (struct vmstat){ &p->source, p->symbols, percpu };
	return err;
}

static int print_item(void *user, const char *name, int64_t value)
{
	struct printer *p = user;

	if (p->c->json) {
		json_put_int(&p->j, name, value);
	} else {
		fprintf(p->c->out, "%*s: %" PRId64 "\n", p->width, name, value);
	}
	return 0;
}

int kmem_vmstat(struct kmem *k, struct error *e)
{
	static const struct {
		enum vmstat_kind kind;
		const char *heading, *key;
	} parts[] = {
		{ VMSTAT_ZONE, "VM_ZONE_STAT", "zone" },
		{ VMSTAT_NODE, "VM_NODE_STAT", "node" },
		{ VMSTAT_NUMA, "VM_NUMA_STAT", "numa" },
		{ VMSTAT_EVENT, "VM_EVENT_STATES", "events" },
	};
	_cleanup_buf_ struct buf buf = { 0 };
	struct printer p = { 0 };
	size_t width = 0;
	int err = open_printer(k->c, &p, e);

	if (err < 0)
		return err;
	for (size_t i = 0; i < ARRAY_SIZE(parts) - 1; i++)
		width = MAX(width, vmstat_width(&p.vmstat, parts[i].kind));
	if (k->c->json)
		inspect_json_begin(k->c, &p.j, &buf, "kmem");
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		struct error why = { 0 };
		uint64_t at;

		/* since 5.14 the counters of numa_stat_item are summed up only where somebody reads them */
		if (parts[i].kind == VMSTAT_NUMA && !symbols_find(p.symbols, "vm_numa_stat", &at))
			continue;
		p.width =
			(int)(parts[i].kind == VMSTAT_EVENT ? vmstat_width(&p.vmstat, VMSTAT_EVENT)
							    : width);
		if (k->c->json) {
			json_put_object(&p.j, parts[i].key);
		} else {
			fprintf(k->c->out, "%s  %s:\n", i > 0 ? "\n" : "", parts[i].heading);
		}
		if (vmstat_each(&p.vmstat, parts[i].kind, print_item, &p, &why) < 0 && !k->c->json)
			fprintf(k->c->out, "(%s)\n", error_text(&why));
		if (k->c->json)
			json_object_end(&p.j);
	}
	return k->c->json ? inspect_json_end(k->c, &p.j, e) : 0;
}

static void print_zone_head(struct printer *p, const struct zone *zone)
{
	fprintf(p->c->out, "NODE: %u  ZONE: %u  ADDR: %" PRIx64 "  NAME: \"%s\"\n", zone->node,
		zone->index, zone->object.addr, zone->name);
	if (zone->spanned == 0) {
		fputs("  [unpopulated]\n", p->c->out);
		return;
	}
	fprintf(p->c->out, "  SIZE: %" PRIu64, zone->spanned);
	if (zone->present < zone->spanned)
		fprintf(p->c->out, "  PRESENT: %" PRIu64, zone->present);
	fprintf(p->c->out, "  MIN/LOW/HIGH: %" PRIu64 "/%" PRIu64 "/%" PRIu64 "\n  VM_STAT:\n",
		zone->watermark[0], zone->watermark[1], zone->watermark[2]);
}

static void json_zone_head(struct json *j, const struct zone *zone)
{
	const struct json_number numbers[] = {
		{ "node", zone->node },		  { "zone", zone->index },
		{ "start_pfn", zone->start_pfn }, { "spanned", zone->spanned },
		{ "present", zone->present },	  { "managed", zone->managed },
		{ "min", zone->watermark[0] },	  { "low", zone->watermark[1] },
		{ "high", zone->watermark[2] },
	};

	json_put_hex(j, "address", zone->object.addr);
	json_put_string(j, "name", zone->name);
	json_numbers(j, numbers, ARRAY_SIZE(numbers));
}

static int print_zone(void *user, const struct zone *zone)
{
	struct printer *p = user;
	struct error why = { 0 };
	struct object stat;
	int err = object_follow(&p->source, &zone->object, "vm_stat", &stat, &why);

	if (p->c->json) {
		json_object(&p->j);
		json_zone_head(&p->j, zone);
		json_put_object(&p->j, "stat");
	} else {
		print_zone_head(p, zone);
	}
	if (err == 0 && zone->spanned > 0)
		err = vmstat_each_at(&p->vmstat, VMSTAT_ZONE, stat.addr, print_item, p, &why);
	if (p->c->json) {
		json_object_end(&p->j);
		json_object_end(&p->j);
		return 0;
	}
	if (err < 0)
		fprintf(p->c->out, "(%s)\n", error_text(&why));
	fputs(zone->spanned > 0 ? "\n\n" : "\n", p->c->out);
	return 0;
}

int kmem_zones(struct kmem *k, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	struct printer p = { 0 };
	int err = open_printer(k->c, &p, e);

	if (err < 0)
		return err;
	p.width = (int)vmstat_width(&p.vmstat, VMSTAT_ZONE);
	if (k->c->json) {
		inspect_json_begin(k->c, &p.j, &buf, "kmem");
		json_put_array(&p.j, "zones");
	}
	err = zone_each(&p.source, p.symbols, NULL, print_zone, &p, e);
	if (!k->c->json)
		return err;
	json_array_end(&p.j);
	return err < 0 ? err : inspect_json_end(k->c, &p.j, e);
}

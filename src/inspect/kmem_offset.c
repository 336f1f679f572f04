/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kmem -o and -h: where CPUs have their data, and the pools of huge pages. */
#include <errno.h>
#include <inttypes.h>

#include "inspect/kmem.h"

#define HSTATES_MAX 16

int kmem_offsets(struct kmem *k, struct error *e)
{
	static const struct column columns[] = { { "cpu", NULL, COLUMN_UINT, 0 },
						 { "offset", NULL, COLUMN_HEX, 0 } };
	struct percpu *percpu;
	struct inspect_rows r;
	int err = inspect_percpu(k->c, &percpu, e);

	if (err < 0)
		return err;
	if (!k->c->json)
		fputs("PER-CPU OFFSET VALUES:\n", k->c->out);
	inspect_rows_begin(k->c, &r, "kmem", "cpus", columns, ARRAY_SIZE(columns));
	for (uint32_t cpu = 0; cpu < percpu->count; cpu++) {
		if (k->c->json)
			table_row(&r.table,
				  (union cell[]){ { .n = cpu }, { .n = percpu->offsets[cpu] } });
		else
			fprintf(k->c->out, "  CPU %u: %" PRIx64 "\n", cpu, percpu->offsets[cpu]);
	}
	return inspect_rows_end(k->c, &r, e);
}

static void show_hstate(struct kmem *k, const struct object_source *s, const struct object *h,
			const struct inspect_rows *r)
{
	uint64_t order, bytes;
	char name[64], size[24];

	if (object_number(s, h, "order", &order, NULL) < 0 || order > 30)
		return;
	bytes = (uint64_t)dumpfile_info(kernel_dump(k->c->kernel))->page_size << order;
	if (bytes >= GIB(1))
		snprintf(size, sizeof(size), "%" PRIu64 "GB", bytes >> 30);
	else
		snprintf(size, sizeof(size), "%" PRIu64 "MB", bytes >> 20);
	(void)object_text(s, h, "name", name, sizeof(name), NULL);
	if (k->c->json) {
		table_row(&r->table,
			  (union cell[]){ { .n = h->addr },
					  { .n = bytes },
					  { .n = object_number_or_0(s, h, "free_huge_pages") },
					  { .n = object_number_or_0(s, h, "nr_huge_pages") },
					  { .text = name } });
		return;
	}
	fprintf(k->c->out, "%016" PRIx64 "%7s%8" PRIu64 "%8" PRIu64 "  %s\n", h->addr, size,
		object_number_or_0(s, h, "free_huge_pages"),
		object_number_or_0(s, h, "nr_huge_pages"), name);
}

int kmem_huge(struct kmem *k, struct error *e)
{
	static const struct column columns[] = {
		{ "hstate", NULL, COLUMN_ADDRESS, 0 }, { "size", NULL, COLUMN_UINT, 0 },
		{ "free", NULL, COLUMN_UINT, 0 },      { "total", NULL, COLUMN_UINT, 0 },
		{ "name", NULL, COLUMN_TEXT, 0 },
	};
	struct object array, max, h;
	struct object_source source;
	struct inspect_rows r;
	uint64_t count = 0;
	int err = inspect_source(k->c, &source, e);

	if (err == 0)
		err = inspect_variable(k->c, "hstates", 0, &array, e);
	if (err == 0)
		err = inspect_variable(k->c, "hugetlb_max_hstate", 0, &max, e);
	if (err == 0)
		err = object_number(&source, &max, "", &count, e);
	if (err < 0)
		return err;
	if (!k->c->json)
		fputs("     HSTATE        SIZE    FREE   TOTAL  NAME\n", k->c->out);
	inspect_rows_begin(k->c, &r, "kmem", "hstates", columns, ARRAY_SIZE(columns));
	for (uint64_t i = 0; i < MIN(count, (uint64_t)HSTATES_MAX); i++)
		if (object_element(&array, i, &h))
			show_hstate(k, &source, &h, &r);
	return inspect_rows_end(k->c, &r, e);
}

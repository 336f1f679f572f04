/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/irq.h"

#include <errno.h>
#include <inttypes.h>

#define VECTORS 256
#define SOFTIRQS_MAX 64

enum { NUMBER, ADDRESS, NAME, SOFTIRQ };

static const struct column columns[] = {
	[NUMBER] = { "number", NULL, COLUMN_UINT, 0 },
	[ADDRESS] = { "address", NULL, COLUMN_ADDRESS, 0 },
	[NAME] = { "name", NULL, COLUMN_TEXT, 0 },
	[SOFTIRQ] = { "softirq", NULL, COLUMN_TEXT, 0 },
};

/* An entry's address is in three parts (Intel SDM 3A, 7.14.1). */
static int vector_address(struct inspect *c, const struct object_source *s,
			  const struct object *gate, uint64_t *ret, struct error *e)
{
	uint64_t low, middle, high;
	int err = object_number(s, gate, "offset_low", &low, e);

	if (err == 0)
		err = object_number(s, gate, "offset_middle", &middle, e);
	if (err == 0)
		err = object_number(s, gate, "offset_high", &high, e);
	if (err == 0)
		*ret = high << 32 | middle << 16 | low;
	return err;
}

int irq_vectors(struct inspect *c, struct error *e)
{
	struct object_source s;
	struct inspect_rows rows;
	struct object table, gate;
	char name[INSPECT_NAME_SIZE], number[16];
	int err = inspect_variable(c, "idt_table", 0, &table, e), ended;

	if (err == 0)
		err = inspect_source(c, &s, e);
	if (err < 0)
		return err;
	inspect_rows_begin(c, &rows, "irq", "vectors", columns, SOFTIRQ);
	for (unsigned i = 0; err == 0 && i < VECTORS && object_element(&table, i, &gate); i++) {
		uint64_t addr = 0;

		err = vector_address(c, &s, &gate, &addr, e);
		if (err < 0)
			break;
		inspect_symbol_name(c, addr, name);
		if (c->json) {
			table_row(&rows.table,
				  (union cell[]){
					  [NUMBER].n = i, [ADDRESS].n = addr, [NAME].text = name });
			continue;
		}
		snprintf(number, sizeof(number), "[%u]", i);
		if (*name)
			fprintf(c->out, "%5s %s\n", number, name);
		else
			fprintf(c->out, "%5s %" PRIx64 "\n", number, addr);
	}
	ended = inspect_rows_end(c, &rows, e);
	return err < 0 ? err : ended;
}

static void softirq_name(struct inspect *c, const struct object_source *s, unsigned i, char *ret,
			 size_t size)
{
	struct object names, name;

	ret[0] = '\0';
	if (inspect_variable(c, "softirq_to_name", 0, &names, NULL) == 0 &&
	    object_element(&names, i, &name))
		(void)object_text(s, &name, "", ret, size, NULL);
}

int irq_softirqs(struct inspect *c, struct error *e)
{
	struct object_source s;
	struct inspect_rows rows;
	struct object table, action;
	char name[INSPECT_NAME_SIZE], softirq[32];
	int64_t count;
	int err = inspect_variable(c, "softirq_vec", 0, &table, e), ended;

	if (err == 0)
		err = inspect_source(c, &s, e);
	if (err < 0)
		return err;
	if (!types_enumerator(s.types, "NR_SOFTIRQS", &count) || count < 1 || count > SOFTIRQS_MAX)
		return error_set(e, -ENOENT, "nothing says how many softirqs there are");
	if (!c->json)
		fputs("SOFTIRQ_VEC      ACTION\n", c->out);
	inspect_rows_begin(c, &rows, "irq", "softirqs", columns, ARRAY_SIZE(columns));
	for (unsigned i = 0; err == 0 && i < count && object_element(&table, i, &action); i++) {
		uint64_t addr = 0;

		err = object_number(&s, &action, "action", &addr, e);
		if (err < 0)
			break;
		inspect_symbol_name(c, addr, name);
		softirq_name(c, &s, i, softirq, sizeof(softirq));
		if (c->json)
			table_row(&rows.table, (union cell[]){ [NUMBER].n = i,
							       [ADDRESS].n = addr,
							       [NAME].text = name,
							       [SOFTIRQ].text = softirq });
		else if (addr)
			fprintf(c->out, "    [%u]     %016" PRIx64 "  <%s>\n", i, addr, name);
	}
	ended = inspect_rows_end(c, &rows, e);
	return err < 0 ? err : ended;
}

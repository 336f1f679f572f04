/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "inspect/sys_more.h"

#define CALLS_LIMIT 4096

struct calls {
	struct inspect *c;
	const char *part; /* of a name; NULL: any */
	bool has_number;
	uint64_t number;
	struct table table;
};

static void print_one(struct calls *s, uint32_t number, uint64_t addr)
{
	const struct inspect_lines *lines = s->c->lines;
	char name[INSPECT_NAME_SIZE], line[INSPECT_NAME_SIZE];
	bool has_line;

	inspect_symbol_name(s->c, addr, name);
	if ((s->has_number && s->number != number) || (s->part && !strstr(name, s->part)))
		return;
	has_line = lines && lines->at(lines->user, addr, line, sizeof(line));
	if (s->table.json) {
		table_row(&s->table, (union cell[]){ { .n = number },
						     { .text = name[0] ? name : NULL },
						     { .n = addr },
						     { .text = has_line ? line : NULL } });
		return;
	}
	fprintf(s->c->out, s->c->hex ? "%3" PRIx32 "  " : "%3" PRIu32 "  ", number);
	if (!name[0])
		fprintf(s->c->out, "%" PRIx64 "\n", addr);
	else if (has_line)
		fprintf(s->c->out, "%-26s %s\n", name, line);
	else
		fprintf(s->c->out, "%s\n", name);
}

static int print_all(struct calls *s, struct error *e)
{
	struct object_source source;
	struct object array, entry;
	uint32_t element, count;
	struct btf_type t;
	uint32_t id;
	int err = inspect_variable(s->c, "sys_call_table", 0, &array, e);

	if (err == 0)
		err = inspect_source(s->c, &source, e);
	if (err < 0)
		return err;
	if (!btf_resolve(array.type.btf, array.type.id, &id, &t) ||
	    !btf_array(&t, &element, &count))
		return error_set(e, -EINVAL, "sys_call_table is no array");
	for (uint32_t i = 0; i < MIN(count, (uint32_t)CALLS_LIMIT); i++) {
		struct symbol sym;
		uint64_t addr;

		if (!object_element(&array, i, &entry))
			break;
		err = object_number(&source, &entry, "", &addr, e);
		if (err < 0)
			return err;
		/* what stands behind the table is no code */
		if (!symbols_at(s->c->symbols, addr, &sym))
			break;
		print_one(s, i, addr);
	}
	return 0;
}

int sys_calls(struct inspect *c, const char *word, struct error *e)
{
	static const struct column columns[] = {
		{ "number", NULL, COLUMN_UINT, 0 },
		{ "name", NULL, COLUMN_TEXT, 0 },
		{ "address", NULL, COLUMN_ADDRESS, 0 },
		{ "line", NULL, COLUMN_TEXT, 0 },
	};
	struct calls s = { .c = c };
	struct inspect_rows rows;
	int err, end;

	if (word && isdigit((unsigned char)*word)) {
		err = inspect_count(word, &s.number, e);
		if (err < 0)
			return err;
		s.has_number = true;
	} else {
		s.part = word;
	}
	inspect_rows_begin(c, &rows, "sys", "calls", columns, ARRAY_SIZE(columns));
	s.table = rows.table;
	if (!c->json)
		fprintf(c->out, c->lines ? "NUM  SYSTEM CALL                FILE AND LINE NUMBER\n"
					 : "NUM  SYSTEM CALL\n");
	err = print_all(&s, e);
	end = inspect_rows_end(c, &rows, err < 0 ? NULL : e);
	return err < 0 ? err : end;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "inspect/sys_more.h"

#define TEXT_SIZE 256

/* The name of a place in dmi_ident: an enumerator of enum dmi_field. */
static bool field_name(const struct btf *b, const struct btf_type *fields, uint32_t index,
		       const char **ret)
{
	for (uint32_t i = 0; i < fields->count; i++) {
		int64_t value;

		if (btf_enumerator(b, fields, i, ret, &value) && value == index)
			return strcmp(*ret, "DMI_STRING_MAX") != 0;
	}
	return false;
}

static int print_all(struct inspect *c, struct table *table, struct error *e)
{
	struct object_source source;
	struct object array, entry;
	struct btf_type t;
	struct type fields;
	const char *name;
	int err = inspect_variable(c, "dmi_ident", 0, &array, e);

	if (err == 0)
		err = inspect_source(c, &source, e);
	if (err < 0)
		return err;
	if (!types_find_kinds(source.types, "dmi_field", BTF_ENUMS, &fields) ||
	    !btf_get(fields.btf, fields.id, &t))
		return error_set(e, -ENOENT, "nothing tells what dmi_ident holds");
	for (uint32_t i = 1; i < t.count; i++) {
		char text[TEXT_SIZE];
		uint64_t to;

		if (!field_name(fields.btf, &t, i, &name) || !object_element(&array, i, &entry))
			continue;
		err = object_number(&source, &entry, "", &to, e);
		if (err < 0)
			return err;
		if (to == 0 || object_text(&source, &entry, "", text, sizeof(text), NULL) < 0)
			continue;
		if (table->json)
			table_row(table, (union cell[]){ { .text = name }, { .text = text } });
		else
			fprintf(c->out, "%25s: %s\n", name, text);
	}
	return 0;
}

int sys_dmi(struct inspect *c, struct error *e)
{
	static const struct column columns[] = {
		{ "name", NULL, COLUMN_TEXT, 0 },
		{ "value", NULL, COLUMN_TEXT, 0 },
	};
	struct inspect_rows rows;
	int err, end;

	inspect_rows_begin(c, &rows, "sys", "dmi", columns, ARRAY_SIZE(columns));
	err = print_all(c, &rows.table, e);
	end = inspect_rows_end(c, &rows, err < 0 ? NULL : e);
	return err < 0 ? err : end;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Device-mapper: the table as it was, with the devices where they are now. */
#include "capture/volumes_impl.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/devmapper.h"
#include "capture/console.h"

struct parts {
	dev_t numbers[PLAN_PARTS_MAX];
	size_t count;
};

static int find_parts(const struct plan *p, const struct plan_volume *v, usec_t deadline,
		      struct parts *ret, struct error *e)
{
	int r = 0;

	for (size_t i = 0; i < p->parts_count && r == 0; i++)
		if (strcmp(p->parts[i].volume, v->name) == 0)
			r = volumes_part(p, &p->parts[i], deadline, &ret->numbers[ret->count++], e);
	return r;
}

int volume_dm_parameters(const char *parameters, const dev_t *numbers, size_t count,
			 struct buf *out)
{
	int r = buf_append(out, "", 0);

	for (const char *c = parameters; *c && r == 0; c++) {
		bool begins = c == parameters || c[-1] == ' ';
		char *end;
		unsigned long index;

		if (!begins || *c != '@' || !isdigit((unsigned char)c[1])) {
			r = buf_append(out, c, 1);
			continue;
		}
		index = strtoul(c + 1, &end, 10);
		if (index >= count)
			return -EINVAL;
		r = buf_printf(out, "%u:%u", major(numbers[index]), minor(numbers[index]));
		c = end - 1;
	}
	return r;
}

static int make_table(const struct plan *p, const struct plan_volume *v, const struct parts *parts,
		      struct dm_table *ret)
{
	_cleanup_dm_table_ struct dm_table t = { 0 };

	t.rows = calloc(p->rows_count, sizeof(*t.rows));
	if (!t.rows)
		return -ENOMEM;
	for (size_t i = 0; i < p->rows_count; i++) {
		const struct plan_row *from = &p->rows[i];
		struct dm_row *to = &t.rows[t.count];
		_cleanup_buf_ struct buf parameters = { 0 };
		int r;

		if (strcmp(from->volume, v->name) != 0)
			continue;
		r = volume_dm_parameters(from->parameters, parts->numbers, parts->count,
					 &parameters);
		if (r < 0)
			return r;
		t.count++;
		*to = (struct dm_row){
			.start = from->start,
			.length = from->length,
			.type = strdup(from->type),
			.parameters = TAKE_PTR(parameters.data),
		};
		if (!to->type)
			return -ENOMEM;
	}
	*ret = t;
	t = (struct dm_table){ 0 };
	return 0;
}

/* As arrays of md: no resync and no rebuild beside the dump. One that has begun stops. */
static void freeze(int control, const struct plan_volume *v, const struct dm_table *t)
{
	for (size_t i = 0; i < t->count; i++)
		if (strcmp(t->rows[i].type, "raid") == 0 &&
		    dm_message(control, v->label, t->rows[i].start, "frozen") < 0)
			say("%s: its resync is not stopped", v->name);
}

int volume_dm_up(const struct plan *p, const struct plan_volume *v, usec_t deadline,
		 struct error *e)
{
	_cleanup_dm_table_ struct dm_table table = { 0 };
	_cleanup_root_ struct root root = { .fd = -1 };
	_cleanup_close_ int control = -1;
	struct parts parts = { .count = 0 };
	unsigned minor;
	int r = find_parts(p, v, deadline, &parts, e);

	if (r < 0)
		return r;
	if (sscanf(v->name, "dm-%9u", &minor) != 1)
		return error_set(e, -EINVAL, "this is no name of device-mapper");
	r = make_table(p, v, &parts, &table);
	if (r < 0)
		return error_errno(e, r, "table");
	r = root_open("/", &root);
	if (r < 0)
		return error_errno(e, r, "/");
	r = dm_open(&root, &control, e);
	if (r == 0)
		r = dm_create(control, v->label, v->uuid, minor, &table, e);
	if (r < 0)
		return r;
	freeze(control, v, &table);
	say("%s is %s", v->name, v->label);
	return 0;
}

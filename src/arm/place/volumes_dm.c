/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/place/volumes_impl.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/devmapper.h"

#define USE_ANOTHER "use a target that is not: another partition or volume, raw, NFS or SSH"

/* The types of rows; those of Documentation/admin-guide/device-mapper that are not here are refused too. */
static const struct row_type {
	const char *type;
	const char *module;  /* NULL: dm-mod itself */
	const char *refusal; /* why it is not made again, NULL where it is */
} row_types[] = {
	{ "linear", NULL, NULL },
	{ "striped", NULL, NULL },
	{ "error", NULL, NULL },
	{ "zero", NULL, NULL },
	{ "mirror", "dm-mirror", NULL },
	{ "raid", "dm-raid", NULL },
	{ "thin", "dm-thin-pool", NULL },
	{ "thin-pool", "dm-thin-pool", NULL },
	{ "multipath", NULL, NULL },
	{ "crypt", NULL,
	  "is encrypted (LUKS or dm-crypt), and its key is gone after a crash; " USE_ANOTHER
	  " (lastword_encrypt keeps the dump secret there)" },
	{ "snapshot-origin", NULL,
	  "has snapshots, which a write without them would spoil; " USE_ANOTHER },
	{ "snapshot", NULL, "is a snapshot; " USE_ANOTHER },
	{ "cache", NULL, "has a cache, which is not set up after a crash; " USE_ANOTHER },
	{ "writecache", NULL, "has a cache, which is not set up after a crash; " USE_ANOTHER },
};

static const struct row_type *row_type_find(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(row_types); i++)
		if (strcmp(row_types[i].type, type) == 0)
			return &row_types[i];
	return NULL;
}

/* "254:0" */
static bool parse_number(const char *word, unsigned *ret_major, unsigned *ret_minor)
{
	int end = 0;

	return isdigit((unsigned char)*word) &&
	       sscanf(word, "%9u:%9u%n", ret_major, ret_minor, &end) == 2 && !word[end];
}

/* The kernel writes every device of every type as MAJOR:MINOR, and nothing else like that. */
static int translate(const struct root *root, const char *parameters, struct volume *v,
		     struct buf *out, struct error *e)
{
	_cleanup_free_ char *copy = strdup(parameters);
	char *rest = copy, *word;
	int r = copy ? buf_append(out, "", 0) : -ENOMEM;

	while (r == 0 && (word = strtok_r(rest, " ", &rest))) {
		_cleanup_blockdev_ struct blockdev d = { 0 };
		unsigned major, minor;
		size_t index;

		if (out->len)
			r = buf_append(out, " ", 1);
		if (r == 0 && !parse_number(word, &major, &minor)) {
			r = buf_append(out, word, strlen(word));
			continue;
		}
		if (r == 0)
			r = blockdev_from_number(root, major, minor, &d, e);
		if (r == 0)
			r = volumes_add_part(v, &d, &index, e);
		if (r < 0)
			return r;
		r = buf_printf(out, "@%zu", index);
	}
	return r < 0 ? error_errno(e, r, "parameters") : 0;
}

/*
 * One path is enough, and all paths show the same serial number: whichever is found is used, as a linear row. Which of
 * them the kernel prefers is the first one's matter.
 */
static int use_one_path(const struct root *root, const char *parameters, struct volume *v,
			struct volumes *all, struct plan_row *row, struct error *e)
{
	_cleanup_free_ char *copy = strdup(parameters);
	char *rest = copy, *word;
	int r = copy ? 0 : -ENOMEM;

	while (r == 0 && (word = strtok_r(rest, " ", &rest))) {
		_cleanup_blockdev_ struct blockdev d = { 0 };
		unsigned major, minor;
		size_t index;

		if (!parse_number(word, &major, &minor))
			continue;
		r = blockdev_from_number(root, major, minor, &d, e);
		if (r < 0)
			return r;
		r = volumes_add_syspath(all, d.facts.syspath);
		if (r == 0 && v->parts_count == 0)
			r = volumes_add_part(v, &d, &index, e);
	}
	if (r == 0 && v->parts_count == 0)
		return error_set(e, -ENODEV, "it has no path");
	free(row->type);
	row->type = strdup("linear");
	row->parameters = strdup("@0 0");
	return r == 0 && row->type && row->parameters ? 0 : error_errno(e, -ENOMEM, "paths");
}

/* "raid1", "raid5_ls", "raid10" begin the parameters; the personality is a module of md. */
static int want_personality(const char *parameters, struct volumes *all)
{
	char alias[32];
	size_t len = strncmp(parameters, "raid", 4) == 0 ? 4 : 0;

	len += strspn(parameters + len, "0123456789");
	snprintf(alias, sizeof(alias), "md-%.*s", (int)MIN(len, sizeof(alias) - 4), parameters);
	return volumes_want_module(all, alias);
}

static int add_row(const struct root *root, const struct dm_row *from, struct volume *v,
		   struct volumes *all, struct error *e)
{
	const struct row_type *t = row_type_find(from->type);
	struct plan_row *to = &v->rows[v->rows_count];
	_cleanup_buf_ struct buf parameters = { 0 };
	int r = 0;

	if (!t)
		return error_set(e, -EOPNOTSUPP,
				 "has a row of type %s, which is not made again in a capture "
				 "kernel; " USE_ANOTHER,
				 from->type);
	if (t->refusal)
		return error_set(e, -EOPNOTSUPP, "%s", t->refusal);
	v->rows_count++;
	*to = (struct plan_row){
		.type = strdup(from->type),
		.volume = strdup(v->plan.name),
		.start = from->start,
		.length = from->length,
	};
	if (!to->type || !to->volume)
		return error_errno(e, -ENOMEM, "table");
	if (t->module)
		r = volumes_want_module(all, t->module);
	if (r == 0 && strcmp(t->type, "raid") == 0)
		r = want_personality(from->parameters, all);
	if (r < 0)
		return error_errno(e, r, "modules");
	if (strcmp(t->type, "multipath") == 0)
		return use_one_path(root, from->parameters, v, all, to, e);
	r = translate(root, from->parameters, v, &parameters, e);
	if (r < 0)
		return r;
	to->parameters = TAKE_PTR(parameters.data);
	return 0;
}

static int read_table(const struct root *root, const struct volume *v, struct dm_table *ret,
		      struct error *e)
{
	_cleanup_close_ int control = -1;
	char number[32];
	unsigned major, minor;
	int r = dm_open(root, &control, e);

	if (r < 0)
		return r;
	volumes_attribute(root, v->plan.name, "dev", number, sizeof(number));
	if (!parse_number(number, &major, &minor))
		return error_set(e, -ENODEV, "it has no device number");
	return dm_table_read(control, makedev(major, minor), ret, e);
}

int volumes_read_dm(const struct root *root, struct volume *v, struct volumes *all, struct error *e)
{
	_cleanup_dm_table_ struct dm_table table = { 0 };
	char label[129], uuid[130];
	int r;

	volumes_attribute(root, v->plan.name, "dm/name", label, sizeof(label));
	volumes_attribute(root, v->plan.name, "dm/uuid", uuid, sizeof(uuid));
	v->plan.label = strdup(label);
	v->plan.uuid = strdup(uuid);
	v->plan.level = strdup("");
	v->plan.metadata = strdup("");
	if (!v->plan.label || !v->plan.uuid || !v->plan.level || !v->plan.metadata)
		return error_errno(e, -ENOMEM, "%s", v->plan.name);
	r = volumes_want_module(all, "dm-mod");
	if (r < 0)
		return error_errno(e, r, "modules");
	r = read_table(root, v, &table, e);
	if (r == 0 && table.count > PLAN_ROWS_MAX)
		r = error_set(e, -E2BIG, "more than %d rows", PLAN_ROWS_MAX);
	if (r == 0) {
		v->rows = calloc(table.count ?: 1, sizeof(*v->rows));
		r = v->rows ? 0 : error_errno(e, -ENOMEM, "table");
	}
	for (size_t i = 0; i < table.count && r == 0; i++)
		r = add_row(root, &table.rows[i], v, all, e);
	if (r == 0 && v->parts_count == 0)
		r = error_set(e, -EOPNOTSUPP, "is on no device");
	return r < 0 ? error_prefix(e, r, "/dev/mapper/%s", label) : 0;
}

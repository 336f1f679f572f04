/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"

#define FIRST_LINE "lastword-record 1"
#define TEXT_MAX ((size_t)1 << 20)

static const struct {
	const char *name;
	size_t offset;
} strings[] = {
	{ "boot-id", offsetof(struct record, boot_id) },
	{ "release", offsetof(struct record, release) },
	{ "kernel", offsetof(struct record, kernel) },
	{ "target", offsetof(struct record, target) },
	{ "receivers", offsetof(struct record, receivers) },
	{ "append", offsetof(struct record, append) },
	{ "command-line", offsetof(struct record, cmdline) },
	{ "configuration", offsetof(struct record, configuration) },
};

static char **string_of(const struct record *rec, size_t i)
{
	return (char **)((char *)rec + strings[i].offset);
}

static int item_new(struct record *rec, const char *name, struct record_item **ret)
{
	struct record_item *grown;
	char *copy;

	if (rec->count == RECORD_ITEMS_MAX)
		return -E2BIG;
	grown = reallocarray(rec->items, rec->count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	rec->items = grown;
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	grown[rec->count] = (struct record_item){ .name = copy };
	*ret = &grown[rec->count++];
	return 0;
}

int record_add(struct record *rec, const char *name, const void *data, size_t len)
{
	struct record_item *item;
	int r = item_new(rec, name, &item);

	if (r == 0)
		digest_bytes(data, len, &item->digest);
	return r;
}

int record_add_host(struct record *rec, const char *name, const char *address)
{
	struct record_host *grown;

	if (record_address(rec, name))
		return 0;
	if (rec->hosts_count == RECORD_ITEMS_MAX)
		return -E2BIG;
	grown = reallocarray(rec->hosts, rec->hosts_count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	rec->hosts = grown;
	grown += rec->hosts_count++;
	*grown = (struct record_host){ strdup(name), strdup(address) };
	return grown->name && grown->address ? 0 : -ENOMEM;
}

const char *record_address(const struct record *rec, const char *name)
{
	for (size_t i = 0; i < rec->hosts_count; i++)
		if (strcmp(rec->hosts[i].name, name) == 0)
			return rec->hosts[i].address;
	return NULL;
}

static const struct record_item *item_find(const struct record *rec, const char *name)
{
	for (size_t i = 0; i < rec->count; i++)
		if (strcmp(rec->items[i].name, name) == 0)
			return &rec->items[i];
	return NULL;
}

const struct digest *record_digest(const struct record *rec, const char *name)
{
	const struct record_item *item = item_find(rec, name);

	return item ? &item->digest : NULL;
}

bool record_differs(const struct record *then, const struct record *now, char *buf, size_t size)
{
	for (size_t i = 0; i < now->count; i++) {
		const struct record_item *old = item_find(then, now->items[i].name);

		if (!old || strcmp(old->digest.hex, now->items[i].digest.hex) != 0) {
			snprintf(buf, size, "%s %s", now->items[i].name,
				 old ? "changed" : "is new");
			return true;
		}
	}
	for (size_t i = 0; i < then->count; i++) {
		if (!item_find(now, then->items[i].name)) {
			snprintf(buf, size, "%s is no longer needed", then->items[i].name);
			return true;
		}
	}
	return false;
}

static bool one_line(const char *s)
{
	return !strpbrk(s, "\n\r");
}

int record_format(const struct record *rec, struct buf *out)
{
	int r = buf_printf(out, "%s\n", FIRST_LINE);

	for (size_t i = 0; i < ARRAY_SIZE(strings) && r == 0; i++) {
		const char *value = *string_of(rec, i);

		if (!value || !*value)
			continue;
		r = one_line(value) ? buf_printf(out, "%s %s\n", strings[i].name, value) : -EINVAL;
	}
	if (r == 0)
		r = buf_printf(out, "image %s %llu\n", rec->image.hex,
			       (unsigned long long)rec->image_size);
	for (size_t i = 0; i < rec->hosts_count && r == 0; i++)
		r = one_line(rec->hosts[i].name)
			    ? buf_printf(out, "host %s %s\n", rec->hosts[i].address,
					 rec->hosts[i].name)
			    : -EINVAL;
	for (size_t i = 0; i < rec->count && r == 0; i++)
		r = one_line(rec->items[i].name)
			    ? buf_printf(out, "item %s %s\n", rec->items[i].digest.hex,
					 rec->items[i].name)
			    : -EINVAL;
	return r < 0 ? r : buf_printf(out, "end\n");
}

/* "DIGEST REST" */
static bool split_digest(const char *value, struct digest *ret, const char **ret_rest)
{
	if (strspn(value, "0123456789abcdef") != DIGEST_LEN || value[DIGEST_LEN] != ' ')
		return false;
	memcpy(ret->hex, value, DIGEST_LEN);
	ret->hex[DIGEST_LEN] = '\0';
	*ret_rest = value + DIGEST_LEN + 1;
	return true;
}

/* "ADDRESS NAME" */
static int parse_host(struct record *rec, const char *value)
{
	size_t len = strcspn(value, " ");
	_cleanup_free_ char *address = strndup(value, len);

	if (!address)
		return -ENOMEM;
	return len && value[len] && value[len + 1] ? record_add_host(rec, value + len + 1, address)
						   : -EINVAL;
}

static int parse_pair(struct record *rec, const char *name, const char *value)
{
	struct digest digest;
	const char *rest;

	for (size_t i = 0; i < ARRAY_SIZE(strings); i++) {
		char **field = string_of(rec, i);

		if (strcmp(name, strings[i].name) != 0)
			continue;
		if (*field)
			return -EINVAL;
		*field = strdup(value);
		return *field ? 0 : -ENOMEM;
	}
	if (strcmp(name, "host") == 0)
		return parse_host(rec, value);
	if (!split_digest(value, &digest, &rest))
		return -EINVAL;
	if (strcmp(name, "image") == 0) {
		rec->image = digest;
		return parse_decimal(rest, INT64_MAX, &rec->image_size);
	}
	if (strcmp(name, "item") == 0) {
		struct record_item *item;
		int r = item_new(rec, rest, &item);

		if (r == 0)
			item->digest = digest;
		return r;
	}
	return -EINVAL;
}

static int parse_lines(struct record *rec, char *rest)
{
	bool ended = false;
	int r = 0;

	if (strcmp(strsep(&rest, "\n"), FIRST_LINE) != 0)
		return -EINVAL;
	while (rest && r == 0) {
		char *line = strsep(&rest, "\n"), *value = strchr(line, ' ');

		if (ended)
			return *line ? -EINVAL : 0;
		ended = strcmp(line, "end") == 0;
		if (ended)
			continue;
		if (!value)
			return -EINVAL;
		*value = '\0';
		r = parse_pair(rec, line, value + 1);
	}
	return r < 0 ? r : ended ? 0 : -EINVAL;
}

int record_parse(const char *text, size_t len, struct record *ret, struct error *e)
{
	_cleanup_record_ struct record rec = { 0 };
	_cleanup_free_ char *copy = NULL;
	int r;

	if (!len || len > TEXT_MAX || memchr(text, '\0', len))
		return error_set(e, -EINVAL, "not a record of lastword");
	copy = strndup(text, len);
	if (!copy)
		return error_errno(e, -ENOMEM, "record");
	r = parse_lines(&rec, copy);
	for (size_t i = 0; i < ARRAY_SIZE(strings) && r == 0; i++) {
		if (!*string_of(&rec, i))
			*string_of(&rec, i) = strdup("");
		if (!*string_of(&rec, i))
			r = -ENOMEM;
	}
	if (r < 0)
		return error_set(e, r, "not a record of lastword");
	*ret = rec;
	rec = (struct record){ 0 };
	return 0;
}

void record_done(struct record *rec)
{
	for (size_t i = 0; i < rec->count; i++)
		free(rec->items[i].name);
	free(rec->items);
	for (size_t i = 0; i < rec->hosts_count; i++) {
		free(rec->hosts[i].name);
		free(rec->hosts[i].address);
	}
	free(rec->hosts);
	for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
		free(*string_of(rec, i));
	*rec = (struct record){ 0 };
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dumpfile/manifest_read.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/io.h"

#define HEX_DIGITS "0123456789abcdef"

/* Absent and null are "". False where it is something else or does not fit. */
static bool get_text(const json_t *from, const char *key, char *to, size_t size)
{
	const json_t *v = json_object_get(from, key);
	const char *text = json_is_string(v) ? json_string_value(v) : NULL;

	*to = '\0';
	if (!v || json_is_null(v))
		return true;
	return text && strlen(text) == json_string_length(v) &&
	       (size_t)snprintf(to, size, "%s", text) < size;
}

static bool get_number(const json_t *from, const char *key, uint64_t *ret)
{
	const json_t *v = json_object_get(from, key);

	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return false;
	*ret = (uint64_t)json_integer_value(v);
	return true;
}

static bool is_plain(const char *name)
{
	if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	for (; *name; name++)
		if (*name == '/' || (unsigned char)*name < ' ' || *name == 0x7f)
			return false;
	return true;
}

static bool get_sum(const json_t *from, struct sink_hash_sum *ret)
{
	return get_text(from, "sha256", ret->hex, sizeof(ret->hex)) &&
	       strlen(ret->hex) == sizeof(ret->hex) - 1 &&
	       strspn(ret->hex, HEX_DIGITS) == sizeof(ret->hex) - 1;
}

/* Parts that follow each other from the file's first byte to its last. */
static bool get_parts(const json_t *parts, struct manifest_file *f)
{
	uint64_t end = 0;

	if (!json_is_array(parts) || json_array_size(parts) > ARRAY_SIZE(f->parts))
		return false;
	for (size_t i = 0; i < json_array_size(parts); i++) {
		const json_t *part = json_array_get(parts, i);
		struct sink_hash_sum *to = &f->parts[i];

		if (!get_number(part, "offset", &to->offset) ||
		    !get_number(part, "bytes", &to->bytes) || to->offset != end ||
		    add_overflow(end, to->bytes, &end) || !get_sum(part, to))
			return false;
		f->parts_count++;
	}
	return end == f->bytes;
}

static bool get_file(const json_t *from, struct manifest_file *f)
{
	const json_t *parts = json_object_get(from, "parts");
	const json_t *sum = json_object_get(from, "sha256");

	f->begun = true;
	f->whole = json_is_true(json_object_get(from, "whole"));
	if (!get_text(from, "name", f->name, sizeof(f->name)) || !is_plain(f->name) ||
	    !get_number(from, "bytes", &f->bytes))
		return false;
	if (parts)
		return get_parts(parts, f);
	if (!sum || json_is_null(sum))
		return true;
	f->parts[0].bytes = f->bytes;
	f->parts_count = 1;
	return get_sum(from, &f->parts[0]);
}

static int get_files(const json_t *files, struct manifest *m, struct error *e)
{
	if (!json_is_array(files))
		return error_set(e, -EINVAL, "it lists no files");
	if (json_array_size(files) > MANIFEST_FILES_MAX)
		return error_set(e, -E2BIG, "more than %d files", MANIFEST_FILES_MAX);
	for (size_t i = 0; i < json_array_size(files); i++) {
		struct manifest_file *f = &m->files[i];

		if (!get_file(json_array_get(files, i), f))
			return error_set(e, -EINVAL, "file %zu makes no sense", i + 1);
		for (size_t k = 0; k < i; k++)
			if (strcmp(m->files[k].name, f->name) == 0)
				return error_set(e, -EINVAL, "%s is there twice", f->name);
	}
	return 0;
}

static int get_all(const json_t *from, struct manifest *m, struct error *e)
{
	const json_t *dump = json_object_get(from, "dump");
	char schema[32], result[16];
	uint64_t number = 0;

	if (!get_text(from, "schema", schema, sizeof(schema)) ||
	    strcmp(schema, MANIFEST_SCHEMA) != 0)
		return error_set(e, -EINVAL, "not of schema " MANIFEST_SCHEMA);
	if (!get_text(from, "result", result, sizeof(result)) ||
	    !get_text(from, "why", m->why, sizeof(m->why)) ||
	    !get_text(from, "directory", m->directory, sizeof(m->directory)) ||
	    !get_text(from, "release", m->release, sizeof(m->release)) ||
	    !get_text(from, "machine", m->machine, sizeof(m->machine)) ||
	    !get_text(dump, "codec", m->codec, sizeof(m->codec)))
		return error_set(e, -EINVAL, "a text is none, or too long");
	m->dump_saved = strcmp(result, "saved") == 0;
	if (get_number(from, "crash_time", &number))
		m->crash_time = (int64_t)number;
	if (get_number(dump, "level", &number) && number <= UINT32_MAX)
		m->level = (uint32_t)number;
	if (get_number(dump, "level_asked", &number) && number <= UINT32_MAX)
		m->level_asked = (uint32_t)number;
	return get_files(json_object_get(from, "files"), m, e);
}

int manifest_read(const char *text, size_t len, struct manifest *ret, struct error *e)
{
	json_auto_t *root = NULL;
	json_error_t where;

	if (len > MANIFEST_TEXT_MAX)
		return error_set(e, -E2BIG, "too large for a manifest");
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &where);
	if (!root)
		return error_set(e, -EINVAL, "line %d: %s", where.line, where.text);
	memset(ret, 0, sizeof(*ret));
	return get_all(root, ret, e);
}

int manifest_read_at(int dir_fd, struct manifest *ret, struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	int r = read_file_at(dir_fd, MANIFEST_NAME, MANIFEST_TEXT_MAX, &text);

	if (r == -ENOENT)
		return r;
	if (r < 0)
		return error_errno(e, r, MANIFEST_NAME);
	r = manifest_read(text.data ?: "", text.len, ret, e);
	return r < 0 ? error_prefix(e, r, MANIFEST_NAME) : 0;
}

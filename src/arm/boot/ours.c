/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/boot/ours.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define OURS_MAX 1024
#define HEAD                                                                                       \
	"# What lastword wrote into the boot loader's configuration; `lastword setup --undo` "     \
	"takes "                                                                                   \
	"it back.\n"

static bool has(char *const *list, size_t count, const char *text, size_t len)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(list[i]) == len && memcmp(list[i], text, len) == 0)
			return true;
	return false;
}

static int add(char ***list, size_t *count, const char *text, size_t len)
{
	char **grown;

	if (has(*list, *count, text, len))
		return 0;
	if (*count == OURS_MAX)
		return -E2BIG;
	grown = realloc(*list, (*count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	*list = grown;
	grown[*count] = strndup(text, len);
	if (!grown[*count])
		return -ENOMEM;
	++*count;
	return 0;
}

int ours_add_value(struct ours *o, const char *words)
{
	return add(&o->values, &o->values_count, words, strlen(words));
}

int ours_add_file(struct ours *o, const char *path)
{
	return add(&o->files, &o->files_count, path, strlen(path));
}

bool ours_has_value(const struct ours *o, const char *words)
{
	return has(o->values, o->values_count, words, strlen(words));
}

bool ours_has_file(const struct ours *o, const char *path)
{
	return has(o->files, o->files_count, path, strlen(path));
}

static int take_line(struct ours *o, const char *line, size_t len)
{
	if (len > 4 && memcmp(line, "set ", 4) == 0)
		return add(&o->values, &o->values_count, line + 4, len - 4);
	if (len > 6 && memcmp(line, "file /", 6) == 0 && !memmem(line, len, "/../", 4))
		return add(&o->files, &o->files_count, line + 5, len - 5);
	return 0;
}

int ours_read(const struct root *root, struct ours *ret, struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	_cleanup_ours_ struct ours o = { 0 };
	int r = root_read_file(root, OURS_FILE, 1 << 20, &text);
	const char *line = text.data;

	if (r < 0 && r != -ENOENT)
		return error_errno(e, r, OURS_FILE);
	while (r == 0 && line && *line) {
		size_t len = strcspn(line, "\n");

		if (take_line(&o, line, len) < 0)
			return error_errno(e, -ENOMEM, OURS_FILE);
		line += len + (line[len] == '\n');
	}
	*ret = o;
	o = (struct ours){ 0 };
	return 0;
}

int ours_put(const struct root *root, const struct ours *o, struct edits *edits, struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	int r;

	if (o->values_count == 0 && o->files_count == 0)
		return edits_remove(root, edits, OURS_FILE, e);
	r = buf_printf(&text, HEAD);
	for (size_t i = 0; i < o->values_count && r == 0; i++)
		r = buf_printf(&text, "set %s\n", o->values[i]);
	for (size_t i = 0; i < o->files_count && r == 0; i++)
		r = buf_printf(&text, "file %s\n", o->files[i]);
	if (r < 0)
		return error_errno(e, r, OURS_FILE);
	return edits_put(root, edits, OURS_FILE, text.data, text.len, 0600, e);
}

char *ours_copy_path(const char *path)
{
	char *copy;

	if (asprintf(&copy, OURS_COPIES "%s", path) < 0)
		return NULL;
	for (char *c = copy + strlen(OURS_COPIES) + 1; *c; c++)
		if (*c == '/')
			*c = '%';
	return copy;
}

void ours_done(struct ours *o)
{
	for (size_t i = 0; i < o->values_count; i++)
		free(o->values[i]);
	for (size_t i = 0; i < o->files_count; i++)
		free(o->files[i]);
	free(o->values);
	free(o->files);
	*o = (struct ours){ 0 };
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/policy/sysctl_files.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX ((size_t)1 << 20)
#define FILES_MAX 1024
#define LINES_MAX 65536

static const struct {
	const char *path;
	bool persons;
} directories[] = {
	{ "/etc/sysctl.d", true },	     { "/run/sysctl.d", true },
	{ "/usr/local/lib/sysctl.d", true }, { "/usr/lib/sysctl.d", false },
	{ "/lib/sysctl.d", false },
};

/* Where the first separator is a slash, slashes separate and dots are dots. */
static void normalise_key(char *key)
{
	char *first = strpbrk(key, "./");

	if (!first || *first == '.')
		return;
	for (char *c = key; *c; c++) {
		if (*c == '/')
			*c = '.';
		else if (*c == '.')
			*c = '/';
	}
}

/* Between blanks, newly allocated. */
static char *trimmed(const char *s, size_t len)
{
	while (len && strchr(" \t\r", *s))
		s++, len--;
	while (len && strchr(" \t\r", s[len - 1]))
		len--;
	return strndup(s, len);
}

static int add_line(struct sysctl_lines *l, const char *s, size_t len, const char *file,
		    unsigned number, bool persons)
{
	const char *equals = memchr(s, '=', len);
	bool dash = *s == '-';
	struct sysctl_line line = { .number = number, .persons = persons };
	struct sysctl_line *items;

	if (!equals && !dash)
		return 0;
	if (l->count == LINES_MAX)
		return -E2BIG;
	items = realloc(l->items, (l->count + 1) * sizeof(*items));
	if (!items)
		return -ENOMEM;
	l->items = items;
	line.key = trimmed(s + dash, (equals ? (size_t)(equals - s) : len) - dash);
	line.value = equals ? trimmed(equals + 1, len - (size_t)(equals + 1 - s)) : NULL;
	line.file = strdup(file);
	l->items[l->count++] = line;
	if (!line.key || (equals && !line.value) || !line.file)
		return -ENOMEM;
	normalise_key(line.key);
	return 0;
}

int sysctl_lines_parse(struct sysctl_lines *l, const char *text, size_t len, const char *file,
		       bool persons)
{
	const char *end = text + len;

	for (unsigned number = 1; text < end; number++) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *stop = newline ?: end;
		int r = 0;

		while (text < stop && strchr(" \t\r", *text))
			text++;
		if (text < stop && *text && !strchr("#;", *text))
			r = add_line(l, text, (size_t)(stop - text), file, number, persons);
		if (r < 0)
			return r;
		text = stop + 1;
	}
	return 0;
}

struct found_file {
	char name[NAME_MAX + 1];
	size_t directory;
};

struct found_files {
	struct found_file *items;
	size_t count;
};

static void found_files_done(struct found_files *f)
{
	free(f->items);
}

static int by_name(const void *a, const void *b)
{
	const struct found_file *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static bool already_found(const struct found_files *f, const char *name)
{
	for (size_t i = 0; i < f->count; i++)
		if (strcmp(f->items[i].name, name) == 0)
			return true;
	return false;
}

static int find_in(const struct root *root, size_t directory, struct found_files *f)
{
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;
	int fd = openat(root->fd, root_relative(directories[directory].path),
			O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	dir = fd >= 0 ? fdopendir(fd) : NULL;
	while (dir && (entry = readdir(dir))) {
		const char *suffix = strrchr(entry->d_name, '.');
		struct found_file *items;

		if (!suffix || strcmp(suffix, ".conf") != 0 || already_found(f, entry->d_name))
			continue;
		if (f->count == FILES_MAX)
			return -E2BIG;
		items = realloc(f->items, (f->count + 1) * sizeof(*items));
		if (!items)
			return -ENOMEM;
		f->items = items;
		strcpy(items[f->count].name, entry->d_name);
		items[f->count++].directory = directory;
	}
	return 0;
}

static int read_one(const struct root *root, const struct found_file *f, struct sysctl_lines *l,
		    struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	char path[NAME_MAX + 64];
	int r;

	snprintf(path, sizeof(path), "%s/%s", directories[f->directory].path, f->name);
	r = root_read_file(root, path, FILE_MAX, &text);
	if (r == -ENOENT) /* a link to nowhere, which boot passes over too */
		return 0;
	if (r == 0)
		r = sysctl_lines_parse(l, text.data ?: "", text.len, path,
				       directories[f->directory].persons);
	return r < 0 ? error_errno(e, r, "%s", path) : 0;
}

int sysctl_lines_read(const struct root *root, struct sysctl_lines *ret, struct error *e)
{
	_cleanup_(found_files_done) struct found_files files = { 0 };
	_cleanup_sysctl_lines_ struct sysctl_lines lines = { 0 };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(directories) && r == 0; i++)
		r = find_in(root, i, &files);
	if (r < 0)
		return error_errno(e, r, "the directories of sysctl.d");
	if (files.count)
		qsort(files.items, files.count, sizeof(*files.items), by_name);
	for (size_t i = 0; i < files.count && r == 0; i++)
		r = read_one(root, &files.items[i], &lines, e);
	if (r < 0)
		return r;
	*ret = lines;
	lines = (struct sysctl_lines){ 0 };
	return 0;
}

const struct sysctl_line *sysctl_lines_find(const struct sysctl_lines *l, const char *name,
					    const char *but)
{
	const struct sysctl_line *named = NULL, *pattern = NULL;

	for (size_t i = 0; i < l->count; i++) {
		const struct sysctl_line *line = &l->items[i];

		if (but && strcmp(line->file, but) == 0)
			continue;
		if (strcmp(line->key, name) == 0)
			named = line;
		else if (line->value && strpbrk(line->key, "*?[") &&
			 fnmatch(line->key, name, 0) == 0)
			pattern = line;
	}
	if (named)
		return named->value ? named : NULL;
	return pattern;
}

void sysctl_lines_done(struct sysctl_lines *l)
{
	for (size_t i = 0; i < l->count; i++) {
		free(l->items[i].key);
		free(l->items[i].value);
		free(l->items[i].file);
	}
	free(l->items);
	*l = (struct sysctl_lines){ 0 };
}

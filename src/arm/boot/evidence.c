/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/boot/loaders.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VENDOR "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
#define FILES_MAX 256

bool boot_exists(const struct root *root, const char *path)
{
	return faccessat(root->fd, root_relative(path), F_OK, 0) == 0;
}

bool boot_file_has(const struct root *root, const char *path, const char *text)
{
	_cleanup_buf_ struct buf content = { 0 };

	return root_read_file(root, path, 4 << 20, &content) == 0 && content.len &&
	       memmem(content.data, content.len, text, strlen(text));
}

/* Four bytes of attributes, then UTF-16. */
bool boot_efi_text(const struct root *root, const char *name, char *ret, size_t size)
{
	_cleanup_buf_ struct buf variable = { 0 };
	char path[200];
	size_t n = 0;

	snprintf(path, sizeof(path), "/sys/firmware/efi/efivars/%s-" VENDOR, name);
	if (root_read_file(root, path, 4096, &variable) < 0 || variable.len < 6)
		return false;
	for (size_t i = 4; i + 1 < variable.len && n + 1 < size && variable.data[i]; i += 2)
		ret[n++] = variable.data[i + 1] == 0 && variable.data[i] >= ' ' &&
					   variable.data[i] <= '~'
				   ? variable.data[i]
				   : '?';
	ret[n] = '\0';
	return n > 0;
}

int boot_add_slot(struct slots *slots, const char *path, enum slot_syntax syntax,
		  const char *keyword, bool only_read)
{
	return slots_add(slots, (struct slot){ .path = strdup(path),
					       .syntax = syntax,
					       .keyword = keyword,
					       .only_read = only_read });
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool ends_with(const char *name, const char *suffix)
{
	size_t len = strlen(name), n = strlen(suffix);

	return len > n && strcmp(name + len - n, suffix) == 0;
}

static int list_names(const struct root *root, const char *dir, const char *suffix, char **names,
		      size_t *count)
{
	int fd = openat(root->fd, root_relative(dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_closedir_ DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	while (d && (entry = readdir(d)) && *count < FILES_MAX) {
		if (!ends_with(entry->d_name, suffix))
			continue;
		names[*count] = strdup(entry->d_name);
		if (!names[*count])
			return -ENOMEM;
		++*count;
	}
	return 0;
}

int boot_each_file(const struct root *root, const char *dir, const char *suffix,
		   int (*f)(const struct root *root, const char *path, void *context),
		   void *context)
{
	char *names[FILES_MAX];
	size_t count = 0;
	int r = list_names(root, dir, suffix, names, &count);

	qsort(names, count, sizeof(names[0]), by_name);
	for (size_t i = 0; i < count; i++) {
		_cleanup_free_ char *path = NULL;

		if (r == 0)
			r = asprintf(&path, "%s/%s", dir, names[i]) < 0 ? -ENOMEM
									: f(root, path, context);
		free(names[i]);
	}
	return r;
}

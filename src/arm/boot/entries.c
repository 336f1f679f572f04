/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boot loader entries: uapi-group.org/specifications/specs/boot_loader_specification, type 1. */
#include "arm/boot/loaders.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

static const char *const directories[] = { "/boot/loader/entries", "/boot/efi/loader/entries",
					   "/efi/loader/entries" };

struct context {
	struct slots *slots;
	bool through_grubenv;
};

/* The value of a key: its place and length, or NULL. */
static const char *find_key(const char *text, const char *key, size_t *ret_len)
{
	size_t n = strlen(key);

	while (*text) {
		size_t len = strcspn(text, "\n"), at = strspn(text, " \t");

		if (strncasecmp(text + at, key, n) == 0 &&
		    (text[at + n] == ' ' || text[at + n] == '\t')) {
			at += n + strspn(text + at + n, " \t");
			*ret_len = len - at;
			return text + at;
		}
		text += len + (text[len] == '\n');
	}
	return NULL;
}

static int add_entry(const struct root *root, const char *path, void *context)
{
	const struct context *c = context;
	_cleanup_buf_ struct buf text = { 0 };
	struct slot slot = { .syntax = SLOT_KEYWORD, .keyword = "options" };
	const char *kernel, *options, *name;
	size_t len = 0, options_len = 0;

	if (root_read_file(root, path, 1 << 20, &text) < 0 || !text.len)
		return 0;
	kernel = find_key(text.data, "linux", &len);
	if (!kernel)
		return 0;
	options = find_key(text.data, "options", &options_len);
	if (c->through_grubenv && options && memmem(options, options_len, "$kernelopts", 11))
		return 0;
	name = memrchr(kernel, '/', len);
	name = name ? name + 1 : kernel;
	slot.kernel = strndup(name, len - (size_t)(name - kernel));
	if (!slot.kernel)
		return -ENOMEM;
	slot.path = strdup(path);
	return slots_add(c->slots, slot);
}

int boot_add_entries(const struct root *root, bool through_grubenv, struct slots *ret)
{
	struct context c = { ret, through_grubenv };

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		int r = boot_each_file(root, directories[i], ".conf", add_entry, &c);

		if (r < 0)
			return r;
	}
	return 0;
}

bool boot_has_entries(const struct root *root)
{
	_cleanup_slots_ struct slots slots = { 0 };

	return boot_add_entries(root, false, &slots) == 0 && slots.count > 0;
}

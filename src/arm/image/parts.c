/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/image/parts.h"

#include <errno.h>
#include <string.h>

/* In the order in which a change is told. The last takes what is in no other. */
static const struct {
	const char *name;
	const char *keys[8]; /* of the plan: up to the first '.' or '-' */
} parts[] = {
	{ "the target", { "target", "device" } },
	{ "the network", { "link", "address", "route", "host" } },
	{ "the target's volumes", { "volume", "part", "row" } },
	{ "the list of modules", { "module" } },
	{ "who hears the last words", { "receiver", "words" } },
	{ "the hooks", { "hook", "shell" } },
	{ "the settings", { NULL } },
};

static size_t part_of(const char *line, size_t len)
{
	size_t key = strcspn(line, ".- \n");
	size_t i = 0;

	for (; i < ARRAY_SIZE(parts) - 1; i++)
		for (size_t k = 0; k < ARRAY_SIZE(parts[i].keys) && parts[i].keys[k]; k++)
			if (key <= len && strlen(parts[i].keys[k]) == key &&
			    memcmp(line, parts[i].keys[k], key) == 0)
				return i;
	return i;
}

int parts_add(struct record *rec, const char *text)
{
	struct buf texts[ARRAY_SIZE(parts)] = { 0 };
	int r = 0;

	while (*text && r == 0) {
		size_t len = strcspn(text, "\n");

		len += text[len] == '\n';
		r = buf_append(&texts[part_of(text, len)], text, len);
		text += len;
	}
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (r == 0)
			r = record_add(rec, parts[i].name, texts[i].data ?: "", texts[i].len);
		buf_done(&texts[i]);
	}
	return r;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lastword_keep */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arm/config/impl.h"
#include "base/parse.h"

#define USAGE "write dumps=N, bytes=SIZE, days=N, room, and first"

/* "50G"; file sizes end at INT64_MAX. */
static int parse_file_size(const char *word, uint64_t *ret)
{
	int r = parse_scaled(word, "KMGT", INT64_MAX, ret);

	return r == 0 && *ret > INT64_MAX ? -ERANGE : r;
}

static int set_word(struct plan_keep *k, char *word, struct error *e)
{
	char *value = strchr(word, '=');
	uint64_t number = 0;
	int r = -EINVAL;

	if (strcmp(word, "first") == 0 && !k->first) {
		k->first = true;
		return 0;
	}
	if (strcmp(word, "room") == 0 && !k->room) {
		k->room = true;
		return 0;
	}
	if (!value)
		return error_set(e, r, "'%s': " USAGE ", each once", word);
	*value++ = '\0';
	if (strcmp(word, "bytes") == 0 && !k->bytes && (r = parse_file_size(value, &number)) == 0)
		k->bytes = number;
	else if (strcmp(word, "dumps") == 0 && !k->dumps &&
		 (r = parse_decimal(value, PLAN_KEEP_MAX, &number)) == 0)
		k->dumps = (uint32_t)number;
	else if (strcmp(word, "days") == 0 && !k->days &&
		 (r = parse_decimal(value, PLAN_KEEP_MAX, &number)) == 0)
		k->days = (uint32_t)number;
	return r == 0 && number
		       ? 0
		       : error_set(e, -EINVAL, "'%s=%s': " USAGE ", each once", word, value);
}

int config_apply_keep(struct config_parser *p, const struct config_directive *d, const char *value,
		      struct error *e)
{
	_cleanup_free_ char *copy = strdup(value);
	struct plan_keep *k = &p->config->keep;
	char *rest = copy, *word;
	int r = copy ? 0 : error_errno(e, -ENOMEM, "'%s'", value);

	while (r == 0 && (word = strtok_r(rest, " \t", &rest)))
		r = set_word(k, word, e);
	if (r == 0 && !k->dumps && !k->bytes && !k->days && !k->room)
		r = error_set(e, -EINVAL, "'%s' lets no dump go: " USAGE, value);
	return r < 0 ? error_prefix(e, r, "%s", d->name) : 0;
}

static bool can_thin(const struct config_target *t)
{
	return t->kind != CONFIG_TARGET_RAW && t->kind != CONFIG_TARGET_SSH;
}

int config_check_keep(struct config *c, struct error *e)
{
	const struct plan_keep *k = &c->keep;
	size_t able = 0;

	if (!k->dumps && !k->bytes && !k->days && !k->room)
		return 0;
	for (size_t i = 0; i < c->targets_count; i++)
		able += can_thin(&c->targets[i]);
	if (able == 0)
		return error_set(
			e, -EOPNOTSUPP,
			"lastword_keep: dumps on a raw device or behind ssh are not removed "
			"from here; let the server do it, and take the line out");
	if (able < c->targets_count &&
	    buf_printf(&c->notes,
		       "lastword_keep: nothing is removed on raw devices or behind ssh\n") < 0)
		return error_errno(e, -ENOMEM, "lastword_keep");
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arm/config.h"
#include "base/parse.h"

#define LEVEL_MAX 31
#define THREADS_MAX 4096

/* makedumpfile's options, as its manual page names them. */
enum effect { SET_CODEC, SET_LEVEL, SET_THREADS, IGNORED, FLATTENED, UNSUPPORTED };

struct option_row {
	const char *name;
	bool has_value;
	enum effect effect;
};

static const struct option_row options[] = {
	{ "-c", false, SET_CODEC },
	{ "-l", false, SET_CODEC },
	{ "-p", false, SET_CODEC },
	{ "-z", false, SET_CODEC },
	{ "-d", true, SET_LEVEL },
	{ "--dump-level", true, SET_LEVEL },
	{ "--num-threads", true, SET_THREADS },
	{ "--message-level", true, IGNORED },
	{ "--cyclic-buffer", true, IGNORED },
	{ "--non-cyclic", false, IGNORED },
	{ "--non-mmap", false, IGNORED },
	{ "-F", false, FLATTENED },
	{ "-E", false, UNSUPPORTED },
	{ "-X", false, UNSUPPORTED },
	{ "-e", false, UNSUPPORTED },
	{ "-x", true, UNSUPPORTED },
	{ "-i", true, UNSUPPORTED },
	{ "--split", false, UNSUPPORTED },
	{ "--splitblock-size", true, UNSUPPORTED },
	{ "--config", true, UNSUPPORTED },
	{ "--eppic", true, UNSUPPORTED },
	{ "--exclude-unused-vm", false, UNSUPPORTED },
	{ "--allow-zero-page", false, UNSUPPORTED },
	{ "--work-dir", true, UNSUPPORTED },
};

/* "-d31", "--num-threads=2" and the plain name. *ret_value is the value inside the word, or
 * NULL. */
static const struct option_row *option_find(const char *word, const char **ret_value)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		const struct option_row *o = &options[i];
		size_t len = strlen(o->name);

		if (strncmp(word, o->name, len) != 0)
			continue;
		*ret_value = NULL;
		if (!word[len])
			return o;
		if (!o->has_value || (o->name[1] == '-' && word[len] != '='))
			continue;
		*ret_value = word + len + (o->name[1] == '-');
		return o;
	}
	return NULL;
}

static int apply(struct config *c, const struct option_row *o, const char *value, struct error *e)
{
	uint64_t number = 0;

	switch (o->effect) {
	case SET_CODEC:
		c->codec = codec_by_option(o->name[1])->id;
		return 0;
	case SET_LEVEL:
		if (parse_decimal(value, LEVEL_MAX, &number) < 0)
			return error_set(
				e, -EINVAL,
				"core_collector: dump level '%s': give one number from 0 to %d",
				value, LEVEL_MAX);
		c->level = (unsigned)number;
		return 0;
	case SET_THREADS:
		if (parse_decimal(value, THREADS_MAX, &number) < 0)
			return error_set(e, -EINVAL, "core_collector: '%s' is no number of threads",
					 value);
		c->threads = (unsigned)number;
		return 0;
	case UNSUPPORTED:
		return error_set(e, -EOPNOTSUPP,
				 "core_collector: makedumpfile %s: not supported yet", o->name);
	case IGNORED:
	case FLATTENED: /* the target decides: a raw device gets a flattened stream, a file never */
		return 0;
	}
	return 0;
}

/* "-cF" and the like: letters without values in one word. */
static bool is_cluster(const char *word)
{
	return word[0] == '-' && word[1] && word[1] != '-' && word[2] &&
	       strspn(word + 1, "clpzFEXe") == strlen(word + 1);
}

static int apply_cluster(struct config *c, const char *word, struct error *e)
{
	int r = 0;

	for (const char *letter = word + 1; *letter && r == 0; letter++) {
		char name[] = { '-', *letter, '\0' };
		const char *value;

		r = apply(c, option_find(name, &value), NULL, e);
	}
	return r;
}

static int parse_makedumpfile(char *rest, struct config *c, struct error *e)
{
	const char *word;
	char *save = NULL;
	int r = 0;

	c->collector = PLAN_COLLECT_MAKEDUMPFILE;
	c->level = 0;
	c->codec = CODEC_NONE;
	for (word = strtok_r(rest, " \t", &save); word && r == 0;
	     word = r == 0 ? strtok_r(NULL, " \t", &save) : NULL) {
		const struct option_row *o;
		const char *value;

		if (is_cluster(word)) {
			r = apply_cluster(c, word, e);
			continue;
		}
		o = option_find(word, &value);
		if (!o)
			return error_set(e, -EINVAL,
					 "core_collector: makedumpfile has no option '%s'", word);
		if (o->has_value && !value)
			value = strtok_r(NULL, " \t", &save);
		if (o->has_value && !value)
			return error_set(e, -EINVAL,
					 "core_collector: makedumpfile %s needs a value", o->name);
		r = apply(c, o, value, e);
	}
	return r;
}

int config_parse_collector(const char *value, struct config *c, struct error *e)
{
	static const char *const copies[] = { "cp", "cat", "scp" };
	_cleanup_free_ char *copy = strdup(value);
	char *save = NULL;
	const char *program;

	if (!copy)
		return error_errno(e, -ENOMEM, "core_collector");
	program = strtok_r(copy, " \t", &save);
	if (program && strcmp(program, "makedumpfile") == 0)
		return parse_makedumpfile(save, c, e);
	for (size_t i = 0; program && i < ARRAY_SIZE(copies); i++) {
		if (strcmp(program, copies[i]) != 0)
			continue;
		c->collector = PLAN_COLLECT_COPY;
		program = strtok_r(NULL, " \t", &save);
		return program ? error_set(e, -EOPNOTSUPP,
					   "core_collector: %s %s: options are not supported; "
					   "write '%s' alone",
					   copies[i], program, copies[i])
			       : 0;
	}
	return error_set(e, -EOPNOTSUPP,
			 "core_collector: '%s' is not supported; use makedumpfile, cp, cat or scp",
			 program ?: value);
}

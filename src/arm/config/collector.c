/* SPDX-License-Identifier: GPL-2.0-or-later */
/* core_collector: makedumpfile's options, as its manual page has them, and the programs that copy. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arm/config/impl.h"
#include "base/parse.h"

#define LEVEL_MAX 31
#define THREADS_MAX 4096

enum effect {
	SET_CODEC,
	SET_LEVEL,
	SET_THREADS,
	SET_ELF,
	SET_LIMIT,
	SET_ERASE,
	SET_VMEMMAP,
	IGNORED, /* changes nothing that is seen from outside, or what is done anyway */
	NOTED,	 /* has no effect in the capture kernel; words say what is done instead */
	REFUSED, /* the dump would not be what was asked for; words say why */
};

struct option_row {
	const char *name;
	bool has_value;
	enum effect effect;
	const char *words;
};

#define XEN "Xen's memory is not read"
#define ONE_FILE "a dump is one file; makedumpfile --split wants several, and kdump.conf names one"
#define NO_DUMP "that makes no dump; the log is always saved, before the dump"

static const struct option_row options[] = {
	{ "-c", false, SET_CODEC, NULL },
	{ "-l", false, SET_CODEC, NULL },
	{ "-p", false, SET_CODEC, NULL },
	{ "-z", false, SET_CODEC, NULL },
	{ "-d", true, SET_LEVEL, NULL },
	{ "--dump-level", true, SET_LEVEL, NULL },
	{ "--num-threads", true, SET_THREADS, NULL },
	{ "-F", false, IGNORED, NULL }, /* the target decides: raw devices and ssh get a stream */
	{ "-f", false, IGNORED, NULL },
	{ "-D", false, IGNORED, NULL },
	{ "-b", true, IGNORED, NULL },
	{ "-i", true, IGNORED, NULL },
	{ "-x", true, IGNORED, NULL },
	{ "--message-level", true, IGNORED, NULL },
	{ "--cyclic-buffer", true, IGNORED, NULL },
	{ "--work-dir", true, IGNORED, NULL },
	{ "--non-cyclic", false, IGNORED, NULL },
	{ "--non-mmap", false, IGNORED, NULL },
	{ "--show-stats", false, IGNORED, NULL },
	{ "--check-params", false, IGNORED, NULL },
	{ "-e", false, SET_VMEMMAP, NULL },
	{ "--exclude-unused-vm", false, SET_VMEMMAP, NULL },
	{ "--allow-zero-page", false, NOTED, "pages of zeros are left out by -d 1 alone" },
	{ "-L", true, SET_LIMIT, NULL },
	{ "-E", false, SET_ELF, NULL },
	{ "--split", false, REFUSED, ONE_FILE },
	{ "--splitblock-size", true, REFUSED, ONE_FILE },
	{ "--config", true, SET_ERASE, NULL },
	{ "--eppic", true, REFUSED, "eppic macros are not run" },
	{ "--extension", true, REFUSED, "extensions are not loaded" },
	{ "-X", false, REFUSED, XEN },
	{ "--xen-syms", true, REFUSED, XEN },
	{ "--xen-vmcoreinfo", true, REFUSED, XEN },
	{ "--xen_phys_start", true, REFUSED, XEN },
	{ "--diskset", true, REFUSED, "dumps of sadump are not read" },
	{ "--dump-dmesg", false, REFUSED, NO_DUMP },
	{ "--partial-dmesg", false, REFUSED, NO_DUMP },
	{ "--mem-usage", false, REFUSED, NO_DUMP },
	{ "--dry-run", false, REFUSED, NO_DUMP },
	{ "-g", true, REFUSED, NO_DUMP },
	{ "-R", false, REFUSED, NO_DUMP },
	{ "--reassemble", false, REFUSED, NO_DUMP },
};

/* "-d31", "--num-threads=2" and the plain name. *ret_value is the value inside the word, or NULL. */
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

/* "31", or "31,1": makedumpfile takes the next where the dump is larger than -L; without -L, the first. */
static int set_level(struct config_parser *p, const char *value, struct error *e)
{
	_cleanup_free_ char *copy = strdup(value);
	char *rest = copy, *word;
	unsigned count = 0;

	if (!copy)
		return error_errno(e, -ENOMEM, "core_collector");
	while ((word = strsep(&rest, ","))) {
		uint64_t level = 0;

		if (!*word && !rest && count)
			break;
		if (parse_decimal(word, LEVEL_MAX, &level) < 0)
			return error_set(e, -EINVAL,
					 "core_collector: dump level '%s': give a number from 0 to "
					 "%d",
					 value, LEVEL_MAX);
		if (count++ == 0)
			p->config->level = (unsigned)level;
	}
	if (count > 1 &&
	    config_note(p, "core_collector",
			"of the dump levels the first counts; where the dump does not fit, as "
			"little more as need be is left out") < 0)
		return error_errno(e, -ENOMEM, "core_collector");
	return 0;
}

static int set_threads(struct config_parser *p, const char *value, struct error *e)
{
	uint64_t number = 0;

	if (parse_decimal(value, THREADS_MAX, &number) < 0)
		return error_set(e, -EINVAL, "core_collector: '%s' is no number of threads", value);
	p->config->threads = (unsigned)number;
	return 0;
}

/* "512M": bytes, or with k, M or G behind it, as makedumpfile takes them. */
static int set_limit(struct config_parser *p, const char *value, struct error *e)
{
	uint64_t n;

	if (parse_scaled(value, "kKMG", (uint64_t)INT64_MAX >> 30, &n) < 0 || !n)
		return error_set(e, -EINVAL,
				 "core_collector: makedumpfile -L '%s': give bytes, or a number "
				 "with k, M or G",
				 value);
	p->config->limit = n;
	return 0;
}

static int set_erase(struct config_parser *p, const char *value, struct error *e)
{
	if (*value != '/')
		return error_set(e, -EINVAL,
				 "core_collector: makedumpfile --config '%s': give the whole path",
				 value);
	free(p->config->erase);
	p->config->erase = strdup(value);
	return p->config->erase ? 0 : error_errno(e, -ENOMEM, "core_collector");
}

static int apply(struct config_parser *p, const struct option_row *o, const char *value,
		 struct error *e)
{
	int r;

	switch (o->effect) {
	case SET_CODEC:
		p->config->codec = codec_by_option(o->name[1])->id;
		return 0;
	case SET_LEVEL:
		return set_level(p, value, e);
	case SET_THREADS:
		return set_threads(p, value, e);
	case SET_ELF:
		p->config->elf = true;
		return 0;
	case SET_LIMIT:
		return set_limit(p, value, e);
	case SET_ERASE:
		return set_erase(p, value, e);
	case SET_VMEMMAP:
		p->config->unused_vmemmap = true;
		return 0;
	case NOTED:
		r = buf_printf(&p->config->notes,
			       "%s:%u: core_collector: makedumpfile %s has no "
			       "effect here: %s\n",
			       p->name, p->line, o->name, o->words);
		return r < 0 ? error_errno(e, r, "core_collector") : 0;
	case REFUSED:
		return error_set(e, -EOPNOTSUPP, "core_collector: makedumpfile %s: %s", o->name,
				 o->words);
	case IGNORED:
		return 0;
	}
	return 0;
}

/* "-cF" and the like: letters without values in one word. */
static bool is_cluster(const char *word)
{
	return word[0] == '-' && word[1] && word[1] != '-' && word[2] &&
	       strspn(word + 1, "clpzFEXefDR") == strlen(word + 1);
}

static int apply_cluster(struct config_parser *p, const char *word, struct error *e)
{
	int r = 0;

	for (const char *letter = word + 1; *letter && r == 0; letter++) {
		char name[] = { '-', *letter, '\0' };
		const char *value;

		r = apply(p, option_find(name, &value), NULL, e);
	}
	return r;
}

static int parse_makedumpfile(struct config_parser *p, char *rest, struct error *e)
{
	char *word;
	int r = 0;

	p->config->collector = PLAN_COLLECT_MAKEDUMPFILE;
	p->config->level = 0;
	p->config->codec = CODEC_NONE;
	while (r == 0 && (word = strtok_r(NULL, " \t", &rest))) {
		const struct option_row *o;
		const char *value;

		if (is_cluster(word)) {
			r = apply_cluster(p, word, e);
			continue;
		}
		o = option_find(word, &value);
		if (!o)
			return error_set(e, -EINVAL,
					 "core_collector: makedumpfile has no option '%s'", word);
		if (o->has_value && !value)
			value = strtok_r(NULL, " \t", &rest);
		if (o->has_value && !value)
			return error_set(e, -EINVAL,
					 "core_collector: makedumpfile %s needs a value", o->name);
		r = apply(p, o, value, e);
	}
	if (r == 0 && p->config->elf && p->config->codec != CODEC_NONE)
		return error_set(e, -EINVAL,
				 "core_collector: makedumpfile -E writes ELF, which is not "
				 "compressed: leave out -E, or -c, -l, -p and -z");
	return r;
}

/* "makedumpfile", "/usr/sbin/makedumpfile" */
static const char *base_name(const char *program)
{
	const char *slash = strrchr(program, '/');

	return slash ? slash + 1 : program;
}

int config_apply_collector(struct config_parser *p, const struct config_directive *d,
			   const char *value, struct error *e)
{
	static const char *const copies[] = { "cp", "cat", "scp" };
	_cleanup_free_ char *copy = strdup(value);
	char *save = NULL;
	const char *program;

	if (!copy)
		return error_errno(e, -ENOMEM, "%s", d->name);
	program = strtok_r(copy, " \t", &save);
	if (program && strcmp(base_name(program), "makedumpfile") == 0)
		return parse_makedumpfile(p, save, e);
	for (size_t i = 0; program && i < ARRAY_SIZE(copies); i++) {
		if (strcmp(base_name(program), copies[i]) != 0)
			continue;
		p->config->collector = PLAN_COLLECT_COPY;
		program = strtok_r(NULL, " \t", &save);
		return program ? error_set(e, -EOPNOTSUPP,
					   "%s: %s %s: nothing is run, so options have no meaning; "
					   "write '%s' alone",
					   d->name, copies[i], program, copies[i])
			       : 0;
	}
	return error_set(e, -EOPNOTSUPP,
			 "%s: '%s' is not run in the capture kernel; use makedumpfile, cp, cat or "
			 "scp, or a hook (kdump_post)",
			 d->name, program ?: value);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/config/import_impl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arm/config/sysconfig.h"

static const struct import_variable *const systems[] = {
	[IMPORT_DEBIAN] = import_debian,
	[IMPORT_SUSE] = import_suse,
};

const char *import_fate_name(enum import_fate fate)
{
	static const char *const names[] = {
		[IMPORT_TAKEN] = "taken",
		[IMPORT_SAME] = "same",
		[IMPORT_LOST] = "lost",
	};

	return names[fate];
}

int import_say(struct importer *i, enum import_fate fate, const char *fmt, ...)
{
	char text[1000];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	i->line->fate = fate;
	return buf_printf(&i->line->text, "%s%s", i->line->text.len ? "; " : "", text);
}

int import_set(char **field, const char *value)
{
	free(*field);
	*field = strdup(value);
	return *field ? 0 : -ENOMEM;
}

int import_lost(struct importer *i, const struct import_variable *v, const char *value)
{
	return *value ? import_say(i, IMPORT_LOST, "%s", v->word)
		      : import_say(i, IMPORT_SAME, "not set");
}

int import_same(struct importer *i, const struct import_variable *v, const char *value)
{
	return import_say(i, IMPORT_SAME, "%s", v->word);
}

bool import_accepts(struct importer *i, const char *directive, const char *value)
{
	_cleanup_config_ struct config c = { 0 };
	_cleanup_buf_ struct buf line = { 0 };
	struct error e = { 0 };
	const char *why;

	if (buf_printf(&line, "%s %s\n", directive, value) == 0 &&
	    config_parse(line.data, line.len, "", &c, &e) == 0)
		return true;
	why = strstr(error_text(&e), ": "); /* behind ":1" */
	i->failed = import_say(i, IMPORT_LOST, "%s", why ? why + 2 : error_text(&e)) < 0;
	return false;
}

int import_directive(struct importer *i, const struct import_variable *v, const char *value)
{
	if (!*value)
		return import_say(i, IMPORT_SAME, "not set");
	if (!import_accepts(i, v->word, value))
		return 0;
	if (buf_printf(&i->directives, "%s %s\n", v->word, value) < 0)
		return -ENOMEM;
	return import_say(i, IMPORT_TAKEN, "%s %s", v->word, value);
}

int import_options(struct importer *i, const char *options)
{
	char words[IMPORT_LINE_SIZE];

	snprintf(words, sizeof(words), "makedumpfile %s", options);
	if (!import_accepts(i, "core_collector", words))
		return 0;
	return import_set(&i->options, options) < 0
		       ? -ENOMEM
		       : import_say(i, IMPORT_TAKEN, "core_collector %s", words);
}

int import_keep(struct importer *i, uint64_t dumps)
{
	i->keep = (unsigned)MIN(dumps, (uint64_t)PLAN_KEEP_MAX);
	i->keep_line = i->line;
	return import_say(
		i, IMPORT_TAKEN,
		"lastword_keep dumps=%u, the new one counted; old ones go when it is saved",
		i->keep);
}

int import_program(struct importer *i, const struct import_variable *v, const char *value)
{
	return strpbrk(value, " \t\n")
		       ? import_say(i, IMPORT_LOST, "%s takes a program without arguments", v->word)
		       : import_directive(i, v, value);
}

int import_assign(struct importer *i, const char *name, const char *value, bool *ret_taken)
{
	_cleanup_sysconfig_ struct sysconfig s = { 0 };
	_cleanup_buf_ struct buf line = { 0 };
	struct error e = { 0 };
	int r = buf_printf(&line, "%s=\"", name);

	for (const char *p = value; *p && r == 0; p++)
		r = buf_printf(&line, "%s%c", strchr("\"\\$`", *p) ? "\\" : "", *p);
	if (r == 0)
		r = buf_printf(&line, "\"\n");
	if (r < 0)
		return r;
	*ret_taken = sysconfig_parse(line.data, line.len, &s, &e) == 0;
	if (*ret_taken)
		return buf_append(&i->sysconfig, line.data, line.len);
	return import_say(i, IMPORT_LOST, "%s", error_text(&e));
}

int import_sysconfig(struct importer *i, const struct import_variable *v, const char *value)
{
	bool taken = i->in_place;
	int r;

	if (!*value)
		return import_say(i, IMPORT_SAME, "not set");
	if (i->in_place)
		return import_say(i, IMPORT_TAKEN, "read where it is");
	r = import_assign(i, v->word, value, &taken);
	return r < 0 || !taken ? r : import_say(i, IMPORT_TAKEN, "%s in " SYSCONFIG_PATH, v->word);
}

static bool is_ssh(const struct import_target *t)
{
	return t->words && strncmp(t->words, "ssh ", 4) == 0;
}

int import_add_target(struct importer *i, const char *words, const char *path, bool front)
{
	struct import_target t = { 0 };
	size_t name = strcspn(words ?: "", " ");
	char directive[16];

	snprintf(directive, sizeof(directive), "%.*s", (int)name, words ?: "");
	if ((words && !import_accepts(i, directive, words + name + 1)) ||
	    !import_accepts(i, "path", path))
		return 0;
	if (i->targets_count == IMPORT_TARGETS_MAX)
		return import_say(i, IMPORT_LOST, "more than %d targets", IMPORT_TARGETS_MAX);
	if ((words && import_set(&t.words, words) < 0) || import_set(&t.path, path) < 0) {
		free(t.words);
		return -ENOMEM;
	}
	front = front || i->targets_count == 0;
	if (front)
		memmove(i->targets + 1, i->targets, i->targets_count * sizeof(t));
	i->targets[front ? 0 : i->targets_count] = t;
	i->targets_count++;
	if (front)
		return import_say(i, IMPORT_TAKEN, "%s%spath %s", words ?: "", words ? ", " : "",
				  path);
	return import_say(i, IMPORT_TAKEN,
			  "fallback %s %s: the dump goes to one target, the log to all",
			  words ?: "path", path);
}

/* Lines are shown and logged: what looks like a password is not. */
static char *shown_value(const char *name, const char *value)
{
	const char *scheme = strstr(value, "://");
	const char *at = scheme ? strchr(scheme, '@') : NULL;
	const char *colon = at ? memchr(scheme + 3, ':', (size_t)(at - scheme - 3)) : NULL;
	char *shown;

	if (strstr(name, "PASSWORD") && *value)
		return strdup("***");
	if (!colon)
		return strdup(value);
	return asprintf(&shown, "%.*s:***%s", (int)(colon - value), value, at) < 0 ? NULL : shown;
}

/* A line of the file is told with the value that holds at its end. */
static int take_line(struct importer *i, const struct shell_file *f, size_t at)
{
	const struct shell_assignment *a = &f->items[at];
	const struct import_variable *v = systems[i->import->kind];
	struct import_line *l = &i->import->lines[i->import->count];

	*l = (struct import_line){ .number = a->line,
				   .name = strdup(a->name),
				   .value = shown_value(a->name, a->value) };
	i->import->count++;
	i->line = l;
	if (!l->name || !l->value)
		return -ENOMEM;
	if (shell_find(f, a->name) != a)
		return import_say(i, IMPORT_SAME, "line %u sets it anew",
				  shell_find(f, a->name)->line);
	while (v->name && strcmp(v->name, a->name) != 0)
		v++;
	if (!v->name)
		return import_say(i, IMPORT_LOST, "not a variable that is known");
	if (strlen(a->value) > IMPORT_VALUE_MAX)
		return import_say(i, IMPORT_LOST, "longer than %d bytes", IMPORT_VALUE_MAX);
	if (strchr(a->value, '\n') || strchr(a->value, '#'))
		return import_say(i, IMPORT_LOST, "kdump.conf has no word for a value with %s",
				  strchr(a->value, '#') ? "#" : "several lines");
	return v->take(i, v, a->value);
}

static int write_collector(const struct importer *i, struct buf *out)
{
	if (i->collector)
		return buf_printf(out, "core_collector %s\n", i->collector);
	if (!i->level && !i->codec && !i->options)
		return 0;
	return buf_printf(out, "core_collector makedumpfile %s%s%s%s%s\n", i->codec ?: "",
			  i->codec && i->level ? " " : "", i->level ?: "",
			  i->options && (i->codec || i->level) ? " " : "", i->options ?: "");
}

/* Behind ssh nothing can be removed. */
static int write_keep(struct importer *i, struct buf *out)
{
	size_t able = i->targets_count == 0;

	for (size_t t = 0; t < i->targets_count; t++)
		able += !is_ssh(&i->targets[t]);
	if (!i->keep)
		return 0;
	if (able)
		return buf_printf(out, "lastword_keep dumps=%u\n", i->keep);
	i->line = i->keep_line;
	return import_say(i, IMPORT_LOST, "but not behind ssh: let the server do it");
}

static int write_conf(struct importer *i, const char *from, struct buf *out)
{
	const struct import_target *first = &i->targets[0];
	const char *path = i->targets_count ? first->path : i->path;
	int r = buf_printf(out, IMPORT_MARK "%s\n", from);

	if (r == 0 && i->targets_count && first->words)
		r = buf_printf(out, "%s\n", first->words);
	if (r == 0 && path)
		r = buf_printf(out, "path %s\n", path);
	if (r == 0 && i->sshkey)
		r = buf_printf(out, "sshkey %s\n", i->sshkey);
	for (size_t t = 1; t < i->targets_count && r == 0; t++)
		r = buf_printf(out, "fallback %s %s\n", i->targets[t].words ?: "path",
			       i->targets[t].path ?: "");
	if (r == 0)
		r = write_collector(i, out);
	if (r == 0)
		r = write_keep(i, out);
	return r < 0 || !i->directives.len ? r
					   : buf_append(out, i->directives.data, i->directives.len);
}

static int write_sysconfig(const struct importer *i, const char *from, struct buf *out)
{
	if (!i->sysconfig.len)
		return 0;
	return buf_printf(out, IMPORT_MARK "%s\n%s", from, i->sysconfig.data);
}

static void importer_done(struct importer *i)
{
	for (size_t t = 0; t < ARRAY_SIZE(i->targets); t++) {
		free(i->targets[t].words);
		free(i->targets[t].path);
	}
	free(i->path);
	free(i->sshkey);
	free(i->level);
	free(i->codec);
	free(i->options);
	free(i->collector);
	buf_done(&i->directives);
	buf_done(&i->sysconfig);
}

#define _cleanup_importer_ _cleanup_(importer_done)

/* What was made of hostile text must be what our own parsers take. */
static int check(const struct import *im, struct error *e)
{
	_cleanup_config_ struct config c = { 0 };
	_cleanup_sysconfig_ struct sysconfig s = { 0 };
	int r = config_parse(im->conf.data, im->conf.len, "the kdump.conf made of it", &c, e);

	if (r == 0 && im->sysconfig.len)
		r = sysconfig_parse(im->sysconfig.data, im->sysconfig.len, &s, e);
	return r;
}

int import_recognise(const char *text, size_t len, enum import_kind *ret)
{
	static const char *const debian[] = { "USE_KDUMP", "KDUMP_COREDIR", "MAKEDUMP_ARGS",
					      "KDUMP_CMDLINE_APPEND", "KDUMP_NUM_DUMPS" };
	_cleanup_shell_ struct shell_file f = { 0 };

	/* What is there up to a fault tells enough. */
	if (shell_parse(text, len, "", &f, NULL) < 0 && !f.count)
		return -ENOENT;
	for (size_t i = 0; i < ARRAY_SIZE(debian); i++)
		if (shell_find(&f, debian[i])) {
			*ret = IMPORT_DEBIAN;
			return 0;
		}
	if (!sysconfig_is_suse(&f))
		return -ENOENT;
	*ret = IMPORT_SUSE;
	return 0;
}

int import_parse(const char *text, size_t len, const char *path, enum import_kind kind,
		 bool in_place, struct import *ret, struct error *e)
{
	_cleanup_import_ struct import im = { .kind = kind };
	_cleanup_importer_ struct importer i = { .import = &im, .in_place = in_place };
	_cleanup_shell_ struct shell_file f = { 0 };
	int r = shell_parse(text, len, path, &f, e);

	if (r < 0)
		return r;
	im.lines = calloc(f.count ?: 1, sizeof(*im.lines));
	r = im.lines ? 0 : -ENOMEM;
	for (size_t at = 0; at < f.count && r == 0; at++)
		r = take_line(&i, &f, at) ?: (i.failed ? -ENOMEM : 0);
	if (r == 0)
		r = write_conf(&i, path, &im.conf);
	if (r == 0)
		r = write_sysconfig(&i, path, &im.sysconfig);
	if (r < 0)
		return error_errno(e, r, "%s", path);
	r = check(&im, e);
	if (r < 0)
		return error_prefix(e, r, "%s", path);
	*ret = im;
	im = (struct import){ 0 };
	return 0;
}

void import_done(struct import *i)
{
	for (size_t n = 0; n < i->count; n++) {
		free(i->lines[n].name);
		free(i->lines[n].value);
		buf_done(&i->lines[n].text);
	}
	free(i->lines);
	buf_done(&i->conf);
	buf_done(&i->sysconfig);
	*i = (struct import){ 0 };
}

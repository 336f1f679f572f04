/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/config/explain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *explained_state_name(enum explained_state state)
{
	static const char *const names[] = {
		[EXPLAINED_TAKEN] = "taken",
		[EXPLAINED_MOOT] = "no effect",
		[EXPLAINED_REFUSED] = "refused",
	};

	return names[state];
}

static struct explained_line *add_line(struct explained_file *f, unsigned number, const char *name,
				       const char *value)
{
	struct explained_line *lines = reallocarray(f->lines, f->count + 1, sizeof(*lines)), *l;

	if (!lines)
		return NULL;
	f->lines = lines;
	l = &lines[f->count++];
	*l = (struct explained_line){ .number = number,
				      .name = strdup(name),
				      .value = strdup(value) };
	return l->name && l->value ? l : NULL;
}

/* A note of the parser is "kdump.conf:3: DIRECTIVE: TEXT". */
static int add_notes(struct explained_line *l, const char *notes)
{
	int r = 0;

	while (*notes && r == 0) {
		size_t len = strcspn(notes, "\n");
		const char *text = memmem(notes, len, ": ", 2);

		text = text ? text + 2 : notes;
		if (strncmp(text, l->name, strlen(l->name)) == 0 && text[strlen(l->name)] == ':')
			text += strlen(l->name) + 2;
		r = buf_printf(&l->differs, "%.*s\n", (int)(len - (size_t)(text - notes)), text);
		notes += len + (notes[len] == '\n');
	}
	return r;
}

static int tell_line(void *user, const struct config_line *line)
{
	struct explained_line *l = add_line(user, line->number, line->name, line->value ?: "");

	if (!l)
		return -ENOMEM;
	if (line->error) {
		l->state = EXPLAINED_REFUSED;
		return buf_printf(&l->error, "%s", line->error);
	}
	return explain_directive(l) < 0 || add_notes(l, line->notes) < 0 ? -ENOMEM : 0;
}

/* 0 also where there is no file. */
static int read_file(const struct root *root, struct explained_file *f, size_t limit,
		     struct buf *ret, struct error *e)
{
	int r = root_read_file(root, f->path, limit, ret);

	f->present = r == 0;
	return r < 0 && r != -ENOENT ? error_errno(e, r, "%s", f->path) : 0;
}

static int explain_kdump_conf(const struct root *root, struct explained_file *f, struct error *e)
{
	_cleanup_config_ struct config c = { 0 };
	_cleanup_buf_ struct buf text = { 0 };
	int r = read_file(root, f, CONFIG_SIZE_MAX, &text, e);

	if (r < 0 || !f->present)
		return r;
	r = config_parse_told(text.data ?: "", text.len, "kdump.conf", tell_line, f, &c, &f->fault);
	return r == -ENOMEM ? error_errno(e, r, "%s", f->path) : 0;
}

/* Of several assignments the last one holds, and those that it adds to. */
static int mark_replaced(struct explained_line *l, const struct shell_file *s, size_t at)
{
	const struct shell_assignment *a = &s->items[at];
	size_t len = strlen(a->value);

	for (size_t i = at + 1; i < s->count; i++) {
		const struct shell_assignment *later = &s->items[i];

		if (strcmp(later->name, a->name) != 0 || strncmp(later->value, a->value, len) == 0)
			continue;
		l->state = EXPLAINED_MOOT;
		return buf_printf(&l->differs, "line %u sets it anew\n", later->line);
	}
	return 0;
}

static int explain_assignments(struct explained_file *f, const struct shell_file *s)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct shell_assignment *a = &s->items[i];
		struct explained_line *l = a->line ? add_line(f, a->line, a->name, a->value) : NULL;

		if (!a->line)
			continue;
		if (!l || explain_variable(l) < 0 || mark_replaced(l, s, i) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* A fault "sysconfig/kdump:3: WHY" is that of line 3. */
static int mark_refused(struct explained_file *f)
{
	const char *colon = f->fault.code ? strchr(f->fault.text, ':') : NULL;
	unsigned number = colon ? (unsigned)strtoul(colon + 1, NULL, 10) : 0;
	const char *why = colon ? strstr(colon, ": ") : NULL;
	struct explained_line *l = NULL;

	if (!number || !why)
		return 0;
	for (size_t i = 0; i < f->count; i++)
		if (f->lines[i].number == number)
			l = &f->lines[i];
	l = l ?: add_line(f, number, "", "");
	if (!l)
		return -ENOMEM;
	l->state = EXPLAINED_REFUSED;
	return buf_printf(&l->error, "%s", why + 2);
}

static int explain_sysconfig(const struct root *root, struct explained_file *f, struct error *e)
{
	_cleanup_sysconfig_ struct sysconfig s = { 0 };
	_cleanup_shell_ struct shell_file assignments = { 0 };
	_cleanup_buf_ struct buf text = { 0 };
	int r = read_file(root, f, SHELL_SIZE_MAX, &text, e);

	if (r < 0 || !f->present)
		return r;
	r = sysconfig_parse(text.data ?: "", text.len, &s, &f->fault);
	if (r != -ENOMEM &&
	    sysconfig_assignments(text.data ?: "", text.len, &assignments, NULL) != -ENOMEM)
		r = explain_assignments(f, &assignments);
	if (r == 0)
		r = mark_refused(f);
	return r < 0 ? error_errno(e, -ENOMEM, "%s", f->path) : 0;
}

int explain_config(const struct root *root, struct explanation *ret, struct error *e)
{
	_cleanup_explanation_ struct explanation x = {
		.files = { { .path = CONFIG_PATH }, { .path = SYSCONFIG_PATH } },
	};
	int r = explain_kdump_conf(root, &x.files[0], e);

	if (r == 0)
		r = explain_sysconfig(root, &x.files[1], e);
	if (r < 0)
		return r;
	*ret = x;
	x = (struct explanation){ 0 };
	return 0;
}

void explanation_done(struct explanation *x)
{
	for (size_t i = 0; i < ARRAY_SIZE(x->files); i++) {
		struct explained_file *f = &x->files[i];

		for (size_t j = 0; j < f->count; j++) {
			free(f->lines[j].name);
			free(f->lines[j].value);
			buf_done(&f->lines[j].effect);
			buf_done(&f->lines[j].differs);
			buf_done(&f->lines[j].error);
		}
		free(f->lines);
	}
	*x = (struct explanation){ 0 };
}

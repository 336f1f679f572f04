/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "arm/image/files.h"
#include "arm/policy/impl.h"
#include "arm/policy/sysctl_files.h"

#define BEFORE_MAX ((size_t)65536)

static const char header[] =
	"# Written by lastword: what makes this machine panic, and so leave a dump.\n"
	"# 'lastword sysctl' explains and changes it, 'lastword sysctl undo' takes it away.\n";

enum wish_kind { WISH_LEAVE, WISH_SET, WISH_UNDO };

struct wish {
	enum wish_kind kind;
	char *value; /* of WISH_SET */
};

/* One run: what is there, what is wanted of each switch of the table, and what becomes of it. */
struct job {
	const struct root *root;
	const struct sysctl_options *options;
	bool preset; /* what a person set stays */
	struct sysctl_state state;
	struct sysctl_lines files, before;
	struct wish *wishes;
	struct sysctl_changes changes;
};

static void job_done(struct job *j)
{
	for (size_t i = 0; j->wishes && i < policy_switches_count; i++)
		free(j->wishes[i].value);
	free(j->wishes);
	sysctl_state_done(&j->state);
	sysctl_lines_done(&j->files);
	sysctl_lines_done(&j->before);
	sysctl_changes_done(&j->changes);
}

#define _cleanup_job_ _cleanup_(job_done)

static int job_begin(struct job *j, const struct root *root, const struct sysctl_options *o,
		     struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	int r;

	j->root = root;
	j->options = o;
	r = sysctl_read(root, &j->state, e);
	if (r == 0)
		r = sysctl_lines_read(root, &j->files, e);
	if (r < 0)
		return r;
	r = root_read_file(root, SYSCTL_BEFORE, BEFORE_MAX, &text);
	if (r == 0)
		r = sysctl_lines_parse(&j->before, text.data ?: "", text.len, SYSCTL_BEFORE, false);
	if (r < 0 && r != -ENOENT)
		return error_errno(e, r, SYSCTL_BEFORE);
	j->wishes = calloc(policy_switches_count, sizeof(*j->wishes));
	j->changes.items = calloc(policy_switches_count, sizeof(*j->changes.items));
	return j->wishes && j->changes.items ? 0 : error_errno(e, -ENOMEM, "sysctl");
}

static int wish(struct job *j, const struct policy_switch *s, const char *value, struct error *e)
{
	struct wish *w = &j->wishes[s - policy_switches];
	_cleanup_free_ char *parsed = NULL;
	int r = policy_value_parse(s, value, &parsed, e);

	if (r < 0)
		return r;
	free(w->value);
	w->value = TAKE_PTR(parsed);
	w->kind = WISH_SET;
	return 0;
}

/* Where another file has the last word at the next boot. */
static int name_override(const struct job *j, const struct policy_switch *s, const char *value,
			 char **ret)
{
	const struct sysctl_line *line = sysctl_lines_find(&j->files, s->name, SYSCTL_FILE);
	const char *ours = strrchr(SYSCTL_FILE, '/') + 1;

	if (!line || strcmp(line->value, value) == 0 ||
	    strcmp(strrchr(line->file, '/') + 1, ours) < 0)
		return 0;
	if (asprintf(ret, "%s:%u sets %s at the next boot", line->file, line->number, line->value) <
	    0) {
		*ret = NULL;
		return -ENOMEM;
	}
	return 0;
}

static int name_person(const struct sysctl_line *line, char **ret)
{
	if (asprintf(ret, "%s:%u says %s", line->file, line->number, line->value) < 0) {
		*ret = NULL;
		return -ENOMEM;
	}
	return 0;
}

static int plan_set(const struct job *j, const struct sysctl_entry *now, struct wish *w,
		    struct sysctl_change *c)
{
	const struct sysctl_line *other = sysctl_lines_find(&j->files, c->about->name, SYSCTL_FILE);

	if (j->preset && !j->options->force && other && other->persons &&
	    strcmp(other->value, w->value) != 0) {
		c->outcome = SYSCTL_KEPT;
		w->kind = WISH_UNDO;
		return name_person(other, &c->why);
	}
	if (!now->running)
		c->outcome = SYSCTL_ABSENT;
	else if (strcmp(now->running, w->value) == 0)
		c->outcome = SYSCTL_SAME;
	else
		c->outcome = SYSCTL_CHANGED;
	if (now->running) {
		free(c->after);
		c->after = strdup(w->value);
	}
	return c->after || !now->running ? name_override(j, c->about, w->value, &c->why) : -ENOMEM;
}

static int plan_undo(const struct job *j, const struct sysctl_entry *now, struct sysctl_change *c)
{
	const struct sysctl_line *was = sysctl_lines_find(&j->before, c->about->name, NULL);

	c->outcome = now->running ? SYSCTL_LEFT : SYSCTL_ABSENT;
	if (!now->running)
		return 0;
	if (!was || !now->ours) {
		c->why = strdup(was ? SYSCTL_FILE " does not set it any more"
				    : "what it was before is not known");
		return c->why ? 0 : -ENOMEM;
	}
	if (strcmp(now->running, now->ours) == 0) {
		free(c->after);
		c->outcome = SYSCTL_RESTORED;
		c->after = strdup(was->value);
		return c->after ? 0 : -ENOMEM;
	}
	if (asprintf(&c->why, "somebody changed it from %s", now->ours) < 0) {
		c->why = NULL;
		return -ENOMEM;
	}
	return 0;
}

static int plan(struct job *j)
{
	int r = 0;

	for (size_t i = 0; i < policy_switches_count && r == 0; i++) {
		const struct sysctl_entry *now = &j->state.entries[i];
		struct sysctl_change *c = &j->changes.items[j->changes.count];

		if (j->wishes[i].kind == WISH_LEAVE)
			continue;
		*c = (struct sysctl_change){ .about = now->about };
		if (now->running) {
			c->before = strdup(now->running);
			c->after = strdup(now->running);
		}
		j->changes.count++;
		if (now->running && (!c->before || !c->after))
			return -ENOMEM;
		r = j->wishes[i].kind == WISH_SET ? plan_set(j, now, &j->wishes[i], c)
						  : plan_undo(j, now, c);
	}
	return r;
}

/* The values to go back to: kept from the first time on, until they are put back. */
static int write_before(const struct job *j, bool forget, struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	int r = 0;

	for (size_t i = 0; i < policy_switches_count && r == 0; i++) {
		const struct sysctl_entry *now = &j->state.entries[i];
		const struct sysctl_line *was =
			sysctl_lines_find(&j->before, now->about->name, NULL);
		const char *value = was ? was->value : NULL;

		if (j->wishes[i].kind == WISH_UNDO && forget)
			continue;
		if (!value && j->wishes[i].kind == WISH_SET)
			value = now->running;
		if (value)
			r = buf_printf(&text, "%s = %s\n", now->about->name, value);
	}
	if (r < 0)
		return error_errno(e, r, SYSCTL_BEFORE);
	return text.len ? file_replace(j->root, SYSCTL_BEFORE, text.data, text.len, e)
			: file_remove(j->root, SYSCTL_BEFORE, e);
}

static int format_file(struct job *j, struct error *e)
{
	struct buf *text = &j->changes.file;
	int r = 0;

	for (size_t i = 0; i < policy_switches_count && r == 0; i++) {
		const struct sysctl_entry *now = &j->state.entries[i];
		const char *value = j->wishes[i].kind == WISH_SET     ? j->wishes[i].value
				    : j->wishes[i].kind == WISH_LEAVE ? now->ours
								      : NULL;

		/* A switch the kernel lacks is no error at boot. */
		if (value)
			r = buf_printf(text, "%s%s%s = %s\n", text->len ? "" : header,
				       now->running ? "" : "-", now->about->name, value);
	}
	return r < 0 ? error_errno(e, r, SYSCTL_FILE) : 0;
}

static int write_file(const struct job *j, struct error *e)
{
	const struct buf *text = &j->changes.file;
	int r;

	if (!text->len)
		return file_remove(j->root, SYSCTL_FILE, e);
	r = file_replace(j->root, SYSCTL_FILE, text->data, text->len, e);
	/* Nothing in it is secret, and people look there. */
	if (r == 0 && fchmodat(j->root->fd, root_relative(SYSCTL_FILE), 0644, 0) < 0)
		r = error_errno(e, -errno, SYSCTL_FILE);
	return r;
}

static bool to_write(const struct sysctl_change *c)
{
	return c->outcome == SYSCTL_CHANGED || c->outcome == SYSCTL_RESTORED;
}

static void take_back(const struct job *j, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct sysctl_change *c = &j->changes.items[i];

		/* An earlier failure is what is told. */
		if (to_write(c))
			(void)!running_write(j->root, c->about, c->before);
	}
}

/* Not every kernel takes its own first value back: max_rcu_stall_to_panic starts with 0 and is then 1 or more. */
static int leave(struct sysctl_change *c)
{
	c->outcome = SYSCTL_LEFT;
	if (asprintf(&c->why, "the kernel does not take %s back; the next boot has it", c->after) <
	    0) {
		c->why = NULL;
		return -ENOMEM;
	}
	free(c->after);
	c->after = strdup(c->before);
	return c->after ? 0 : -ENOMEM;
}

static int apply(struct job *j, struct error *e)
{
	for (size_t i = 0; i < j->changes.count; i++) {
		struct sysctl_change *c = &j->changes.items[i];
		int r = to_write(c) ? running_write(j->root, c->about, c->after) : 0;

		if (r == -EINVAL && c->outcome == SYSCTL_RESTORED)
			r = leave(c);
		if (r < 0) {
			take_back(j, i);
			return error_errno(e, r, "this kernel refuses %s = %s", c->about->name,
					   c->after);
		}
	}
	return 0;
}

static int run(struct job *j, struct sysctl_changes *ret, struct error *e)
{
	int r = plan(j);

	if (r < 0)
		return error_errno(e, r, "sysctl");
	r = format_file(j, e);
	if (r == 0 && !j->options->dry_run) {
		r = write_before(j, false, e);
		if (r == 0)
			r = apply(j, e);
		if (r < 0)
			return r;
		r = write_file(j, e);
		if (r < 0) {
			take_back(j, j->changes.count);
			return r;
		}
		r = write_before(j, true, e);
	}
	if (r < 0)
		return r;
	*ret = j->changes;
	j->changes = (struct sysctl_changes){ 0 };
	return 0;
}

int sysctl_set(const struct root *root, const char *const words[], size_t count,
	       const struct sysctl_options *o, struct sysctl_changes *ret, struct error *e)
{
	_cleanup_job_ struct job j = { 0 };
	int r = job_begin(&j, root, o, e);

	for (size_t i = 0; i < count && r == 0; i++) {
		const char *equals = strchr(words[i], '=');
		_cleanup_free_ char *name = strndup(words[i], strcspn(words[i], "="));
		const struct policy_switch *s = name ? policy_switch_find(name) : NULL;

		if (!equals)
			return error_set(e, -EINVAL, "'%s' is no NAME=VALUE", words[i]);
		if (!s)
			return error_set(e, -ENOENT,
					 "'%s' is no panic switch; 'lastword sysctl list' has all",
					 name ?: words[i]);
		r = wish(&j, s, equals + 1, e);
		if (r == 0 && !j.state.entries[s - policy_switches].running)
			return error_set(e, -ENOENT, "%s is absent on this kernel", s->name);
	}
	return r < 0 ? r : run(&j, ret, e);
}

static void undo_ours(struct job *j)
{
	for (size_t i = 0; i < policy_switches_count; i++)
		if (j->state.entries[i].ours ||
		    sysctl_lines_find(&j->before, policy_switches[i].name, NULL))
			j->wishes[i].kind = WISH_UNDO;
}

int sysctl_preset(const struct root *root, enum preset preset, const struct sysctl_options *o,
		  struct sysctl_changes *ret, struct error *e)
{
	_cleanup_job_ struct job j = { .preset = true };
	int r = job_begin(&j, root, o, e);

	if (r < 0)
		return r;
	undo_ours(&j);
	for (size_t i = 0; i < policy_switches_count && r == 0; i++)
		if (policy_switches[i].preset[preset])
			r = wish(&j, &policy_switches[i], policy_switches[i].preset[preset], e);
	return r < 0 ? r : run(&j, ret, e);
}

int sysctl_undo(const struct root *root, const struct sysctl_options *o, struct sysctl_changes *ret,
		struct error *e)
{
	_cleanup_job_ struct job j = { 0 };
	int r = job_begin(&j, root, o, e);

	if (r < 0)
		return r;
	undo_ours(&j);
	return run(&j, ret, e);
}

const char *sysctl_outcome_name(enum sysctl_outcome o)
{
	static const char *const names[] = {
		[SYSCTL_CHANGED] = "changed",	[SYSCTL_SAME] = "same",
		[SYSCTL_ABSENT] = "absent",	[SYSCTL_KEPT] = "kept",
		[SYSCTL_RESTORED] = "restored", [SYSCTL_LEFT] = "left",
	};

	return names[o];
}

void sysctl_changes_done(struct sysctl_changes *c)
{
	for (size_t i = 0; i < c->count; i++) {
		free(c->items[i].before);
		free(c->items[i].after);
		free(c->items[i].why);
	}
	free(c->items);
	buf_done(&c->file);
	*c = (struct sysctl_changes){ 0 };
}

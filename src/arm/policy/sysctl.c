/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/policy/sysctl.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arm/policy/impl.h"
#include "arm/policy/sysctl_files.h"
#include "base/io.h"

#define CMDLINE_MAX ((size_t)65536)

/* A path inside the root. */
static void switch_path(const struct policy_switch *s, char *buf, size_t size)
{
	snprintf(buf, size, "proc/sys/%s", s->name);
	*strchr(buf, '.') = '/';
}

int running_read(const struct root *root, const struct policy_switch *s, char **ret)
{
	_cleanup_buf_ struct buf text = { 0 };
	char path[200];
	int r;

	switch_path(s, path, sizeof(path));
	r = read_file_at(root->fd, path, SYSCTL_VALUE_MAX, &text);
	if (r < 0)
		return r;
	*ret = strndup(text.data ?: "", strcspn(text.data ?: "", "\n"));
	return *ret ? 0 : -ENOMEM;
}

/* The kernel prints the words of a switch in its own order. */
static bool same_value(const struct policy_switch *s, const char *a, const char *b)
{
	_cleanup_free_ char *x = NULL, *y = NULL;

	if (strcmp(a, b) == 0)
		return true;
	return policy_value_parse(s, a, &x, NULL) == 0 && policy_value_parse(s, b, &y, NULL) == 0 &&
	       strcmp(x, y) == 0;
}

int running_write(const struct root *root, const struct policy_switch *s, const char *value)
{
	_cleanup_free_ char *now = NULL;
	char path[200], line[SYSCTL_VALUE_MAX];
	int r;

	switch_path(s, path, sizeof(path));
	snprintf(line, sizeof(line), "%s\n", value);
	r = write_file_at(root->fd, path, line);
	if (r == 0)
		r = running_read(root, s, &now);
	return r == 0 && !same_value(s, now, value) ? -EIO : r;
}

static int copy(const char *s, char **ret)
{
	*ret = s ? strdup(s) : NULL;
	return s && !*ret ? -ENOMEM : 0;
}

static int fill_files(const struct sysctl_lines *lines, struct sysctl_entry *entry)
{
	const struct sysctl_line *boot = sysctl_lines_find(lines, entry->about->name, NULL);
	int r = 0;

	for (size_t i = 0; i < lines->count && r == 0; i++) {
		const struct sysctl_line *line = &lines->items[i];

		if (line->value && strcmp(line->file, SYSCTL_FILE) == 0 &&
		    strcmp(line->key, entry->about->name) == 0) {
			free(entry->ours);
			r = copy(line->value, &entry->ours);
		}
	}
	if (!boot || r < 0)
		return r;
	entry->boot_ours = strcmp(boot->file, SYSCTL_FILE) == 0;
	if (asprintf(&entry->boot_place, "%s:%u", boot->file, boot->number) < 0) {
		entry->boot_place = NULL;
		return -ENOMEM;
	}
	return copy(boot->value, &entry->boot);
}

static int fill(const struct root *root, const struct sysctl_lines *lines,
		struct sysctl_entry *entry, struct error *e)
{
	int r = running_read(root, entry->about, &entry->running);

	if (r == -ENOENT)
		r = 0;
	if (r == 0)
		r = fill_files(lines, entry);
	return r < 0 ? error_errno(e, r, "%s", entry->about->name) : 0;
}

static bool has_word(const char *line, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = line; (at = strstr(at, word)); at += len)
		if ((at == line || at[-1] == ' ') && strchr(" \n=", at[len]))
			return true;
	return false;
}

int sysctl_read(const struct root *root, struct sysctl_state *ret, struct error *e)
{
	_cleanup_sysctl_lines_ struct sysctl_lines lines = { 0 };
	_cleanup_sysctl_state_ struct sysctl_state s = { 0 };
	_cleanup_buf_ struct buf cmdline = { 0 };
	int r = sysctl_lines_read(root, &lines, e);

	if (r < 0)
		return r;
	s.entries = calloc(policy_switches_count, sizeof(*s.entries));
	if (!s.entries)
		return error_errno(e, -ENOMEM, "sysctl");
	for (; s.count < policy_switches_count && r == 0; s.count++) {
		s.entries[s.count].about = &policy_switches[s.count];
		r = fill(root, &lines, &s.entries[s.count], e);
	}
	if (r < 0)
		return r;
	if (root_read_file(root, "/proc/cmdline", CMDLINE_MAX, &cmdline) == 0 && cmdline.data)
		s.post_notifiers = has_word(cmdline.data, "crash_kexec_post_notifiers");
	*ret = s;
	s = (struct sysctl_state){ 0 };
	return 0;
}

const struct sysctl_entry *sysctl_find(const struct sysctl_state *s, const char *name)
{
	const struct policy_switch *about = policy_switch_find(name);

	return about ? &s->entries[about - policy_switches] : NULL;
}

/* A note where `when` runs with a value other than 0 (or, with is_zero, with 0), and so does `with`, where it is named. */
static const struct note {
	const char *when;
	bool is_zero;
	const char *with;
	bool with_is_zero, with_absent;
	const char *text;
} notes[] = {
	{ "panic", false, NULL, false, false,
	  "kernel.panic: while a capture kernel is loaded a panic starts that at once, and this "
	  "timeout does not run" },
	{ "hardlockup_panic", false, "nmi_watchdog", true, true,
	  "kernel.hardlockup_panic has no effect: kernel.nmi_watchdog is off, or this machine has "
	  "no counter for it" },
	{ "softlockup_panic", false, "soft_watchdog", true, false,
	  "kernel.softlockup_panic has no effect: kernel.soft_watchdog is 0" },
	{ "softlockup_panic", false, "watchdog_thresh", true, false,
	  "kernel.softlockup_panic has no effect: kernel.watchdog_thresh is 0" },
	{ "hung_task_panic", false, "hung_task_timeout_secs", true, false,
	  "kernel.hung_task_panic has no effect: kernel.hung_task_timeout_secs is 0" },
	{ "max_rcu_stall_to_panic", false, "panic_on_rcu_stall", true, false,
	  "kernel.max_rcu_stall_to_panic has no effect: kernel.panic_on_rcu_stall is 0" },
	{ "panic_on_warn", false, "warn_limit", false, false,
	  "kernel.warn_limit is moot: kernel.panic_on_warn takes the first warning" },
	{ "panic_on_oops", true, NULL, false, false,
	  "kernel.panic_on_oops is 0: most kernel bugs end one task and leave no dump" },
};

static bool zero(const struct sysctl_entry *entry)
{
	return !*entry->running || strcmp(entry->running, "0") == 0;
}

static bool applies(const struct sysctl_state *s, const struct note *n)
{
	const struct sysctl_entry *when = sysctl_find(s, n->when);
	const struct sysctl_entry *with = n->with ? sysctl_find(s, n->with) : NULL;

	if (!when->running || zero(when) != n->is_zero)
		return false;
	if (!with)
		return true;
	return with->running ? zero(with) == n->with_is_zero : n->with_absent;
}

/* The capture kernel starts before anything else is printed, unless the notifiers come first. */
static int note_of_log(const struct sysctl_state *s, struct buf *ret)
{
	const struct sysctl_entry *print = sysctl_find(s, "panic_print");
	const struct sysctl_entry *info = sysctl_find(s, "panic_sys_info");
	bool wanted = (print->running && !zero(print)) || (info->running && !zero(info));

	if (s->post_notifiers)
		return buf_printf(ret,
				  "crash_kexec_post_notifiers: the panic notifiers run before "
				  "the capture kernel starts; one that hangs costs the dump\n");
	return wanted ? buf_printf(ret, "kernel.panic_print is moot: the capture kernel starts "
					"before it is printed; the dump has it all\n")
		      : 0;
}

int sysctl_notes(const struct sysctl_state *s, struct buf *ret)
{
	const struct sysctl_entry *oom = sysctl_find(s, "vm.panic_on_oom");
	int r = note_of_log(s, ret);

	for (size_t i = 0; i < ARRAY_SIZE(notes) && r == 0; i++)
		if (applies(s, &notes[i]))
			r = buf_printf(ret, "%s\n", notes[i].text);
	if (r == 0 && oom->running && strcmp(oom->running, "2") == 0)
		r = buf_printf(ret, "vm.panic_on_oom is 2: one container over its own limit ends "
				    "the machine\n");
	return r;
}

void sysctl_state_done(struct sysctl_state *s)
{
	for (size_t i = 0; i < s->count; i++) {
		free(s->entries[i].running);
		free(s->entries[i].ours);
		free(s->entries[i].boot);
		free(s->entries[i].boot_place);
	}
	free(s->entries);
	*s = (struct sysctl_state){ 0 };
}

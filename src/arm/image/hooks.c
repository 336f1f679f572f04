/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/image/hooks.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "arm/image/modules.h"
#include "arm/image/script.h"
#include "base/cleanup.h"

static const struct {
	const char *directive, *dir;
	bool program_first;
} kinds[CONFIG_HOOKS] = {
	[PLAN_HOOK_PRE] = { "kdump_pre", "/etc/kdump/pre.d", true },
	[PLAN_HOOK_POST] = { "kdump_post", "/etc/kdump/post.d", false },
	[PLAN_HOOK_EMERGENCY] = { "kdump_emergency", "/etc/kdump/emergency.d", false },
};

struct finder {
	const struct root *root;
	const struct config *config;
	struct plan *plan;
	struct programs *programs;
	struct buf *notes;
};

static int add_hook(struct finder *f, enum plan_hook_when when, const char *path, bool vetoes,
		    struct error *e)
{
	struct plan *p = f->plan;
	struct plan_hook *grown;
	char *copy;
	int r = programs_add(f->programs, f->root, path, e);

	if (r < 0)
		return r;
	if (p->hooks_count == PLAN_HOOKS_MAX)
		return error_set(e, -E2BIG, "more than %d hooks", PLAN_HOOKS_MAX);
	grown = reallocarray(p->hooks, p->hooks_count + 1, sizeof(*grown));
	if (grown)
		p->hooks = grown;
	copy = strdup(path);
	if (!grown || !copy) {
		free(copy);
		return error_errno(e, -ENOMEM, "%s", path);
	}
	grown[p->hooks_count++] =
		(struct plan_hook){ .when = when, .path = copy, .vetoes = vetoes };
	return 0;
}

static int find_program(struct finder *f, enum plan_hook_when when, struct error *e)
{
	const char *path = f->config->hooks[when];
	int r = path ? add_hook(f, when, path, when == PLAN_HOOK_PRE, e) : 0;

	return r < 0 ? error_prefix(e, r, "%s", kinds[when].directive) : 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What `*` of a shell finds, by bytes. An array that ends with NULL; none where there is no directory. */
static int list_directory(const struct root *root, const char *path, char ***ret, struct error *e)
{
	_cleanup_(names_freep) char **names = calloc(PLAN_HOOKS_MAX + 2, sizeof(*names));
	int fd = openat(root->fd, root_relative(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_closedir_ DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	size_t count = 0;

	if (!names)
		return error_errno(e, -ENOMEM, "%s", path);
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if (count > PLAN_HOOKS_MAX)
			return error_set(e, -E2BIG, "%s: more than %d files", path, PLAN_HOOKS_MAX);
		names[count] = strdup(entry->d_name);
		if (!names[count++])
			return error_errno(e, -ENOMEM, "%s", path);
	}
	qsort(names, count, sizeof(*names), compare);
	*ret = TAKE_PTR(names);
	return 0;
}

static int find_directory(struct finder *f, enum plan_hook_when when, struct error *e)
{
	_cleanup_(names_freep) char **names = NULL;
	int r = list_directory(f->root, kinds[when].dir, &names, e);

	for (size_t i = 0; r == 0 && names[i]; i++) {
		char path[PATH_MAX];
		struct stat st;

		snprintf(path, sizeof(path), "%s/%s", kinds[when].dir, names[i]);
		if (fstatat(f->root->fd, root_relative(path), &st, 0) == 0 && S_ISREG(st.st_mode) &&
		    (st.st_mode & 0111))
			r = add_hook(f, when, path, false, e);
		else if (buf_printf(f->notes, "%s: not executable; it is left out\n", path) < 0)
			r = error_errno(e, -ENOMEM, "%s", path);
	}
	return r;
}

static int find_kind(struct finder *f, enum plan_hook_when when, struct error *e)
{
	bool first = kinds[when].program_first;
	int r = first ? find_program(f, when, e) : 0;

	if (r == 0)
		r = find_directory(f, when, e);
	return r == 0 && !first ? find_program(f, when, e) : r;
}

static int find_extra(struct finder *f, struct error *e)
{
	_cleanup_free_ char *words = strdup(f->config->extra_bins ?: "");
	char *rest = words, *word;
	int r = words ? 0 : error_errno(e, -ENOMEM, "extra_bins");

	while (r == 0 && (word = strtok_r(rest, " \t", &rest)))
		r = programs_add(f->programs, f->root, word, e);
	return r < 0 ? error_prefix(e, r, "extra_bins") : 0;
}

#define SCRIPT_MAX MIB(1)

/* What a script runs and the image has not, once each: " /usr/bin/logger". */
struct missing {
	struct finder *finder;
	struct buf paths;
};

static bool is_packed(const struct programs *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++)
		if (strcmp(strrchr(p->files[i].name, '/') + 1, name) == 0)
			return true;
	return false;
}

static bool note_command(void *user, const char *name)
{
	struct missing *m = user;
	const char *slash = strrchr(name, '/');
	char path[PATH_MAX];

	if (slash && *name != '/')
		return true;
	if (is_packed(m->finder->programs, slash ? slash + 1 : name) ||
	    program_find(m->finder->root, slash ? slash + 1 : name, path) < 0 ||
	    (m->paths.len && strstr(m->paths.data, path)))
		return true;
	return buf_printf(&m->paths, " %s", path) == 0;
}

static bool is_shell(const char *text, size_t len)
{
	static const char *const shells[] = { "sh", "bash", "dash", "ash", "ksh" };
	struct interpreter i;
	const char *name;

	interpreter_parse(text, MIN(len, (size_t)INTERPRETER_MAX), &i);
	name = i.name[0] ? i.name : (strrchr(i.path, '/') ?: "/") + 1;
	for (size_t n = 0; n < ARRAY_SIZE(shells); n++)
		if (strcmp(shells[n], name) == 0)
			return true;
	return false;
}

/*
 * kdump-utils packs the usual tools unasked, so that hooks written for it may rely on them. busybox's shell has them within.
 */
static int note_missing(struct finder *f, const char *hook)
{
	struct missing m = { .finder = f };
	_cleanup_buf_ struct buf text = { 0 };
	int r = root_read_file(f->root, hook, SCRIPT_MAX, &text);

	if (r < 0 || !is_shell(text.data ?: "", text.len) || is_packed(f->programs, "busybox"))
		return r == -ENOMEM ? r : 0;
	script_commands(text.data, text.len, note_command, &m);
	r = m.paths.len ? buf_printf(f->notes,
				     "%s seems to run what the capture image has not; if so: "
				     "'extra_bins%s'\n",
				     hook, m.paths.data)
			: 0;
	buf_done(&m.paths);
	return r;
}

int hooks_find(const struct root *root, const struct config *c, struct plan *p,
	       struct programs *programs, struct buf *notes, struct error *e)
{
	struct finder f = { root, c, p, programs, notes };
	int r = 0;

	for (enum plan_hook_when when = PLAN_HOOK_PRE; when < CONFIG_HOOKS && r == 0; when++)
		r = find_kind(&f, when, e);
	if (r == 0)
		r = find_extra(&f, e);
	if (r == 0 && c->failure_action == PLAN_SHELL)
		r = programs_add_shell(programs, root, &p->shell, e);
	for (size_t i = 0; i < p->hooks_count && r == 0; i++)
		if (note_missing(&f, p->hooks[i].path) < 0)
			r = error_errno(e, -ENOMEM, "%s", p->hooks[i].path);
	return r;
}

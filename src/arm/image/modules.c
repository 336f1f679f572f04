/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/image/modules.h"

#include <errno.h>
#include <fcntl.h>
#include <libkmod.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void kmod_unrefp(struct kmod_ctx **ctx)
{
	kmod_unref(*ctx);
}

static void kmod_listp(struct kmod_list **list)
{
	kmod_module_unref_list(*list);
}

static void kmod_modulep(struct kmod_module **m)
{
	kmod_module_unref(*m);
}

#define kmod_list_var _cleanup_(kmod_listp) struct kmod_list
#define kmod_module_var _cleanup_(kmod_modulep) struct kmod_module

#define WATCHDOG_DRIVERS "/kernel/drivers/watchdog/"

struct collector {
	const struct root *root;
	struct modules *modules;
	struct buf *notes;
	/* Names already begun: a soft dependency may point back. */
	char *seen[PLAN_MODULES_MAX];
	size_t seen_count;
	struct error *error;
};

static int add_option(struct module *item, const char *parameter)
{
	char *options;

	if (asprintf(&options, "%s%s%s=0", item->options, *item->options ? " " : "", parameter) < 0)
		return -ENOMEM;
	free(item->options);
	item->options = options;
	return 0;
}

/* Watchdogs that raise an NMI before they reset would end the capture kernel. It loads modules
 * without a look at its command line. */
static int quiet_watchdog(struct kmod_module *m, struct module *item)
{
	static const char *const parameters[] = { "pretimeout", "kdumptimeout" };
	struct kmod_list *info = NULL, *entry;
	int r = 0;

	if (!strstr(item->file, WATCHDOG_DRIVERS) || kmod_module_get_info(m, &info) < 0)
		return 0;
	kmod_list_foreach(entry, info)
	{
		const char *value = kmod_module_info_get_value(entry);
		size_t len = strcspn(value, ":");

		if (strcmp(kmod_module_info_get_key(entry), "parm") != 0)
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(parameters) && r == 0; i++)
			if (strlen(parameters[i]) == len && memcmp(value, parameters[i], len) == 0)
				r = add_option(item, parameters[i]);
	}
	kmod_module_info_free_list(info);
	return r;
}

static int add_module(struct collector *c, struct kmod_module *m, const char *file)
{
	struct modules *to = c->modules;
	struct module *grown = reallocarray(to->items, to->count + 1, sizeof(*grown));
	const char *options = kmod_module_get_options(m);
	struct module *item;

	if (!grown)
		return -ENOMEM;
	to->items = grown;
	item = &grown[to->count++];
	*item = (struct module){
		.name = strdup(kmod_module_get_name(m)),
		.file = strdup(file + strlen(c->root->path)),
		.options = strdup(options ?: ""),
	};
	return item->name && item->file && item->options ? quiet_watchdog(m, item) : -ENOMEM;
}

static int mark_seen(struct collector *c, const char *name, bool *ret_new)
{
	for (size_t i = 0; i < c->seen_count; i++) {
		if (strcmp(c->seen[i], name) == 0) {
			*ret_new = false;
			return 0;
		}
	}
	if (c->seen_count == ARRAY_SIZE(c->seen))
		return error_set(c->error, -E2BIG, "more than %d modules", PLAN_MODULES_MAX);
	c->seen[c->seen_count] = strdup(name);
	if (!c->seen[c->seen_count])
		return error_errno(c->error, -ENOMEM, "modules");
	c->seen_count++;
	*ret_new = true;
	return 0;
}

static int visit(struct collector *c, struct kmod_module *m);

static int visit_list(struct collector *c, struct kmod_list *list)
{
	struct kmod_list *entry;
	int r = 0;

	kmod_list_foreach(entry, list)
	{
		kmod_module_var *m = kmod_module_get_module(entry);

		r = visit(c, m);
		if (r < 0)
			break;
	}
	return r;
}

static int visit(struct collector *c, struct kmod_module *m)
{
	kmod_list_var *before = NULL, *after = NULL, *needed = NULL;
	const char *file = kmod_module_get_path(m);
	bool new = false;
	int r = mark_seen(c, kmod_module_get_name(m), &new);

	if (r < 0 || !new || !file)
		return r; /* no file: built in */
	(void)kmod_module_get_softdeps(m, &before, &after);
	needed = kmod_module_get_dependencies(m);
	r = visit_list(c, before);
	if (r == 0)
		r = visit_list(c, needed);
	if (r == 0) {
		r = add_module(c, m, file);
		if (r < 0)
			(void)error_errno(c->error, r, "module %s", kmod_module_get_name(m));
	}
	return r < 0 ? r : visit_list(c, after);
}

/* *ret_found: something of that name or alias exists, in a file or built in. */
static int visit_named(struct collector *c, struct kmod_ctx *ctx, const char *name, bool *ret_found)
{
	kmod_list_var *list = NULL;
	int r = kmod_module_new_from_lookup(ctx, name, &list);

	if (r < 0)
		return error_errno(c->error, r, "module %s", name);
	*ret_found = list != NULL;
	return visit_list(c, list);
}

static int visit_filesystem(struct collector *c, struct kmod_ctx *ctx, const char *fstype)
{
	_cleanup_buf_ struct buf known = { 0 };
	char alias[64], line[64];
	bool found = false;
	int r;

	snprintf(alias, sizeof(alias), "fs-%s", fstype);
	r = visit_named(c, ctx, alias, &found);
	if (r == 0 && !found)
		r = visit_named(c, ctx, fstype, &found);
	if (r < 0 || found)
		return r;
	snprintf(line, sizeof(line), "\t%s\n", fstype);
	if (root_read_file(c->root, "/proc/filesystems", 65536, &known) == 0 &&
	    strstr(known.data ?: "", line))
		return 0;
	return error_set(c->error, -ENOENT, "this kernel has no module for %s", fstype);
}

static int visit_drivers(struct collector *c, struct kmod_ctx *ctx, const char *syspath)
{
	_cleanup_(names_freep) char **names = NULL;
	int r = modules_of_device(c->root, syspath, &names, c->error);

	for (size_t i = 0; r == 0 && names[i]; i++) {
		bool found = false;

		r = visit_named(c, ctx, names[i], &found);
		if (r == 0 && !found)
			r = error_set(c->error, -ENOENT,
				      "module %s is loaded, but not in /lib/modules; run depmod, "
				      "or boot the "
				      "kernel that is installed",
				      names[i]);
	}
	return r;
}

/* The directory libkmod reads; usually /lib/modules/RELEASE. */
static int open_modules(const struct root *root, const char *release, struct kmod_ctx **ret,
			struct error *e)
{
	static const char *const config_names[] = { "/etc/modprobe.d", "/run/modprobe.d",
						    "/usr/lib/modprobe.d", "/lib/modprobe.d" };
	char *configs[ARRAY_SIZE(config_names) + 1] = { 0 };
	_cleanup_free_ char *dir = NULL;
	char index[PATH_MAX];
	int r = 0;

	snprintf(index, sizeof(index), "lib/modules/%s/modules.dep.bin", release);
	if (faccessat(root->fd, index, R_OK, 0) < 0)
		return error_errno(e, -errno,
				   "/%s: are the modules of the running kernel installed?", index);
	if (asprintf(&dir, "%s/lib/modules/%s", root->path, release) < 0) {
		dir = NULL;
		return error_errno(e, -ENOMEM, "modules");
	}
	for (size_t i = 0; i < ARRAY_SIZE(config_names); i++) {
		configs[i] = root_join(root, config_names[i]);
		if (!configs[i])
			r = -ENOMEM;
	}
	if (r == 0)
		*ret = kmod_new(dir, (const char *const *)configs);
	for (size_t i = 0; i < ARRAY_SIZE(config_names); i++)
		free(configs[i]);
	return r == 0 && *ret ? 0 : error_errno(e, -ENOMEM, "/lib/modules/%s", release);
}

static int visit_extra(struct collector *c, struct kmod_ctx *ctx, const char *names)
{
	_cleanup_free_ char *copy = strdup(names);
	char *rest = copy, *name;
	int r = copy ? 0 : error_errno(c->error, -ENOMEM, "extra_modules");

	while (r == 0 && (name = strtok_r(rest, " \t", &rest))) {
		bool found = false;

		r = visit_named(c, ctx, name, &found);
		if (r == 0 && !found &&
		    buf_printf(c->notes, "extra_modules: this kernel has no module %s\n", name) < 0)
			r = error_errno(c->error, -ENOMEM, "extra_modules");
	}
	return r;
}

static int visit_wanted(struct collector *c, struct kmod_ctx *ctx, const struct modules_wanted *w)
{
	bool found = false;
	int r = 0;

	for (size_t i = 0; w->first[i] && r == 0; i++)
		r = visit_drivers(c, ctx, w->first[i]);
	for (size_t i = 0; w->first_named[i] && r == 0; i++)
		r = visit_named(c, ctx, w->first_named[i], &found);
	for (size_t i = 0; w->syspaths[i] && r == 0; i++)
		r = visit_drivers(c, ctx, w->syspaths[i]);
	for (size_t i = 0; w->named[i] && r == 0; i++) {
		found = false;
		r = visit_named(c, ctx, w->named[i], &found);
		if (r == 0 && !found)
			r = error_set(c->error, -ENOENT, "this kernel has no module %s",
				      w->named[i]);
	}
	for (size_t i = 0; w->fstypes[i] && r == 0; i++)
		r = visit_filesystem(c, ctx, w->fstypes[i]);
	return r == 0 && w->extra ? visit_extra(c, ctx, w->extra) : r;
}

int modules_collect(const struct root *root, const char *release, const struct modules_wanted *w,
		    struct modules *ret, struct buf *notes, struct error *e)
{
	_cleanup_modules_ struct modules found = { 0 };
	_cleanup_(kmod_unrefp) struct kmod_ctx *ctx = NULL;
	struct collector *c = calloc(1, sizeof(*c));
	int r = open_modules(root, release, &ctx, e);

	if (c && r == 0) {
		*c = (struct collector){
			.root = root,
			.modules = &found,
			.notes = notes,
			.error = e,
		};
		r = visit_wanted(c, ctx, w);
		for (size_t i = 0; i < c->seen_count; i++)
			free(c->seen[i]);
	} else if (r == 0) {
		r = error_errno(e, -ENOMEM, "modules");
	}
	free(c);
	if (r < 0)
		return r;
	*ret = found;
	found = (struct modules){ 0 };
	return 0;
}

void modules_mark_late(struct modules *m, const struct modules *early)
{
	for (size_t i = 0; i < m->count; i++) {
		m->items[i].late = true;
		for (size_t k = 0; k < early->count && m->items[i].late; k++)
			m->items[i].late = strcmp(m->items[i].name, early->items[k].name) != 0;
	}
}

void modules_done(struct modules *m)
{
	for (size_t i = 0; i < m->count; i++) {
		free(m->items[i].name);
		free(m->items[i].file);
		free(m->items[i].options);
	}
	free(m->items);
	*m = (struct modules){ 0 };
}

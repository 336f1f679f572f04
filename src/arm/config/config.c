/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/config/impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* kdump-utils' own defaults: `path /var/crash` and `makedumpfile -l --message-level 7 -d 31`. */
#define DEFAULT_PATH "/var/crash"
#define DEFAULT_SSHKEY "/root/.ssh/kdump_id_rsa"
#define DEFAULT_LEVEL 31
#define DEFAULT_CODEC CODEC_LZO

int config_replace(char **field, const char *value, struct error *e)
{
	char *copy = strdup(value);

	if (!copy)
		return error_errno(e, -ENOMEM, "'%s'", value);
	free(*field);
	*field = copy;
	return 0;
}

int config_note(struct config_parser *p, const char *what, const char *text)
{
	return buf_printf(&p->config->notes, "%s:%u: %s: %s\n", p->name, p->line, what, text);
}

int config_set_yes(const struct config_directive *d, const char *value, bool *ret, struct error *e)
{
	bool yes = strcmp(value, "yes") == 0;

	if (!yes && strcmp(value, "no") != 0)
		return error_set(e, -EINVAL, "%s: '%s' is neither yes nor no", d->name, value);
	*ret = yes;
	return 0;
}

static int set_action(const struct config_directive *d, const char *value, enum plan_action last,
		      enum plan_action *ret, struct error *e)
{
	enum plan_action action;

	if (!plan_action_parse(value, &action) || action > last)
		return error_set(e, -EINVAL, "%s: unknown action '%s'; use reboot, halt%s", d->name,
				 value,
				 last > PLAN_POWEROFF ? ", poweroff, shell or dump_to_rootfs"
						      : " or poweroff");
	*ret = action;
	return 0;
}

static int apply_failure_action(struct config_parser *p, const struct config_directive *d,
				const char *value, struct error *e)
{
	return set_action(d, value, PLAN_DUMP_TO_ROOTFS, &p->config->failure_action, e);
}

static int apply_default(struct config_parser *p, const struct config_directive *d,
			 const char *value, struct error *e)
{
	int r = config_note(p, d->name, "out of date; write failure_action");

	return r < 0 ? error_errno(e, r, "%s", d->name) : apply_failure_action(p, d, value, e);
}

static int apply_final_action(struct config_parser *p, const struct config_directive *d,
			      const char *value, struct error *e)
{
	return set_action(d, value, PLAN_POWEROFF, &p->config->final_action, e);
}

static int apply_report(struct config_parser *p, const struct config_directive *d,
			const char *value, struct error *e)
{
	return config_set_yes(d, value, &p->config->report, e);
}

/* Only "no" means no, as there. */
static int apply_auto_reset(struct config_parser *p, const struct config_directive *d,
			    const char *value, struct error *e)
{
	bool no = strcmp(value, "no") == 0;

	p->config->auto_reset_crashkernel = !no;
	if (no || strcmp(value, "yes") == 0)
		return 0;
	return config_note(p, d->name, "neither yes nor no; taken for yes") < 0
		       ? error_errno(e, -ENOMEM, "%s", d->name)
		       : 0;
}

static int apply_rebuild(struct config_parser *p, const struct config_directive *d,
			 const char *value, struct error *e)
{
	struct config *c = p->config;
	bool *field =
		strcmp(d->name, "force_rebuild") == 0 ? &c->force_rebuild : &c->force_no_rebuild;

	if (strcmp(value, "0") != 0 && strcmp(value, "1") != 0)
		return error_set(e, -EINVAL, "%s: '%s' is neither 0 nor 1", d->name, value);
	*field = *value == '1';
	if (c->force_rebuild && c->force_no_rebuild)
		return error_set(e, -EINVAL,
				 "%s: force_rebuild and force_no_rebuild cannot both be 1",
				 d->name);
	return 0;
}

static int refuse_removed(struct config_parser *p, const struct config_directive *d,
			  const char *value, struct error *e)
{
	return error_set(e, -EINVAL, "%s: kdump-utils gave this directive up; remove the line",
			 d->name);
}

static const struct config_directive directives[] = {
	{ "path", config_apply_path, NULL },
	{ "ext2", config_apply_target, NULL },
	{ "ext3", config_apply_target, NULL },
	{ "ext4", config_apply_target, NULL },
	{ "xfs", config_apply_target, NULL },
	{ "btrfs", config_apply_target, NULL },
	{ "minix", config_apply_target, NULL },
	{ "virtiofs", config_apply_target, NULL },
	{ "raw", config_apply_target, NULL },
	{ "nfs", config_apply_target, NULL },
	{ "nfs4", config_apply_target, "nfs" },
	{ "ssh", config_apply_target, NULL },
	{ "sshkey", config_apply_sshkey, NULL },
	{ "fallback", config_apply_fallback, NULL },
	{ "core_collector", config_apply_collector, NULL },
	{ "failure_action", apply_failure_action, NULL },
	{ "default", apply_default, "failure_action" },
	{ "final_action", apply_final_action, NULL },
	{ "lastword_report", apply_report, NULL },
	{ "lastword_encrypt", config_apply_encrypt, NULL },
	{ "lastword_notify", config_apply_notify, NULL },
	{ "lastword_timeout", config_apply_timeout, NULL },
	{ "lastword_watchdog", config_apply_watchdog, NULL },
	{ "lastword_keep", config_apply_keep, NULL },
	{ "lastword_crash_loop", config_apply_crash_loop, NULL },
	{ "lastword_cpus", config_apply_cpus, NULL },
	{ "lastword_fast", config_apply_fast, NULL },
	{ "lastword_target_rate", config_apply_target_rate, NULL },
	{ "lastword_device_dumps", config_apply_device_dumps, NULL },
	{ "lastword_netconsole", config_apply_netconsole, NULL },
	{ "auto_reset_crashkernel", apply_auto_reset, NULL },
	{ "force_rebuild", apply_rebuild, NULL },
	{ "force_no_rebuild", apply_rebuild, NULL },
	{ "kdump_pre", config_apply_hook, NULL },
	{ "kdump_post", config_apply_hook, NULL },
	{ "kdump_emergency", config_apply_hook, NULL },
	{ "extra_bins", config_apply_extra_bins, NULL },
	{ "extra_modules", config_apply_extra_modules, NULL },
	{ "dracut_args", config_apply_dracut_args, NULL },
	{ "fence_kdump_nodes", config_apply_fence_nodes, NULL },
	{ "fence_kdump_args", config_apply_fence_args, NULL },
	{ "net", refuse_removed, NULL },
	{ "options", refuse_removed, NULL },
	{ "link_delay", refuse_removed, NULL },
	{ "disk_timeout", refuse_removed, NULL },
	{ "debug_mem_level", refuse_removed, NULL },
	{ "blacklist", refuse_removed, NULL },
};

/* Lines on which a slot was given, by the directive that owns it. */
struct seen {
	unsigned line[ARRAY_SIZE(directives)];
};

static const struct config_directive *directive_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(directives); i++)
		if (strcmp(directives[i].name, name) == 0)
			return &directives[i];
	return NULL;
}

bool config_is_target(const char *name)
{
	const struct config_directive *d = directive_find(name);

	return d && d->apply == config_apply_target;
}

static char *trim(char *s)
{
	size_t len;

	s += strspn(s, " \t");
	len = strlen(s);
	while (len && (s[len - 1] == ' ' || s[len - 1] == '\t'))
		s[--len] = '\0';
	return s;
}

static char *unquote(char *value)
{
	size_t len = strlen(value);

	if (len < 2 || value[0] != '"' || value[len - 1] != '"')
		return value;
	value[len - 1] = '\0';
	return value + 1;
}

/* Splits a line in place. *ret_name is NULL where the line says nothing. Blanks within the quotes go too, as kdump-utils reads twice. */
static void split_line(char *line, char **ret_name, char **ret_value)
{
	char *name = trim(line), *value = name + strcspn(name, " \t");

	*ret_name = NULL;
	if (!*name || *name == '#')
		return;
	if (*value)
		*value++ = '\0';
	value[strcspn(value, "#")] = '\0';
	*ret_name = name;
	*ret_value = trim(unquote(trim(value)));
}

static int check_characters(const char *line, struct error *e)
{
	for (const char *c = line; *c; c++)
		if (((unsigned char)*c < ' ' && *c != '\t') || *c == 0x7f)
			return error_set(
				e, -EINVAL,
				"a control character; is this a text file with Unix line ends?");
	return 0;
}

static int apply_line(struct config_parser *p, const char *name, const char *value, struct error *e)
{
	const struct config_directive *d = directive_find(name);
	unsigned *first;

	if (!d)
		return error_set(e, -EINVAL, "unknown directive '%.60s'", name);
	if (!*value)
		return error_set(e, -EINVAL, "%s: needs a value", name);
	first = &p->seen->line[directive_find(d->slot ?: d->name) - directives];
	if (*first && d->apply != config_apply_fallback && d->apply != config_apply_notify)
		return error_set(e, -EINVAL, "%s: given twice, first in line %u", name, *first);
	*first = p->line;
	if (d->apply == config_apply_target && p->target_line)
		return error_set(e, -EINVAL, "%s: a second dump target; the first is in line %u",
				 name, p->target_line);
	return d->apply(p, d, value, e);
}

static int parse_line(struct config_parser *p, char *line, struct error *e)
{
	struct config_line said = { .number = p->line };
	size_t notes = p->config->notes.len;
	struct error own = { 0 };
	char *name, *value = NULL;
	int r = check_characters(line, &own);

	split_line(line, &name, &value);
	if (!name)
		return 0;
	if (r == 0)
		r = apply_line(p, name, value, &own);
	if (r < 0 && !p->fault)
		p->fault = error_set(e, r, "%s:%u: %s", p->name, p->line, error_text(&own));
	if (!p->tell)
		return r;
	said.name = name;
	said.value = value;
	said.notes = p->config->notes.data ? p->config->notes.data + notes : "";
	said.error = r < 0 ? error_text(&own) : NULL;
	return p->tell(p->user, &said);
}

int config_defaults(struct config *ret)
{
	char *path = strdup(DEFAULT_PATH);

	if (!path)
		return -ENOMEM;
	*ret = (struct config){
		.targets = { { .kind = CONFIG_TARGET_PATH, .path = path } },
		.targets_count = 1,
		.collector = PLAN_COLLECT_MAKEDUMPFILE,
		.level = DEFAULT_LEVEL,
		.codec = DEFAULT_CODEC,
		.auto_reset_crashkernel = true,
		.failure_action = PLAN_REBOOT,
		.final_action = PLAN_REBOOT,
		.report = true,
	};
	config_time_defaults(ret);
	config_hooks_defaults(ret);
	return 0;
}

static int add_last_resort(struct config *c, struct error *e)
{
	if (c->failure_action != PLAN_DUMP_TO_ROOTFS)
		return 0;
	if (c->targets_count == PLAN_TARGETS_MAX)
		return error_set(e, -E2BIG, "dump_to_rootfs: more than %d targets",
				 PLAN_TARGETS_MAX);
	c->targets[c->targets_count++].kind = CONFIG_TARGET_ROOTFS;
	return 0;
}

/* What one line cannot say. */
static int complete(struct config *c, struct error *e)
{
	int r = add_last_resort(c, e);

	for (size_t i = 0; i < c->targets_count && r == 0; i++) {
		struct config_target *t = &c->targets[i];

		if (!t->path)
			r = config_replace(&t->path, c->targets[0].path, e);
		if (r == 0 && t->kind == CONFIG_TARGET_SSH)
			r = config_replace(&t->sshkey, c->sshkey ?: DEFAULT_SSHKEY, e);
	}
	return r < 0 ? r : config_check_keep(c, e);
}

int config_parse_told(const char *text, size_t len, const char *name,
		      int (*tell)(void *user, const struct config_line *line), void *user,
		      struct config *ret, struct error *e)
{
	_cleanup_config_ struct config c = { 0 };
	_cleanup_free_ char *copy = NULL;
	struct seen seen = { 0 };
	struct config_parser p = {
		.config = &c, .name = name, .seen = &seen, .tell = tell, .user = user
	};
	char *rest;
	int r = 0;

	if (len > CONFIG_SIZE_MAX || memchr(text, '\0', len))
		return error_set(e, -EINVAL, "%s: not a text file", name);
	copy = strndup(text, len);
	if (!copy || config_defaults(&c) < 0)
		return error_errno(e, -ENOMEM, "%s", name);
	rest = copy;
	while (rest && r == 0) {
		p.line++;
		r = parse_line(&p, strsep(&rest, "\n"), e);
	}
	if (r < 0 || p.fault < 0)
		return p.fault ?: error_errno(e, r, "%s", name);
	r = complete(&c, e);
	if (r < 0)
		return error_prefix(e, r, "%s", name);
	*ret = c;
	c = (struct config){ 0 };
	return 0;
}

int config_parse(const char *text, size_t len, const char *name, struct config *ret,
		 struct error *e)
{
	return config_parse_told(text, len, name, NULL, NULL, ret, e);
}

void config_done(struct config *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(c->targets); i++) {
		free(c->targets[i].path);
		free(c->targets[i].fstype);
		free(c->targets[i].mount_options);
		free(c->targets[i].device);
		free(c->targets[i].sshkey);
	}
	free(c->sshkey);
	free(c->encrypt);
	free(c->erase);
	free(c->receivers);
	config_notify_done(c);
	config_hooks_done(c);
	free(c->extra_modules);
	buf_done(&c->notes);
	*c = (struct config){ 0 };
}

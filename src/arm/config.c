/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* kdump-utils' own defaults: `path /var/crash` and `makedumpfile -l --message-level 7 -d 31`. */
#define DEFAULT_PATH "/var/crash"
#define DEFAULT_SSHKEY "/root/.ssh/kdump_id_rsa"
#define DEFAULT_LEVEL 31
#define DEFAULT_CODEC CODEC_LZO

struct parser {
	struct config *config;
	const char *name;
	unsigned line;
	unsigned target_line; /* where the dump target was named; 0 where it was not */
};

struct directive {
	const char *name;
	int (*apply)(struct parser *p, const struct directive *d, const char *value,
		     struct error *e);
	const char *slot; /* directives that share one may come once together; NULL: the name */
};

static int replace(char **field, const char *value, struct error *e)
{
	char *copy = strdup(value);

	if (!copy)
		return error_errno(e, -ENOMEM, "'%s'", value);
	free(*field);
	*field = copy;
	return 0;
}

static int note(struct parser *p, const char *what, const char *text)
{
	return buf_printf(&p->config->notes, "%s:%u: %s: %s\n", p->name, p->line, what, text);
}

/* Newly allocated, without double slashes and one at the end. */
static int clean_path(const char *value, char **ret, struct error *e)
{
	_cleanup_free_ char *path = strdup(value);
	char *to = path;

	if (!path)
		return error_errno(e, -ENOMEM, "path");
	for (const char *from = value; *from; from++)
		if (*from != '/' || to == path || to[-1] != '/')
			*to++ = *from;
	while (to > path + 1 && to[-1] == '/')
		to--;
	*to = '\0';
	if (*path != '/')
		return error_set(e, -EINVAL, "path: '%s' does not begin with /", value);
	if (strstr(path, "/../") || (to - path >= 3 && strcmp(to - 3, "/..") == 0))
		return error_set(e, -EINVAL, "path: '%s': .. is not allowed", value);
	free(*ret);
	*ret = TAKE_PTR(path);
	return 0;
}

static int apply_path(struct parser *p, const struct directive *d, const char *value,
		      struct error *e)
{
	struct config_target *t = &p->config->targets[0];
	int r = clean_path(value, &t->path, e);

	t->path_given = r == 0;
	return r;
}

static int set_device(struct config_target *t, enum config_target_kind kind, const char *device,
		      struct error *e)
{
	static const char *const tags[] = { "UUID=", "LABEL=", "PARTUUID=", "PARTLABEL=", "/dev/" };
	bool known = false;

	for (size_t i = 0; i < ARRAY_SIZE(tags); i++)
		known = known ||
			(strncmp(device, tags[i], strlen(tags[i])) == 0 && device[strlen(tags[i])]);
	if (!known || strpbrk(device, " \t"))
		return error_set(e, -EINVAL, "'%s' is no device; write /dev/…, UUID=… or LABEL=…",
				 device);
	t->kind = kind;
	return replace(&t->device, device, e);
}

static int set_share(struct config_target *t, const char *share, struct error *e)
{
	if (!strstr(share, ":/") || strpbrk(share, " \t"))
		return error_set(e, -EINVAL, "'%s': write HOST:/DIRECTORY", share);
	t->kind = CONFIG_TARGET_NFS;
	return replace(&t->device, share, e);
}

static int set_login(struct config_target *t, const char *login, struct error *e)
{
	const char *at = strrchr(login, '@');

	if (!at || at == login || !at[1] || strpbrk(login, " \t"))
		return error_set(e, -EINVAL, "'%s': write USER@HOST", login);
	t->kind = CONFIG_TARGET_SSH;
	return replace(&t->device, login, e);
}

/* The words behind the name of a target's directive. */
static int set_target(struct config_target *t, const char *name, const char *value, struct error *e)
{
	int r;

	if (strcmp(name, "raw") == 0)
		r = set_device(t, CONFIG_TARGET_RAW, value, e);
	else if (strncmp(name, "nfs", 3) == 0)
		r = set_share(t, value, e);
	else if (strcmp(name, "ssh") == 0)
		r = set_login(t, value, e);
	else
		r = set_device(t, CONFIG_TARGET_FS, value, e);
	if (r == 0 && t->kind == CONFIG_TARGET_FS)
		r = replace(&t->fstype, name, e);
	return r < 0 ? error_prefix(e, r, "%s", name) : 0;
}

static int apply_target(struct parser *p, const struct directive *d, const char *value,
			struct error *e)
{
	p->target_line = p->line;
	return set_target(&p->config->targets[0], d->name, value, e);
}

static int apply_sshkey(struct parser *p, const struct directive *d, const char *value,
			struct error *e)
{
	if (*value != '/')
		return error_set(e, -EINVAL, "sshkey: '%s' does not begin with /", value);
	return replace(&p->config->sshkey, value, e);
}

static bool is_target(const char *name);

/* "nfs HOST:/SHARE [DIRECTORY]", "path DIRECTORY" */
static int apply_fallback(struct parser *p, const struct directive *d, const char *value,
			  struct error *e)
{
	_cleanup_free_ char *copy = strdup(value);
	struct config_target *t = &p->config->targets[p->config->targets_count];
	char *rest = copy, *name, *device, *path;
	int r = 0;

	if (!copy)
		return error_errno(e, -ENOMEM, "fallback");
	if (p->config->targets_count == PLAN_TARGETS_MAX)
		return error_set(e, -E2BIG, "fallback: more than %d targets", PLAN_TARGETS_MAX);
	name = strtok_r(rest, " \t", &rest);
	device = strtok_r(NULL, " \t", &rest);
	path = strtok_r(NULL, " \t", &rest);
	p->config->targets_count++;
	if (device && strcmp(name, "path") == 0 && !path) {
		t->kind = CONFIG_TARGET_PATH;
		path = device;
	} else if (!device || !is_target(name)) {
		return error_set(
			e, -EINVAL,
			"fallback: '%s': write a target's directive and its value, such as "
			"'fallback nfs HOST:/DIRECTORY', or 'fallback path DIRECTORY'",
			value);
	} else {
		r = set_target(t, name, device, e);
	}
	if (r == 0 && strtok_r(NULL, " \t", &rest))
		r = error_set(e, -EINVAL, "'%s': too many words", value);
	if (r == 0 && path) {
		r = clean_path(path, &t->path, e);
		t->path_given = true;
	}
	return r < 0 ? error_prefix(e, r, "fallback") : 0;
}

static int apply_collector(struct parser *p, const struct directive *d, const char *value,
			   struct error *e)
{
	return config_parse_collector(value, p->config, e);
}

static int set_action(const struct directive *d, const char *value, enum plan_action last,
		      enum plan_action *ret, struct error *e)
{
	enum plan_action action;

	if (!plan_action_parse(value, &action) || action > last)
		return error_set(e, -EINVAL,
				 "%s: unknown action '%s'; use reboot, halt or poweroff", d->name,
				 value);
	if (action > PLAN_POWEROFF)
		return error_set(e, -EOPNOTSUPP,
				 "%s: %s: not supported yet; use reboot, halt or poweroff", d->name,
				 value);
	*ret = action;
	return 0;
}

static int apply_failure_action(struct parser *p, const struct directive *d, const char *value,
				struct error *e)
{
	return set_action(d, value, PLAN_DUMP_TO_ROOTFS, &p->config->failure_action, e);
}

static int apply_default(struct parser *p, const struct directive *d, const char *value,
			 struct error *e)
{
	int r = note(p, d->name, "out of date; write failure_action");

	return r < 0 ? error_errno(e, r, "%s", d->name) : apply_failure_action(p, d, value, e);
}

static int apply_final_action(struct parser *p, const struct directive *d, const char *value,
			      struct error *e)
{
	return set_action(d, value, PLAN_POWEROFF, &p->config->final_action, e);
}

static int apply_report(struct parser *p, const struct directive *d, const char *value,
			struct error *e)
{
	bool yes = strcmp(value, "yes") == 0;

	if (!yes && strcmp(value, "no") != 0)
		return error_set(e, -EINVAL, "%s: '%s' is neither yes nor no", d->name, value);
	p->config->report = yes;
	return 0;
}

/* Directives that say how kdump-utils keeps itself up to date: leaving them out changes no dump. */
static int apply_housekeeping(struct parser *p, const struct directive *d, const char *value,
			      struct error *e)
{
	int r = note(p, d->name, "not supported yet; it has no effect");

	return r < 0 ? error_errno(e, r, "%s", d->name) : 0;
}

static int refuse_unsupported(struct parser *p, const struct directive *d, const char *value,
			      struct error *e)
{
	return error_set(e, -EOPNOTSUPP, "%s: not supported yet", d->name);
}

static int refuse_removed(struct parser *p, const struct directive *d, const char *value,
			  struct error *e)
{
	return error_set(e, -EINVAL, "%s: kdump-utils gave this directive up; remove the line",
			 d->name);
}

static const struct directive directives[] = {
	{ "path", apply_path, NULL },
	{ "ext2", apply_target, NULL },
	{ "ext3", apply_target, NULL },
	{ "ext4", apply_target, NULL },
	{ "xfs", apply_target, NULL },
	{ "btrfs", apply_target, NULL },
	{ "raw", apply_target, NULL },
	{ "nfs", apply_target, NULL },
	{ "nfs4", apply_target, "nfs" },
	{ "ssh", apply_target, NULL },
	{ "sshkey", apply_sshkey, NULL },
	{ "fallback", apply_fallback, NULL },
	{ "core_collector", apply_collector, NULL },
	{ "failure_action", apply_failure_action, NULL },
	{ "default", apply_default, "failure_action" },
	{ "final_action", apply_final_action, NULL },
	{ "lastword_report", apply_report, NULL },
	{ "auto_reset_crashkernel", apply_housekeeping, NULL },
	{ "force_rebuild", apply_housekeeping, NULL },
	{ "force_no_rebuild", apply_housekeeping, NULL },
	{ "minix", refuse_unsupported, NULL },
	{ "virtiofs", refuse_unsupported, NULL },
	{ "kdump_pre", refuse_unsupported, NULL },
	{ "kdump_post", refuse_unsupported, NULL },
	{ "kdump_emergency", refuse_unsupported, NULL },
	{ "extra_bins", refuse_unsupported, NULL },
	{ "extra_modules", refuse_unsupported, NULL },
	{ "dracut_args", refuse_unsupported, NULL },
	{ "fence_kdump_nodes", refuse_unsupported, NULL },
	{ "fence_kdump_args", refuse_unsupported, NULL },
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

static const struct directive *directive_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(directives); i++)
		if (strcmp(directives[i].name, name) == 0)
			return &directives[i];
	return NULL;
}

static bool is_target(const char *name)
{
	const struct directive *d = directive_find(name);

	return d && d->apply == apply_target;
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

/* Splits a line in place. *ret_name is NULL where the line says nothing. */
static void split_line(char *line, char **ret_name, char **ret_value)
{
	char *name = trim(line), *value;

	*ret_name = NULL;
	if (!*name || *name == '#')
		return;
	value = strpbrk(name, " \t#");
	if (!value)
		value = name + strlen(name);
	if (*value == '#')
		*value = '\0';
	if (*value)
		*value++ = '\0';
	value[strcspn(value, "#")] = '\0';
	*ret_name = name;
	*ret_value = unquote(trim(value));
}

static int parse_line(struct parser *p, struct seen *seen, char *line, struct error *e)
{
	const struct directive *d;
	char *name, *value = NULL;
	unsigned *first;

	for (const char *c = line; *c; c++)
		if (((unsigned char)*c < ' ' && *c != '\t') || *c == 0x7f)
			return error_set(
				e, -EINVAL,
				"a control character; is this a text file with Unix line ends?");
	split_line(line, &name, &value);
	if (!name)
		return 0;
	d = directive_find(name);
	if (!d)
		return error_set(e, -EINVAL, "unknown directive '%.60s'", name);
	if (!*value)
		return error_set(e, -EINVAL, "%s: needs a value", name);
	first = &seen->line[directive_find(d->slot ?: d->name) - directives];
	if (*first && d->apply != apply_fallback)
		return error_set(e, -EINVAL, "%s: given twice, first in line %u", name, *first);
	*first = p->line;
	if (d->apply == apply_target && p->target_line)
		return error_set(e, -EINVAL, "%s: a second dump target; the first is in line %u",
				 name, p->target_line);
	return d->apply(p, d, value, e);
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
		.failure_action = PLAN_REBOOT,
		.final_action = PLAN_REBOOT,
		.report = true,
	};
	return 0;
}

int config_parse(const char *text, size_t len, const char *name, struct config *ret,
		 struct error *e)
{
	_cleanup_config_ struct config c = { 0 };
	_cleanup_free_ char *copy = NULL;
	struct parser p = { .config = &c, .name = name };
	struct seen seen = { 0 };
	char *rest;
	int r;

	if (len > CONFIG_SIZE_MAX || memchr(text, '\0', len))
		return error_set(e, -EINVAL, "%s: not a text file", name);
	copy = strndup(text, len);
	if (!copy || config_defaults(&c) < 0)
		return error_errno(e, -ENOMEM, "%s", name);
	rest = copy;
	while (rest) {
		p.line++;
		r = parse_line(&p, &seen, strsep(&rest, "\n"), e);
		if (r < 0)
			return error_prefix(e, r, "%s:%u", name, p.line);
	}
	for (size_t i = 0; i < c.targets_count; i++) {
		struct config_target *t = &c.targets[i];

		if (!t->path && replace(&t->path, c.targets[0].path, e) < 0)
			return -ENOMEM;
		if (t->kind == CONFIG_TARGET_SSH &&
		    replace(&t->sshkey, c.sshkey ?: DEFAULT_SSHKEY, e) < 0)
			return -ENOMEM;
	}
	*ret = c;
	c = (struct config){ 0 };
	return 0;
}

void config_done(struct config *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(c->targets); i++) {
		free(c->targets[i].path);
		free(c->targets[i].fstype);
		free(c->targets[i].device);
		free(c->targets[i].sshkey);
	}
	free(c->sshkey);
	buf_done(&c->notes);
	*c = (struct config){ 0 };
}

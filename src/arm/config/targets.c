/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What names a target: its own directive, a fallback, or --mount of dracut_args. */
#include "arm/config/impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
	return config_replace(&t->device, device, e);
}

static int set_share(struct config_target *t, const char *share, struct error *e)
{
	if (!strstr(share, ":/") || strpbrk(share, " \t"))
		return error_set(e, -EINVAL, "'%s': write HOST:/DIRECTORY", share);
	t->kind = CONFIG_TARGET_NFS;
	return config_replace(&t->device, share, e);
}

static int set_login(struct config_target *t, const char *login, struct error *e)
{
	const char *at = strrchr(login, '@');

	if (!at || at == login || !at[1] || strpbrk(login, " \t"))
		return error_set(e, -EINVAL, "'%s': write USER@HOST", login);
	t->kind = CONFIG_TARGET_SSH;
	return config_replace(&t->device, login, e);
}

/* The host's name for a directory that it shares. */
static int set_tag(struct config_target *t, const char *tag, struct error *e)
{
	if (strpbrk(tag, " \t/"))
		return error_set(e, -EINVAL, "'%s' is no tag", tag);
	t->kind = CONFIG_TARGET_VIRTIOFS;
	return config_replace(&t->device, tag, e);
}

/* The words behind the name of a target's directive. */
int config_set_target(struct config_target *t, const char *name, const char *value, struct error *e)
{
	int r;

	if (strcmp(name, "raw") == 0)
		r = set_device(t, CONFIG_TARGET_RAW, value, e);
	else if (strncmp(name, "nfs", 3) == 0)
		r = set_share(t, value, e);
	else if (strcmp(name, "ssh") == 0)
		r = set_login(t, value, e);
	else if (strcmp(name, "virtiofs") == 0)
		r = set_tag(t, value, e);
	else
		r = set_device(t, CONFIG_TARGET_FS, value, e);
	if (r == 0 && t->kind == CONFIG_TARGET_FS)
		r = config_replace(&t->fstype, name, e);
	return r < 0 ? error_prefix(e, r, "%s", name) : 0;
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

int config_apply_path(struct config_parser *p, const struct config_directive *d, const char *value,
		      struct error *e)
{
	struct config_target *t = &p->config->targets[0];
	int r = clean_path(value, &t->path, e);

	t->path_given = r == 0;
	return r;
}

int config_apply_target(struct config_parser *p, const struct config_directive *d,
			const char *value, struct error *e)
{
	p->target_line = p->line;
	return config_set_target(&p->config->targets[0], d->name, value, e);
}

int config_apply_sshkey(struct config_parser *p, const struct config_directive *d,
			const char *value, struct error *e)
{
	if (*value != '/')
		return error_set(e, -EINVAL, "sshkey: '%s' does not begin with /", value);
	return config_replace(&p->config->sshkey, value, e);
}

/* "nfs HOST:/SHARE [DIRECTORY]", "path DIRECTORY" */
int config_apply_fallback(struct config_parser *p, const struct config_directive *d,
			  const char *value, struct error *e)
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
	} else if (!device || !config_is_target(name)) {
		return error_set(
			e, -EINVAL,
			"fallback: '%s': write a target's directive and its value, such as "
			"'fallback nfs HOST:/DIRECTORY', or 'fallback path DIRECTORY'",
			value);
	} else {
		r = config_set_target(t, name, device, e);
	}
	if (r == 0 && strtok_r(NULL, " \t", &rest))
		r = error_set(e, -EINVAL, "'%s': too many words", value);
	if (r == 0 && path) {
		r = clean_path(path, &t->path, e);
		t->path_given = true;
	}
	return r < 0 ? error_prefix(e, r, "fallback") : 0;
}

/* The next word as a shell takes it apart, in place; NULL at the end. */
static char *next_word(char **rest)
{
	char *from = *rest + strspn(*rest, " \t"), *word = from, *to = from;
	char quote = '\0';

	if (!*from)
		return NULL;
	for (; *from && (quote || (*from != ' ' && *from != '\t')); from++) {
		if (!quote && (*from == '"' || *from == '\''))
			quote = *from;
		else if (quote && *from == quote)
			quote = '\0';
		else if (*from == '\\' && quote != '\'' && from[1])
			*to++ = *++from;
		else
			*to++ = *from;
	}
	*rest = from + (*from != '\0');
	*to = '\0';
	return word;
}

/* "DEVICE MOUNTPOINT TYPE [OPTIONS]" as in fstab(5). Where dracut would mount it says nothing about where `path` is. */
static int set_mount(struct config_parser *p, char *value, struct error *e)
{
	struct config_target *t = &p->config->targets[0];
	char *device = next_word(&value), *at = next_word(&value), *type = next_word(&value);
	char *options = next_word(&value);
	int r;

	if (!device || !at || !type)
		return error_set(e, -EINVAL, "--mount: write \"DEVICE MOUNTPOINT TYPE OPTIONS\"");
	if (p->target_line)
		return error_set(e, -EINVAL,
				 "--mount: a second dump target; the first is in line %u",
				 p->target_line);
	p->target_line = p->line;
	if (strcmp(type, "raw") == 0 || strcmp(type, "ssh") == 0)
		return error_set(e, -EINVAL, "--mount: %s is no file system", type);
	r = config_set_target(t, type, device, e);
	return r == 0 && options ? config_replace(&t->mount_options, options, e) : r;
}

/* Names behind those that are there: extra_modules and dracut_args may come in any order. */
static int add_modules(struct config *c, const char *names, struct error *e)
{
	_cleanup_free_ char *all = NULL;

	if (!c->extra_modules)
		return config_replace(&c->extra_modules, names, e);
	if (asprintf(&all, "%s %s", c->extra_modules, names) < 0) {
		all = NULL;
		return error_errno(e, -ENOMEM, "extra_modules");
	}
	return config_replace(&c->extra_modules, all, e);
}

/* dracut's options that have a meaning here. NULL: none of them. */
static const char *takes_modules(const char *word, char **rest)
{
	static const char *const names[] = { "--add-drivers", "--drivers", "--force-drivers",
					     "-d" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		size_t len = strlen(names[i]);

		if (strcmp(word, names[i]) == 0)
			return next_word(rest) ?: *rest;
		if (strncmp(word, names[i], len) == 0 && word[len] == '=')
			return word + len + 1;
	}
	return NULL;
}

int config_apply_dracut_args(struct config_parser *p, const struct config_directive *d,
			     const char *value, struct error *e)
{
	_cleanup_free_ char *copy = strdup(value);
	char *rest = copy, *word;
	bool others = false;
	int r = copy ? 0 : error_errno(e, -ENOMEM, "%s", d->name);

	while (r == 0 && (word = next_word(&rest))) {
		char *mount = strncmp(word, "--mount=", 8) == 0 ? word + 8 : NULL;
		const char *modules = mount ? NULL : takes_modules(word, &rest);

		if (strcmp(word, "--mount") == 0)
			mount = next_word(&rest) ?: rest;
		if (mount)
			r = set_mount(p, mount, e);
		else if (modules)
			r = add_modules(p->config, modules, e);
		else
			others = true;
	}
	if (r == 0 && others)
		r = config_note(p, d->name,
				"there is no dracut here; all but --mount and --add-drivers has no "
				"effect");
	return r < 0 ? error_prefix(e, r, "%s", d->name) : 0;
}

int config_apply_extra_modules(struct config_parser *p, const struct config_directive *d,
			       const char *value, struct error *e)
{
	return add_modules(p->config, value, e);
}

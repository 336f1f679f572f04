/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ssh USER@HOST: where ssh would go from here, the server's address, and the keys it is known by. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arm/place/impl.h"
#include "base/parse.h"
#include "target/ssh.h"

#define SSH_KEYGEN "/usr/bin/ssh-keygen"
#define TIMEOUT (20 * USEC_PER_SEC)
#define KNOWN_HOSTS "/root/.ssh/known_hosts"
#define KNOWN_HOSTS_OF_ALL "/etc/ssh/ssh_known_hosts"

/* A line "NAME VALUE" of `ssh -G`. Newly allocated, NULL where it is not there. */
static char *setting(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (strncmp(line, name, len) == 0 && line[len] == ' ')
			return strndup(line + len + 1, strcspn(line + len + 1, "\n"));
	return NULL;
}

/* What ssh makes of the login, with /root/.ssh/config and the like. */
static int ask_ssh(const char *login, usec_t limit, struct plan_target *t, struct error *e)
{
	const char *const argv[] = { SSH_PROGRAM, "-G", login, NULL };
	_cleanup_buf_ struct buf text = { .limit = MIB(1) };
	_cleanup_free_ char *port = NULL;
	uint64_t number;
	int r = process_run(argv, NULL, clock_now() + limit, &text, e);

	if (r < 0)
		return error_prefix(e, r, "ssh -G %s", login);
	t->host = setting(text.data ?: "", "hostname");
	t->user = setting(text.data ?: "", "user");
	port = setting(text.data ?: "", "port");
	if (!t->host || !t->user || !port || parse_decimal(port, 65535, &number) < 0)
		return error_set(e, -EINVAL, "ssh -G %s: it does not say where to go", login);
	t->port = (uint32_t)number;
	return 0;
}

/* The lines of known_hosts that are about the host, with its name alone. */
static int find_keys(const struct plan_target *t, struct buf *ret, struct error *e)
{
	static const char *const files[] = { KNOWN_HOSTS, KNOWN_HOSTS_OF_ALL };
	_cleanup_free_ char *with_port = NULL;
	const char *name = t->host;

	if (asprintf(&with_port, "[%s]:%u", t->host, t->port) < 0) {
		with_port = NULL;
		return error_errno(e, -ENOMEM, "ssh");
	}
	if (t->port != 22)
		name = with_port;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		const char *const argv[] = { SSH_KEYGEN, "-F", name, "-f", files[i], NULL };
		_cleanup_buf_ struct buf text = { .limit = MIB(1) };
		char *line, *rest;

		if (process_run(argv, NULL, clock_now() + TIMEOUT, &text, NULL) < 0)
			continue;
		rest = text.data;
		while (rest && (line = strsep(&rest, "\n"))) {
			const char *key = strchr(line, ' ');

			if (*line == '#' || *line == '@' || !key)
				continue;
			if (buf_printf(ret, "%s%s\n", t->host, key) < 0)
				return error_errno(e, -ENOMEM, "ssh");
		}
	}
	if (ret->len == 0)
		return error_set(e, -ENOENT,
				 "ssh: the key of %s is not in " KNOWN_HOSTS "; log in once with "
				 "'ssh %s@%s' and compare it, or run 'lastword propagate'",
				 name, t->user, t->host);
	return 0;
}

static int begin(const struct root *root, const struct config_target *c, usec_t limit,
		 struct place *p, struct error *e)
{
	int r;

	p->target.kind = PLAN_TARGET_SSH;
	if (strcmp(root->path, "") != 0)
		return error_set(e, -EOPNOTSUPP, "ssh: cannot be prepared for another root");
	r = ask_ssh(c->device, limit, &p->target, e);
	return r < 0 ? error_prefix(e, r, "ssh") : 0;
}

static int add_keys(const struct root *root, const struct config_target *c, struct place *p,
		    struct error *e)
{
	struct plan_target *t = &p->target;
	const char *key = c->sshkey;
	int r = find_keys(t, &p->known_hosts, e);

	if (r < 0)
		return r;
	if (root_read_file(root, key, KIB(64), &p->key) < 0)
		return error_set(e, -ENOENT,
				 "ssh: %s cannot be read; 'lastword propagate' makes it and gives "
				 "%s the public one",
				 key, t->host);
	p->sshkey = key;
	t->path = strdup(c->path);
	t->key = strdup(PLACE_SSH_KEY);
	t->known_hosts = strdup(PLACE_SSH_KNOWN_HOSTS);
	return t->path && t->key && t->known_hosts ? 0 : error_errno(e, -ENOMEM, "ssh");
}

int place_find_ssh(const struct root *root, const struct config_target *c, struct names *names,
		   struct place *p, struct error *e)
{
	int r = begin(root, c, names->limit, p, e);

	if (r < 0)
		return r;
	r = place_find_server(root, p->target.host, names, p, e);
	return r < 0 ? error_prefix(e, r, "ssh") : add_keys(root, c, p, e);
}

int place_find_login(const struct root *root, const struct config_target *c, struct place *ret,
		     struct error *e)
{
	_cleanup_place_ struct place p = { 0 };
	int r = begin(root, c, TIMEOUT, &p, e);

	if (r == 0)
		r = add_keys(root, c, &p, e);
	if (r < 0)
		return r;
	p.target.server = strdup(p.target.host);
	if (!p.target.server)
		return error_errno(e, -ENOMEM, "ssh");
	*ret = p;
	p = (struct place){ 0 };
	return 0;
}

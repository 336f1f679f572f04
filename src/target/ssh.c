/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A directory on a server, reached by ssh. The server needs a shell and cat alone; where it has sha256sum, what arrived is
 * compared with what was sent before it gets its name.
 */
#include "target/ssh.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "target/dump_dir.h"
#include "target/target.h"

#define CONNECT_SECONDS 20
#define RETRY_SECONDS 2
#define COMMAND_TIMEOUT (60 * USEC_PER_SEC)
/* What is in flight has to reach the server's disk. */
#define FINISH_TIMEOUT (300 * USEC_PER_SEC)

/* For a server to make a file of a stream that it has; less than FINISH_TIMEOUT. */
#define RESEQUENCE_SECONDS 240

/* Names of older dumps; those of one host are in the order of their age. */
#define LIST_MAX 200

struct ssh_target {
	struct target target;
	const struct plan_target *planned;
	char *remote; /* the dump directory, quoted for the shell */
};

struct ssh_sink {
	struct sink sink;
	struct ssh_target *ssh;
	struct process process;
	bool finished;
};

char *ssh_quote(const char *word)
{
	char *quoted = malloc(strlen(word) * 4 + 3), *to = quoted;

	if (!quoted)
		return NULL;
	*to++ = '\'';
	for (; *word; word++) {
		if (*word == '\'')
			to = stpcpy(to, "'\\''");
		else
			*to++ = *word;
	}
	strcpy(to, "'");
	return quoted;
}

int ssh_start(const struct plan_target *t, const char *key, const char *known_hosts,
	      const char *command, struct process *ret, struct error *e)
{
	static char *const environment[] = { (char *)"PATH=/usr/bin:/bin", (char *)"HOME=/", NULL };
	_cleanup_free_ char *identity = NULL, *known = NULL, *alias = NULL;
	char port[16];

	if (asprintf(&identity, "IdentityFile=%s", key) < 0 ||
	    asprintf(&known, "UserKnownHostsFile=%s", known_hosts) < 0 ||
	    asprintf(&alias, "HostKeyAlias=%s", t->host) < 0)
		return error_errno(e, -ENOMEM, "ssh");
	snprintf(port, sizeof(port), "%u", t->port);
	const char *const argv[] = {
		SSH_PROGRAM,
		"-F",
		"/dev/null",
		"-o",
		"BatchMode=yes",
		"-o",
		"StrictHostKeyChecking=yes",
		"-o",
		"GlobalKnownHostsFile=/dev/null",
		"-o",
		known,
		"-o",
		alias,
		"-o",
		"IdentitiesOnly=yes",
		"-o",
		identity,
		"-o",
		"ConnectTimeout=" STRINGIFY(CONNECT_SECONDS),
		"-o",
		"ServerAliveInterval=10",
		"-o",
		"ServerAliveCountMax=3",
		"-o",
		"LogLevel=ERROR",
		"-p",
		port,
		"-l",
		t->user,
		t->server,
		command,
		NULL,
	};
	return process_start(argv, environment, ret, e);
}

/* A command that reads nothing. deadline: for all of it. */
static int run(const struct plan_target *t, const char *command, usec_t deadline, struct buf *out,
	       struct error *e)
{
	struct process p;
	int r = ssh_start(t, t->key, t->known_hosts, command, &p, e);

	if (r == 0)
		r = process_finish(&p, deadline, out, e);
	return r < 0 ? error_prefix(e, r, "%s@%s", t->user, t->host) : 0;
}

static void ssh_needs(const struct plan_target *t, struct target_needs *ret)
{
	*ret = (struct target_needs){ .network = true, .stream = true };
}

static int ssh_free(struct ssh_target *s)
{
	free(s->target.what);
	free(s->target.dir);
	free(s->remote);
	free(s);
	return 0;
}

/* *ret: the directory that was made. */
static int make_directory(const struct plan_target *t, const struct target_where *where,
			  struct buf *ret, struct error *e)
{
	_cleanup_free_ char *dir = NULL, *path = ssh_quote(t->path), *quoted = NULL;
	_cleanup_buf_ struct buf command = { 0 };
	int r;

	if (asprintf(&dir, "%s/%s", strcmp(t->path, "/") == 0 ? "" : t->path, where->dir) < 0)
		dir = NULL;
	quoted = dir ? ssh_quote(dir) : NULL;
	if (!path || !quoted)
		return error_errno(e, -ENOMEM, "ssh");
	if (where->again)
		r = buf_printf(&command, "umask 077; mkdir -p %s && printf %%s %s", quoted, quoted);
	else
		r = buf_printf(&command,
			       "umask 077; d=%s; mkdir -p %s && { mkdir \"$d\" 2>/dev/null || "
			       "{ d=$d-$$; mkdir \"$d\"; }; } && printf %%s \"$d\"",
			       quoted, path);
	return r < 0 ? error_errno(e, r, "ssh")
		     : run(t, command.data, MIN(where->deadline, clock_now() + COMMAND_TIMEOUT),
			   ret, e);
}

/* A server that restarts, or a switch that does not forward yet, may come. ssh tells them from a refused key by words alone. */
static bool is_passing(const char *words)
{
	static const char *const passing[] = { "Connection refused", "Connection timed out",
					       "No route to host", "Network is unreachable" };

	for (size_t i = 0; i < ARRAY_SIZE(passing); i++)
		if (strstr(words, passing[i]))
			return true;
	return false;
}

static int open_patiently(const struct plan_target *t, const struct target_where *where,
			  struct buf *dir, struct error *e)
{
	int r = make_directory(t, where, dir, e);

	while (r < 0 && is_passing(error_text(e)) &&
	       clock_now() + RETRY_SECONDS * USEC_PER_SEC < where->deadline) {
		const struct error before = *e;

		sleep(RETRY_SECONDS);
		dir->len = 0;
		r = make_directory(t, where, dir, e);
		/* the time was over in the middle of it: what was said before tells more */
		if (r == -ETIMEDOUT)
			*e = before;
	}
	return r;
}

static int ssh_open(const struct plan_target *t, const struct target_where *where,
		    struct target **ret, struct error *e)
{
	struct ssh_target *s = calloc(1, sizeof(*s));
	_cleanup_buf_ struct buf dir = { .limit = 4096 };
	int r;

	if (!s)
		return error_set(e, -ENOMEM, "SSH target: out of memory");
	/* a connection that ends is an error of write(2), not this process's end */
	signal(SIGPIPE, SIG_IGN);
	s->target.ops = &target_ssh;
	s->planned = t;
	r = open_patiently(t, where, &dir, e);
	if (r == 0) {
		s->remote = ssh_quote(dir.data ?: "");
		s->target.dir = strdup("");
		if (!s->remote || !s->target.dir ||
		    asprintf(&s->target.what, "%s@%s:%s (SSH)", t->user, t->host, dir.data) < 0)
			r = error_set(e, -ENOMEM, "SSH target: out of memory");
	}
	if (r < 0) {
		(void)ssh_free(s);
		return r;
	}
	target_name_dir(&s->target, dir.data ?: "");
	*ret = &s->target;
	return 0;
}

static int sink_append_ssh(struct sink *sink, const void *data, size_t len, struct error *e)
{
	struct ssh_sink *s = (struct ssh_sink *)sink;
	int r = write_all(s->process.in, data, len);

	if (r == -EPIPE) {
		/* its own words say more */
		s->finished = true;
		r = process_finish(&s->process, clock_now() + COMMAND_TIMEOUT, NULL, e);
		return r < 0 ? error_prefix(e, r, "%s", s->ssh->target.what)
			     : error_set(e, -EPIPE, "%s: the connection ended",
					 s->ssh->target.what);
	}
	return r < 0 ? error_errno(e, r, "%s", s->ssh->target.what) : 0;
}

/* The server syncs when its input ends, so that this is the end of the file. */
static int sink_sync_ssh(struct sink *sink, struct error *e)
{
	struct ssh_sink *s = (struct ssh_sink *)sink;
	int r;

	if (s->finished)
		return 0;
	s->finished = true;
	r = process_finish(&s->process, clock_now() + FINISH_TIMEOUT, NULL, e);
	return r < 0 ? error_prefix(e, r, "%s", s->ssh->target.what) : 0;
}

static int sink_close_ssh(struct sink *sink, struct error *e)
{
	struct ssh_sink *s = (struct ssh_sink *)sink;
	int r = s->finished ? 0
			    : process_finish(&s->process, clock_now() + COMMAND_TIMEOUT, NULL, e);

	free(s);
	return r;
}

static const struct sink_ops ssh_sink_ops = {
	.append = sink_append_ssh,
	.sync = sink_sync_ssh,
	.close = sink_close_ssh,
};

static int ssh_create(struct target *t, const char *name, struct sink **ret, struct error *e)
{
	struct ssh_target *ssh = (struct ssh_target *)t;
	struct ssh_sink *s = calloc(1, sizeof(*s));
	_cleanup_free_ char *command = NULL;
	char incomplete[256];
	int r;

	if (!s)
		return error_set(e, -ENOMEM, "%s: out of memory", t->what);
	dump_dir_incomplete_name(name, incomplete, sizeof(incomplete));
	s->sink = (struct sink){ .ops = &ssh_sink_ops, .name = name };
	s->ssh = ssh;
	/* set -C: nothing is overwritten */
	if (asprintf(&command,
		     "umask 077; set -C; cd %s && cat > %s && { sync %s 2>/dev/null || sync; }",
		     ssh->remote, incomplete, incomplete) < 0) {
		free(s);
		command = NULL;
		return error_set(e, -ENOMEM, "%s: out of memory", t->what);
	}
	r = ssh_start(ssh->planned, ssh->planned->key, ssh->planned->known_hosts, command,
		      &s->process, e);
	if (r < 0) {
		free(s);
		return r;
	}
	*ret = &s->sink;
	return 0;
}

/*
 * A server that has lastword makes the dump of the stream. The stream is safe and has its name by then: whatever goes wrong here,
 * it stays. A limit on the server's side, so that nothing goes on there when nobody waits.
 */
static void resequence(struct ssh_target *ssh)
{
	_cleanup_free_ char *command = NULL;
	_cleanup_buf_ struct buf said = { .limit = 256 };
	struct target *t = &ssh->target;
	unsigned long long bytes;
	char sum[SINK_HASH_HEX];
	struct error e = { 0 };

	if (asprintf(
		    &command,
		    "cd %s && command -v lastword >/dev/null && umask 077 && "
		    "timeout " STRINGIFY(RESEQUENCE_SECONDS) " lastword save - vmcore <vmcore.flat "
							     "&& wc -c <vmcore && sha256sum "
							     "<vmcore && rm vmcore.flat && "
							     "{ sync . 2>/dev/null || sync; }",
		    ssh->remote) < 0) {
		command = NULL;
		return;
	}
	if (run(ssh->planned, command, clock_now() + FINISH_TIMEOUT, &said, &e) < 0 ||
	    sscanf(said.data ?: "", "%llu %64[0-9a-f]", &bytes, sum) != 2 ||
	    strlen(sum) != SINK_HASH_HEX - 1)
		return;
	t->kept.bytes = bytes;
	snprintf(t->kept.sum, sizeof(t->kept.sum), "%s", sum);
	snprintf(t->kept.name, sizeof(t->kept.name), "vmcore");
}

/* busybox's sha256sum has no --status. */
static int ssh_commit(struct target *t, const char *name, struct error *e)
{
	struct ssh_target *ssh = (struct ssh_target *)t;
	_cleanup_free_ char *command = NULL;
	char incomplete[256];
	int r;

	dump_dir_incomplete_name(name, incomplete, sizeof(incomplete));
	if (asprintf(&command,
		     "cd %s && { ! command -v sha256sum >/dev/null || "
		     "case $(sha256sum <%s) in %s*) ;; *) "
		     "echo 'what arrived is not what was sent' >&2; false;; esac; } && "
		     "mv %s %s && { sync . 2>/dev/null || sync; }",
		     ssh->remote, incomplete, t->sum, incomplete,
		     target_file_name(t->ops->kind, name)) < 0) {
		command = NULL;
		return error_set(e, -ENOMEM, "%s: out of memory", t->what);
	}
	r = run(ssh->planned, command, clock_now() + FINISH_TIMEOUT, NULL, e);
	if (r < 0)
		return error_prefix(e, r, "%s", name);
	t->kept.name[0] = '\0';
	if (strcmp(name, "vmcore") == 0)
		resequence(ssh);
	return 0;
}

static uint64_t ssh_space(struct target *t)
{
	return UINT64_MAX;
}

static int ssh_list(struct target *t, const char *prefix, struct buf *ret, struct error *e)
{
	const struct plan_target *planned = ((struct ssh_target *)t)->planned;
	_cleanup_free_ char *path = ssh_quote(planned->path), *quoted = ssh_quote(prefix);
	_cleanup_free_ char *command = NULL;

	if (!path || !quoted ||
	    asprintf(&command, "cd %s && ls -1d %s* | tail -n " STRINGIFY(LIST_MAX), path, quoted) <
		    0) {
		command = NULL;
		return error_set(e, -ENOMEM, "%s: out of memory", t->what);
	}
	return run(planned, command, clock_now() + COMMAND_TIMEOUT, ret, e);
}

static int ssh_close(struct target *t, struct error *e)
{
	return ssh_free((struct ssh_target *)t);
}

const struct target_ops target_ssh = {
	.name = "ssh",
	.kind = PLAN_TARGET_SSH,
	.needs = ssh_needs,
	.open = ssh_open,
	.create = ssh_create,
	.commit = ssh_commit,
	.space = ssh_space,
	.list = ssh_list,
	.close = ssh_close,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SSH: a log-in with the key of the dump, and on the far side what a dump takes. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "arm/doctor/target.h"
#include "target/ssh.h"

static bool is_ssh(const struct target_facts *t)
{
	return t->config->kind == CONFIG_TARGET_SSH;
}

static void check_program(struct doctor *d)
{
	const struct facts *f = d->facts;

	for_each_target(t, f)
	{
		if (!is_ssh(t) || look_exists(f->root, SSH_PROGRAM))
			continue;
		found(d, target_fault(f), "ssh is not installed");
		evidence(d, "no " SSH_PROGRAM);
		fix(d, "apt install openssh-client, or dnf install openssh-clients; then lastword "
		       "arm");
		return;
	}
}

static void check_key(struct doctor *d)
{
	const struct facts *f = d->facts;

	for_each_target(t, f)
	{
		if (!is_ssh(t) || look_exists(f->root, t->config->sshkey))
			continue;
		found(d, target_fault(f), "the key for %s is not there", t->config->device);
		evidence(d, "no %s", t->config->sshkey);
		fix(d, "ssh-keygen -t ed25519 -N '' -f %s; ssh-copy-id -i %s %s; then lastword arm",
		    t->config->sshkey, t->config->sshkey, t->config->device);
	}
}

/* ssh does not use a key that others can read. */
static void check_permissions(struct doctor *d)
{
	const struct facts *f = d->facts;
	struct stat st;

	for_each_target(t, f)
	{
		if (!is_ssh(t) ||
		    fstatat(f->root->fd, root_relative(t->config->sshkey), &st, 0) < 0 ||
		    (st.st_mode & 077) == 0)
			continue;
		found(d, FINDING_WARNING, "others may read the key for %s", t->config->device);
		evidence(d, "%s has mode %04o", t->config->sshkey, st.st_mode & 07777);
		fix(d, "chmod 600 %s", t->config->sshkey);
	}
}

/* In base64: "openssh-key-v1", and the cipher's name behind its length (PROTOCOL.key of OpenSSH): "none". */
#define OPENSSH "-----BEGIN OPENSSH PRIVATE KEY-----"
#define MAGIC "b3BlbnNzaC1rZXktdjEA"
#define CIPHER_NONE "AAAABG5vbmU"

/* Of PEM a header says so. */
static bool is_locked(const char *key)
{
	const char *body = strstr(key, OPENSSH);

	if (!body)
		return strstr(key, "ENCRYPTED");
	body += strlen(OPENSSH) + strspn(body + strlen(OPENSSH), "\r\n");
	return strncmp(body, MAGIC, strlen(MAGIC)) == 0 &&
	       strncmp(body + strlen(MAGIC), CIPHER_NONE, strlen(CIPHER_NONE)) != 0;
}

static void check_passphrase(struct doctor *d)
{
	const struct facts *f = d->facts;

	for_each_target(t, f)
	{
		_cleanup_buf_ struct buf key = { 0 };

		if (!is_ssh(t) || root_read_file(f->root, t->config->sshkey, KIB(64), &key) < 0 ||
		    !key.len || !is_locked(key.data))
			continue;
		found(d, target_fault(f),
		      "the key for %s has a passphrase, which nobody types in a capture kernel",
		      t->config->device);
		evidence(d, "%s is encrypted", t->config->sshkey);
		fix(d, "ssh-keygen -p -N '' -f %s, or make one for dumps alone; then lastword arm",
		    t->config->sshkey);
	}
}

static void check_unknown(struct doctor *d)
{
	const struct facts *f = d->facts;

	for_each_target(t, f)
	{
		if (!is_ssh(t) || t->r != -ENOENT || !look_exists(f->root, t->config->sshkey))
			continue;
		found(d, target_fault(f), "target '%s': %s", t->words, error_text(&t->why));
		evidence(d, "/root/.ssh/known_hosts");
		fix(d, "ssh -i %s %s, compare the key; then lastword arm", t->config->sshkey,
		    t->config->device);
	}
}

static void check_refused(struct doctor *d)
{
	target_connection(d, CONFIG_TARGET_SSH, true,
			  "on the server: systemctl enable --now ssh; lastword doctor --server");
}

static void check_silent(struct doctor *d)
{
	target_connection(
		d, CONFIG_TARGET_SSH, false,
		"is it up, and does a firewall drop the port? On the server: nft list ruleset");
}

/* Where the log-in was tried; says where it could not be. */
static bool was_tried(struct doctor *d, const struct target_facts *t)
{
	if (!is_ssh(t) || t->r < 0 || (t->connected_known && t->connected < 0))
		return false;
	if (!t->tried)
		skipped(d, t->connected_known ? "not root" : "another root: servers are not asked");
	return t->tried;
}

static bool is_host_key(const struct target_facts *t)
{
	return strstr(error_text(&t->ssh_why), "Host key verification failed") ||
	       strstr(error_text(&t->ssh_why), "HOST IDENTIFICATION HAS CHANGED");
}

static void check_host_key(struct doctor *d)
{
	const struct facts *f = d->facts;

	for_each_target(t, f)
	{
		const char *host = t->place.target.host;

		if (!was_tried(d, t) || t->ssh_r == 0 || !is_host_key(t))
			continue;
		found(d, target_fault(f),
		      "%s shows another key than the one that is known: it was "
		      "installed anew, or is not it",
		      host);
		evidence(d, "ssh: %s", error_text(&t->ssh_why));
		fix(d,
		    "if that is right: ssh-keygen -R %s; ssh -i %s %s, compare the key; then "
		    "lastword arm",
		    host, t->config->sshkey, t->config->device);
	}
}

static void check_login(struct doctor *d)
{
	const struct facts *f = d->facts;

	for_each_target(t, f)
	{
		if (!was_tried(d, t) || t->ssh_r == 0 || is_host_key(t))
			continue;
		found(d, target_fault(f), "no log-in at %s", t->config->device);
		evidence(d, "ssh: %s", error_text(&t->ssh_why));
		fix(d, "ssh-copy-id -i %s %s", t->config->sshkey, t->config->device);
	}
}

/* Lines of the far side's answer that begin with `what`; NULL at the end. */
static const char *next_line(const char *answer, const char *what, size_t *ret_len)
{
	size_t len = strlen(what);

	while (answer && *answer) {
		if (strncmp(answer, what, len) == 0) {
			*ret_len = strcspn(answer + len, "\n");
			return answer + len;
		}
		answer += strcspn(answer, "\n");
		answer += *answer == '\n';
	}
	return NULL;
}

static bool has_answer(struct doctor *d, const struct target_facts *t)
{
	return was_tried(d, t) && t->ssh_r == 0;
}

static void check_shell(struct doctor *d)
{
	const struct facts *f = d->facts;
	size_t len;

	for_each_target(t, f)
	{
		const char *said = t->ssh_answer.data ?: "";

		if (!has_answer(d, t) || next_line(said, "done", &len))
			continue;
		found(d, target_fault(f), "%s lets in, but runs something else than the command",
		      t->config->device);
		evidence(d, "it said: %.*s", (int)strcspn(said, "\n"), said);
		fix(d, "on the server: no ForceCommand, no command= before the key, and a shell "
		       "for the user");
	}
}

static void check_path(struct doctor *d)
{
	const struct facts *f = d->facts;
	size_t len;

	for_each_target(t, f)
	{
		const char *said =
			has_answer(d, t) ? next_line(t->ssh_answer.data, "refused ", &len) : NULL;

		if (!said)
			continue;
		found(d, target_fault(f), "%s cannot write to %s", t->config->device,
		      t->config->path);
		evidence(d, "there: %.*s", (int)len, said);
		fix(d, "on the server: mkdir -p %s; chown %s: %s", t->config->path,
		    t->place.target.user, t->config->path);
	}
}

/* sha256sum: what arrived is compared; the others make the files. */
static void check_programs(struct doctor *d)
{
	const struct facts *f = d->facts;
	size_t len;

	for_each_target(t, f)
	{
		const char *said = has_answer(d, t) ? t->ssh_answer.data : NULL;

		while ((said = next_line(said, "missing ", &len))) {
			bool sum =
				len == strlen("sha256sum") && memcmp(said, "sha256sum", len) == 0;

			found(d, sum ? FINDING_WARNING : target_fault(f), "%s has no %.*s%s",
			      t->config->device, (int)len, said,
			      sum ? ": what arrives is not compared with what was sent" : "");
			evidence(d, "there: command -v %.*s", (int)len, said);
			fix(d,
			    "on the server: install coreutils (in its chroot, where it has one)");
			said += len;
		}
	}
}

static void check_room(struct doctor *d)
{
	const struct facts *f = d->facts;
	unsigned long long total, used, left;
	size_t len;

	for_each_target(t, f)
	{
		const char *said =
			has_answer(d, t) ? next_line(t->ssh_answer.data, "df ", &len) : NULL;
		struct room room;

		if (!said || sscanf(said, "%*s %llu %llu %llu", &total, &used, &left) != 3)
			continue;
		room = (struct room){ .bytes = left * 1024, .total = total * 1024 };
		target_room(d, &room, t->words);
	}
}

const struct check checks_target_ssh[] = {
	{ "ssh-program", "ssh", "ssh is installed", FINDING_FAILURE, check_program },
	{ "ssh-key-missing", "ssh", "the key for dumps is there", FINDING_FAILURE, check_key },
	{ "ssh-key-permissions", "ssh", "nobody else can read the key", FINDING_WARNING,
	  check_permissions },
	{ "ssh-key-passphrase", "ssh", "the key has no passphrase", FINDING_FAILURE,
	  check_passphrase },
	{ "ssh-host-unknown", "ssh", "the server's key is known", FINDING_FAILURE, check_unknown },
	{ "ssh-refused", "ssh", "an SSH server listens", FINDING_FAILURE, check_refused },
	{ "ssh-silent", "ssh", "no firewall stands before the SSH server", FINDING_FAILURE,
	  check_silent },
	{ "ssh-host-key", "ssh", "the server shows the key that is known", FINDING_FAILURE,
	  check_host_key },
	{ "ssh-login", "ssh", "the server lets in who has the key", FINDING_FAILURE, check_login },
	{ "ssh-shell", "ssh", "the server runs the commands of a dump", FINDING_FAILURE,
	  check_shell },
	{ "ssh-path", "ssh", "the directory for dumps can be written", FINDING_FAILURE,
	  check_path },
	{ "ssh-programs", "ssh", "the server has the programs that a dump takes", FINDING_FAILURE,
	  check_programs },
	{ "ssh-room", "ssh", "there is room for a dump", FINDING_FAILURE, check_room },
	{ 0 },
};

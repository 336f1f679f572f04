/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An SSH server that takes dumps, looked at on the server itself: sshd's own word counts, with all its Match blocks. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "arm/doctor/families.h"

#define SSHD "/usr/sbin/sshd"
#define PASSWD "/etc/passwd"

/* An entry of passwd(5). */
struct user {
	char name[64], home[200], shell[200];
};

static bool find_user(const struct root *root, const char *name, struct user *ret)
{
	_cleanup_buf_ struct buf text = { 0 };
	char *rest, *line;

	if (root_read_file(root, PASSWD, MIB(4), &text) < 0)
		return false;
	rest = text.data;
	while (rest && (line = strsep(&rest, "\n"))) {
		const char *field[7] = { 0 };

		for (size_t i = 0; i < ARRAY_SIZE(field) && line; i++)
			field[i] = strsep(&line, ":");
		if (!field[6] || strcmp(field[0], name) != 0)
			continue;
		snprintf(ret->name, sizeof(ret->name), "%s", name);
		snprintf(ret->home, sizeof(ret->home), "%s", field[5]);
		snprintf(ret->shell, sizeof(ret->shell), "%s", *field[6] ? field[6] : "/bin/sh");
		return true;
	}
	return false;
}

static bool dump_user(const struct facts *f, struct user *ret)
{
	if (f->server.user)
		return find_user(f->root, f->server.user, ret);
	return find_user(f->root, "kdump", ret) || find_user(f->root, "root", ret);
}

struct sshd {
	struct user user;
	struct buf text; /* "keyword value" a line, in small letters */
};

/* False where there is no sshd to ask, which is said. done() the text. */
static bool ask_sshd(struct doctor *d, struct sshd *ret)
{
	const struct facts *f = d->facts;
	const char *argv[] = { SSHD, "-T", "-C", NULL, NULL };
	char about[200];

	if (!look_exists(f->root, SSHD))
		return false;
	if (!f->trials.ask || !f->trials.root) {
		skipped(d, f->trials.ask ? "not root" : "another root: sshd is not asked");
		return false;
	}
	if (!dump_user(f, &ret->user))
		return false;
	snprintf(about, sizeof(about), "user=%s,host=client,addr=192.0.2.1", ret->user.name);
	argv[3] = about;
	if (f->trials.ask(argv, &ret->text) == 0 && ret->text.len)
		return true;
	buf_done(&ret->text);
	skipped(d, "sshd -T does not tell its configuration");
	return false;
}

/* The value of a keyword; false where it is absent or "none". */
static bool setting(const struct sshd *s, const char *keyword, char *ret, size_t size)
{
	size_t len = strlen(keyword);

	for (const char *line = s->text.data; line && *line;
	     line += strcspn(line, "\n"), line += *line == '\n') {
		if (strncmp(line, keyword, len) != 0 || line[len] != ' ')
			continue;
		snprintf(ret, size, "%.*s", (int)strcspn(line + len + 1, "\n"), line + len + 1);
		return *ret && strcmp(ret, "none") != 0;
	}
	return false;
}

static void check_down(struct doctor *d)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct sshd s = { 0 };
	char port[16] = "22";

	if (!ask_sshd(d, &s))
		return;
	text = s.text;
	(void)setting(&s, "port", port, sizeof(port));
	if (look_listens(d->facts->root, (unsigned)strtoul(port, NULL, 10)))
		return;
	found(d, FINDING_WARNING, "sshd is installed, and does not run");
	evidence(d, "/proc/net/tcp: nobody listens at port %s", port);
	fix(d, "systemctl enable --now ssh");
}

static void check_user(struct doctor *d)
{
	const struct facts *f = d->facts;
	struct user user;

	if (!f->server.user || find_user(f->root, f->server.user, &user))
		return;
	found(d, FINDING_FAILURE, "there is no user %s", f->server.user);
	evidence(d, PASSWD " has no %s", f->server.user);
	fix(d, "useradd --create-home --shell /bin/sh %s", f->server.user);
}

static void check_login(struct doctor *d)
{
	static const struct {
		const char *keyword, *bad;
		bool root;
	} rules[] = {
		{ "pubkeyauthentication", "no", false },
		{ "permitrootlogin", "no", true },
		{ "permitrootlogin", "forced-commands-only", true },
	};
	_cleanup_buf_ struct buf text = { 0 };
	struct sshd s = { 0 };
	char value[200];

	if (!ask_sshd(d, &s))
		return;
	text = s.text;
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		if ((rules[i].root && strcmp(s.user.name, "root") != 0) ||
		    !setting(&s, rules[i].keyword, value, sizeof(value)) ||
		    strcmp(value, rules[i].bad) != 0)
			continue;
		found(d, FINDING_FAILURE, "sshd lets %s not in with a key", s.user.name);
		evidence(d, "sshd -T: %s %s", rules[i].keyword, value);
		fix(d,
		    rules[i].root
			    ? "make a user for dumps: useradd --create-home --shell /bin/sh kdump"
			    : "PubkeyAuthentication yes in /etc/ssh/sshd_config; systemctl reload "
			      "ssh");
	}
}

static void check_command(struct doctor *d)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct sshd s = { 0 };
	char value[200];

	if (!ask_sshd(d, &s))
		return;
	text = s.text;
	if (!setting(&s, "forcecommand", value, sizeof(value)))
		return;
	found(d, FINDING_FAILURE, "sshd runs '%s' for %s, and not the commands of a dump", value,
	      s.user.name);
	evidence(d, "sshd -T: forcecommand %s", value);
	fix(d,
	    "take ForceCommand out of what is for %s in /etc/ssh/sshd_config; systemctl reload ssh",
	    s.user.name);
}

static void check_shell(struct doctor *d)
{
	static const char *const none[] = { "nologin", "false", "true" };
	const struct facts *f = d->facts;
	struct user user;
	const char *name;

	if (!look_exists(f->root, SSHD) || !dump_user(f, &user))
		return;
	name = strrchr(user.shell, '/') ? strrchr(user.shell, '/') + 1 : user.shell;
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		if (strcmp(name, none[i]) != 0)
			continue;
		found(d, FINDING_FAILURE, "%s has no shell: no command of a dump runs", user.name);
		evidence(d, PASSWD ": %s has %s", user.name, user.shell);
		fix(d, "usermod --shell /bin/sh %s", user.name);
	}
}

static bool has_program(const struct root *root, const char *prefix, const char *name)
{
	static const char *const directories[] = { "/usr/bin", "/bin" };
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		snprintf(path, sizeof(path), "%s%s/%s", prefix, directories[i], name);
		if (look_exists(root, path))
			return true;
	}
	return false;
}

/* In the chroot, where there is one. */
static void check_programs(struct doctor *d)
{
	static const char *const programs[] = { "sh", "cat",  "mv", "mkdir",
						"rm", "sync", "wc", "sha256sum" };
	_cleanup_buf_ struct buf text = { 0 };
	struct sshd s = { 0 };
	char chroot[200] = "";

	if (!ask_sshd(d, &s))
		return;
	text = s.text;
	if (!setting(&s, "chrootdirectory", chroot, sizeof(chroot)) || strchr(chroot, '%'))
		*chroot = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		if (has_program(d->facts->root, chroot, programs[i]))
			continue;
		found(d, FINDING_FAILURE, "%s is not there for %s", programs[i], s.user.name);
		evidence(d, "no %s/usr/bin/%s, no %s/bin/%s", chroot, programs[i], chroot,
			 programs[i]);
		fix(d, *chroot ? "take ChrootDirectory out of /etc/ssh/sshd_config, or put the "
				 "programs there"
			       : "install coreutils");
	}
}

/* Of sshd's own list of files the first that is in the home. */
static void check_keys(struct doctor *d)
{
	const struct facts *f = d->facts;
	_cleanup_buf_ struct buf text = { 0 }, keys = { 0 };
	char value[200] = ".ssh/authorized_keys", path[PATH_MAX];
	struct sshd s = { 0 };

	if (!ask_sshd(d, &s))
		return;
	text = s.text;
	(void)setting(&s, "authorizedkeysfile", value, sizeof(value));
	value[strcspn(value, " ")] = '\0';
	if (strchr(value, '%'))
		return;
	snprintf(path, sizeof(path), "%s%s%s", *value == '/' ? "" : s.user.home,
		 *value == '/' ? "" : "/", value);
	if (root_read_file(f->root, path, MIB(1), &keys) < 0 || !keys.len) {
		found(d, FINDING_WARNING, "no key may log in as %s", s.user.name);
		evidence(d, "%s is %s", path, look_exists(f->root, path) ? "empty" : "not there");
		fix(d, "on each client: lastword propagate, or ssh-copy-id");
	} else if (strstr(keys.data, "command=\"")) {
		found(d, FINDING_WARNING,
		      "a key of %s runs a command of its own, and not those of a dump",
		      s.user.name);
		evidence(d, "%s has command=\"…\"", path);
		fix(d, "take command= from before the dump's key");
	}
}

const struct check checks_server_ssh[] = {
	{ "server-ssh-down", "server", "sshd listens", FINDING_WARNING, check_down },
	{ "server-ssh-user", "server", "there is a user for dumps", FINDING_FAILURE, check_user },
	{ "server-ssh-login", "server", "sshd takes keys of that user", FINDING_FAILURE,
	  check_login },
	{ "server-ssh-command", "server", "sshd runs the commands of a dump", FINDING_FAILURE,
	  check_command },
	{ "server-ssh-shell", "server", "that user has a shell", FINDING_FAILURE, check_shell },
	{ "server-ssh-programs", "server", "the programs of a dump are there", FINDING_FAILURE,
	  check_programs },
	{ "server-ssh-keys", "server", "some key may log in", FINDING_WARNING, check_keys },
	{ 0 },
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What starts with the machine: lastword, and what else loads capture kernels; and the administrator's own programs. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "arm/doctor/families.h"

#define UNIT "lastword.service"

/* Each loads a capture kernel of its own at boot; the last one wins. */
static const struct {
	const char *unit;
	const char *of;
} others[] = {
	{ "kdump.service", "kdump-utils or SUSE's kdump" },
	{ "kdump-early.service", "SUSE's kdump" },
	{ "kdump-tools.service", "kdump-tools" },
	{ "kdumpst-init.service", "kdumpst" },
	{ "kdump-steamos.service", "kdump-steamos" },
};

static void check_other(struct doctor *d)
{
	const struct facts *f = d->facts;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		if (look_unit(f->root, others[i].unit) != UNIT_ENABLED)
			continue;
		found(d, FINDING_WARNING,
		      "%s starts with the machine, too: the last one to load wins", others[i].unit);
		evidence(d, "%s of %s is enabled", others[i].unit, others[i].of);
		fix(d, "systemctl disable --now %s; lastword arm", others[i].unit);
	}
}

/* Without systemd: what kexec-tools' own script would do at a restart. */
static void check_kexec_tools(struct doctor *d)
{
	if (!look_contains(d->facts->root, "/etc/default/kexec", "\nLOAD_KEXEC=true"))
		return;
	found(d, FINDING_NOTE,
	      "kexec-tools restarts the machine with kexec: firmware does not set devices right "
	      "between");
	evidence(d, "/etc/default/kexec: LOAD_KEXEC=true");
	fix(d, "LOAD_KEXEC=false in /etc/default/kexec");
}

/* Is there a systemd to speak of? */
static bool has_systemd(struct doctor *d)
{
	if (look_systemd(d->facts->root))
		return true;
	skipped(d, "no systemd; 'lastword arm' has to run at each start");
	return false;
}

static void check_missing(struct doctor *d)
{
	const struct facts *f = d->facts;

	if (!has_systemd(d) || look_unit(f->root, UNIT) != UNIT_MISSING)
		return;
	found(d, FINDING_WARNING, UNIT " is not installed: after a reboot nothing is armed");
	evidence(d, "no " UNIT " in /etc/systemd/system or /usr/lib/systemd/system");
	fix(d, "make install, or the package; then systemctl enable --now lastword");
}

static void check_disabled(struct doctor *d)
{
	const struct facts *f = d->facts;

	if (!has_systemd(d) || look_unit(f->root, UNIT) != UNIT_DISABLED)
		return;
	found(d, FINDING_WARNING, UNIT " is not enabled: after a reboot nothing is armed");
	evidence(d, "no link to it in /etc/systemd/system/*.wants");
	fix(d, "systemctl enable --now lastword");
}

static void check_masked(struct doctor *d)
{
	const struct facts *f = d->facts;

	if (!has_systemd(d) || look_unit(f->root, UNIT) != UNIT_MASKED)
		return;
	found(d, FINDING_WARNING, UNIT " is masked: after a reboot nothing is armed");
	evidence(d, "/etc/systemd/system/" UNIT " -> /dev/null");
	fix(d, "systemctl unmask lastword; systemctl enable --now lastword");
}

static void check_notify(struct doctor *d)
{
	const struct facts *f = d->facts;

	if (!look_systemd(f->root) || f->config_r < 0 ||
	    look_unit(f->root, "lastword-notify.service") == UNIT_ENABLED)
		return;
	if (f->config.notify_count) {
		found(d, FINDING_WARNING, "nobody is told about dumps, though kdump.conf says who");
		evidence(d, CONFIG_PATH ": lastword_notify %s",
			 config_notify_name(f->config.notify[0].kind));
		fix(d, "systemctl enable lastword-notify");
	} else {
		found(d, FINDING_NOTE, "nobody is told when there is a dump");
		evidence(d, CONFIG_PATH " has no lastword_notify");
		fix(d, "a line 'lastword_notify mail root' in " CONFIG_PATH
		       "; systemctl enable lastword-notify");
	}
}

static void look_at_hook(struct doctor *d, const char *directive, const char *path)
{
	const struct root *root = d->facts->root;

	if (!look_exists(root, path)) {
		found(d, FINDING_FAILURE, "%s %s is not there: nothing can be armed", directive,
		      path);
		evidence(d, CONFIG_PATH ": %s %s", directive, path);
		fix(d, "put it there, or take the line out; then lastword arm");
	} else if (faccessat(root->fd, root_relative(path), X_OK, 0) < 0) {
		found(d, FINDING_FAILURE, "%s %s cannot be executed: nothing can be armed",
		      directive, path);
		evidence(d, CONFIG_PATH ": %s %s", directive, path);
		fix(d, "chmod 755 %s; then lastword arm", path);
	}
}

static void check_hooks(struct doctor *d)
{
	static const char *const directives[] = {
		[PLAN_HOOK_PRE] = "kdump_pre",
		[PLAN_HOOK_POST] = "kdump_post",
		[PLAN_HOOK_EMERGENCY] = "kdump_emergency",
	};
	const struct facts *f = d->facts;
	char path[PATH_MAX];
	const char *pos;
	struct word w;

	if (f->config_r < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(directives); i++)
		if (f->config.hooks[i])
			look_at_hook(d, directives[i], f->config.hooks[i]);
	pos = f->config.extra_bins ?: "";
	while (look_next_word(&pos, &w)) {
		snprintf(path, sizeof(path), "%.*s", (int)w.len, w.at);
		look_at_hook(d, "extra_bins", path);
	}
}

struct hook_directory {
	struct doctor *d;
	const char *path;
};

static void look_at_file(void *user, const char *name)
{
	struct hook_directory *h = user;
	const struct root *root = h->d->facts->root;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", h->path, name);
	if (faccessat(root->fd, root_relative(path), X_OK, 0) == 0)
		return;
	found(h->d, FINDING_WARNING, "%s is not executable: it does not run at a crash", path);
	evidence(h->d, "ls -l %s", path);
	fix(h->d, "chmod 755 %s, or remove it; then lastword arm", path);
}

static void check_hook_directories(struct doctor *d)
{
	static const char *const paths[] = { "/etc/kdump/pre.d", "/etc/kdump/post.d",
					     "/etc/kdump/emergency.d" };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		struct hook_directory h = { d, paths[i] };

		look_directory(d->facts->root, paths[i], look_at_file, &h);
	}
}

/* What SELinux or AppArmor has kept lastword from: the last of it, in the audit log or the kernel's. */
static void check_denied(struct doctor *d)
{
	static const char *const marks[] = { "comm=\"lastword\"", "name=\"/var/lib/lastword",
					     "comm=\"lastword-init\"" };
	const struct facts *f = d->facts;
	_cleanup_buf_ struct buf audit = { 0 };
	const char *logs[] = { f->log.data, NULL };

	if (root_read_file(f->root, "/var/log/audit/audit.log", MIB(32), &audit) == 0)
		logs[1] = audit.data;
	for (size_t l = 0; l < ARRAY_SIZE(logs); l++)
		for (size_t m = 0; m < ARRAY_SIZE(marks) && logs[l]; m++) {
			const char *at = logs[l];
			char line[400];

			for (; look_find_line(at, marks[m], line, sizeof(line));
			     at = strstr(at, marks[m]) + 1)
				if (strstr(line, "denied") || strstr(line, "DENIED"))
					break;
			if (!*line)
				continue;
			found(d, FINDING_WARNING,
			      "a security policy has kept lastword from something");
			evidence(d, "%s: %s", l ? "/var/log/audit/audit.log" : "kernel log", line);
			fix(d, "restorecon -Rv /var/lib/lastword /var/crash, or ausearch -c "
			       "lastword | audit2allow");
			return;
		}
}

const struct check checks_services[] = {
	{ "other-kdump", "services", "nobody else loads capture kernels", FINDING_WARNING,
	  check_other },
	{ "kexec-restart", "services", "restarts go through the firmware", FINDING_NOTE,
	  check_kexec_tools },
	{ "service-missing", "services", UNIT " is installed", FINDING_WARNING, check_missing },
	{ "service-disabled", "services", "it starts with the machine", FINDING_WARNING,
	  check_disabled },
	{ "service-masked", "services", "it is not masked", FINDING_WARNING, check_masked },
	{ "notify-disabled", "services", "somebody is told about dumps", FINDING_WARNING,
	  check_notify },
	{ "hook-missing", "services", "the programs in kdump.conf can be packed", FINDING_FAILURE,
	  check_hooks },
	{ "hook-not-executable", "services", "all files in /etc/kdump/*.d run", FINDING_WARNING,
	  check_hook_directories },
	{ "denied", "services", "SELinux and AppArmor let lastword work", FINDING_WARNING,
	  check_denied },
	{ 0 },
};

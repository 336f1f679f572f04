/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SUSE's /etc/sysconfig/kdump (kdump 0.9 to 2.x). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arm/config/import_impl.h"
#include "base/parse.h"

#define CPUS_DEFAULT 32
#define CPUS_MAX 64
#define NET_TIMEOUT_DEFAULT 30

static bool is_true(const char *value)
{
	return strcmp(value, "true") == 0 || strcmp(value, "yes") == 0 || strcmp(value, "1") == 0;
}

/* "USER[:PASSWORD]@HOST[:PORT]/DIRECTORY"; in place, with the rest said. */
static int add_ssh(struct importer *i, char *url)
{
	char *slash = strchr(url, '/'), *at, *colon;
	char words[IMPORT_LINE_SIZE], path[IMPORT_LINE_SIZE];
	int r = 0;

	snprintf(path, sizeof(path), "%s", slash ?: "/var/crash");
	if (slash)
		*slash = '\0';
	at = strrchr(url, '@');
	colon = at ? memchr(url, ':', (size_t)(at - url)) : NULL;
	if (colon)
		r = import_say(i, IMPORT_LOST, "a password is not stored: give the server a key");
	snprintf(words, sizeof(words), "ssh %.*s%s", (int)((colon ?: at ?: url) - url), url,
		 at ?: url);
	if (!at || at == url)
		snprintf(words, sizeof(words), "ssh root@%s", at ? at + 1 : url);
	colon = strrchr(words, ':');
	if (colon && !strchr(colon, ']')) {
		*colon = '\0';
		if (r == 0)
			r = import_say(i, IMPORT_TAKEN,
				       "the port belongs into /root/.ssh/config: Host, Port");
	}
	return r < 0 ? r : import_add_target(i, words, path, false);
}

/* "SERVER[:PORT]/EXPORT" */
static int add_nfs(struct importer *i, char *url)
{
	char *slash = strchr(url, '/');
	char words[IMPORT_LINE_SIZE];

	if (!slash || slash == url)
		return import_say(i, IMPORT_LOST, "nfs://SERVER/DIRECTORY was expected");
	snprintf(words, sizeof(words), "nfs %.*s:%s", (int)(slash - url), url, slash);
	return import_add_target(i, words, "/", false);
}

static int add_local(struct importer *i, char *url)
{
	return import_add_target(i, NULL, url, false);
}

static int add_ftp(struct importer *i, char *url)
{
	return import_say(i, IMPORT_LOST,
			  "there is no FTP; dumps go to /var/crash until kdump.conf names another "
			  "target");
}

static int add_cifs(struct importer *i, char *url)
{
	return import_say(i, IMPORT_LOST,
			  "there is no CIFS; dumps go to /var/crash until kdump.conf names another "
			  "target");
}

static const struct {
	const char *scheme;
	int (*add)(struct importer *i, char *url);
} schemes[] = {
	{ "file://", add_local }, { "nfs://", add_nfs },  { "ssh://", add_ssh },
	{ "sftp://", add_ssh },	  { "scp://", add_ssh },  { "ftp://", add_ftp },
	{ "cifs://", add_cifs },  { "smb://", add_cifs },
};

static int take_savedir(struct importer *i, const struct import_variable *v, const char *value)
{
	_cleanup_free_ char *copy = strdup(value);
	char *rest = copy, *url;
	int r = copy ? 0 : -ENOMEM;

	if (copy && !*copy)
		return import_say(i, IMPORT_SAME, "/var/crash");
	while (r == 0 && (url = strtok_r(rest, " \t", &rest))) {
		size_t n = 0;

		while (n < ARRAY_SIZE(schemes) &&
		       strncmp(url, schemes[n].scheme, strlen(schemes[n].scheme)) != 0)
			n++;
		r = n < ARRAY_SIZE(schemes) ? schemes[n].add(i, url + strlen(schemes[n].scheme))
					    : add_local(i, url);
	}
	return r;
}

/* There the old ones alone are counted. */
static int take_keep(struct importer *i, const struct import_variable *v, const char *value)
{
	uint64_t number = 0;

	if (strcmp(value, "-1") != 0 && parse_decimal(value, PLAN_KEEP_MAX - 1, &number) < 0)
		return import_say(i, *value ? IMPORT_LOST : IMPORT_SAME,
				  *value ? "no number" : "all dumps stay");
	if (number == 0 && *value != '-')
		return import_say(i, IMPORT_SAME, "all dumps stay");
	return import_keep(i, number + 1);
}

static int take_level(struct importer *i, const struct import_variable *v, const char *value)
{
	char words[16];
	uint64_t level;

	if (parse_decimal(value, 31, &level) < 0)
		return import_say(i, *value ? IMPORT_LOST : IMPORT_SAME,
				  *value ? "no level from 0 to 31" : "31");
	snprintf(words, sizeof(words), "-d %llu", (unsigned long long)level);
	return import_set(&i->level, words) < 0
		       ? -ENOMEM
		       : import_say(i, IMPORT_TAKEN, "core_collector makedumpfile %s", words);
}

static int take_format(struct importer *i, const struct import_variable *v, const char *value)
{
	static const struct {
		const char *name, *codec;
	} formats[] = { { "", "-c" },	    { "compressed", "-c" }, { "lzo", "-l" },
			{ "snappy", "-p" }, { "zstd", "-z" },	    { "ELF", "-E" } };

	for (size_t n = 0; n < ARRAY_SIZE(formats); n++)
		if (strcmp(value, formats[n].name) == 0)
			return import_set(&i->codec, formats[n].codec) < 0
				       ? -ENOMEM
				       : import_say(i, IMPORT_TAKEN,
						    "core_collector makedumpfile %s",
						    formats[n].codec);
	if (strcmp(value, "raw") == 0)
		return import_set(&i->collector, "cp") < 0
			       ? -ENOMEM
			       : import_say(i, IMPORT_TAKEN, "core_collector cp");
	if (strcmp(value, "none") == 0)
		return import_say(
			i, IMPORT_LOST,
			"log and report are always saved before the dump, which cannot be "
			"left out");
	return import_say(i, IMPORT_LOST, "no format that SUSE's kdump has");
}

static int take_options(struct importer *i, const struct import_variable *v, const char *value)
{
	if (!*value)
		return import_say(i, IMPORT_SAME, "not set");
	return import_options(i, value);
}

static int take_cpus(struct importer *i, const struct import_variable *v, const char *value)
{
	uint64_t cpus;

	if (!*value || parse_decimal(value, 1 << 20, &cpus) < 0 || cpus == CPUS_DEFAULT)
		return import_say(i, IMPORT_SAME,
				  "not taken: one CPU needs the least memory; lastword_cpus N");
	cpus = cpus ? MIN(cpus, (uint64_t)CPUS_MAX) : CPUS_MAX;
	if (buf_printf(&i->directives, "lastword_cpus %llu\n", (unsigned long long)cpus) < 0)
		return -ENOMEM;
	return import_say(i, IMPORT_TAKEN, "lastword_cpus %llu", (unsigned long long)cpus);
}

static int take_crashkernel(struct importer *i, const struct import_variable *v, const char *value)
{
	return !*value || strcmp(value, "auto") == 0
		       ? import_say(i, IMPORT_SAME, "'lastword setup' chooses the size")
		       : import_say(i, IMPORT_LOST,
				    "the size is no part of kdump.conf: 'lastword setup "
				    "--crashkernel SIZE'");
}

static int take_updates(struct importer *i, const struct import_variable *v, const char *value)
{
	const char *words = is_true(value) ? "yes" : "no";

	if (!*value)
		return import_say(i, IMPORT_SAME, "yes");
	if (buf_printf(&i->directives, "auto_reset_crashkernel %s\n", words) < 0)
		return -ENOMEM;
	return import_say(i, IMPORT_TAKEN, "auto_reset_crashkernel %s", words);
}

static int take_reboot(struct importer *i, const struct import_variable *v, const char *value)
{
	return !*value || is_true(value)
		       ? import_say(i, IMPORT_SAME, "final_action reboot")
		       : import_say(i, IMPORT_LOST,
				    "there is no shell after a dump that was saved: final_action "
				    "knows reboot, halt and poweroff");
}

static int take_errors(struct importer *i, const struct import_variable *v, const char *value)
{
	if (!*value || is_true(value))
		return import_say(i, IMPORT_SAME, "failure_action reboot");
	if (buf_printf(&i->directives, "failure_action shell\n") < 0)
		return -ENOMEM;
	return import_say(i, IMPORT_TAKEN, "failure_action shell");
}

/* True by default there is what lastword lacks; anything false is as it is here. */
static int take_switch(struct importer *i, const struct import_variable *v, const char *value)
{
	return is_true(value) ? import_say(i, IMPORT_LOST, "%s", v->word)
			      : import_say(i, IMPORT_SAME, "no");
}

static int take_prescript(struct importer *i, const struct import_variable *v, const char *value)
{
	int r = import_program(i, v, value);

	return r == 0 && i->line->fate == IMPORT_TAKEN
		       ? import_say(i, IMPORT_TAKEN,
				    "here its failure means that no dump is wanted")
		       : r;
}

static int take_netconfig(struct importer *i, const struct import_variable *v, const char *value)
{
	return !*value || strcmp(value, "auto") == 0
		       ? import_say(i, IMPORT_SAME, "the way to the target is recorded")
		       : import_say(i, IMPORT_LOST,
				    "the network is made as it is when the machine is armed");
}

static int take_timeout(struct importer *i, const struct import_variable *v, const char *value)
{
	uint64_t seconds;

	if (parse_decimal(value, 3600, &seconds) < 0 || seconds == 0 ||
	    seconds == NET_TIMEOUT_DEFAULT)
		return import_say(i, IMPORT_SAME, "lastword_timeout device=90, of all targets");
	if (buf_printf(&i->directives, "lastword_timeout device=%llu\n",
		       (unsigned long long)seconds) < 0)
		return -ENOMEM;
	return import_say(i, IMPORT_TAKEN, "lastword_timeout device=%s", value);
}

static int take_mail(struct importer *i, const struct import_variable *v, const char *value)
{
	_cleanup_free_ char *copy = strdup(value);
	char *rest = copy, *to;
	int r = copy ? 0 : -ENOMEM;

	if (!*value)
		return import_say(i, IMPORT_SAME, "not set");
	while (r == 0 && (to = strtok_r(rest, " \t,", &rest)))
		if (i->mails == CONFIG_NOTIFY_MAX)
			r = import_say(i, IMPORT_LOST, "%s: more than %d", to, CONFIG_NOTIFY_MAX);
		else if (import_accepts(i, "lastword_notify mail", to) && ++i->mails)
			r = buf_printf(&i->directives, "lastword_notify mail %s\n", to);
	return r < 0 || i->line->text.len
		       ? r
		       : import_say(i, IMPORT_TAKEN,
				    "lastword_notify mail, through this machine's mail system");
}

static int take_identity(struct importer *i, const struct import_variable *v, const char *value)
{
	size_t len = strcspn(value, " \t");
	char path[IMPORT_LINE_SIZE];

	if (!*value)
		return import_say(i, IMPORT_SAME, "not set");
	snprintf(path, sizeof(path), "%.*s", (int)len, value);
	if (!import_accepts(i, "sshkey", path))
		return 0;
	if (import_set(&i->sshkey, path) < 0)
		return -ENOMEM;
	return import_say(i, IMPORT_TAKEN, "sshkey %s%s", path,
			  value[len] ? "; the other keys are not used" : "");
}

static int take_release(struct importer *i, const struct import_variable *v, const char *value)
{
	return strchr(value, '/')
		       ? import_say(i, IMPORT_LOST,
				    "a kernel is named by its release: KDUMP_KERNELVER and "
				    "KDUMP_BOOTDIR; arming refuses this line")
		       : import_sysconfig(i, v, value);
}

#define MAIL "mail goes through this machine's mail system (sendmail)"
#define FADUMP "firmware-assisted dumps are of POWER; lastword is for x86_64"

const struct import_variable import_suse[] = {
	{ "KDUMP_CRASHKERNEL", take_crashkernel, NULL },
	{ "KDUMP_UPDATE_BOOTLOADER", take_updates, NULL },
	{ "KDUMP_KERNELVER", take_release, "KDUMP_KERNELVER" },
	{ "KDUMP_CPUS", take_cpus, NULL },
	{ "KDUMP_COMMANDLINE", import_sysconfig, "KDUMP_COMMANDLINE" },
	{ "KDUMP_COMMANDLINE_APPEND", import_sysconfig, "KDUMP_COMMANDLINE_APPEND" },
	{ "KDUMP_AUTO_RESIZE", take_switch,
	  "the reservation is not made smaller at boot; 'lastword estimate' tells what is needed" },
	{ "KDUMP_FADUMP", take_switch, FADUMP },
	{ "KDUMP_FADUMP_SHELL", take_switch, FADUMP },
	{ "FADUMP_COMMANDLINE_APPEND", import_same, FADUMP },
	{ "KEXEC_OPTIONS", import_same, "lastword loads with kexec_file_load(2) itself" },
	{ "KDUMP_IMMEDIATE_REBOOT", take_reboot, NULL },
	{ "KDUMP_TRANSFER", import_lost,
	  "lastword writes the dump itself; a hook (kdump_post) can take it elsewhere" },
	{ "KDUMP_SAVEDIR", take_savedir, NULL },
	{ "KDUMP_KEEP_OLD_DUMPS", take_keep, NULL },
	{ "KDUMP_FREE_DISK_SIZE", import_lost,
	  "a dump that does not fit is made smaller, and room for the log stays" },
	{ "KDUMP_VERBOSE", import_same, "the capture kernel says all of what it does" },
	{ "KDUMP_DUMPLEVEL", take_level, NULL },
	{ "KDUMP_DUMPFORMAT", take_format, NULL },
	{ "MAKEDUMPFILE_OPTIONS", take_options, NULL },
	{ "KDUMP_CONTINUE_ON_ERROR", take_errors, NULL },
	{ "KDUMP_REQUIRED_PROGRAMS", import_directive, "extra_bins" },
	{ "KDUMP_PRESCRIPT", take_prescript, "kdump_pre" },
	{ "KDUMP_POSTSCRIPT", import_program, "kdump_post" },
	{ "KDUMP_NETCONFIG", take_netconfig, NULL },
	{ "KDUMP_NET_TIMEOUT", take_timeout, NULL },
	{ "KDUMP_SMTP_SERVER", import_lost, MAIL },
	{ "KDUMP_SMTP_USER", import_lost, MAIL },
	{ "KDUMP_SMTP_PASSWORD", import_lost, MAIL },
	{ "KDUMP_NOTIFICATION_TO", take_mail, NULL },
	{ "KDUMP_NOTIFICATION_CC", take_mail, NULL },
	{ "KDUMP_HOST_KEY", import_lost, "the server's key must be in /root/.ssh/known_hosts" },
	{ "KDUMP_SSH_IDENTITY", take_identity, NULL },
	{ NULL, NULL, NULL },
};

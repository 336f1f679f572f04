/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debian's /etc/default/kdump-tools (kdump-tools 1.6 to 1.10). There a dump goes to the SSH server, and then to NFS or, where
 * that is not set, to the local directory too.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arm/config/import_impl.h"
#include "arm/kexec/cmdline.h"
#include "base/parse.h"

#define KERNEL_LINK "/var/lib/kdump/vmlinuz"
#define APPEND_DEFAULT                                                                             \
	"reset_devices systemd.unit=kdump-tools-dump.service nr_cpus=1 irqpoll usbcore.nousb "     \
	"nousb ata_piix.prefer_ms_hyperv=0"

static int take_use(struct importer *i, const struct import_variable *v, const char *value)
{
	return strcmp(value, "0") == 0
		       ? import_say(i, IMPORT_LOST,
				    "arming is what lastword.service does: leave it disabled")
		       : import_say(i, IMPORT_SAME, "arming is what lastword.service does");
}

/* DIRECTORY/vmlinuz-RELEASE */
static int take_kernel(struct importer *i, const struct import_variable *v, const char *value)
{
	static const char mark[] = "/vmlinuz-";
	const char *name = strrchr(value, '/');
	char directory[IMPORT_LINE_SIZE];
	bool taken = false;
	int r;

	if (!*value || strcmp(value, KERNEL_LINK) == 0)
		return import_say(i, IMPORT_SAME, "the running kernel captures");
	if (!name || strncmp(name, mark, strlen(mark)) != 0 || name == value ||
	    strpbrk(value, " \t"))
		return import_say(i, IMPORT_LOST,
				  "a kernel is named by its release: KDUMP_KERNELVER and "
				  "KDUMP_BOOTDIR in /etc/sysconfig/kdump");
	snprintf(directory, sizeof(directory), "%.*s", (int)(name - value), value);
	r = import_assign(i, "KDUMP_BOOTDIR", directory, &taken);
	if (r == 0 && taken)
		r = import_assign(i, "KDUMP_KERNELVER", name + strlen(mark), &taken);
	return r < 0 || !taken ? r
			       : import_say(i, IMPORT_TAKEN,
					    "KDUMP_KERNELVER and KDUMP_BOOTDIR in sysconfig/kdump");
}

static int take_directory(struct importer *i, const struct import_variable *v, const char *value)
{
	if (!*value)
		return import_say(i, IMPORT_SAME, "not set");
	if (!import_accepts(i, "path", value))
		return 0;
	if (import_set(&i->path, value) < 0)
		return -ENOMEM;
	for (size_t t = 0; t < i->targets_count; t++)
		if (strncmp(i->targets[t].words ?: "", "ssh", 3) == 0 &&
		    import_set(&i->targets[t].path, value) < 0)
			return -ENOMEM;
	return import_say(i, IMPORT_TAKEN, "path %s", value);
}

static int take_failure(struct importer *i, const struct import_variable *v, const char *value)
{
	static const struct {
		const char *word, *action;
	} actions[] = { { "bash", "shell" },	    { "/bin/sh", "shell" },
			{ "poweroff", "poweroff" }, { "shutdown -h", "halt" },
			{ "halt", "halt" },	    { "reboot", "reboot" } };

	if (!*value)
		return import_say(i, IMPORT_SAME, "reboot");
	for (size_t n = 0; n < ARRAY_SIZE(actions); n++) {
		if (!strstr(value, actions[n].word))
			continue;
		if (buf_printf(&i->directives, "failure_action %s\n", actions[n].action) < 0)
			return -ENOMEM;
		return import_say(i, IMPORT_TAKEN, "failure_action %s", actions[n].action);
	}
	return import_say(i, IMPORT_LOST,
			  "failure_action knows reboot, halt, poweroff and shell; a hook "
			  "(kdump_emergency) can run a command");
}

static int take_log(struct importer *i, const struct import_variable *v, const char *value)
{
	return strcmp(value, "0") == 0
		       ? import_say(i, IMPORT_LOST, "the log is always saved, before the dump")
		       : import_say(i, IMPORT_SAME, "the log is always saved");
}

static int take_number(struct importer *i, const struct import_variable *v, const char *value)
{
	uint64_t number;

	if (!*value || strcmp(value, "0") == 0)
		return import_say(i, IMPORT_SAME, "all dumps stay");
	if (parse_decimal(value, PLAN_KEEP_MAX, &number) < 0)
		return import_say(i, IMPORT_LOST, "no number");
	return import_keep(i, number);
}

static int take_arguments(struct importer *i, const struct import_variable *v, const char *value)
{
	if (!*value)
		return import_say(i, IMPORT_SAME, "not set");
	return import_options(i, value);
}

static bool has_word(const char *words, const char *word, size_t len)
{
	for (const char *p = words; *p; p += strspn(p, " \t")) {
		size_t n = strcspn(p, " \t");

		if (n == len && memcmp(p, word, len) == 0)
			return true;
		p += n;
	}
	return false;
}

/* Those of `from` that are not in `without`, but for systemd's, which start another dump. */
static int add_words(struct buf *out, const char *from, const char *without)
{
	for (const char *p = from + strspn(from, " \t"); *p; p += strspn(p, " \t")) {
		size_t n = strcspn(p, " \t");

		if (!has_word(without, p, n) && strncmp(p, "systemd.", 8) != 0 &&
		    buf_printf(out, "%s%.*s", out->len ? " " : "", (int)n, p) < 0)
			return -ENOMEM;
		p += n;
	}
	return 0;
}

/*
 * There the words are all that the capture kernel gets; here they are beside those that keep it small. What a person added
 * comes, and what a person took out of Debian's own goes.
 */
static int take_append(struct importer *i, const struct import_variable *v, const char *value)
{
	_cleanup_buf_ struct buf gone = { 0 }, words = { 0 }, known = { 0 };
	bool taken = false;
	int r;

	if (!*value)
		return import_say(i, IMPORT_SAME, "not set");
	if (add_words(&gone, APPEND_DEFAULT, value) < 0 ||
	    add_words(&words, cmdline_usual(), gone.data ?: "") < 0 ||
	    buf_printf(&known, "%s %s", cmdline_usual(), APPEND_DEFAULT) < 0 ||
	    add_words(&words, value, known.data) < 0)
		return -ENOMEM;
	if (strcmp(words.data ?: "", cmdline_usual()) == 0)
		return import_say(i, IMPORT_SAME, "lastword's own words do what Debian's do");
	r = import_assign(i, "KDUMP_COMMANDLINE_APPEND", words.data ?: "", &taken);
	return r < 0 || !taken
		       ? r
		       : import_say(i, IMPORT_TAKEN,
				    "KDUMP_COMMANDLINE_APPEND in sysconfig/kdump, in lastword's "
				    "own words what Debian's own are for");
}

static int take_tag(struct importer *i, const struct import_variable *v, const char *value)
{
	return strcmp(value, "hostname") == 0
		       ? import_say(i, IMPORT_LOST,
				    "dump directories begin with the address that the server sees")
		       : import_say(i, IMPORT_SAME, "dump directories begin with the address");
}

static int take_nfs(struct importer *i, const struct import_variable *v, const char *value)
{
	char words[IMPORT_LINE_SIZE];

	if (!*value)
		return import_say(i, IMPORT_SAME, "not set");
	if (!strstr(value, ":/") || strpbrk(value, " \t"))
		return import_say(i, IMPORT_LOST, "nfs takes HOST:/DIRECTORY");
	snprintf(words, sizeof(words), "nfs %s", value);
	return import_add_target(i, words, "/", false);
}

/* SSH comes first there, wherever it stands in the file. */
static int take_ssh(struct importer *i, const struct import_variable *v, const char *value)
{
	const char *at = strchr(value, '@');
	char words[IMPORT_LINE_SIZE];

	if (!*value)
		return import_say(i, IMPORT_SAME, "not set");
	if (!at || at == value || !at[1] || strpbrk(value, " \t"))
		return import_say(i, IMPORT_LOST, "ssh takes USER@HOST");
	snprintf(words, sizeof(words), "ssh %s", value);
	return import_add_target(i, words, i->path ?: "/var/crash", true);
}

static int take_key(struct importer *i, const struct import_variable *v, const char *value)
{
	if (!*value)
		return import_say(i, IMPORT_SAME, "not set");
	if (!import_accepts(i, "sshkey", value))
		return 0;
	return import_set(&i->sshkey, value) < 0 ? -ENOMEM
						 : import_say(i, IMPORT_TAKEN, "sshkey %s", value);
}

#define NO_FTP "there is no FTP; nfs, ssh or a hook (kdump_post) can take dumps off the machine"
#define LIMITS "lastword_timeout limits how long a target may take"

const struct import_variable import_debian[] = {
	{ "USE_KDUMP", take_use, NULL },
	{ "KDUMP_KERNEL", take_kernel, NULL },
	{ "KDUMP_INITRD", import_same, "lastword makes its own image" },
	{ "KDUMP_COREDIR", take_directory, NULL },
	{ "KDUMP_FAIL_CMD", take_failure, NULL },
	{ "KDUMP_DUMP_DMESG", take_log, NULL },
	{ "KDUMP_NUM_DUMPS", take_number, NULL },
	{ "KDUMP_COMPRESSION", import_lost, "the pages of the dump are packed: core_collector -z" },
	{ "MAKEDUMP_ARGS", take_arguments, NULL },
	{ "DEBUG_KERNEL", import_same, "the dump tells all that a vmlinux would" },
	{ "KDUMP_KEXEC_ARGS", import_sysconfig, "KEXEC_ARGS" },
	{ "KDUMP_CMDLINE", import_sysconfig, "KDUMP_COMMANDLINE" },
	{ "KDUMP_CMDLINE_APPEND", take_append, NULL },
	{ "KDUMP_SYSCTL", import_lost, "'lastword sysctl' sets what makes the kernel panic" },
	{ "HOSTTAG", take_tag, NULL },
	{ "NFS", take_nfs, NULL },
	{ "NFS_TIMEO", import_lost, LIMITS },
	{ "NFS_RETRANS", import_lost, LIMITS },
	{ "NFS_MOUNT_RETRY", import_lost, LIMITS },
	{ "SSH", take_ssh, NULL },
	{ "SSH_KEY", take_key, NULL },
	{ "SSH_KDUMP_RETRY", import_lost, LIMITS },
	{ "SSH_KDUMP_DELAY", import_lost, LIMITS },
	{ "FTP", import_lost, NO_FTP },
	{ "FTP_USER", import_lost, NO_FTP },
	{ "FTP_PASSWORD", import_lost, NO_FTP },
	{ "FTP_PORT", import_lost, NO_FTP },
	{ NULL, NULL, NULL },
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words: directive by directive, and word by word where a value is a list of them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arm/config/explain.h"
#include "arm/kexec/cmdline.h"

#define LOCAL_TARGET "the dump goes to this file system; the drivers from the bus to it are packed"
#define ANY_DISK "it need not be mounted nor be in fstab; the type on the device must be this one"
#define OWN "this directive is lastword's own; kdump-utils would refuse the file"
#define HOOK_LIMIT                                                                                 \
	"it is ended when lastword_timeout hook= has passed; its interpreter and libraries are "   \
	"packed by themselves"

static const struct {
	const char *name;
	enum explained_state state;
	const char *effect, *differs;
} directives[] = {
	{ "path", EXPLAINED_TAKEN, "dumps go to this directory of the target",
	  "without a target it may be on any file system; it is not made where it was named" },
	{ "ext2", EXPLAINED_TAKEN, LOCAL_TARGET, ANY_DISK },
	{ "ext3", EXPLAINED_TAKEN, LOCAL_TARGET, ANY_DISK },
	{ "ext4", EXPLAINED_TAKEN, LOCAL_TARGET, ANY_DISK },
	{ "xfs", EXPLAINED_TAKEN, LOCAL_TARGET, ANY_DISK },
	{ "btrfs", EXPLAINED_TAKEN, LOCAL_TARGET, ANY_DISK },
	{ "minix", EXPLAINED_TAKEN, LOCAL_TARGET, ANY_DISK },
	{ "virtiofs", EXPLAINED_TAKEN, "the dump goes to this directory of the host",
	  "arming writes a file there and removes it" },
	{ "raw", EXPLAINED_TAKEN, "the dump alone is written to this device, flattened",
	  "a device that holds a file system is refused; the next arming brings the dump into "
	  "path" },
	{ "nfs", EXPLAINED_TAKEN, "the dump goes to this directory of an NFS server",
	  "the server's address and the way to it are recorded now: the capture kernel asks no "
	  "name "
	  "server" },
	{ "nfs4", EXPLAINED_TAKEN, "the dump goes to this directory of an NFS server",
	  "kdump-utils knows this target as nfs alone" },
	{ "ssh", EXPLAINED_TAKEN, "the dump goes to this server as vmcore.flat",
	  "names of ssh_config are taken; arming tries the login instead of waiting for it at each "
	  "start" },
	{ "sshkey", EXPLAINED_TAKEN, "the private key for ssh",
	  "one that is missing is an error, not another key" },
	{ "fallback", EXPLAINED_TAKEN, "where the targets before it fail, the dump goes here",
	  OWN },
	{ "extra_modules", EXPLAINED_TAKEN,
	  "packed with what they depend on, and loaded behind those of the targets", "" },
	{ "kdump_pre", EXPLAINED_TAKEN,
	  "runs before the dump; a status other than 0 means that none is made", HOOK_LIMIT },
	{ "kdump_post", EXPLAINED_TAKEN,
	  "runs behind the dump; its argument is 0 where the dump is saved", HOOK_LIMIT },
	{ "kdump_emergency", EXPLAINED_TAKEN, "runs behind a failure, before failure_action",
	  HOOK_LIMIT },
	{ "extra_bins", EXPLAINED_TAKEN, "packed for the hooks, with their libraries", "" },
	{ "failure_action", EXPLAINED_TAKEN, "what follows a dump that failed on all targets",
	  "it follows also where the capture side hangs or dies" },
	{ "default", EXPLAINED_TAKEN, "failure_action by its old name", "" },
	{ "final_action", EXPLAINED_TAKEN, "what follows a dump that was saved", "" },
	{ "dracut_args", EXPLAINED_TAKEN,
	  "--mount names the target, --add-drivers adds modules; the rest has no effect",
	  "there is no dracut: the image has lastword-init and what the target needs" },
	{ "fence_kdump_nodes", EXPLAINED_TAKEN,
	  "these nodes hear during the dump that this one is saving it",
	  "the cluster's own configuration is not read" },
	{ "fence_kdump_args", EXPLAINED_TAKEN, "how those nodes are told", "" },
	{ "auto_reset_crashkernel", EXPLAINED_TAKEN,
	  "whether an update may write a new crashkernel=; only no keeps it from that",
	  "a value that a person set is never written over, whatever it says" },
	{ "force_rebuild", EXPLAINED_MOOT, "", "the image is made anew each time lastword arms" },
	{ "force_no_rebuild", EXPLAINED_MOOT, "",
	  "'lastword arm' makes the image anew; 'lastword reload' loads it as it is" },
	{ "lastword_report", EXPLAINED_TAKEN, "whether report.txt is written before the dump",
	  OWN },
	{ "lastword_encrypt", EXPLAINED_TAKEN, "what is saved is encrypted to these keys", OWN },
	{ "lastword_notify", EXPLAINED_TAKEN, "who hears of a dump after the reboot", OWN },
	{ "lastword_timeout", EXPLAINED_TAKEN, "how long each step may take", OWN },
	{ "lastword_watchdog", EXPLAINED_TAKEN, "the machine's watchdogs guard the dump", OWN },
	{ "lastword_keep", EXPLAINED_TAKEN, "which older dumps may go for the new one", OWN },
	{ "lastword_crash_loop", EXPLAINED_TAKEN, "what counts as a loop of crashes", OWN },
	{ "lastword_cpus", EXPLAINED_TAKEN, "how many CPUs the capture kernel starts", OWN },
	{ "lastword_fast", EXPLAINED_TAKEN, "the dump is packed in less time, and is larger", OWN },
	{ "lastword_target_rate", EXPLAINED_TAKEN,
	  "codec and level are chosen for how fast the target is", OWN },
	{ "lastword_netconsole", EXPLAINED_TAKEN,
	  "who hears the last words and what becomes of the dump", OWN },
	{ "lastword_device_dumps", EXPLAINED_TAKEN, "whether drivers may add dumps of devices",
	  OWN },
};

static int say(struct buf *b, const char *text)
{
	return *text ? buf_printf(b, "%s\n", text) : 0;
}

/* Bits of a dump level, as makedumpfile's manual has them. */
static const char *const left_out[] = { "pages of zeros", "the page cache",
					"the page cache of processes", "user data", "free pages" };

static int explain_collector(struct explained_line *l)
{
	_cleanup_config_ struct config c = { 0 };
	char text[1100];
	int r, n = snprintf(text, sizeof(text), "core_collector %s\n", l->value);

	if (n < 0 || (size_t)n >= sizeof(text) || config_parse(text, (size_t)n, "", &c, NULL) < 0)
		return 0;
	if (c.collector == PLAN_COLLECT_COPY)
		return say(&l->effect, "the dump is /proc/vmcore as it is: ELF, nothing left out");
	if (c.elf)
		r = buf_printf(&l->effect, "the dump is ELF; left out:");
	else
		r = buf_printf(&l->effect,
			       "the dump is kdump-compressed, its pages %s%s; left out:",
			       c.codec == CODEC_NONE ? "as they are" : "packed with ",
			       c.codec == CODEC_NONE ? "" : codec_by_id(c.codec)->name);
	for (size_t i = 0; i < ARRAY_SIZE(left_out) && r == 0; i++)
		if (c.level & 1U << i)
			r = buf_printf(&l->effect, "%s %s", c.level & ((1U << i) - 1) ? "," : "",
				       left_out[i]);
	if (r == 0)
		r = buf_printf(&l->effect, "%s\n", c.level ? "" : " nothing");
	if (r == 0 && c.unused_vmemmap)
		r = say(&l->effect, "the struct pages of what is left out are left out, too");
	if (r == 0 && c.limit)
		r = buf_printf(&l->effect,
			       "the dump has at most %llu bytes: as little more as need be is left "
			       "out\n",
			       (unsigned long long)c.limit);
	if (r == 0 && c.erase)
		r = buf_printf(&l->effect,
			       "what %s names is overwritten in the dump, not in log and report; "
			       "where it cannot be found there is no dump\n",
			       c.erase);
	return r < 0 ? r
		     : say(&l->differs, "makedumpfile is not run, it is built in; of its options "
					"-F, -x, -i and those of buffers and messages have no "
					"effect");
}

static const struct {
	const char *word, *text;
} module_words[] = {
	{ "vga15fb", "kdump's howto names it; Linux has a vga16fb, and none of this name" },
};

static int explain_modules(struct explained_line *l)
{
	for (size_t i = 0; i < ARRAY_SIZE(module_words); i++)
		if (strstr(l->value, module_words[i].word) &&
		    buf_printf(&l->differs, "%s: %s\n", module_words[i].word,
			       module_words[i].text) < 0)
			return -ENOMEM;
	return 0;
}

int explain_directive(struct explained_line *l)
{
	if (strcmp(l->name, "core_collector") == 0)
		return explain_collector(l);
	for (size_t i = 0; i < ARRAY_SIZE(directives); i++) {
		if (strcmp(l->name, directives[i].name) != 0)
			continue;
		l->state = directives[i].state;
		if (say(&l->effect, directives[i].effect) < 0 ||
		    say(&l->differs, directives[i].differs) < 0)
			return -ENOMEM;
	}
	return strcmp(l->name, "extra_modules") == 0 ? explain_modules(l) : 0;
}

/* Words of a command line that only kdump-utils' initramfs reads. */
static const struct {
	const char *name, *text;
} boot_words[] = {
	{ "rd.kdumploglvl", "no effect: the capture kernel always says all of what it does, on the "
			    "console and in kexec-dmesg.log" },
	{ "rd.memdebug", "no effect: lastword-init always says how much memory each phase leaves" },
	{ "rd.earlykdump", "no effect: lastword.service arms early itself" },
	{ "udev.children-max", "no effect: there is no udev in the capture kernel" },
	{ "initramfs_options", "no effect: the root file system is a ramfs, which has no limit" },
	{ "nr_cpus", "lastword_cpus of kdump.conf counts before it" },
	{ "maxcpus", "lastword_cpus of kdump.conf counts before it" },
	{ "novmcoredd", "lastword_device_dumps decides it" },
	{ "disable_cpu_apicid", "lastword finds the boot CPU's number itself" },
	{ "rdinit", "lastword-init is PID 1" },
	{ "elfcorehdr", "kexec gives it" },
};

static int explain_boot_word(struct explained_line *l, const char *word)
{
	size_t len = strcspn(word, "=");

	for (size_t i = 0; i < ARRAY_SIZE(boot_words); i++)
		if (strlen(boot_words[i].name) == len &&
		    strncmp(boot_words[i].name, word, len) == 0)
			return buf_printf(&l->differs, "%s: %s\n", word, boot_words[i].text);
	return 0;
}

/* "a, b" and so on into one line, which the next word continues. */
static int add_to_line(struct buf *b, const char *what, const char *word, size_t len)
{
	size_t head = strlen(what);

	if (b->len > head && strstr(b->data, what)) {
		b->len--; /* the newline */
		return buf_printf(b, ", %.*s\n", (int)len, word);
	}
	return buf_printf(b, "%s%.*s\n", what, (int)len, word);
}

static int explain_removed_word(struct explained_line *l, const char *word)
{
	size_t len = strcspn(word, "=");

	return cmdline_removes(word, len) ? add_to_line(&l->differs, "removed anyway: ", word, len)
					  : add_to_line(&l->effect, "removed: ", word, len);
}

static int explain_kexec_word(struct explained_line *l, const char *word)
{
	const char *text = sysconfig_kexec_word(word);

	return buf_printf(&l->differs, "%s: %s\n", word, text ?: "not known here; no effect");
}

static const struct {
	const char *name;
	int (*explain)(struct explained_line *l, const char *word);
} word_lists[] = {
	{ "KDUMP_COMMANDLINE", explain_boot_word },
	{ "KDUMP_COMMANDLINE_APPEND", explain_boot_word },
	{ "KDUMP_COMMANDLINE_REMOVE", explain_removed_word },
	{ "KEXEC_ARGS", explain_kexec_word },
};

static int explain_words(struct explained_line *l)
{
	_cleanup_free_ char *copy = strdup(l->value);
	int r = copy ? 0 : -ENOMEM;

	for (size_t i = 0; i < ARRAY_SIZE(word_lists) && r == 0; i++) {
		char *rest = copy, *word;

		if (strcmp(l->name, word_lists[i].name) != 0)
			continue;
		while (r == 0 && (word = strtok_r(rest, " \t\n", &rest)))
			r = word_lists[i].explain(l, word);
	}
	return r;
}

int explain_variable(struct explained_line *l)
{
	const struct sysconfig_variable *v = sysconfig_variable(l->name);

	if (!v) {
		l->state = EXPLAINED_MOOT;
		return say(&l->differs, "not known; no effect but in later lines of this file");
	}
	l->state = v->use == SYSCONFIG_USED ? EXPLAINED_TAKEN : EXPLAINED_MOOT;
	return say(&l->effect, v->effect) < 0 || say(&l->differs, v->differs) < 0
		       ? -ENOMEM
		       : explain_words(l);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * /etc/kdump.conf, by the rules of kdump-utils: a line is `directive value`; blank lines and lines
 * that begin with # say nothing; a value ends at the first # wherever it stands; one pair of double
 * quotes around the whole value goes. A directive comes once, a dump target once. What kdump-utils
 * knows and lastword does not do is an error that says so; an unknown word too.
 */
#include "base/buf.h"
#include "base/error.h"
#include "dumpfile/codec.h"
#include "plan/plan.h"

#define CONFIG_PATH "/etc/kdump.conf"
#define CONFIG_SIZE_MAX ((size_t)1 << 20)

enum config_target_kind {
	CONFIG_TARGET_PATH, /* the file system that holds `path` */
	CONFIG_TARGET_FS,
	CONFIG_TARGET_RAW,
	CONFIG_TARGET_NFS,
	CONFIG_TARGET_SSH,
	CONFIG_TARGET_ROOTFS, /* path on the root file system: the last resort */
	CONFIG_TARGET_VIRTIOFS,
};

struct config_target {
	enum config_target_kind kind;
	char *fstype; /* of CONFIG_TARGET_FS */
	char *device; /* UUID=…, LABEL=…, /dev/…; of NFS HOST:/DIRECTORY, of SSH USER@HOST, of virtiofs the tag */
	char *sshkey;	     /* of CONFIG_TARGET_SSH: the private key's file */
	char *mount_options; /* of CONFIG_TARGET_FS: given with it; NULL: those it is mounted with */
	char *path;	     /* absolute, single slashes, none at the end */
	bool path_given;
};

/* lastword's own directives about time and the capture kernel itself. Times are seconds. */
struct config_time {
	unsigned device, log, report, dump, hook, words,
		total;			  /* as in struct plan: limits, none is 0 */
	unsigned watchdog;		  /* a hardware watchdog's timeout; 0: none is used */
	unsigned loop_count, loop_window; /* crashes in that time are a loop; 0: none are */
	enum plan_action loop_action;
	unsigned cpus;	   /* of the capture kernel; 0: not said */
	bool device_dumps; /* drivers may add theirs to the dump */
};

#define CONFIG_HOOKS (PLAN_HOOK_EMERGENCY + 1)

/* fence_kdump_nodes and fence_kdump_args */
struct config_fence {
	char *nodes; /* words; NULL: none */
	unsigned port, interval, count;
	int family; /* AF_UNSPEC, AF_INET, AF_INET6 */
};

enum config_notify_kind { CONFIG_NOTIFY_JOURNAL, CONFIG_NOTIFY_MAIL, CONFIG_NOTIFY_WEBHOOK };

/* Who is told about a dump after the reboot. */
struct config_notify {
	enum config_notify_kind kind;
	char *to; /* an address for the mail system, a URL; "" of the journal */
};

#define CONFIG_NOTIFY_MAX 8

/* "journal", "mail", "webhook" */
const char *config_notify_name(enum config_notify_kind kind);

struct config {
	/* The first is kdump's own; the others are tried one after the other where those before fail. */
	struct config_target targets[PLAN_TARGETS_MAX];
	size_t targets_count; /* at least 1 */

	char *extra_modules; /* names with blanks between them; NULL: none */

	char *sshkey; /* of all SSH targets; NULL: kdump's own name */

	enum plan_collector collector;
	unsigned level;
	enum codec_id codec;
	bool fast;	     /* the codec's fast level */
	bool rate_wanted;    /* codec and level are chosen in the capture kernel: */
	uint64_t rate;	     /* for so many bytes a second, 0: as measured there */
	unsigned threads;    /* 0 for one a CPU */
	bool elf;	     /* makedumpfile -E */
	bool unused_vmemmap; /* -e */
	uint64_t limit;	     /* -L: bytes, 0 for none */
	char *erase;	     /* --config: a file; NULL: nothing is erased */

	/* How kdump-utils keeps itself up to date: for those who do that here. */
	bool auto_reset_crashkernel; /* an update may write another crashkernel=; yes unless it says no */
	bool force_rebuild, force_no_rebuild; /* never both */

	enum plan_action failure_action, final_action;
	bool report; /* lastword's own directive */
	struct config_notify notify[CONFIG_NOTIFY_MAX];
	size_t notify_count;
	char *encrypt; /* file of public keys, NULL where nothing is encrypted */
	struct config_time time;
	struct plan_keep keep; /* lastword_keep */

	char *hooks
		[CONFIG_HOOKS]; /* by enum plan_hook_when: kdump_pre, kdump_post, kdump_emergency; or NULL */
	char *extra_bins; /* words, each a path; NULL: none */
	struct config_fence fence;
	/* lastword_netconsole: words HOST[:PORT]; NULL: whom this kernel sends to itself; "": nobody */
	char *receivers;

	/* Lines for the user: what was accepted and has no effect, or is out of date. */
	struct buf notes;
};

#define CONFIG_RECEIVER_PORT 6666 /* netconsole's own */

/* "HOST", "HOST:PORT", "[V6]:PORT", "V6" of lastword_netconsole. *ret_host is newly allocated. */
int config_split_receiver(const char *word, char **ret_host, uint32_t *ret_port,
			  struct error *e) _must_check_;

/* Text of any origin. name is the file's, for messages: "kdump.conf:12: …". */
int config_parse(const char *text, size_t len, const char *name, struct config *ret,
		 struct error *e) _must_check_;

/* A line that says something, as the parser took it. */
struct config_line {
	unsigned number;
	const char *name, *value;
	const char *notes; /* what the user is told of it, each with a newline; "" for nothing */
	const char *error; /* why it is refused, without the line's number; NULL where it is not */
};

/*
 * As config_parse(), but each line is told, and one that is refused keeps none behind it from being looked at. The first error
 * is returned.
 */
int config_parse_told(const char *text, size_t len, const char *name,
		      int (*tell)(void *user, const struct config_line *line), void *user,
		      struct config *ret, struct error *e) _must_check_;

/* What holds where there is no file at all. */
int config_defaults(struct config *ret) _must_check_;

void config_done(struct config *c);

#define _cleanup_config_ _cleanup_(config_done)

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * /etc/sysconfig/kdump: which kernel captures, with which words on its command line, and how much kdumpctl says. The
 * variables are those of kdump-utils. SUSE's file has the same name and a few of the same variables; it is told by the
 * others (KDUMP_SAVEDIR and the like), which only `lastword setup --import` takes.
 */
#include "arm/config/shell.h"
#include "base/root.h"

#define SYSCONFIG_PATH "/etc/sysconfig/kdump"
#define SYSCONFIG_NAME "sysconfig/kdump" /* in messages */

/* Strings are NULL where nothing is set; "" only where it says so. */
struct sysconfig {
	bool missing; /* there is no such file */
	bool suse;

	char *kernelver; /* release of the kernel that captures; NULL: the running one's */
	char *img;	 /* its file's name, such as "vmlinuz" */
	char *img_ext;	 /* and what is behind the release in it */
	char *bootdir;	 /* where it is; NULL: /boot and the like */

	char *commandline;     /* in place of /proc/cmdline */
	char *remove;	       /* names of parameters that go, with blanks between them */
	char *append;	       /* words that come; "" for none */
	bool append_only_adds; /* lastword's usual words stay beside them (SUSE) */
	unsigned cpus;	       /* nr_cpus= or maxcpus= in them; 0 where it is not there */

	bool notification; /* VMCORE_CREATION_NOTIFICATION: yes */
	unsigned stdloglvl, sysloglvl,
		kmsgloglvl; /* 0 nothing, 1 errors, 2 warnings, 3 news, 4 all */

	struct buf notes; /* lines for the user, as in struct config */
};

int sysconfig_defaults(struct sysconfig *ret) _must_check_;

/* Text of any origin. */
int sysconfig_parse(const char *text, size_t len, struct sysconfig *ret,
		    struct error *e) _must_check_;

/* What it assigns, behind what kdumpctl assigns before it (line 0). Errors as shell_parse(). */
int sysconfig_assignments(const char *text, size_t len, struct shell_file *ret,
			  struct error *e) _must_check_;

/* The file of a root; without one the defaults, and missing is set. */
int sysconfig_read(const struct root *root, struct sysconfig *ret, struct error *e) _must_check_;

void sysconfig_done(struct sysconfig *s);

#define _cleanup_sysconfig_ _cleanup_(sysconfig_done)

/* Is it SUSE's file? */
bool sysconfig_is_suse(const struct shell_file *f);

/* A variable's meaning, for those who explain it: NULL where it is not known. */
enum sysconfig_use {
	SYSCONFIG_USED,	    /* has its effect */
	SYSCONFIG_MOOT,	    /* accepted, and has none here */
	SYSCONFIG_IMPORTED, /* SUSE's: setup --import takes it */
};

struct sysconfig_variable {
	const char *name;
	enum sysconfig_use use;
	const char *effect;  /* what it does */
	const char *differs; /* what lastword does otherwise and why; "" for nothing */
};

const struct sysconfig_variable *sysconfig_variable(const char *name);

/* A word of KEXEC_ARGS: what becomes of it. NULL where it is not known. */
const char *sysconfig_kexec_word(const char *word);

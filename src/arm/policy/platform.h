/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What this machine runs on, found without asking the network, and how it is made to panic from outside.
 */
#include "arm/policy/sysctl.h"

/* Where evidence comes from. */
enum platform_fact {
	FACT_VENDOR,
	FACT_PRODUCT,
	FACT_UUID,
	FACT_BIOS,
	FACT_BOARD_TAG,
	FACT_CHASSIS_TAG,
	FACT_CHASSIS_TYPE,
	FACT_HYPERVISOR,
	FACT_HYPERVISOR_UUID,
	FACT_MODEL,	/* of the device tree */
	FACT_PARTITION, /* PowerVM's name of it */
	FACT_SYSINFO,	/* of s390 */
	FACT_CPUID,	/* the hypervisor's signature; the real root alone */
	FACT_BMC,	/* the device of the management controller */
	FACT_CLOUD,	/* cloud-init's name of it */
	PLATFORM_FACTS
};

/* "system vendor" */
const char *platform_fact_name(enum platform_fact f);

/* What a command needs to name this machine. */
enum platform_word {
	WORD_INSTANCE,
	WORD_REGION,
	WORD_ZONE,
	WORD_NAME,
	WORD_GROUP,
	WORD_UUID,
	WORD_PARTITION,
	PLATFORM_WORDS
};

/* How it reaches the kernel, and so which switches make a panic of it. */
enum platform_signal {
	SIGNAL_NMI,   /* from a hypervisor: of unknown reason */
	SIGNAL_DIAG,  /* from a BMC or a button: unknown, or as an error of memory or I/O */
	SIGNAL_SYSRQ, /* keys, or a break on the serial console */
	SIGNAL_RESET, /* a system reset or restart interrupt: no switch is asked */
	SIGNAL_DUMP,  /* the host writes the memory; this kernel is not asked */
	SIGNAL_LOOK,  /* only shows what the console shows */
};

/* Ends with a NULL command. {instance}, {region} … stand for words. */
struct platform_way {
	enum platform_signal signal;
	const char *command;
};

#define PLATFORM_SIGNS 3
#define PLATFORM_WAYS 6

struct platform {
	const char *id, *title;
	/* All of them; patterns of fnmatch(3). A NULL pattern ends the list. */
	struct {
		enum platform_fact fact;
		const char *pattern;
	} signs[PLATFORM_SIGNS];
	struct platform_way ways[PLATFORM_WAYS];
	const char *note; /* or NULL */
};

/* The first that fits counts; the last fits always. */
extern const struct platform platforms[];
extern const size_t platforms_count;

struct platform_found {
	const struct platform *platform;
	char *facts[PLATFORM_FACTS]; /* NULL: unknown */
	char *words[PLATFORM_WORDS]; /* NULL: unknown */
	bool serial_console;	     /* the kernel has one, and takes a break on it for SysRq */
};

int platform_find(const struct root *root, struct platform_found *ret,
		  struct error *e) _must_check_;
void platform_found_done(struct platform_found *f);

/* The first whose signs are all among the facts. */
const struct platform *platform_of(const struct platform_found *f);

#define _cleanup_platform_ _cleanup_(platform_found_done)

/* "system vendor 'Amazon EC2', board tag 'i-0123'": what it was recognised by, "" for the last resort. */
int platform_evidence(const struct platform_found *f, struct buf *ret) _must_check_;

/* The command with what is known of this machine put in; the rest stands in capitals. f may be NULL. */
int platform_command(const struct platform_found *f, const char *command,
		     struct buf *ret) _must_check_;

enum platform_verdict { WOULD_PANIC, WOULD_NOT_PANIC, ASKS_NO_KERNEL };

/* *ret_set: the words for `lastword sysctl set` that change the verdict; "" where none do. */
enum platform_verdict platform_verdict(enum platform_signal signal, const struct sysctl_state *s,
				       char *ret_set, size_t size);

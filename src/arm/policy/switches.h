/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The kernel's panic switches as a table: what each does, which values it takes, what a preset makes of it.
 * Sources: Documentation/admin-guide/sysctl/{kernel,vm}.rst and Documentation/admin-guide/sysrq.rst of Linux 6.12 to 7.2.
 */
#include "base/error.h"
#include "base/macro.h"

enum preset {
	PRESET_DEFAULT, /* what `lastword setup` applies */
	PRESET_SERVER,
	PRESET_HPC,
	PRESET_STRICT,
	PRESETS
};

struct preset_info {
	const char *name, *summary;
};

extern const struct preset_info presets[PRESETS];

/* -ENOENT with the names there are. */
int preset_find(const char *name, enum preset *ret, struct error *e) _must_check_;

enum switch_kind {
	SWITCH_NUMBER,
	SWITCH_BITS,  /* a sum of named bits; printed in decimal, as the kernel does */
	SWITCH_WORDS, /* the names themselves, with commas between them */
};

enum switch_group {
	SWITCH_FAULT,  /* the kernel found itself broken */
	SWITCH_LOCKUP, /* something does not come back */
	SWITCH_NMI,    /* a signal from hardware or from outside */
	SWITCH_MEMORY,
	SWITCH_LOG,    /* what is in the log when it ends */
	SWITCH_ENDING, /* what comes after, and by hand */
	SWITCH_GROUPS
};

extern const char *const switch_group_names[SWITCH_GROUPS];

/* Ends with a NULL name. */
struct switch_bit {
	uint64_t value;
	const char *name;
};

struct policy_switch {
	const char *name; /* "kernel.panic_on_oops" */
	enum switch_group group;
	enum switch_kind kind;
	int64_t min, max;	       /* of SWITCH_NUMBER */
	const struct switch_bit *bits; /* of SWITCH_BITS and SWITCH_WORDS */
	const char *explains;	       /* one line */
	const char *preset[PRESETS];   /* the value, NULL where the preset leaves it alone */
};

extern const struct policy_switch policy_switches[];
extern const size_t policy_switches_count;

/* By its name or the last part of it; dots and slashes are the same. NULL where there is none. */
const struct policy_switch *policy_switch_find(const char *name);

/*
 * The value as the kernel prints it, newly allocated: numbers in decimal; of bits a number (also 0x…) or names with commas
 * between them. -EINVAL with what is allowed.
 */
int policy_value_parse(const struct policy_switch *s, const char *word, char **ret,
		       struct error *e) _must_check_;

/* The names of the bits that are set ("tasks,locks"), "" where the value says it all. */
void policy_value_explain(const struct policy_switch *s, const char *value, char *buf, size_t size);

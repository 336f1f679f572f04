/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The panic policy of a machine: the switches as they run, as the next boot will have them, and as lastword set them.
 *
 * What lastword sets is in a file of its own, which comes after the distribution's (up to 50-) and before those that people
 * write (90-, 99-). Values from before are recorded once; undo puts them back where the running value is still ours.
 */
#include "arm/policy/switches.h"
#include "base/buf.h"
#include "base/root.h"

#define SYSCTL_FILE "/etc/sysctl.d/60-lastword.conf"
#define SYSCTL_BEFORE "/var/lib/lastword/sysctl.before" /* NAME = VALUE, a line each */

/* Strings owned; NULL where there is none. */
struct sysctl_entry {
	const struct policy_switch *about;
	char *running; /* NULL: absent on this kernel */
	char *ours;    /* what SYSCTL_FILE says */
	char *boot; /* what the sysctl.d files make of it at the next boot; NULL: the kernel's default stays */
	char *boot_place; /* "FILE:LINE" of that */
	bool boot_ours;	  /* that is SYSCTL_FILE */
};

struct sysctl_state {
	struct sysctl_entry *entries; /* one a switch, in the table's order */
	size_t count;
	bool post_notifiers; /* crash_kexec_post_notifiers is on the running command line */
};

int sysctl_read(const struct root *root, struct sysctl_state *ret, struct error *e) _must_check_;
void sysctl_state_done(struct sysctl_state *s);

#define _cleanup_sysctl_state_ _cleanup_(sysctl_state_done)

/* By the switch's name as of policy_switch_find(); NULL where there is none. */
const struct sysctl_entry *sysctl_find(const struct sysctl_state *s, const char *name);

/* What the switches, as they run, do to each other and what a capture kernel makes moot: a line each. */
int sysctl_notes(const struct sysctl_state *s, struct buf *ret) _must_check_;

enum sysctl_outcome {
	SYSCTL_CHANGED,	 /* running and in SYSCTL_FILE */
	SYSCTL_SAME,	 /* was so before; now in SYSCTL_FILE */
	SYSCTL_ABSENT,	 /* not on this kernel; in SYSCTL_FILE for one that has it */
	SYSCTL_KEPT,	 /* left alone: a person set it, why says where */
	SYSCTL_RESTORED, /* undo: as it was before */
	SYSCTL_LEFT,	 /* undo: somebody else changed it since */
};

struct sysctl_change {
	const struct policy_switch *about;
	enum sysctl_outcome outcome;
	char *before, *after; /* running values; NULL absent */
	char *why; /* of SYSCTL_KEPT and SYSCTL_LEFT; of others, a file that overrides ours at the next boot; or NULL */
};

struct sysctl_changes {
	struct sysctl_change *items;
	size_t count;
	struct buf file; /* SYSCTL_FILE as it is then; empty: there is none */
};

void sysctl_changes_done(struct sysctl_changes *c);

#define _cleanup_sysctl_changes_ _cleanup_(sysctl_changes_done)

/* "changed", "kept" … */
const char *sysctl_outcome_name(enum sysctl_outcome o);

struct sysctl_options {
	bool dry_run; /* only say what would be done */
	bool force;   /* a preset takes over what a person set, too */
};

/* words: NAME=VALUE. All of them or none. */
int sysctl_set(const struct root *root, const char *const words[], size_t count,
	       const struct sysctl_options *o, struct sysctl_changes *ret,
	       struct error *e) _must_check_;

/* Replaces all that an earlier preset or set wrote. */
int sysctl_preset(const struct root *root, enum preset preset, const struct sysctl_options *o,
		  struct sysctl_changes *ret, struct error *e) _must_check_;

/* Takes SYSCTL_FILE away. Nothing to undo is no error: the changes are then empty. */
int sysctl_undo(const struct root *root, const struct sysctl_options *o, struct sysctl_changes *ret,
		struct error *e) _must_check_;

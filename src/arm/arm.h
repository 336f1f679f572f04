/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The verbs of the first kernel. One runs at a time (a lock in /run). Whatever fails, what is
 * loaded afterwards is what /run/lastword/armed describes, or nothing.
 */
#include "arm/image/compose.h"
#include "arm/place/rawdump.h"
#include "arm/kexec/reserve.h"

struct armed {
	struct composition composition; /* empty after arm_reload() */
	struct record record;
	struct reservation reservation;
	struct rawdump recovered; /* what a raw device still held */
	uint64_t needed;	  /* bytes of the reservation; 0 after arm_reload() */
};

/* Composes, packs, checks, writes the image and loads it. */
int arm_arm(const struct root *root, const char *append, struct armed *ret,
	    struct error *e) _must_check_;

/* All but loading. */
int arm_rebuild(const struct root *root, const char *append, struct armed *ret,
		struct error *e) _must_check_;

/* Loads the image as it was last made. */
int arm_reload(const struct root *root, struct armed *ret, struct error *e) _must_check_;

/* As arm_reload(), early in boot. -ESTALE where the image is no longer right, or there is none. */
int arm_early(const struct root *root, struct armed *ret, struct error *e) _must_check_;

/* *ret_was_loaded: was there something to unload? */
int arm_disarm(const struct root *root, bool *ret_was_loaded, struct error *e) _must_check_;

/*
 * Somebody's own crash kernel, by descriptors (initrd -1: none), and without it: what is loaded then is not lastword's, and
 * `status` says so.
 */
int arm_load_by_hand(const struct root *root, int kernel, int initrd, const char *cmdline,
		     struct error *e) _must_check_;

void armed_done(struct armed *a);

#define _cleanup_armed_ _cleanup_(armed_done)

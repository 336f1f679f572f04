/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * From nothing to armed, and back: steps in a table, each with a result. What is so already is left as it is, so that it can be
 * run again.
 */
#include "arm/boot/advice.h"
#include "arm/boot/loader.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/root.h"

/* Lines: what this file wrote of itself, for undo. */
#define SETUP_STATE "/var/lib/lastword/setup"

enum setup_outcome {
	SETUP_DONE,
	SETUP_WOULD,   /* --dry-run: it would be done */
	SETUP_ALREADY, /* it is so */
	SETUP_LEFT,    /* not done, as an option says, or there is nothing to undo */
	SETUP_LATER,   /* after the reboot, by itself */
	SETUP_ADVICE,  /* somebody should look at it */
	SETUP_FAILED,
};

struct setup_options {
	const char *crashkernel; /* value, several with blanks; NULL: the recommendation */
	const char *target;	 /* as of setup_target(); NULL: as kdump.conf says */
	const char *format;	 /* with target: the file system to make; NULL: none */
	const char *preset;	 /* of the panic switches; NULL: the default */
	bool no_sysctl, no_bootloader, no_service;
	bool force;   /* replace a crashkernel= or a target of a person */
	bool dry_run; /* collect diffs, change nothing */
};

struct setup_row {
	const char *name; /* "size" */
	const char *what; /* "size of the reservation" */
	enum setup_outcome outcome;
	struct buf text; /* lines without the last line end */
};

#define SETUP_ROWS_MAX 16

struct setup {
	const struct root *root;
	struct setup_options options;
	void (*tell)(const struct setup_row *row,
		     void *context); /* as soon as a step is done; or NULL */
	void *context;

	struct setup_row rows[SETUP_ROWS_MAX];
	size_t count;
	struct buf diff;    /* --dry-run: of all files */
	bool reboot_needed; /* before a crash is captured, or the memory is free again */

	/* What a step leaves for the next. */
	struct crashkernel_state state;
	struct crashkernel_advice advice;
	struct loader loader;
	char words[CRASHKERNEL_TEXT_MAX *
		   2]; /* "crashkernel=128M", as the next boot is to have it; "" unknown */
	bool service_enabled;
	char directory[512]; /* --dry-run: it would be made, so that the image can be composed */
};

/* root, options, tell and context are filled in. Fails only on no memory; setup_failed() tells of the steps. */
int setup_run(struct setup *s, struct error *e) _must_check_;
int setup_undo(struct setup *s, struct error *e) _must_check_;

bool setup_failed(const struct setup *s);
const char *setup_outcome_name(enum setup_outcome o);

void setup_done(struct setup *s);

#define _cleanup_setup_ _cleanup_(setup_done)

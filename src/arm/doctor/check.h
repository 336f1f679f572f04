/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Every known reason for not getting a dump, each a check: a row of a table and a function that looks for that one reason and
 * says what it saw and what to do. A check changes nothing on the machine but a file of no bytes that it removes at once.
 */
#include "base/buf.h"
#include "base/error.h"

enum finding_level {
	FINDING_OK,	 /* nothing found; evidence says where it was looked */
	FINDING_SKIPPED, /* could not be looked for; text says why */
	FINDING_NOTE,	 /* good to know */
	FINDING_WARNING, /* a dump may be lost, or some crashes give none */
	FINDING_FAILURE, /* a crash now gives no dump where it should go */
};

/* "ok", "skipped", "note", "warning", "failure" */
const char *finding_level_name(enum finding_level level);

struct check;

/* Strings are owned, one line each, "" where there is nothing to say. */
struct finding {
	const struct check *check;
	enum finding_level level;
	char *text;	/* what is wrong with what */
	char *evidence; /* the file or value that shows it */
	char *fix;	/* a command to type, or what to change where */
};

struct facts;

/* What a run has found, and where it stands. A failure of memory sticks and ends the run. */
struct doctor {
	const struct facts *facts;
	const struct check *check; /* the one that runs */
	struct finding *findings;  /* in the order of the checks; each check has at least one */
	size_t count;
	int r;
};

struct check {
	const char *id;		  /* "target-full": stable, for scripts */
	const char *area;	  /* "target" */
	const char *proves;	  /* what holds where it finds nothing */
	enum finding_level level; /* the worst that it can find */
	void (*run)(struct doctor *d);
};

/* A family of checks, a file each; the last check has no id. */
extern const struct check
	*const doctor_families[]; /* of a machine that may crash; ends with NULL */
extern const struct check *const doctor_server_families[]; /* of one that takes others' dumps */

/* A finding of the running check; evidence() and fix() add to it, fix() as a command where it can be one. */
void found(struct doctor *d, enum finding_level level, const char *fmt, ...) _printf_(3, 4);
void evidence(struct doctor *d, const char *fmt, ...) _printf_(2, 3);
void fix(struct doctor *d, const char *fmt, ...) _printf_(2, 3);

/* The running check cannot be done. */
void skipped(struct doctor *d, const char *fmt, ...) _printf_(2, 3);

/* Runs the families' checks over the facts, which are borrowed. */
int doctor_run(const struct check *const families[], const struct facts *facts, struct doctor *ret,
	       struct error *e) _must_check_;

/* The worst level found; notes and what is below make no finding. */
enum finding_level doctor_worst(const struct doctor *d);

size_t doctor_count(const struct doctor *d, enum finding_level level);

void doctor_done(struct doctor *d);

#define _cleanup_doctor_ _cleanup_(doctor_done)

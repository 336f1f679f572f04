/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A healthy armed machine on a made-up root, and ways to break it: a case for each check of the doctor. */
#include "../made_root.h"
#include "arm/doctor/check.h"
#include "arm/doctor/facts.h"

/* A file and its content; "-> X" is a link to X, "/" a directory, NULL takes it away. */
struct edit {
	const char *path, *text;
};

#define EDITS 8

struct doctor_case {
	const char *id;
	enum finding_level level;
	const char *words; /* in the text, evidence or fix of the finding */

	/* the machine on which it is silent: healthy, but for these; it is armed after them */
	struct edit base[EDITS];
	void (*prepare)(const struct root *r);
	void (*tweak_base)(struct facts *f);

	/* and what makes it fire */
	struct edit broken[EDITS];
	void (*break_it)(const struct root *r);
	void (*tweak)(struct facts *f);
};

/* What trials answer; reset before each case. */
struct answers {
	struct room room;
	int room_r, write_r, connect_r;
	struct nfs_trial nfs;
	int ssh_r;
	const char *ssh; /* what the far side or ssh says */
	const char *log;
	const char *asked; /* what programs write */
	int place_r;	   /* for servers: with place_words, instead of a place */
	const char *place_words;
	bool synchronised;
};

extern struct answers answers;

#define MADE_NOW 1740000000

extern const struct doctor_case cases_machine[], cases_target[], cases_servers[], cases_rest[],
	cases_server_side[];

/* Records what would be loaded now as loaded, with more lines in its plan. */
void made_armed_plan(const struct root *r, const char *lines);
void made_mode(const struct root *r, const char *path, unsigned mode);
void made_edits(const struct root *r, const struct edit *edits);

void test_exports(void **state);

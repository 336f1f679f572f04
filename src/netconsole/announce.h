/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What the capture kernel's lastword-init says over the network, in netconsole's extended format:
 *	- the crashed kernel's last records again, with their own numbers and times; userdata " lastword=resent";
 *	- what becomes of the dump, a record a stage; userdata " lastword=capture", " run=ID" (of that capture kernel), " stage=NAME".
 * Both have host= and boot= of the crashed kernel.
 */
#include "netconsole/body.h"

#define ANNOUNCE_KEY "lastword"
#define ANNOUNCE_RESENT "resent"
#define ANNOUNCE_CAPTURE "capture"
#define ANNOUNCE_RUN "run"
#define ANNOUNCE_STAGE "stage"

enum announce_stage {
	ANNOUNCE_START,
	ANNOUNCE_WORDS, /* the last records were sent again, all that there will be */
	ANNOUNCE_TARGET,
	ANNOUNCE_PROGRESS,
	ANNOUNCE_SAVED,
	ANNOUNCE_FAILED, /* no dump, and why */
	ANNOUNCE_ACTION, /* the last one: reboot, halt, poweroff */
	ANNOUNCE_STAGES,
};

/* "start", "words", … */
extern const char *const announce_stage_names[ANNOUNCE_STAGES];

bool announce_stage_parse(const char *name, size_t len, enum announce_stage *ret);

enum announce_kind { ANNOUNCE_NONE, ANNOUNCE_IS_RESENT, ANNOUNCE_IS_STAGE };

/* What a record's dictionary makes it; *ret_stage and *ret_run are of ANNOUNCE_IS_STAGE. */
enum announce_kind announce_of(const struct body *b, enum announce_stage *ret_stage,
			       struct wire_slice *ret_run);

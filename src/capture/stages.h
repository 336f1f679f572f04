/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What becomes of the dump, as it is told over the network: the board and `now` in, the next thing to tell out. No I/O, no clock.
 * docs/netconsole.md has the stages.
 */
#include "capture/capture.h"
#include "netconsole/announce.h"

#define STAGES_TEXT 400 /* of the longest of the board */

/* Progress is told after so long, or at each tenth. */
#define STAGES_PAUSE (10 * USEC_PER_SEC)

/* Zero-initialised is before the first. */
struct stages {
	char opened[sizeof(((struct board *)NULL)->opened)];
	unsigned percent; /* told last */
	usec_t progress_told;
	bool saved, failed, over;
};

/* False: there is nothing to tell now. The last is ANNOUNCE_ACTION. */
bool stages_next(struct stages *s, const struct board *b, usec_t now, enum announce_stage *ret,
		 char text[STAGES_TEXT]);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/announce.h"

#include <string.h>

const char *const announce_stage_names[ANNOUNCE_STAGES] = {
	[ANNOUNCE_START] = "start",	  [ANNOUNCE_WORDS] = "words", [ANNOUNCE_TARGET] = "target",
	[ANNOUNCE_PROGRESS] = "progress", [ANNOUNCE_SAVED] = "saved", [ANNOUNCE_FAILED] = "failed",
	[ANNOUNCE_ACTION] = "action",
};

static bool is(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(text, word, len) == 0;
}

bool announce_stage_parse(const char *name, size_t len, enum announce_stage *ret)
{
	for (enum announce_stage s = 0; s < ANNOUNCE_STAGES; s++)
		if (is(name, len, announce_stage_names[s])) {
			*ret = s;
			return true;
		}
	return false;
}

enum announce_kind announce_of(const struct body *b, enum announce_stage *ret_stage,
			       struct wire_slice *ret_run)
{
	struct wire_slice key = b->count ? body_find(b, ANNOUNCE_KEY) : (struct wire_slice){ 0 };
	struct wire_slice run, stage;

	if (!key.start)
		return ANNOUNCE_NONE;
	if (is(key.start, key.len, ANNOUNCE_RESENT))
		return ANNOUNCE_IS_RESENT;
	run = body_find(b, ANNOUNCE_RUN);
	stage = body_find(b, ANNOUNCE_STAGE);
	if (!is(key.start, key.len, ANNOUNCE_CAPTURE) || run.len == 0 || !stage.start ||
	    !announce_stage_parse(stage.start, stage.len, ret_stage))
		return ANNOUNCE_NONE;
	*ret_run = run;
	return ANNOUNCE_IS_STAGE;
}

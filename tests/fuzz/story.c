/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A console of anything: what is told of it fits, and a failure has a reason. */
#include "arm/rehearse/story.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *rest = text, *line, reason[600];
	struct story s = { 0 };
	usec_t now = 0;

	memcpy(text, data, size);
	text[size] = '\0';
	while ((line = strsep(&rest, "\n")))
		(void)story_take(&s, line, now++);
	story_reason(&s, true, "it ended", reason, sizeof(reason));
	if (!*reason || s.stage >= STORY_STAGES)
		abort();
	if (story_is_whole(&s, true) && !s.uptime[STORY_DUMP])
		abort();
	free(text);
	return 0;
}

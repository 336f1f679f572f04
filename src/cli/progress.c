/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/progress.h"

#include <stdio.h>
#include <unistd.h>

static void show(struct progress *p, usec_t now, bool last)
{
	char line[120];

	progress_format(p, now, (uint64_t)(uintptr_t)p->user, line, sizeof(line));
	fprintf(stderr, "\r%-79.79s%s", line, last ? "\n" : "");
	fflush(stderr);
}

void progress_terminal(struct progress *ret, uint64_t unit)
{
	*ret = (struct progress){
		.show = isatty(STDERR_FILENO) ? show : NULL,
		.user = (void *)(uintptr_t)unit,
	};
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/save_restore.h"

#include <errno.h>
#include <unistd.h>

#include "cli/save_output.h"
#include "dumpfile/flat_restore.h"

int save_restore(const char *path, bool force, struct error *e)
{
	_cleanup_save_output_ struct save_output out = { 0 };
	struct flat_restored done;
	int r = save_output_open(path, "/dev/stdin", force, &out, e);

	if (r >= 0)
		r = flat_restore(STDIN_FILENO, "standard input", out.sink, NULL, &done, e);
	if (r >= 0 && !done.complete)
		r = error_set(e, -EINVAL, "standard input: the stream was cut off");
	if (r >= 0)
		return save_output_commit(&out, e);
	save_output_abandon(&out, false);
	return r;
}

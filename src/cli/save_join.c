/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/save_join.h"

#include <errno.h>
#include <stdlib.h>

#include "cli/save_output.h"
#include "dumpfile/kdump_join.h"

static int join(char *const *names, struct dumpfile **parts, int count, struct save_output *out,
		const char *path, bool force, struct progress *p, struct error *e)
{
	struct kdump_joined done;
	int r = 0;

	for (int i = 0; i < count && r >= 0; i++)
		r = dumpfile_open(names[i], &parts[i], e);
	if (r >= 0)
		r = save_output_open(path, names[0], force, out, e);
	if (r >= 0)
		r = kdump_join(parts, (size_t)count, out->sink, p, &done, e);
	if (r >= 0)
		return save_output_commit(out, e);
	save_output_abandon(out, false);
	return r;
}

int save_join(char *const *names, int count, const char *path, bool force, struct progress *p,
	      struct error *e)
{
	_cleanup_save_output_ struct save_output out = { 0 };
	_cleanup_free_ struct dumpfile **parts = calloc((size_t)count, sizeof(struct dumpfile *));
	int r = count < 2 ? error_set(e, -EINVAL, "a dump is joined of two or more parts")
		: parts	  ? join(names, parts, count, &out, path, force, p, e)
			  : error_set(e, -ENOMEM, "out of memory");

	for (int i = 0; parts && i < count; i++)
		dumpfile_close(parts[i]);
	return r;
}

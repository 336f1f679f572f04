/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/save_repair.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/progress.h"
#include "cli/save_output.h"
#include "cli/save_report.h"
#include "dumpfile/kdump_repair.h"

static void print_text(const char *name, const struct kdump_repaired *r)
{
	printf("%s: %llu of %llu pages are readable\n", name, (unsigned long long)r->whole_pages,
	       (unsigned long long)r->pages);
	save_report_pages("missing", r->missing_pages, "marked lost");
	save_report_pages("damaged", r->damaged_pages, "marked lost");
	save_report_pages("led to the same data", r->doubtful_pages, "marked lost");
	if (r->fixed_header)
		printf("  headers were damaged   written anew\n");
	if (r->fixed_bits)
		printf("  bitmaps contradicted each other in %llu bits\n",
		       (unsigned long long)r->fixed_bits);
}

static int print_json(const char *path, const char *destination, const struct kdump_repaired *r)
{
	_cleanup_buf_ struct buf text = { 0 };
	const struct json_number numbers[] = {
		{ "pages", r->pages },
		{ "whole_pages", r->whole_pages },
		{ "missing_pages", r->missing_pages },
		{ "damaged_pages", r->damaged_pages },
		{ "doubtful_pages", r->doubtful_pages },
		{ "fixed_bits", r->fixed_bits },
	};
	struct json j;

	json_document(&j, &text, "lastword.repair/1");
	json_put_string(&j, "source", path);
	json_put_string(&j, "destination", destination);
	json_numbers(&j, numbers, ARRAY_SIZE(numbers));
	json_put_bool(&j, "fixed_header", r->fixed_header);
	json_put_bool(&j, "incomplete", r->incomplete);
	return say_json(&j, stdout, EXIT_SUCCESS);
}

static int in_place(struct partial *p, int fd, struct progress *progress,
		    struct kdump_repaired *ret, struct error *e)
{
	int r = save_output_lock(fd, e);

	if (r >= 0)
		r = partial_write(p, fd, e);
	if (r >= 0)
		r = kdump_repair_in_place(p, progress, ret, e);
	return r < 0 ? r : sink_sync(p->sink, e);
}

static int to_file(const struct partial *p, const char *destination, bool force,
		   struct progress *progress, struct kdump_repaired *ret, struct error *e)
{
	_cleanup_save_output_ struct save_output out = { 0 };
	int r = save_output_open(destination, p->name, force, &out, e);

	if (r < 0)
		return r;
	r = out.sink->seekable ? kdump_repair(p, out.sink, progress, ret, e)
			       : error_set(e, -ESPIPE, "needs a file to write");
	if (r >= 0)
		return save_output_commit(&out, e);
	save_output_abandon(&out, false);
	return r;
}

int save_repair(const struct cli *cli, const char *path, const char *destination, bool force)
{
	_cleanup_close_ int fd = open(path, (destination ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	_cleanup_partial_ struct partial p = { 0 };
	struct kdump_repaired res = { 0 };
	struct progress progress;
	struct error e = { 0 };
	int r = fd < 0 ? error_errno(&e, -errno, "open") : partial_open(fd, path, &p, &e);

	progress_terminal(&progress, KIB(4));
	if (r >= 0)
		r = destination ? to_file(&p, destination, force, &progress, &res, &e)
				: in_place(&p, fd, &progress, &res, &e);
	if (r < 0) {
		say_error("%s: %s", path, error_text(&e));
		return EXIT_FAILURE;
	}
	if (cli->json)
		return print_json(path, destination, &res);
	print_text(destination ? destination : path, &res);
	return EXIT_SUCCESS;
}

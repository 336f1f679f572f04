/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/save_resume.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/progress.h"
#include "cli/save_output.h"
#include "cli/save_report.h"
#include "cli/save_worth.h"
#include "save/resume.h"

/* The file to go on with. */
struct target {
	char *incomplete; /* its name, where it gets another one in the end; NULL: it keeps destination */
	int fd;
};

static void target_done(struct target *t)
{
	free(t->incomplete);
	closep(&t->fd);
}

/* What is written must be a file, not the one that is read, and nobody else's. */
static int check(int fd, const char *name, const char *source, struct error *e)
{
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		return error_errno(e, -errno, "%s", name);
	if (save_output_is_source(&st, source))
		return error_set(e, -EINVAL, "%s: is the dump to be read itself", name);
	if (!S_ISREG(st.st_mode))
		return error_set(e, -EINVAL, "%s: is no regular file", name);
	r = save_output_lock(fd, e);
	return r < 0 ? error_prefix(e, r, "%s", name) : 0;
}

static int target_open(const struct resume_arguments *a, struct target *ret, struct error *e)
{
	char *incomplete = save_output_incomplete(a->destination);
	const char *name = incomplete;
	int fd = incomplete ? open(incomplete, O_RDWR | O_CLOEXEC | O_NOFOLLOW) : -1;

	*ret = (struct target){ incomplete, fd };
	if (fd < 0 && (!incomplete || errno == ENOENT)) {
		ret->incomplete = NULL;
		free(incomplete);
		name = a->destination;
		ret->fd = open(name, O_RDWR | O_CLOEXEC);
		if (ret->fd < 0 && errno == ENOENT)
			return error_set(e, -ENOENT,
					 "%s: there is nothing to resume; without --resume it is "
					 "begun",
					 name);
	} else if (fd >= 0 && !a->force && access(a->destination, F_OK) == 0) {
		return error_set(e, -EEXIST, "%s: exists beside %s; -f overwrites it",
				 a->destination, incomplete);
	}
	if (ret->fd < 0)
		return error_errno(e, -errno, "%s", name);
	return check(ret->fd, name, a->source, e);
}

static void print_text(const struct resume_arguments *a, const struct resume_result *r,
		       double seconds)
{
	printf("%s: %s, %.1f MiB written in %.2f s\n", a->destination,
	       r->save.lost_pages ? "as whole as its source" : "whole",
	       (double)r->save.bytes / (double)MIB(1), seconds);
	save_report_pages("the same as the source", r->proved_pages, "left as they were");
	save_report_pages("not in the source", r->unproved_pages, "left as they were");
	save_report_pages("damaged", r->damaged_pages, "written anew");
	save_report_pages("missing", r->missing_pages, "written");
	save_report_pages("lost in the source", r->save.lost_pages, "marked lost");
	if (r->head_bytes)
		printf("  headers and bitmaps    %12llu bytes  written anew\n",
		       (unsigned long long)r->head_bytes);
}

static int print_json(const struct resume_arguments *a, const struct resume_result *r,
		      double seconds)
{
	_cleanup_buf_ struct buf text = { 0 };
	const struct json_number numbers[] = {
		{ "kept_pages", r->save.kept_pages },	 { "same_pages", r->proved_pages },
		{ "unproved_pages", r->unproved_pages }, { "damaged_pages", r->damaged_pages },
		{ "missing_pages", r->missing_pages },	 { "written_pages", r->written_pages },
		{ "lost_pages", r->save.lost_pages },	 { "written_bytes", r->save.bytes },
		{ "written_head_bytes", r->head_bytes },
	};
	struct json j;

	json_document(&j, &text, "lastword.resume/1");
	json_put_string(&j, "source", a->source);
	json_put_string(&j, "destination", a->destination);
	json_numbers(&j, numbers, ARRAY_SIZE(numbers));
	json_put_bool(&j, "own_bitmaps", r->own_head);
	json_put_bool(&j, "incomplete", r->save.lost_pages > 0);
	json_put_text(&j, "warning", r->save.warning);
	json_put_double(&j, "seconds", seconds);
	return say_json(&j, stdout, EXIT_SUCCESS);
}

static int finish(const struct resume_arguments *a, struct target *t, struct error *e)
{
	if (fsync(t->fd) < 0)
		return error_errno(e, -errno, "%s: sync", a->destination);
	return t->incomplete ? save_output_name(t->incomplete, a->destination, a->force, e) : 0;
}

int save_resume(const struct cli *cli, const struct resume_arguments *a)
{
	_cleanup_(target_done) struct target t = { .fd = -1 };
	_cleanup_(dumpfile_closep) struct dumpfile *d = NULL;
	_cleanup_(kernel_closep) struct kernel *k = NULL;
	_cleanup_(worth_done) struct worth worth = { 0 };
	struct resume_options o = { .save = *a->save, .level_given = a->level != LEVEL_ALL };
	struct resume_result res = { 0 };
	struct progress progress;
	struct error e = { 0 };
	usec_t start = clock_now();
	double seconds;
	int r = target_open(a, &t, &e);

	if (r >= 0)
		r = dumpfile_open(a->source, &d, &e);
	if (r < 0) {
		say_error("%s", error_text(&e));
		return EXIT_FAILURE;
	}
	if (kernel_open(d, &k, &e) < 0)
		say_error("%s: %s", a->source, error_text(&e));
	worth_find(d, &worth);
	o.save.level = a->level;
	o.save.threads = a->threads;
	o.save.worth = worth.runs;
	o.save.worth_count = worth.count;
	progress_terminal(&progress, dumpfile_info(d)->page_size);
	o.save.progress = &progress;
	e = (struct error){ 0 };
	r = resume_dump(d, k, &o, t.fd, t.incomplete ? t.incomplete : a->destination, &res, &e);
	if (r >= 0)
		r = finish(a, &t, &e);
	if (res.save.warning[0])
		say_error("%s: %s", a->source, res.save.warning);
	if (r < 0) {
		say_error("%s", error_text(&e));
		if (res.save.incomplete)
			say_error("%s: keeps what was written; --resume goes on with it",
				  t.incomplete ? t.incomplete : a->destination);
		return EXIT_FAILURE;
	}
	seconds = (double)(clock_now() - start) / USEC_PER_SEC;
	if (cli->json)
		return print_json(a, &res, seconds);
	print_text(a, &res, seconds);
	return EXIT_SUCCESS;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/makedumpfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "cli/command.h"
#include "cli/makedumpfile_message.h"

static int run(const struct cli *cli, int argc, char **argv);

const struct command command_makedumpfile = {
	.name = "makedumpfile",
	.arguments = "[OPTIONS] VMCORE DUMPFILE",
	.summary = "save with makedumpfile's options and messages",
	.run = run,
};

/* Larger than any vmcoreinfo. */
#define VMCOREINFO_LIMIT MIB(1)

int mdf_failed(const struct error *e)
{
	if (e)
		mdf_say(MDF_SAYS_ERROR, "%s", error_text(e));
	mdf_say(MDF_SAYS_COMMON, "makedumpfile Failed.");
	return EXIT_FAILURE;
}

int mdf_completed(void)
{
	mdf_say(MDF_SAYS_COMMON, "\nmakedumpfile Completed.");
	return EXIT_SUCCESS;
}

static int version(void)
{
	printf("makedumpfile: version 1.7.8 (lastword " LASTWORD_VERSION ")\n"
	       "lzo\tenabled\nsnappy\tenabled\nzstd\tenabled\n");
	return EXIT_SUCCESS;
}

/* Is the file that -i names of the kernel in the dump? */
static int check_vmcoreinfo(const struct mdf_options *o, const struct kernel *k)
{
	_cleanup_(vmcoreinfo_freep) struct vmcoreinfo *v = NULL;
	_cleanup_buf_ struct buf text = { 0 };
	struct error e = { 0 };
	const char *release;
	int r = read_file_at(AT_FDCWD, o->vmcoreinfo, VMCOREINFO_LIMIT, &text);

	if (r < 0) {
		error_errno(&e, r, "%s", o->vmcoreinfo);
		return mdf_failed(&e);
	}
	r = vmcoreinfo_parse(text.data ? text.data : "", text.len, &v, &e);
	if (r < 0) {
		error_prefix(&e, r, "%s", o->vmcoreinfo);
		return mdf_failed(&e);
	}
	release = vmcoreinfo_get(v, "OSRELEASE");
	if (k && release && strcmp(release, kernel_release(k)) != 0) {
		error_set(&e, -EINVAL, "%s: is of kernel %s, the dump of %s", o->vmcoreinfo,
			  release, kernel_release(k));
		(void)mdf_failed(&e);
		return MDF_EXIT_MISMATCH;
	}
	return EXIT_SUCCESS;
}

/* Files that makedumpfile has to read and we have not. */
static int check_unneeded(const struct mdf_options *o, const struct kernel *k)
{
	struct error e = { 0 };

	if (o->vmlinux && access(o->vmlinux, R_OK) < 0) {
		error_errno(&e, -errno, "%s", o->vmlinux);
		return mdf_failed(&e);
	}
	if (o->vmlinux || o->vmcoreinfo)
		mdf_say(MDF_SAYS_COMMON, "%s is not needed: the dump itself tells.",
			o->vmlinux ? o->vmlinux : o->vmcoreinfo);
	return o->vmcoreinfo ? check_vmcoreinfo(o, k) : EXIT_SUCCESS;
}

int mdf_open(const struct mdf_options *o, const char *path, struct dumpfile **ret_d,
	     struct kernel **ret_k)
{
	struct error e = { 0 };

	if (dumpfile_open(path, ret_d, &e) < 0)
		return mdf_failed(&e);
	if (kernel_open(*ret_d, ret_k, &e) < 0)
		mdf_say(MDF_SAYS_ERROR, "%s: %s", path, error_text(&e));
	else if (kernel_doubts(*ret_k))
		mdf_say(MDF_SAYS_ERROR, "%s: %s", path, kernel_doubts(*ret_k));
	return check_unneeded(o, *ret_k);
}

static int run(const struct cli *cli, int argc, char **argv)
{
	static int (*const jobs[])(const struct mdf_options *) = {
		[MDF_CREATE] = mdf_create,	   [MDF_REARRANGE] = mdf_rearrange,
		[MDF_REASSEMBLE] = mdf_reassemble, [MDF_DMESG] = mdf_dmesg,
		[MDF_MEM_USAGE] = mdf_mem_usage,   [MDF_VMCOREINFO] = mdf_vmcoreinfo,
	};
	struct mdf_options o;
	struct error e = { 0 };
	int r = mdf_options_parse(argc, argv, &o, &e);

	mdf_message_init((unsigned)o.message_level, o.save.flat);
	if (r < 0) {
		mdf_say(MDF_SAYS_ERROR, "%s.\nTry `makedumpfile --help' for more information.",
			error_text(&e));
		return o.check_only ? EXIT_FAILURE : mdf_failed(NULL);
	}
	if (o.job == MDF_HELP) {
		mdf_options_help(stdout);
		return EXIT_SUCCESS;
	}
	if (o.job == MDF_VERSION)
		return version();
	return o.check_only ? EXIT_SUCCESS : jobs[o.job](&o);
}

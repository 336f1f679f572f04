/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/io.h"
#include "cli/makedumpfile.h"
#include "cli/makedumpfile_message.h"
#include "cli/new_file.h"
#include "cli/save_join.h"
#include "cli/save_restore.h"
#include "kernel/printk.h"

/* log_buf_len= can be 2 GiB. */
#define LOG_LIMIT ((size_t)4 << 30)

int mdf_rearrange(const struct mdf_options *o)
{
	struct error e = { 0 };

	if (save_restore(o->operands[0], o->save.force, &e) < 0)
		return mdf_failed(&e);
	mdf_saved(o->operands, 1);
	return mdf_completed();
}

int mdf_reassemble(const struct mdf_options *o)
{
	int count = o->operand_count - 1;
	struct progress progress;
	struct error e = { 0 };

	mdf_progress(&progress, 1);
	if (save_join(o->operands, count, o->operands[count], o->save.force, &progress, &e) < 0)
		return mdf_failed(&e);
	mdf_saved(o->operands + count, 1);
	return mdf_completed();
}

static int write_log(const struct mdf_options *o, struct kernel *k, struct error *e)
{
	_cleanup_buf_ struct buf text = { .limit = LOG_LIMIT };
	const char *name = o->save.flat ? "standard output" : o->operands[1];
	struct printk_stats stats = { 0 };
	bool too_long;
	int r = o->partial_dmesg ? printk_text_since_clear(k, &text, &stats, e)
				 : printk_text(k, &text, &stats, e);

	if (r >= 0 && !text.len && !o->partial_dmesg)
		r = error_set(e, -ENODATA, "%s: nothing is left of the kernel's log",
			      o->operands[0]);
	if (r < 0)
		return r;
	too_long = o->save.limit && text.len > o->save.limit;
	if (too_long)
		text.len = o->save.limit;
	if (o->save.flat) {
		r = write_all(STDOUT_FILENO, text.data, text.len);
		if (r < 0)
			r = error_errno(e, r, "%s", name);
	} else {
		r = write_new_file(name, o->save.force, &text, e);
	}
	return r >= 0 && too_long ? error_set(e, -EFBIG, "%s: the limit of %llu bytes was reached",
					      name, (unsigned long long)o->save.limit)
				  : r;
}

int mdf_dmesg(const struct mdf_options *o)
{
	_cleanup_(dumpfile_closep) struct dumpfile *d = NULL;
	_cleanup_(kernel_closep) struct kernel *k = NULL;
	struct error e = { 0 };
	int status = mdf_open(o, o->operands[0], &d, &k);

	if (status != EXIT_SUCCESS)
		return status;
	if (!k || write_log(o, k, &e) < 0)
		return mdf_failed(k ? &e : NULL);
	mdf_say(MDF_SAYS_COMMON, "\nThe dmesg log is saved to %s.",
		o->save.flat ? "STDOUT" : o->operands[1]);
	return mdf_completed();
}

/* Does the file hold this kernel's banner? */
static int check_vmlinux(const char *path, const char *release, struct error *e)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	char banner[160];
	bool found;
	struct stat st;
	void *map;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno(e, -errno, "%s", path);
	snprintf(banner, sizeof(banner), "Linux version %s ", release);
	map = st.st_size > 0 ? mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0)
			     : MAP_FAILED;
	if (map == MAP_FAILED)
		return error_set(e, -EINVAL, "%s: cannot be read", path);
	found = memmem(map, (size_t)st.st_size, banner, strlen(banner));
	munmap(map, (size_t)st.st_size);
	return found ? 0
		     : error_set(e, -EINVAL,
				 "%s: is not of the running kernel, %s, whose vmcoreinfo is all "
				 "that -g "
				 "can write",
				 path, release);
}

/* What the running kernel says of itself: no need to make it of a vmlinux. */
static int write_vmcoreinfo(const struct mdf_options *o, struct error *e)
{
	_cleanup_(dumpfile_closep) struct dumpfile *d = NULL;
	_cleanup_(kernel_closep) struct kernel *k = NULL;
	struct buf text = { 0 };
	int r = dumpfile_open("/proc/kcore", &d, e);

	if (r >= 0)
		r = kernel_open(d, &k, e);
	if (r >= 0)
		r = check_vmlinux(o->vmlinux, kernel_release(k), e);
	if (r < 0)
		return r;
	text.data = (char *)vmcoreinfo_text(kernel_vmcoreinfo(k), &text.len);
	return write_new_file(o->generate, o->save.force, &text, e);
}

int mdf_vmcoreinfo(const struct mdf_options *o)
{
	struct error e = { 0 };

	if (write_vmcoreinfo(o, &e) < 0)
		return mdf_failed(&e);
	mdf_say(MDF_SAYS_COMMON, "\nThe vmcoreinfo is saved to %s.", o->generate);
	return mdf_completed();
}

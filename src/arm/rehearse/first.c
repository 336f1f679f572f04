/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/rehearse/first.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arm/image/image.h"
#include "arm/kexec/kernel_file.h"
#include "base/io.h"

#define INSTALLED_STAGE "/usr/lib/lastword/lastword-stage"

/*
 * A busy host delivers an emulated timer's interrupts too late for the kernel's check of them, which panics: no_timer_check.
 * panic=-1: whatever ends this kernel ends the machine.
 */
#define OWN_WORDS "console=ttyS0,115200 no_timer_check panic=-1 quiet loglevel=4 nmi_watchdog=0"

int first_cmdline(uint64_t crashkernel, struct buf *ret)
{
	return buf_printf(ret, OWN_WORDS " crashkernel=%lluK",
			  (unsigned long long)(crashkernel >> 10));
}

/* Of the system we run on, not of the root. */
static int stage_program(char ret[PATH_MAX], struct error *e)
{
	const char *named = secure_getenv("LASTWORD_STAGE");
	ssize_t n = readlink("/proc/self/exe", ret, PATH_MAX - 32);

	if (named && strlen(named) < PATH_MAX) {
		strcpy(ret, named);
		return 0;
	}
	if (n > 0) {
		ret[n] = '\0';
		strcpy(strrchr(ret, '/') + 1, "lastword-stage");
		if (access(ret, R_OK) == 0)
			return 0;
	}
	strcpy(ret, INSTALLED_STAGE);
	return access(ret, R_OK) == 0
		       ? 0
		       : error_set(e, -ENOENT,
				   "lastword-stage is not installed: no " INSTALLED_STAGE);
}

static int add_stage(struct image *im, struct error *e)
{
	struct buf program = { 0 };
	char path[PATH_MAX];
	int r = stage_program(path, e);

	if (r < 0)
		return r;
	r = read_file_at(AT_FDCWD, path, IMAGE_FILE_MAX, &program);
	if (r < 0)
		return error_errno(e, r, "%s", path);
	return image_add(im, "/init", 0755, &program, e);
}

int first_pack(const struct root *root, const char *kernel, const struct buf *image,
	       const char *cmdline, struct buf *ret, struct error *e)
{
	_cleanup_image_ struct image im = { 0 };
	struct buf content = { .limit = IMAGE_FILE_MAX };
	int r = add_stage(&im, e);

	if (r == 0)
		r = kernel_file_read(root, kernel, &content, e);
	if (r == 0)
		r = image_add(&im, FIRST_KERNEL, 0600, &content, e);
	if (r < 0)
		return r;
	content = (struct buf){ .limit = MIB(512) };
	r = buf_append(&content, image->data, image->len);
	if (r < 0)
		return error_errno(e, r, "capture image");
	r = image_add(&im, FIRST_IMAGE, 0600, &content, e);
	if (r < 0)
		return r;
	content = (struct buf){ 0 };
	r = buf_printf(&content, "%s", cmdline);
	if (r < 0)
		return error_errno(e, r, "command line");
	r = image_add(&im, FIRST_CMDLINE, 0600, &content, e);
	return r < 0 ? r : image_pack_plain(&im, ret, e);
}

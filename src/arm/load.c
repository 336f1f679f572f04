/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/load.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

#define LOADED "/sys/kernel/kexec_crash_loaded"

static const struct {
	int code;
	const char *words;
} refusals[] = {
	{ EKEYREJECTED,
	  "the kernel image's signature is not one this kernel trusts (Secure Boot or lockdown)" },
	{ ENOKEY, "the kernel image is signed with a key this kernel does not have (Secure Boot or "
		  "lockdown)" },
	{ EBADMSG, "the kernel image's signature is damaged" },
	{ ENODATA, "the kernel image is not signed, and this kernel wants signatures" },
	{ ENOEXEC, "the kernel does not take this file as a kernel image" },
	{ EADDRNOTAVAIL,
	  "kernel and capture image do not fit into the reservation; raise crashkernel=" },
	{ ENOMEM, "kernel and capture image do not fit into the reservation; raise crashkernel=" },
	{ EBUSY, "another program is loading a kernel at this moment; try again" },
	{ ENOSYS, "this kernel was built without CONFIG_KEXEC_FILE" },
};

static bool file_says(const struct root *root, const char *path, const char *text)
{
	_cleanup_buf_ struct buf content = { 0 };

	return root_read_file(root, path, 4096, &content) == 0 && content.data &&
	       strstr(content.data, text);
}

static const char *explain(const struct root *root, int code)
{
	if (code == EPERM && file_says(root, "/proc/sys/kernel/kexec_load_disabled", "1"))
		return "kexec is switched off until the next boot (sysctl "
		       "kernel.kexec_load_disabled=1)";
	if (code == EPERM &&
	    (file_says(root, "/sys/kernel/security/lockdown", "[integrity]") ||
	     file_says(root, "/sys/kernel/security/lockdown", "[confidentiality]")))
		return "the kernel is locked down and does not take this image";
	if (code == EPERM && file_says(root, "/proc/sys/kernel/kexec_load_limit_panic", "0"))
		return "no more loads are allowed until the next boot (sysctl "
		       "kernel.kexec_load_limit_panic=0)";
	if (code == EPERM)
		return "not permitted; run it as root";
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++)
		if (refusals[i].code == code)
			return refusals[i].words;
	return strerror(code);
}

static int load(int kernel, int image, const char *cmdline, unsigned long flags)
{
	return syscall(SYS_kexec_file_load, kernel, image, cmdline ? strlen(cmdline) + 1 : 0UL,
		       cmdline, flags) < 0
		       ? -errno
		       : 0;
}

int crash_load(const struct root *root, const char *kernel, const char *image, const char *cmdline,
	       struct error *e)
{
	_cleanup_close_ int kernel_fd =
		openat(root->fd, root_relative(kernel), O_RDONLY | O_CLOEXEC);
	_cleanup_close_ int image_fd = -1;
	int r;

	if (kernel_fd < 0)
		return error_errno(e, -errno, "%s", kernel);
	image_fd = openat(root->fd, root_relative(image), O_RDONLY | O_CLOEXEC);
	if (image_fd < 0)
		return error_errno(e, -errno, "%s", image);
	r = load(kernel_fd, image_fd, cmdline, KEXEC_FILE_ON_CRASH);
	return r < 0 ? error_set(e, r, "load %s: %s", kernel, explain(root, -r)) : 0;
}

int crash_unload(const struct root *root, struct error *e)
{
	int r = load(-1, -1, NULL, KEXEC_FILE_ON_CRASH | KEXEC_FILE_UNLOAD);

	return r < 0 ? error_set(e, r, "unload the crash kernel: %s", explain(root, -r)) : 0;
}

bool crash_loaded(const struct root *root)
{
	return file_says(root, LOADED, "1");
}

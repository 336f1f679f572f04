/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/kexec/load.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arm/kexec/kernel_file.h"
#include "base/cleanup.h"

static const struct {
	const char *loaded, *limit;
} files[] = {
	[KEXEC_FOR_RESTART] = { "/sys/kernel/kexec_loaded",
				"/proc/sys/kernel/kexec_load_limit_reboot" },
	[KEXEC_FOR_CRASH] = { "/sys/kernel/kexec_crash_loaded",
			      "/proc/sys/kernel/kexec_load_limit_panic" },
};

#define NO_ROOM "kernel and capture image do not fit into the reservation; raise crashkernel="
#define NO_FREE "kernel and initrd do not fit into the free memory"

/* words of both places, or one for each */
static const struct {
	int code;
	const char *words[KEXEC_FOR_CRASH + 1];
} refusals[] = {
	{ EKEYREJECTED,
	  { "the kernel image's signature is not one this kernel trusts (Secure Boot or "
	    "lockdown)" } },
	{ ENOKEY,
	  { "the kernel image is signed with a key this kernel does not have (Secure Boot or "
	    "lockdown)" } },
	{ EBADMSG, { "the kernel image's signature is damaged" } },
	{ ENODATA, { "the kernel image is not signed, and this kernel wants signatures" } },
	{ ENOEXEC, { "the kernel does not take this file as a kernel image" } },
	{ EINVAL, { "the kernel does not take this image, or its command line is too long" } },
	{ EADDRNOTAVAIL, { NO_FREE, NO_ROOM } },
	{ ENOMEM, { NO_FREE, NO_ROOM } },
	{ EBUSY, { "another program is loading a kernel at this moment; try again" } },
	{ ENOSYS, { "this kernel was built without CONFIG_KEXEC_FILE" } },
};

static bool file_says(const struct root *root, const char *path, const char *text)
{
	_cleanup_buf_ struct buf content = { 0 };

	return root_read_file(root, path, 4096, &content) == 0 && content.data &&
	       strstr(content.data, text);
}

/* "0\n" and nothing else. */
static bool file_is_zero(const struct root *root, const char *path)
{
	_cleanup_buf_ struct buf content = { 0 };

	return root_read_file(root, path, 4096, &content) == 0 && content.data &&
	       strcmp(content.data, "0\n") == 0;
}

static const char *explain(const struct root *root, enum kexec_place place, int code)
{
	if (code == EPERM && file_says(root, "/proc/sys/kernel/kexec_load_disabled", "1"))
		return "kexec is switched off until the next boot (sysctl "
		       "kernel.kexec_load_disabled=1)";
	if (code == EPERM &&
	    (file_says(root, "/sys/kernel/security/lockdown", "[integrity]") ||
	     file_says(root, "/sys/kernel/security/lockdown", "[confidentiality]")))
		return "the kernel is locked down and does not take this image";
	if (code == EPERM && file_is_zero(root, files[place].limit))
		return place == KEXEC_FOR_CRASH ? "no more loads are allowed until the next boot "
						  "(sysctl kernel.kexec_load_limit_panic=0)"
						: "no more loads are allowed until the next boot "
						  "(sysctl kernel.kexec_load_limit_reboot=0)";
	if (code == EPERM)
		return geteuid() == 0
			       ? "the kernel does not permit it: it may be locked down (Secure "
				 "Boot), or a security module forbids it"
			       : "not permitted; run it as root";
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++)
		if (refusals[i].code == code)
			return refusals[i].words[place] ?: refusals[i].words[0];
	return strerror(code);
}

static int load(int kernel, int initrd, const char *cmdline, unsigned long flags)
{
	return syscall(SYS_kexec_file_load, kernel, initrd, cmdline ? strlen(cmdline) + 1 : 0UL,
		       cmdline, flags) < 0
		       ? -errno
		       : 0;
}

static unsigned long place_flag(enum kexec_place place)
{
	return place == KEXEC_FOR_CRASH ? KEXEC_FILE_ON_CRASH : 0;
}

int kexec_load_files(const struct root *root, enum kexec_place place, int kernel, int initrd,
		     const char *cmdline, struct error *e)
{
	int r = load(kernel, initrd, cmdline,
		     place_flag(place) | (initrd < 0 ? KEXEC_FILE_NO_INITRAMFS : 0));

	return r < 0 ? error_set(e, r, "%s", explain(root, place, -r)) : 0;
}

int kexec_unload(const struct root *root, enum kexec_place place, struct error *e)
{
	int r = load(-1, -1, NULL, place_flag(place) | KEXEC_FILE_UNLOAD);

	return r < 0 ? error_set(e, r, "%s", explain(root, place, -r)) : 0;
}

bool kexec_loaded(const struct root *root, enum kexec_place place)
{
	return file_says(root, files[place].loaded, "1");
}

int crash_load(const struct root *root, const char *kernel, const char *image, const char *cmdline,
	       struct error *e)
{
	_cleanup_close_ int kernel_fd = -1, image_fd = -1;
	int r = kernel_file_open(root, kernel, &kernel_fd, e);

	if (r < 0)
		return r;
	image_fd = openat(root->fd, root_relative(image), O_RDONLY | O_CLOEXEC);
	if (image_fd < 0)
		return error_errno(e, -errno, "%s", image);
	r = kexec_load_files(root, KEXEC_FOR_CRASH, kernel_fd, image_fd, cmdline, e);
	return r < 0 ? error_prefix(e, r, "load %s", kernel) : 0;
}

int crash_unload(const struct root *root, struct error *e)
{
	int r = kexec_unload(root, KEXEC_FOR_CRASH, e);

	return r < 0 ? error_prefix(e, r, "unload the crash kernel") : 0;
}

bool crash_loaded(const struct root *root)
{
	return kexec_loaded(root, KEXEC_FOR_CRASH);
}

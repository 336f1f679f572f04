/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/rehearse/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

#define PROBE_LIMIT (4 * USEC_PER_SEC)
#define SECTOR 512

/*
 * A boot sector: writes "lastword\n" to the first serial port and stops. Real mode, loaded at 0x7c00 by the firmware, so that
 * what is tried is a guest's firmware, its disk and its own instructions.
 */
static const unsigned char sector[] = {
	0xfa,		  /* cli */
	0x31, 0xc0,	  /* xor ax, ax */
	0x8e, 0xd8,	  /* mov ds, ax */
	0xfc,		  /* cld */
	0xba, 0xf8, 0x03, /* mov dx, 0x3f8 */
	0xbe, 0x15, 0x7c, /* mov si, 0x7c15 */
	0xac,		  /* lodsb */
	0x84, 0xc0,	  /* test al, al */
	0x74, 0x03,	  /* jz +3 */
	0xee,		  /* out dx, al */
	0xeb, 0xf8,	  /* jmp lodsb */
	0xf4,		  /* hlt, at 0x14 */
	'l',  'a',  's',  't', 'w', 'o', 'r', 'd', '\n', 0,
};

static bool listen(void *user, const char *line, usec_t since_start)
{
	bool *ran = user;

	*ran = *ran || strstr(line, "lastword");
	return !*ran;
}

static int write_sector(char *path, struct error *e)
{
	_cleanup_close_ int fd = mkostemp(path, O_CLOEXEC);
	unsigned char disk[SECTOR] = { 0 };
	int r;

	if (fd < 0)
		return error_errno(e, -errno, "%s", path);
	memcpy(disk, sector, sizeof(sector));
	disk[SECTOR - 2] = 0x55;
	disk[SECTOR - 1] = 0xaa;
	r = write_all(fd, disk, sizeof(disk));
	return r < 0 ? error_errno(e, r, "%s", path) : 0;
}

static int try(const char *qemu, const char *path, bool *ret_ran, struct error *e)
{
	_cleanup_free_ char *drive = NULL;
	_cleanup_vm_ struct vm m = VM_NONE;
	enum vm_ending ending;
	struct error ignored = { 0 };
	int r;

	if (asprintf(&drive, "file=%s,format=raw,if=floppy", path) < 0) {
		drive = NULL;
		return error_errno(e, -ENOMEM, "QEMU");
	}
	const char *words[] = { "-drive", drive, NULL };
	const struct vm_spec spec = { .memory = MIB(32), .cpus = 1, .words = words };

	r = vm_start(qemu, VM_KVM, &spec, &m, e);
	if (r < 0)
		return r;
	r = vm_follow(&m, clock_now() + PROBE_LIMIT, 0, listen, ret_ran, &ending, &ignored);
	return r == -EINTR ? error_set(e, r, "interrupted") : 0;
}

int vm_probe_accel(const char *qemu, enum vm_accel *ret, const char **ret_why, struct error *e)
{
	const char *tmp = getenv("TMPDIR");
	bool ran = false;
	char path[PATH_MAX];
	int r;

	*ret = VM_TCG;
	if (access("/dev/kvm", R_OK | W_OK) < 0) {
		*ret_why = errno == ENOENT ? "no /dev/kvm" : "/dev/kvm may not be opened";
		return 0;
	}
	snprintf(path, sizeof(path), "%s/lastword-probe-XXXXXX",
		 tmp && *tmp && !strchr(tmp, ',') ? tmp : "/tmp");
	r = write_sector(path, e);
	if (r < 0)
		return r;
	r = try(qemu, path, &ran, e);
	unlink(path);
	if (r < 0)
		return r;
	*ret = ran ? VM_KVM : VM_TCG;
	*ret_why = ran ? "a guest ran with it" : "/dev/kvm is there, but no guest runs with it";
	return 0;
}

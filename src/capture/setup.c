/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/setup.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/io.h"
#include "capture/meminfo.h"

/* Data not written yet may take an eighth of what is free, in these bounds. */
#define DIRTY_SHARE 8
#define DIRTY_MIN MIB(2)
#define DIRTY_MAX MIB(64)

static const struct {
	const char *type, *at;
} mounts[] = {
	{ "proc", "/proc" },
	{ "sysfs", "/sys" },
	{ "devtmpfs", "/dev" },
};

void setup_mounts(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		mkdir(mounts[i].at, 0755);
		/* devtmpfs may be there already; what is missing is noticed where it is used. */
		(void)mount(mounts[i].type, mounts[i].at, mounts[i].type, MS_NOSUID | MS_NOEXEC,
			    NULL);
	}
}

void setting_write(const char *path, const char *text)
{
	(void)!write_file_at(AT_FDCWD, path, text);
}

static void set_number(const char *path, uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu\n", (unsigned long long)value);
	setting_write(path, text);
}

void setup_memory(void)
{
	_cleanup_buf_ struct buf text = { 0 };
	uint64_t available = 0, stuck = 0, written = 0, dirty;

	/* Bitmaps are mapped whole and touched in part. */
	setting_write("/proc/sys/vm/overcommit_memory", "1\n");
	if (read_file_at(AT_FDCWD, "/proc/meminfo", 65536, &text) < 0 ||
	    !meminfo_get(text.data, "MemAvailable", &available))
		return;
	dirty = MAX(MIN(KIB(available) / DIRTY_SHARE, DIRTY_MAX), DIRTY_MIN);
	(void)meminfo_get(text.data, "Dirty", &stuck);
	(void)meminfo_get(text.data, "Writeback", &written);
	stuck = KIB(MIN(stuck + written, available));
	set_number("/proc/sys/vm/dirty_bytes", stuck + dirty);
	set_number("/proc/sys/vm/dirty_background_bytes", stuck + dirty / 2);
}

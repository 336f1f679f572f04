/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/place/filesystems.h"

#include <string.h>

#include "base/macro.h"

#define NO_COLON "its file names cannot have the ':' that a dump directory's name has"
/* fs/jfs/jfs_mount.c, chkSuper(): a file system not marked clean is mounted for reading alone. */
#define DIRTY                                                                                      \
	"after a crash it can be written to only once jfs_fsck has run, which the capture kernel " \
	"does not have"

static const struct {
	const char *fstype;
	const char *refusal; /* NULL: it holds a dump */
} types[] = {
	{ "ext2", NULL },
	{ "ext3", NULL },
	{ "ext4", NULL },
	{ "xfs", NULL },
	{ "btrfs", NULL },
	{ "f2fs", NULL },
	{ "jfs", DIRTY },
	{ "minix", NULL },
	{ "vfat", NO_COLON },
	{ "msdos", NO_COLON },
	{ "exfat", NO_COLON },
	{ "ntfs", NO_COLON },
	{ "ntfs3", NO_COLON },
	{ "tmpfs", "it is gone after a crash" },
	{ "ramfs", "it is gone after a crash" },
};

const char *filesystem_refusal(const char *fstype)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcmp(types[i].fstype, fstype) == 0)
			return types[i].refusal;
	return "it is none of ext2, ext3, ext4, xfs, btrfs, f2fs and minix";
}

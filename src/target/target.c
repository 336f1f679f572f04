/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "target/target.h"

#include <stdio.h>
#include <string.h>

static const struct target_ops *const kinds[] = {
	[PLAN_TARGET_FS] = &target_fs,
	[PLAN_TARGET_RAW] = &target_raw,
	[PLAN_TARGET_NFS] = &target_nfs,
	[PLAN_TARGET_SSH] = &target_ssh,
	[PLAN_TARGET_VIRTIOFS] = &target_virtiofs,
};

const struct target_ops *target_ops(enum plan_target_kind kind)
{
	return (size_t)kind < ARRAY_SIZE(kinds) ? kinds[kind] : NULL;
}

const char *target_file_name(enum plan_target_kind kind, const char *name)
{
	return kind == PLAN_TARGET_SSH && strcmp(name, "vmcore") == 0 ? "vmcore.flat" : name;
}

void target_name_dir(struct target *t, const char *path)
{
	const char *slash = strrchr(path, '/');

	snprintf(t->dir_name, sizeof(t->dir_name), "%s", slash ? slash + 1 : path);
}

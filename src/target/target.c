/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "target/target.h"

static const struct target_ops *const kinds[] = {
	[PLAN_TARGET_FS] = &target_fs,
	[PLAN_TARGET_RAW] = &target_raw,
	[PLAN_TARGET_NFS] = &target_nfs,
	[PLAN_TARGET_SSH] = &target_ssh,
};

const struct target_ops *target_ops(enum plan_target_kind kind)
{
	return (size_t)kind < ARRAY_SIZE(kinds) ? kinds[kind] : NULL;
}

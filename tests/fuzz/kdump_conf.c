/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parser accepts is whole: an absolute path, a device where a target was named. */
#include "arm/config/config.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_config_ struct config c = { 0 };

	if (config_parse((const char *)data, size, "kdump.conf", &c, NULL) < 0)
		return 0;
	if (c.targets_count < 1 || c.targets_count > PLAN_TARGETS_MAX || c.level > 31)
		abort();
	for (size_t i = 0; i < c.targets_count; i++) {
		const struct config_target *t = &c.targets[i];

		if (t->path[0] != '/' ||
		    (t->kind != CONFIG_TARGET_PATH && t->kind != CONFIG_TARGET_ROOTFS &&
		     !t->device) ||
		    (t->kind == CONFIG_TARGET_FS && !t->fstype))
			abort();
	}
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parser accepts is whole: an absolute path, a device where a target was named. */
#include "arm/config.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_config_ struct config c = { 0 };

	if (config_parse((const char *)data, size, "kdump.conf", &c, NULL) < 0)
		return 0;
	if (c.path[0] != '/' || (c.target != CONFIG_TARGET_PATH && !c.device) ||
	    (c.target == CONFIG_TARGET_FS && !c.fstype) || c.level > 31)
		abort();
	return 0;
}

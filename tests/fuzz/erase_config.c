/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parser accepts has names, and loops that exist. */
#include <stdlib.h>

#include "save/erase_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct erase_config c;

	if (erase_config_parse((const char *)data, size, &c, NULL) < 0)
		return 0;
	for (size_t i = 0; i < c.rule_count; i++)
		if (!c.rules[i].path[0] || c.rules[i].loop >= (int)c.loop_count ||
		    c.rules[i].bytes > GIB(1) ||
		    (c.rules[i].how == ERASE_SIZED && !c.rules[i].size_path[0]))
			abort();
	for (size_t i = 0; i < c.loop_count; i++)
		if (!c.loops[i].id[0] || !c.loops[i].path[0] || c.loops[i].outer >= (int)i ||
		    (c.loops[i].walk != WALK_ITSELF && !c.loops[i].member[0]))
			abort();
	erase_config_done(&c);
	return 0;
}

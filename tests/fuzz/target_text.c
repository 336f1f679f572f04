/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kdump.conf and fstab of any content: our lines go in, and what comes back without them is what there was. */
#include "arm/setup/target_text.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_back(const struct buf *with, const uint8_t *data, size_t size)
{
	_cleanup_buf_ struct buf back = { 0 };

	if (target_text_remove(with->data, with->len, &back) < 0)
		return;
	if (back.len != size || (size && memcmp(back.data, data, size) != 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	_cleanup_buf_ struct buf conf = { 0 }, fstab = { 0 }, plain = { 0 };

	if (target_text_remove(text, size, &plain) < 0)
		return 0;
	/* Lines that look like ours are taken for ours. */
	if (memmem(text, size, "lastword", 8))
		return 0;
	if (target_conf_put(text, size, "xfs UUID=x\npath /\n", true, &conf, NULL) == 0)
		check_back(&conf, data, size);
	if (target_fstab_put(text, size, "UUID=x /x xfs defaults 0 2\n", &fstab) == 0)
		check_back(&fstab, data, size);
	return 0;
}

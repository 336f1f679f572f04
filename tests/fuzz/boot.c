/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The small parsers of what arm reads from the machine: kernel image, /proc/iomem, command line,
 * time zone. */
#include "arm/bzimage.h"
#include "arm/cmdline.h"
#include "arm/machine.h"
#include "arm/reserve.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = strndup((const char *)data, size), *zone = NULL;
	_cleanup_buf_ struct buf line = { 0 };
	struct reservation reservation;
	struct bzimage image;

	if (!text)
		return 0;
	if (bzimage_parse(data, size, &image, NULL) == 0 && image.init_size < image.payload_size)
		abort();
	reservation_parse(text, &reservation);
	(void)reservation_needed(&reservation, &(struct capture_sizes){ MIB(60), MIB(2), MIB(5) });
	if (cmdline_build(text, NULL, 2047, &line, NULL) == 0 && line.len > 2047)
		abort();
	if (size && timezone_footer((const char *)data, size, &zone) == 0 && strchr(zone, '\n'))
		abort();
	return 0;
}

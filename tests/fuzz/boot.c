/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The small parsers of what arm reads from the machine: kernel image, /proc/iomem, command line,
 * CPUs, time zone, a unified kernel image, a dump's manifest. */
#include "arm/kexec/bzimage.h"
#include "arm/kexec/cmdline.h"
#include "arm/kexec/cpus.h"
#include "arm/kexec/kernel_file.h"
#include "arm/machine.h"
#include "arm/kexec/reserve.h"
#include "arm/rehearse/highwater.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = strndup((const char *)data, size), *zone = NULL;
	_cleanup_buf_ struct buf line = { 0 };
	struct reservation reservation;
	uint64_t offset, length;
	struct highwater seen;
	struct bzimage image;
	struct cpus cpus;

	if (!text)
		return 0;
	if (bzimage_parse(data, size, &image, NULL) == 0 && image.init_size < image.payload_size)
		abort();
	if (unified_kernel(data, size, size, &offset, &length, NULL) == 0 &&
	    !range_inside(offset, length, size))
		abort();
	if (highwater_parse((const char *)data, size, "6.1", &seen) == 0 &&
	    highwater_used(seen.given, seen.total, seen.lowest_available) > seen.given)
		abort();
	reservation_parse(text, &reservation);
	(void)cpus_parse(text, &cpus);
	(void)reservation_needed(
		&reservation, &(struct capture_sizes){ MIB(60), MIB(2), MIB(5), 2, false, false });
	if (cmdline_build(&(struct cmdline_words){ .running = text }, 2047, &line, NULL) == 0 &&
	    line.len > 2047)
		abort();
	if (size && timezone_footer((const char *)data, size, &zone) == 0 && strchr(zone, '\n'))
		abort();
	return 0;
}

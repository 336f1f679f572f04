/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/io.h"
#include "dump.h"
#include "dumpfile/flat.h"
#include "dumpfile/flat_restore.h"

/* A sink that takes everything anywhere. */
static int take(struct sink *s, const void *data, size_t len, uint64_t offset, struct error *e)
{
	if (offset > INT64_MAX - len)
		abort();
	return 0;
}

static void restore(const uint8_t *head, const uint8_t *data, size_t size)
{
	static const struct sink_ops ops = { .write_at = take };
	struct sink out = { .ops = &ops, .name = "null", .seekable = true };
	struct flat_restored done;
	static int fd = -1;
	struct error e;

	if (fd < 0)
		fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (ftruncate(fd, 0) < 0 || pwrite_all(fd, head, FLAT_HEADER_SIZE, 0) < 0 ||
	    pwrite_all(fd, data, size, FLAT_HEADER_SIZE) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		abort();
	if (flat_restore(fd, "fuzz", &out, NULL, &done, &e) < 0 ||
	    done.stream_bytes > FLAT_HEADER_SIZE + size)
		abort();
}

/* The records alone: the header is always a good one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t head[FLAT_HEADER_SIZE] = FLAT_SIGNATURE;

	be64_put(head + 16, FLAT_TYPE);
	be64_put(head + 24, FLAT_VERSION);
	fuzz_dump(head, sizeof(head), data, size);
	restore(head, data, size);
	return 0;
}

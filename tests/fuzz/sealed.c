/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The header of a sealed file. A first byte of 0 gives it as it is; else what follows is put behind a header that opens, as
 * nonce and chunks.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/io.h"
#include "seal/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct seal_keys secret = { .count = 1 }, public = { .count = 1 };

static int sealed_file(const uint8_t *data, size_t size)
{
	_cleanup_buf_ struct buf header = { 0 };
	uint8_t file_key[SEAL_FILE_KEY];
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (data[0] && seal_header_make(&public, file_key, &header, NULL) < 0)
		abort();
	if (fd < 0 || write_all(fd, header.data ?: "", header.len) < 0 ||
	    write_all(fd, data + 1, size - 1) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		abort();
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(seal_reader_freep) struct seal_reader *r = NULL;
	_cleanup_close_ int fd = -1;
	struct seal_header h;
	char bytes[1000];

	if (size == 0)
		return 0;
	if (seal_init(NULL) < 0)
		abort();
	seal_key_public(&secret.keys[0], &public.keys[0]);
	if (seal_header_parse(data + 1, size - 1, &h, NULL) == 0 && h.size > size - 1)
		abort();
	fd = sealed_file(data, size);
	if (seal_reader_new(fd, "fuzz", &secret, &r, NULL) < 0)
		return 0;
	/* nobody writes a chunk without the key */
	if (seal_read(r, bytes, sizeof(bytes), NULL) >= 0)
		abort();
	return 0;
}

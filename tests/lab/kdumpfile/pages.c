/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kdumpfile-pages DUMP…: reads page frame numbers from standard input and writes each with the CRC-32 of its page as libkdumpfile reads
 * it, or with what libkdumpfile says where it cannot.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <libkdumpfile/kdumpfile.h>

#define PAGE 4096
#define FILES_MAX 16

static uint32_t crc32_of(const unsigned char *data, size_t len)
{
	uint32_t crc = UINT32_MAX;

	while (len--) {
		crc ^= *data++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static int read_pages(kdump_ctx_t *ctx)
{
	unsigned char page[PAGE];
	unsigned long long pfn;

	while (scanf("%llu", &pfn) == 1) {
		size_t len = sizeof(page);

		if (kdump_read(ctx, KDUMP_MACHPHYSADDR, pfn * PAGE, page, &len) == KDUMP_OK)
			printf("%llu %u\n", pfn, (unsigned)crc32_of(page, len));
		else
			printf("%llu %s\n", pfn, kdump_get_err(ctx));
	}
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	kdump_ctx_t *ctx = kdump_new();
	int fds[FILES_MAX], n = argc - 1;

	if (!ctx || n < 1 || n > FILES_MAX)
		return EXIT_FAILURE;
	for (int i = 0; i < n; i++) {
		fds[i] = open(argv[i + 1], O_RDONLY);
		if (fds[i] < 0) {
			perror(argv[i + 1]);
			return EXIT_FAILURE;
		}
	}
	if (kdump_open_fdset(ctx, (unsigned)n, fds) != KDUMP_OK) {
		fprintf(stderr, "%s\n", kdump_get_err(ctx));
		return EXIT_FAILURE;
	}
	return read_pages(ctx);
}

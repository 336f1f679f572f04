/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * seeds DIR: writes what the targets of the container formats start from, DIR/TARGET/N.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "../unit/dumpfile/mkdump.h"
#include "base/macro.h"
#include "dumpfile/flat.h"

#define PAGES "pages 1 3 text\npages 5 2 excluded\npages 64 1 zero\n"

static const struct {
	const char *target, *description;
} seeds[] = {
	{ "elf", "elf\n" PAGES },
	{ "elf", "elf\nxnum\nunaligned\n" PAGES },
	{ "elf", "elf\nword 4\n" PAGES },
	{ "elf", "elf\nbig-endian\noverlap 1 2\n" PAGES },
	{ "kdump", "kdump\ncodec none\n" PAGES },
	{ "kdump", "kdump\ncodec zlib\n" PAGES },
	{ "kdump", "kdump\ncodec lzo\nversion 5\n" PAGES },
	{ "kdump", "kdump\ncodec snappy\nversion 3\n" PAGES },
	{ "kdump", "kdump\ncodec zstd\nincomplete\npages 6 1 lost\n" PAGES },
	{ "kdump", "kdump\nbitmaps 1\nversion 0\n" PAGES },
	{ "kdump", "kdump\nword 4\nalign 4\ncodec lzo\n" PAGES },
	{ "kdump", "kdump\nbig-endian\nsplit 2 9\ncodec lzo\n" PAGES },
	{ "mend", "kdump\ncodec none\n" PAGES },
	{ "mend", "kdump\ncodec zstd\nincomplete\n" PAGES },
	{ "mend", "kdump\ncodec lzo\nflatten 5000\n" PAGES },
	{ "mend", "kdump\ncodec zlib\nsplit 2 9\n" PAGES },
	{ "flattened", "kdump\ncodec zlib\nflatten 5000\n" PAGES },
	{ "flattened", "elf\nflatten 3000\n" PAGES },
	{ "flattened", "kdump\nflatten 64\nno-end\npages 1 1 text\n" },
};

static void write_seed(const char *dir, const char *target, unsigned number,
		       const char *description)
{
	struct mkdump *m = mkdump(description);
	/* The flattened target brings its own header. */
	size_t skip = strcmp(target, "flattened") == 0 ? FLAT_HEADER_SIZE : 0;
	uint8_t *bytes = mmap(NULL, m->size, PROT_READ, MAP_PRIVATE, m->fd, 0);
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, target);
	mkdir(path, 0777);
	snprintf(path, sizeof(path), "%s/%s/%u", dir, target, number);
	f = fopen(path, "w");
	if (!f || bytes == MAP_FAILED || fwrite(bytes + skip, m->size - skip, 1, f) != 1 ||
	    fclose(f) != 0)
		err(1, "%s", path);
	munmap(bytes, m->size);
	mkdump_free(m);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		errx(2, "usage: seeds DIR");
	mkdir(argv[1], 0777);
	for (unsigned i = 0; i < ARRAY_SIZE(seeds); i++)
		write_seed(argv[1], seeds[i].target, i, seeds[i].description);
	return 0;
}

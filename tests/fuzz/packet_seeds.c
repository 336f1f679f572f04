/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * packet_seeds GOLDEN DIR: what the targets of netconsole start from, made of what real kernels sent. DIR/netconsole_wire gets
 * a datagram a file, the others sequences, each datagram behind its length (two bytes), its time and its sender (a byte each).
 */
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../unit/netconsole/packets.h"
#include "base/io.h"

#define SEQUENCE 1500 /* bytes: short enough for many a second */

static void write_seed(const char *dir, const char *target, unsigned number, const struct buf *b)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, target);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/%s/captured-%u", dir, target, number);
	f = fopen(path, "w");
	if (!f || fwrite(b->data, 1, b->len, f) != b->len || fclose(f) != 0)
		err(1, "%s", path);
}

static void write_seeds(const char *dir, char *packets, unsigned *number)
{
	_cleanup_buf_ struct buf sequence = { 0 };
	unsigned long ms;
	char *bytes;
	size_t len;

	while ((bytes = packets_next(&packets, &ms, &len))) {
		/* as the targets count time: twentieths of a second */
		const char head[] = { (char)len, (char)(len >> 8), (char)MIN(ms / 50, 255UL), 0 };
		struct buf one = { .data = bytes, .len = len };

		write_seed(dir, "netconsole_wire", ++*number, &one);
		if (sequence.len + sizeof(head) + len > SEQUENCE) {
			write_seed(dir, "netconsole", *number, &sequence);
			sequence.len = 0;
		}
		if (buf_append(&sequence, head, sizeof(head)) < 0 ||
		    buf_append(&sequence, bytes, len) < 0)
			errx(1, "out of memory");
	}
	write_seed(dir, "netconsole", ++*number, &sequence);
}

int main(int argc, char **argv)
{
	DIR *golden = argc == 3 ? opendir(argv[1]) : NULL;
	struct dirent *entry;
	unsigned number = 0;

	if (!golden)
		errx(2, "usage: packet_seeds GOLDEN DIR");
	while ((entry = readdir(golden))) {
		_cleanup_buf_ struct buf packets = { 0 };

		if (!strstr(entry->d_name, ".packets"))
			continue;
		if (read_file_at(dirfd(golden), entry->d_name, MIB(1), &packets) < 0)
			err(1, "%s", entry->d_name);
		write_seeds(argv[2], packets.data, &number);
	}
	closedir(golden);
	return 0;
}

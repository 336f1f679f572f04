/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the SHA-256 of the manifest costs while a dump is written: the same dump saved to a file with and without it.
 *	hash_cost DUMP OUT LEVEL CODEC-LETTER THREADS REPEATS
 * Prints the best seconds of each, of wall time and of CPU. NETTLE_FAT_OVERRIDE=none in the environment shows a CPU without
 * instructions for SHA.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/sink_hash.h"
#include "save/save.h"

struct seconds {
	double wall, cpu;
};

static struct seconds now(void)
{
	struct timespec w, c;

	clock_gettime(CLOCK_MONOTONIC, &w);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &c);
	return (struct seconds){ (double)w.tv_sec + (double)w.tv_nsec / 1e9,
				 (double)c.tv_sec + (double)c.tv_nsec / 1e9 };
}

/* The table in front of the data is read again, as src/capture/file.c does. */
static int save(struct dumpfile *d, struct kernel *k, const struct save_options *o, const char *out,
		bool hash, struct seconds *ret, struct error *e)
{
	struct seconds before = now(), after;
	struct save_result res;
	struct sink_hash_sum sum = { 0 };
	char hex[SINK_HASH_HEX];
	struct sink *s;
	int fd = open(out, O_RDWR | O_CREAT | O_TRUNC, 0600);
	int r = sink_fd_new(fd, out, &s, e);

	if (r == 0 && hash)
		r = sink_hash_new(s, &s, e);
	if (r == 0)
		r = save_dump(d, k, o, s, &res, e);
	if (r == 0 && hash) {
		sink_hash_sum(s, &sum);
		r = file_hash(fd, 0, sum.offset, NULL, hex);
	}
	after = now();
	if (r == 0)
		r = sink_close(s, e);
	ret->wall = after.wall - before.wall;
	ret->cpu = after.cpu - before.cpu;
	return r;
}

int main(int argc, char **argv)
{
	const struct codec *codec = argc == 7 ? codec_by_option(argv[4][0]) : NULL;
	struct dumpfile *d;
	struct kernel *k;
	struct error e = { 0 };

	if (!codec) {
		fputs("usage: hash_cost DUMP OUT LEVEL c|l|p|z THREADS REPEATS\n", stderr);
		return 2;
	}
	if (dumpfile_open(argv[1], &d, &e) < 0 || kernel_open(d, &k, &e) < 0) {
		fprintf(stderr, "hash_cost: %s\n", error_text(&e));
		return 1;
	}
	for (int hash = 0; hash <= 1; hash++) {
		const struct save_options o = { .level = (unsigned)atoi(argv[3]),
						.codec = codec->id,
						.threads = (unsigned)atoi(argv[5]) };
		struct seconds best = { 1e9, 1e9 }, one;

		for (int i = 0; i < atoi(argv[6]); i++) {
			if (save(d, k, &o, argv[2], hash, &one, &e) < 0) {
				fprintf(stderr, "hash_cost: %s\n", error_text(&e));
				return 1;
			}
			best.wall = MIN(best.wall, one.wall);
			best.cpu = MIN(best.cpu, one.cpu);
		}
		printf("%s: %.2f s, %.2f s of CPU\n", hash ? "with SHA-256" : "without", best.wall,
		       best.cpu);
	}
	return 0;
}

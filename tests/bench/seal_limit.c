/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What encryption costs: a file from the page cache, encrypted into nothing, in seconds of CPU.
 *	seal_limit FILE  ->  {"bytes": …, "seconds": …}
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/sink.h"
#include "seal/sink.h"

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int nothing_append(struct sink *s, const void *data, size_t len, struct error *e)
{
	return 0;
}

static int nothing(struct sink *s, struct error *e)
{
	return 0;
}

static const struct sink_ops nothing_ops = { .append = nothing_append,
					     .sync = nothing,
					     .close = nothing };

int main(int argc, char **argv)
{
	static char chunk[256 << 10];
	struct sink into = { .ops = &nothing_ops, .name = "nothing" }, *s;
	struct seal_keys secret = { .count = 1 }, to = { .count = 1 };
	int fd = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
	unsigned long long bytes = 0;
	double spent = 0;
	ssize_t n;

	if (fd < 0 || seal_init(NULL) < 0)
		return EXIT_FAILURE;
	seal_key_make(&secret.keys[0]);
	seal_key_public(&secret.keys[0], &to.keys[0]);
	if (seal_sink_new(&into, &to, &s, NULL) < 0)
		return EXIT_FAILURE;
	while ((n = read(fd, chunk, sizeof(chunk))) > 0) {
		double start = cpu_seconds();

		if (sink_append(s, chunk, (size_t)n, NULL) < 0)
			return EXIT_FAILURE;
		spent += cpu_seconds() - start;
		bytes += (unsigned long long)n;
	}
	if (sink_finish(s, NULL) < 0)
		return EXIT_FAILURE;
	printf("{\"bytes\": %llu, \"seconds\": %.4f}\n", bytes, spent);
	return sink_close(s, NULL) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

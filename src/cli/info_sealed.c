/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/info_sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/json.h"
#include "seal/header.h"

struct sealed {
	const char *path;
	struct seal_header header;
	uint64_t size, content; /* bytes */
	bool cut;		/* such a size no whole file has */
};

/* Chunks of one size, each with a tag, and a last one that is not empty. */
static void measure(struct sealed *s)
{
	uint64_t before = s->header.size + SEAL_NONCE, sealed, chunks, last;

	s->cut = s->size < before + SEAL_TAG;
	if (s->cut)
		return;
	sealed = s->size - before;
	chunks = DIV_ROUND_UP(sealed, SEAL_CHUNK + SEAL_TAG);
	last = sealed - (chunks - 1) * (SEAL_CHUNK + SEAL_TAG);
	s->cut = last < SEAL_TAG + (chunks > 1);
	s->content = sealed - MIN(sealed, chunks * SEAL_TAG);
}

static int look(struct sealed *s, struct error *e)
{
	_cleanup_close_ int fd = open(s->path, O_RDONLY | O_CLOEXEC);
	uint8_t begin[SEAL_HEADER_MAX];
	struct stat st;
	size_t len;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno(e, -errno, "%s", s->path);
	s->size = (uint64_t)st.st_size;
	len = (size_t)MIN(s->size, sizeof(begin));
	r = pread_exactly(fd, begin, len, 0);
	if (r < 0)
		return error_errno(e, r, "%s", s->path);
	r = seal_header_parse(begin, len, &s->header, e);
	if (r < 0)
		return error_prefix(e, r, "%s", s->path);
	measure(s);
	return 0;
}

static void print_text(const struct sealed *s)
{
	char ids[SEAL_KEYS_MAX * (SEAL_ID_TEXT + 2)];

	seal_header_ids(&s->header, ids, sizeof(ids));
	printf("%s: encrypted, format of age version 1\n", s->path);
	printf("  %-14s %zu\n", "keys", s->header.wraps_count + s->header.others);
	if (*ids)
		printf("  %-14s %s\n", "they begin", ids);
	printf("  %-14s %.1f MiB\n", "file size", (double)s->size / (double)MIB(1));
	printf("  %-14s %.1f MiB\n", "content", (double)s->content / (double)MIB(1));
	printf("  %-14s %s\n", "whole",
	       s->cut ? "no: no file has this size that was not cut off"
		      : "cannot be told without the key");
	printf("  'lastword save --key KEYFILE %s DST' decrypts it\n", s->path);
}

static int print_json(const struct sealed *s)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct json j;

	json_document(&j, &text, "lastword.info-encrypted/1");
	json_put_string(&j, "file", s->path);
	json_put_string(&j, "format", "age/1");
	json_put_array(&j, "keys");
	for (size_t i = 0; i < s->header.ids_count; i++)
		json_string(&j, s->header.ids[i]);
	json_array_end(&j);
	json_put_uint(&j, "file_size", s->size);
	json_put_uint(&j, "content_size", s->content);
	json_put_bool(&j, "cut", s->cut);
	return say_json(&j, stdout, EXIT_SUCCESS);
}

int info_sealed(const struct cli *cli, const char *path)
{
	struct sealed s = { .path = path };
	struct error e = { 0 };
	int r = look(&s, &e);

	if (r < 0) {
		say_error("%s", error_text(&e));
		return EXIT_FAILURE;
	}
	if (cli->json)
		return print_json(&s);
	print_text(&s);
	return EXIT_SUCCESS;
}

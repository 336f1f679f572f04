/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dumpfile/flat_restore.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"
#include "dumpfile/flat.h"

#define CHUNK MIB(1)

struct restore {
	struct flat_input *in;
	const char *name;
	struct progress *progress;
	struct flat_restored done;
	uint8_t *buffer; /* CHUNK bytes read ahead, of which [start, end) are left */
	size_t start, end;
};

/* As many bytes as there are, at most len, lent until the next call. 0 at the end, or a negative errno. */
static ssize_t take(struct restore *r, size_t len, const uint8_t **ret)
{
	if (r->start == r->end) {
		ssize_t n = r->in->read(r->in, r->buffer, CHUNK);

		if (n < 0)
			return n;
		r->start = 0;
		r->end = (size_t)n;
	}
	len = MIN(len, r->end - r->start);
	*ret = r->buffer + r->start;
	r->start += len;
	r->done.stream_bytes += len;
	progress_add(r->progress, len);
	progress_step(r->progress);
	return (ssize_t)len;
}

/* 1 when all len bytes are there, 0 when the stream ends first. */
static int take_exactly(struct restore *r, void *buf, size_t len)
{
	for (size_t got = 0; got < len;) {
		const uint8_t *p;
		ssize_t n = take(r, len - got, &p);

		if (n <= 0)
			return (int)n;
		memcpy((uint8_t *)buf + got, p, (size_t)n);
		got += (size_t)n;
	}
	return 1;
}

/* The payload of one record: 1, 0 or a negative errno as above, with words. */
static int copy_record(struct restore *r, struct sink *out, struct flat_record rec, struct error *e)
{
	while (rec.size) {
		const uint8_t *p;
		ssize_t n = take(r, (size_t)MIN(rec.size, CHUNK), &p);
		int err;

		if (n < 0)
			return error_errno(e, (int)n, "%s: read", r->name);
		if (n == 0)
			return 0;
		err = sink_write_at(out, p, (size_t)n, rec.offset, e);
		if (err < 0)
			return err;
		rec.offset += (uint64_t)n;
		rec.size -= (uint64_t)n;
		r->done.bytes += (uint64_t)n;
		r->done.size = MAX(r->done.size, rec.offset);
	}
	r->done.records++;
	return 1;
}

/* A stream with a seal in its header is whole only where the same one follows its end. */
static int seal_matches(struct restore *r, const uint8_t *seal)
{
	uint8_t again[FLAT_SEAL_SIZE];
	int n = seal ? take_exactly(r, again, sizeof(again)) : 1;

	if (n <= 0 || !seal)
		return n;
	return memcmp(seal, again, sizeof(again)) == 0;
}

static int copy_stream(struct restore *r, struct sink *out, struct error *e)
{
	uint8_t header[FLAT_HEADER_SIZE], head[FLAT_RECORD_SIZE];
	int n = take_exactly(r, header, sizeof(header));

	if (n >= 0 && (n == 0 || !flat_header_is(header)))
		return error_set(e, -EINVAL, "%s: holds no flattened dump", r->name);
	while (n > 0) {
		struct flat_record rec;

		n = take_exactly(r, head, sizeof(head));
		if (n <= 0)
			break;
		switch (flat_record_parse(head, &rec)) {
		case FLAT_DATA:
			n = copy_record(r, out, rec, e);
			if (n < 0)
				return n;
			break;
		case FLAT_END:
			n = seal_matches(r, flat_header_seal(header));
			r->done.complete = n > 0;
			if (n >= 0)
				return 0;
			break;
		case FLAT_BROKEN:
			r->done.stream_bytes -= sizeof(head);
			return 0;
		}
	}
	return n < 0 ? error_errno(e, n, "%s: read", r->name) : 0;
}

int flat_restore_input(struct flat_input *in, const char *name, struct sink *out,
		       struct progress *p, struct flat_restored *ret, struct error *e)
{
	struct restore r = { .in = in, .name = name, .progress = p };
	_cleanup_free_ uint8_t *buffer = malloc(CHUNK);
	int err;

	if (!buffer)
		return error_set(e, -ENOMEM, "%s: out of memory", name);
	r.buffer = buffer;
	err = copy_stream(&r, out, e);
	if (err == 0)
		*ret = r.done;
	return err;
}

struct fd_input {
	struct flat_input input;
	int fd;
};

static ssize_t read_fd(struct flat_input *in, void *buf, size_t len)
{
	ssize_t n;

	do
		n = read(((struct fd_input *)in)->fd, buf, len);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

int flat_restore(int fd, const char *name, struct sink *out, struct progress *p,
		 struct flat_restored *ret, struct error *e)
{
	struct fd_input in = { { read_fd }, fd };

	return flat_restore_input(&in.input, name, out, p, ret, e);
}

int flat_probe(int fd, uint64_t offset)
{
	uint8_t header[FLAT_HEADER_SIZE];
	int r = pread_exactly(fd, header, sizeof(header), offset);

	if (r == -ENODATA)
		return 0;
	return r < 0 ? r : flat_header_is(header);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The record buffer of 3.5 to 5.9 (kernel/printk/printk.c, struct printk_log): records one behind the other in
 * log_buf, each with its length; a length of 0 says that the next record is at the start.
 */
#include "kernel/printk_impl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/cleanup.h"

#define LOG_LIMIT GIB(1)
#define HEADER_LIMIT 64

struct log {
	const struct printk_memory *memory;
	uint64_t size; /* SIZE(printk_log): what stands before the text */
	uint64_t ts, len, text_len;
	uint64_t caller; /* UINT64_MAX: none */
	uint64_t buf, buf_len;
	uint64_t first, next; /* offsets in buf */
	char *line;
};

static bool read_layout(struct log *l)
{
	const struct vmcoreinfo *v = l->memory->vmcoreinfo;

	if (!vmcoreinfo_size(v, "printk_log", &l->size) || l->size > HEADER_LIMIT ||
	    !vmcoreinfo_offset(v, "printk_log.ts_nsec", &l->ts) ||
	    !vmcoreinfo_offset(v, "printk_log.len", &l->len) ||
	    !vmcoreinfo_offset(v, "printk_log.text_len", &l->text_len))
		return false;
	if (!vmcoreinfo_offset(v, "printk_log.caller_id", &l->caller) ||
	    !range_inside(l->caller, 4, l->size))
		l->caller = UINT64_MAX;
	return range_inside(l->ts, 8, l->size) && range_inside(l->len, 2, l->size) &&
	       range_inside(l->text_len, 2, l->size);
}

static int read_symbol(const struct log *l, const char *name, size_t len, uint64_t *ret,
		       struct error *e)
{
	char bytes[8] = "";
	uint64_t vaddr;
	int err;

	if (!vmcoreinfo_symbol(l->memory->vmcoreinfo, name, &vaddr))
		return error_set(e, -EINVAL, "vmcoreinfo has no SYMBOL(%s)", name);
	err = l->memory->read(l->memory->user, vaddr, bytes, len, e);
	if (err < 0)
		return error_prefix(e, err, "%s", name);
	*ret = le64_get(bytes);
	return 0;
}

static int read_buffer(struct log *l, struct error *e)
{
	const struct {
		const char *name;
		size_t len;
		uint64_t *ret;
	} symbols[] = {
		{ "log_buf", 8, &l->buf },
		{ "log_buf_len", 4, &l->buf_len },
		{ "log_first_idx", 4, &l->first },
		{ "log_next_idx", 4, &l->next },
	};

	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++) {
		int err = read_symbol(l, symbols[i].name, symbols[i].len, symbols[i].ret, e);

		if (err < 0)
			return err;
	}
	if (l->buf_len > LOG_LIMIT || l->first >= l->buf_len || l->next > l->buf_len)
		return error_set(e, -EINVAL,
				 "the kernel log of %" PRIu64 " bytes cannot go from %" PRIu64
				 " to %" PRIu64,
				 l->buf_len, l->first, l->next);
	return 0;
}

/* The record at offset at. *ret_len is its length with the header; 0 for the mark that the buffer starts over. */
static int read_record(struct log *l, uint64_t at, struct printk_record *ret, uint64_t *ret_len)
{
	char header[HEADER_LIMIT];
	uint16_t len, text_len;
	int err;

	if (!range_inside(at, l->size, l->buf_len))
		return -EINVAL;
	err = l->memory->read(l->memory->user, l->buf + at, header, l->size, NULL);
	if (err < 0)
		return err;
	len = le16_get(header + l->len);
	text_len = le16_get(header + l->text_len);
	*ret_len = len;
	if (len == 0)
		return 0;
	if (len < l->size || text_len > len - l->size || !range_inside(at, len, l->buf_len))
		return -EINVAL;
	err = l->memory->read(l->memory->user, l->buf + at + l->size, l->line, text_len, NULL);
	if (err < 0)
		return err;
	*ret = (struct printk_record){
		.ts_nsec = le64_get(header + l->ts),
		.has_caller = l->caller != UINT64_MAX,
		.caller_id = l->caller != UINT64_MAX ? le32_get(header + l->caller) : 0,
		.facility = PRINTK_UNKNOWN,
		.level = PRINTK_UNKNOWN,
		.text = l->line,
		.text_len = text_len,
	};
	/* u16 len, u16 text_len, u16 dict_len, u8 facility, u8 flags:5 level:3 */
	if (l->text_len == l->len + 2 && l->len + 8 <= l->size) {
		ret->facility = (uint8_t)header[l->len + 6];
		ret->level = (uint8_t)header[l->len + 7] >> 5;
	}
	return 0;
}

int printk_log_each(const struct printk_memory *m, printk_emit emit, void *user,
		    struct printk_stats *stats, struct error *e)
{
	_cleanup_free_ char *line = malloc(UINT16_MAX);
	struct log l = { .memory = m, .line = line };
	uint64_t symbol, at, travelled = 0, seq = 0;
	int err;

	if (!vmcoreinfo_symbol(m->vmcoreinfo, "log_first_idx", &symbol))
		return -ENOENT;
	if (!line)
		return error_errno(e, -ENOMEM, "kernel log");
	if (!read_layout(&l))
		return error_set(e, -EINVAL, "vmcoreinfo describes printk_log in no usable way");
	err = read_buffer(&l, e);
	if (err < 0)
		return err;

	at = l.first;
	while (at != l.next) {
		struct printk_record rec;
		uint64_t len;

		err = read_record(&l, at, &rec, &len);
		if (err < 0) {
			/* Lengths are the only way onwards. */
			stats->damaged++;
			break;
		}
		travelled += len ? len : l.buf_len - at;
		if (travelled > l.buf_len)
			break;
		if (len == 0) {
			at = 0;
			continue;
		}
		at += len;
		rec.seq = seq++;
		stats->records++;
		err = emit(user, &rec);
		if (err)
			return err;
	}
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pieces of one message, in any order: offset and length of each in two bytes each, and one that is added to its bytes, then
 * the message. What is joined is what a map of bytes says; memory comes back.
 */
#include "netconsole/reassembly.h"

#include <stdlib.h>
#include <string.h>

#define TOTAL_MAX 512
#define PIECES 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct model {
	char bytes[TOTAL_MAX];
	bool has[TOTAL_MAX], conflict;
	size_t total, have;
};

static void model_put(struct model *m, size_t offset, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		m->conflict |= m->has[offset + i] && m->bytes[offset + i] != bytes[i];
		if (!m->has[offset + i])
			m->bytes[offset + i] = bytes[i];
		m->have += !m->has[offset + i];
		m->has[offset + i] = true;
	}
}

static void check(const struct model *m, struct reassembly_result *r)
{
	bool whole = m->have == m->total;
	_cleanup_buf_ struct buf wanted = { 0 };

	for (size_t i = 0, hole = 0; i <= m->total; i++) {
		bool has = i < m->total && m->has[i];

		if (hole && (has || i == m->total) &&
		    buf_printf(&wanted, "<%zu bytes lost>", hole) < 0)
			abort();
		hole = has ? 0 : hole + 1;
		if (has && buf_append(&wanted, &m->bytes[i], 1) < 0)
			abort();
	}
	if (r->message.body.len != wanted.len ||
	    memcmp(r->message.body.start, wanted.data, wanted.len) != 0 ||
	    !whole != !!(r->flags & REASSEMBLY_HOLES) ||
	    m->conflict != !!(r->flags & REASSEMBLY_CONFLICT))
		abort();
	buf_done(&r->bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct budget budget = { .limit = KIB(64) };
	struct reassembly all = { 0 };
	struct reassembly_result joined;
	struct model m = { 0 };
	int r = 0;

	if (size < 2)
		return 0;
	m.total = 1 + (data[0] | data[1] << 8) % TOTAL_MAX;
	data += 2;
	size -= 2;
	for (unsigned i = 0; i < PIECES && size > 5 && r == 0; i++) {
		size_t offset = (data[0] | (size_t)data[1] << 8) % m.total;
		size_t len = (data[2] | (size_t)data[3] << 8) % TOTAL_MAX, most;
		char bytes[TOTAL_MAX];
		struct wire_message w = { .seq = 7, .total = m.total, .piece = true };
		uint8_t add = data[4];

		data += 5;
		size -= 5;
		most = MIN(size, m.total - offset);
		len = MIN(len + 1, most);
		for (size_t b = 0; b < len; b++)
			bytes[b] = (char)(data[(offset + b) % size] + (add == 1));
		w.offset = offset;
		w.body = (struct wire_slice){ bytes, len };
		model_put(&m, offset, bytes, len);
		r = reassembly_put(&all, &budget, &w, i, &joined);
		if (r < 0 || (r > 0) != (m.have == m.total))
			abort();
	}
	if (r == 0)
		r = reassembly_expire(&all, &budget, UINT64_MAX, &joined);
	if (r > 0)
		check(&m, &joined);
	reassembly_done(&all, &budget);
	if (budget.used)
		abort();
	return 0;
}

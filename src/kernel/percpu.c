/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/percpu.h"

#include <errno.h>
#include <stdlib.h>

#include "base/bytes.h"

int percpu_read(struct kernel_reader *r, struct symbols *s, struct percpu *ret, struct error *e)
{
	struct percpu p = { .count = 1 };
	uint64_t offsets, ids;
	uint8_t bytes[4];
	int err;

	if (!symbols_find(s, "__per_cpu_offset", &offsets))
		return error_set(e, -ENOENT, "no symbol __per_cpu_offset");
	if (symbols_find(s, "nr_cpu_ids", &ids)) {
		err = kernel_read(r, ids, bytes, sizeof(bytes), e);
		if (err < 0)
			return error_prefix(e, err, "nr_cpu_ids");
		p.count = le32_get(bytes);
	}
	if (p.count == 0 || p.count > CPUS_MAX)
		return error_set(e, -EINVAL, "nr_cpu_ids is %u", p.count);
	p.offsets = calloc(p.count, sizeof(*p.offsets));
	if (!p.offsets)
		return error_errno(e, -ENOMEM, "per-CPU offsets");
	err = kernel_read(r, offsets, p.offsets, p.count * sizeof(*p.offsets), e);
	if (err < 0) {
		percpu_done(&p);
		return error_prefix(e, err, "__per_cpu_offset");
	}
	for (unsigned i = 0; i < p.count; i++)
		p.offsets[i] = le64_get(&p.offsets[i]);
	*ret = p;
	return 0;
}

void percpu_done(struct percpu *p)
{
	free(p->offsets);
	*p = (struct percpu){ 0 };
}

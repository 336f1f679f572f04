/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/percpu.h"

#include <errno.h>
#include <stdlib.h>

#include "base/bytes.h"

/* A cpumask is words of 64 bits, a bit a CPU. Where it cannot be read, no CPU is in it. */
static uint32_t read_mask(struct kernel_reader *r, struct symbols *s, const char *name,
			  uint32_t count, bool *ret)
{
	uint64_t addr;
	uint8_t word[8];
	uint32_t in = 0;

	if (!symbols_find(s, name, &addr))
		return 0;
	for (uint32_t cpu = 0; cpu < count; cpu++) {
		if (cpu % 64 == 0 && kernel_read(r, addr + cpu / 8, word, sizeof(word), NULL) < 0)
			break;
		ret[cpu] = le64_get(word) >> (cpu % 64) & 1;
		in += ret[cpu];
	}
	return in;
}

static int read_offsets(struct kernel_reader *r, uint64_t addr, struct percpu *p, struct error *e)
{
	int err = kernel_read(r, addr, p->offsets, p->count * sizeof(*p->offsets), e);

	for (uint32_t cpu = 0; err == 0 && cpu < p->count; cpu++)
		p->offsets[cpu] = le64_get(&p->offsets[cpu]);
	return err;
}

int percpu_open(struct kernel_reader *r, struct symbols *s, struct percpu **ret, struct error *e)
{
	_cleanup_(percpu_freep) struct percpu *p = calloc(1, sizeof(*p));
	uint64_t count_at, offsets_at;
	bool smp = symbols_find(s, "__per_cpu_offset", &offsets_at);
	uint8_t word[4];
	int err;

	if (!p)
		return error_errno(e, -ENOMEM, "CPUs");
	p->count = 1;
	if (smp && symbols_find(s, "nr_cpu_ids", &count_at)) {
		err = kernel_read(r, count_at, word, sizeof(word), e);
		if (err < 0)
			return error_prefix(e, err, "nr_cpu_ids");
		p->count = le32_get(word);
	}
	if (p->count == 0 || p->count > PERCPU_LIMIT)
		return error_set(e, -EINVAL, "nr_cpu_ids: %u CPUs make no sense", p->count);
	p->offsets = calloc(p->count, sizeof(*p->offsets));
	p->online = calloc(p->count, sizeof(*p->online));
	p->present = calloc(p->count, sizeof(*p->present));
	if (!p->offsets || !p->online || !p->present)
		return error_errno(e, -ENOMEM, "CPUs");
	err = smp ? read_offsets(r, offsets_at, p, e) : 0;
	if (err < 0)
		return error_prefix(e, err, "__per_cpu_offset");
	p->online_count = read_mask(r, s, "__cpu_online_mask", p->count, p->online);
	p->present_count = read_mask(r, s, "__cpu_present_mask", p->count, p->present);
	*ret = TAKE_PTR(p);
	return 0;
}

struct percpu *percpu_free(struct percpu *p)
{
	if (p) {
		free(p->offsets);
		free(p->online);
		free(p->present);
		free(p);
	}
	return NULL;
}

bool percpu_address(const struct percpu *p, uint32_t cpu, uint64_t symbol, uint64_t *ret)
{
	if (cpu >= p->count)
		return false;
	*ret = symbol + p->offsets[cpu];
	return true;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/slab_freelist.h"

#include <errno.h>
#include <inttypes.h>

#include "base/bytes.h"

bool slab_object_index(const struct slab_shape *s, uint64_t addr, uint32_t *ret)
{
	uint64_t index;

	if (addr < s->base || s->size == 0)
		return false;
	index = (addr - s->base) / s->size;
	if (index >= s->objects)
		return false;
	*ret = index;
	return true;
}

static bool is_object(const struct slab_shape *s, uint64_t addr)
{
	uint32_t index;

	return slab_object_index(s, addr, &index) && s->base + (uint64_t)index * s->size == addr;
}

static uint64_t decode(const struct slab_shape *s, uint64_t stored, uint64_t at)
{
	uint64_t turned = stored ^ s->random ^ __builtin_bswap64(at);
	uint64_t plain = stored ^ s->random ^ at;

	if (!s->hardened)
		return stored;
	if (turned != 0 && !is_object(s, turned) && (plain == 0 || is_object(s, plain)))
		return plain;
	return turned;
}

int slab_freelist(const struct kernel_memory *m, const struct slab_shape *s, uint64_t first,
		  enum slab_state mark, uint8_t *states, uint32_t *ret, struct error *e)
{
	*ret = 0;
	for (uint64_t object = first; object != 0;) {
		uint64_t at = object + s->offset;
		uint8_t stored[8];
		uint32_t index;
		int err;

		if (!is_object(s, object) || !slab_object_index(s, object, &index))
			return error_set(e, -EINVAL,
					 "the free list leads to %" PRIx64
					 ", which is no object of the slab",
					 object);
		if (states[index] != SLAB_ALLOCATED)
			return error_set(e, -ELOOP, "%" PRIx64 " is free twice", object);
		states[index] = mark;
		++*ret;
		err = m->read(m->user, at, stored, sizeof(stored), e);
		if (err < 0)
			return error_prefix(e, err, "the free list is cut");
		object = decode(s, le64_get(stored), at);
	}
	return 0;
}

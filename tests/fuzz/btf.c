/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whatever parses can be walked: each type measured, each member, enumerator and parameter looked at. */
#include "kernel/btf.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(btf_freep) struct btf *b = NULL;
	void *copy = malloc(size ? size : 1);

	if (!copy)
		return 0;
	if (size)
		memcpy(copy, data, size);
	if (btf_parse(copy, size, NULL, &b, NULL) < 0) {
		free(copy);
		return 0;
	}
	for (uint32_t id = btf_first(b); id <= btf_last(b); id++) {
		struct btf_member member;
		struct btf_type t, end;
		const char *name;
		uint64_t bytes;
		uint32_t other;
		int64_t value;

		if (!btf_get(b, id, &t))
			abort();
		if (btf_resolve(b, id, &other, &end) && !btf_get(b, other, &end))
			abort();
		btf_size(b, id, &bytes);
		for (uint32_t i = 0; i <= t.count; i++) {
			bool found = btf_member(b, &t, i, &member);

			found |= btf_enumerator(b, &t, i, &name, &value);
			found |= btf_parameter(b, &t, i, &name, &other);
			if (found && i == t.count)
				abort();
		}
		if (*t.name && btf_find(b, t.name, BTF_BIT(t.kind), id - 1) != id)
			abort();
	}
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/pageflags.h"

#include <errno.h>
#include <string.h>

int pageflags_read(struct inspect *c, struct pageflags *ret, struct error *e)
{
	struct btf_type t;
	struct types *types;
	struct type type;
	const char *name;
	int64_t value;
	uint32_t id;
	int err = inspect_types(c, &types, e);

	if (err < 0)
		return err;
	if (!types_find_kinds(types, "pageflags", BTF_ENUMS, &type) ||
	    !btf_resolve(type.btf, type.id, &id, &t))
		return error_set(e, -ENOENT, "enum pageflags: no such type in the dump");
	ret->count = 0;
	for (uint32_t i = 0; i < t.count && ret->count < PAGEFLAGS_MAX; i++)
		if (btf_enumerator(type.btf, &t, i, &name, &value) && strncmp(name, "__", 2) != 0 &&
		    value >= 0 && value < 64)
			ret->flag[ret->count++] = (struct pageflag){ name, (unsigned)value };
	return 0;
}

void pageflags_text(const struct pageflags *f, uint64_t flags, char ret[PAGEFLAGS_TEXT])
{
	size_t used = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < f->count && used < PAGEFLAGS_TEXT; i++) {
		uint64_t bit = UINT64_C(1) << f->flag[i].bit;
		const char *name = f->flag[i].name;

		if (!(flags & bit))
			continue;
		flags &= ~bit;
		used += snprintf(ret + used, PAGEFLAGS_TEXT - used, "%s%s", used ? "," : "",
				 strncmp(name, "PG_", 3) == 0 ? name + 3 : name);
	}
}

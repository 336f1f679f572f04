/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/tree.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static int read_kernel(void *user, uint64_t vaddr, void *buf, size_t len, struct error *e)
{
	return kernel_read(user, vaddr, buf, len, e);
}

struct kernel_memory tree_memory(struct kernel_reader *r)
{
	return (struct kernel_memory){ .read = read_kernel, .user = r };
}

bool tree_read(struct tree_walk *w, uint64_t addr, void *buf, size_t len)
{
	uint64_t end;
	int err = -EFAULT;

	if (!add_overflow(addr, len, &end))
		err = w->memory.read(w->memory.user, addr, buf, len, NULL);
	if (err < 0 && w->damaged++ == 0)
		kernel_read_error(addr, err, &w->damage);
	return err >= 0;
}

void tree_damage(struct tree_walk *w, int code, const char *fmt, ...)
{
	char text[200];
	va_list ap;

	if (w->damaged++ > 0)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	error_set(&w->damage, code, "%s", text);
}

int tree_tell(struct tree_walk *w, uint64_t first, uint64_t last, uint64_t value)
{
	const struct tree_entry entry = { first, last, value, &w->path };

	if (w->count++ >= TREE_LIMIT) {
		tree_damage(w, -E2BIG, "the tree has no end");
		return -E2BIG;
	}
	return w->emit(w->user, &entry);
}

bool tree_down(struct tree_walk *w, unsigned slot, unsigned depth_limit)
{
	if (w->path.depth >= MIN(depth_limit, (unsigned)TREE_DEPTH)) {
		tree_damage(w, -ELOOP, "the tree is deeper than one can be");
		return false;
	}
	w->path.slot[w->path.depth++] = slot;
	return true;
}

void tree_up(struct tree_walk *w)
{
	w->path.depth--;
}

int tree_end(struct tree_walk *w, int err, struct error *e)
{
	if (err != 0 && !(err == -E2BIG && w->count > TREE_LIMIT))
		return err;
	if (w->damaged == 0)
		return 0;
	error_set(e, w->damage.code, "%s", error_text(&w->damage));
	return error_prefix(e, w->damage.code, "%u branch%s of the tree cannot be followed",
			    w->damaged, w->damaged == 1 ? "" : "es");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/btf_locate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

/* The image from _stext on in which BTF is looked for; x86_64 gives it at most 1 GiB, real ones have 50 MiB. */
#define SCAN_SIZE MIB(128)
#define PAGE 4096
#define HEADER_SIZE 24
#define CANDIDATES 64
#define MODULES_LIMIT 4096

static const uint8_t magic[] = { 0x9f, 0xeb, 0x01, 0x00 };

struct candidate {
	uint64_t vaddr, size;
};

static int read_btf(struct kernel_reader *r, uint64_t vaddr, uint64_t size, const struct btf *base,
		    struct btf **ret, struct error *e)
{
	_cleanup_free_ void *data = malloc(MAX(size, 1u));
	int err;

	if (!data)
		return error_errno(e, -ENOMEM, "BTF");
	err = kernel_read(r, vaddr, data, size, e);
	if (err == 0)
		err = btf_parse(data, size, base, ret, e);
	if (err == 0)
		data = NULL;
	return err;
}

/* vmlinux's has it; what a module brings builds on it. */
static bool is_vmlinux(struct btf *b)
{
	uint32_t id = btf_find(b, "task_struct", BTF_BIT(BTF_STRUCT), 0);
	struct btf_type t;

	return id > 0 && btf_get(b, id, &t) && t.count > 0;
}

static int by_symbols(struct kernel_reader *r, struct symbols *symbols, struct btf **ret,
		      char *provenance, size_t len, struct error *e)
{
	_cleanup_(btf_freep) struct btf *b = NULL;
	uint64_t start, stop, size;
	uint8_t header[HEADER_SIZE];
	int err;

	if (!symbols || !symbols_find(symbols, "__start_BTF", &start) ||
	    !symbols_find(symbols, "__stop_BTF", &stop))
		return error_set(e, -ENOENT, "no symbol __start_BTF");
	err = kernel_read(r, start, header, sizeof(header), e);
	if (err < 0)
		return error_prefix(e, err, "BTF");
	if (!btf_length(header, sizeof(header), &size) || stop < start || size > stop - start)
		return error_set(e, -EINVAL, "0x%" PRIx64 ": no BTF at __start_BTF", start);
	err = read_btf(r, start, size, NULL, &b, e);
	if (err < 0)
		return err;
	if (!is_vmlinux(b))
		return error_set(e, -EINVAL, "BTF at __start_BTF does not know task_struct");
	snprintf(provenance, len, "BTF of vmlinux at 0x%" PRIx64 " (__start_BTF), %u types", start,
		 btf_last(b));
	*ret = TAKE_PTR(b);
	return 0;
}

/* Adds what looks like a header, the longest first; when all places are taken the shortest goes. */
static void add_candidate(struct candidate *list, size_t *count, struct candidate c)
{
	size_t at = *count;

	while (at > 0 && list[at - 1].size < c.size)
		at--;
	if (at >= CANDIDATES)
		return;
	if (*count < CANDIDATES)
		(*count)++;
	memmove(list + at + 1, list + at, (*count - at - 1) * sizeof(*list));
	list[at] = c;
}

static void scan_bytes(struct kernel_reader *r, uint64_t vaddr, const uint8_t *bytes, size_t len,
		       struct candidate *list, size_t *count)
{
	const uint8_t *at = bytes, *end = bytes + len;

	while ((at = memmem(at, end - at, magic, sizeof(magic)))) {
		struct candidate c = { .vaddr = vaddr + (at - bytes) };
		uint8_t header[HEADER_SIZE];

		at += sizeof(magic);
		if (kernel_read(r, c.vaddr, header, sizeof(header), NULL) == 0 &&
		    btf_length(header, sizeof(header), &c.size))
			add_candidate(list, count, c);
	}
}

/* Pages overlap by what a magic across their border needs. Holes in the image are normal. */
static size_t scan_image(struct kernel_reader *r, uint64_t from, struct candidate *list)
{
	const size_t overlap = sizeof(magic) - 1;
	uint8_t bytes[PAGE + sizeof(magic)];
	size_t count = 0, kept = 0;

	for (uint64_t at = from; at - from < SCAN_SIZE; at += PAGE) {
		if (kernel_read(r, at, bytes + kept, PAGE, NULL) < 0) {
			kept = 0;
			continue;
		}
		scan_bytes(r, at - kept, bytes, kept + PAGE, list, &count);
		memmove(bytes, bytes + kept + PAGE - overlap, overlap);
		kept = overlap;
	}
	return count;
}

static int by_magic(struct kernel_reader *r, const struct vmcoreinfo *v, struct btf **ret,
		    char *provenance, size_t len, struct error *e)
{
	struct candidate list[CANDIDATES];
	uint64_t stext;
	size_t count;

	if (!vmcoreinfo_symbol(v, "_stext", &stext))
		return error_set(e, -ENOENT, "vmcoreinfo does not tell where the image lies");
	count = scan_image(r, align_down(stext, PAGE), list);
	for (size_t i = 0; i < count; i++) {
		_cleanup_(btf_freep) struct btf *b = NULL;

		if (read_btf(r, list[i].vaddr, list[i].size, NULL, &b, NULL) < 0 || !is_vmlinux(b))
			continue;
		snprintf(provenance, len,
			 "BTF of vmlinux at 0x%" PRIx64 " (found by its magic), %u types",
			 list[i].vaddr, btf_last(b));
		*ret = TAKE_PTR(b);
		return 0;
	}
	return error_set(e, -ENOENT, "the kernel's image holds no BTF");
}

int btf_locate(struct kernel_reader *r, struct symbols *symbols, struct btf **ret, char *provenance,
	       size_t size, struct error *e)
{
	const struct vmcoreinfo *v = kernel_vmcoreinfo(kernel_reader_kernel(r));

	int err = by_symbols(r, symbols, ret, provenance, size, NULL);

	if (err == 0)
		return 0;
	if (err == -ENOMEM)
		return error_errno(e, err, "types");
	return by_magic(r, v, ret, provenance, size, e);
}

/* struct btf_module and struct btf of kernel/bpf/btf.c: what of them is needed. */
struct layout_of {
	struct type_member list, btf, data, data_size;
};

static bool find_layout(struct types *t, struct layout_of *ret)
{
	return types_has(t, "btf_module") && types_has(t, "btf") &&
	       types_member(t, "btf_module.list", &ret->list) &&
	       types_member(t, "btf_module.btf", &ret->btf) &&
	       types_member(t, "btf.data", &ret->data) &&
	       types_member(t, "btf.data_size", &ret->data_size);
}

static int read_module(struct types *t, struct kernel_reader *r, uint64_t node,
		       const struct layout_of *l, struct btf **ret)
{
	uint64_t entry = node - l->list.offset, size;
	uint8_t pointer[8], data[8], data_size[4], header[HEADER_SIZE];
	int err = kernel_read(r, entry + l->btf.offset, pointer, 8, NULL);

	if (err == 0)
		err = kernel_read(r, le64_get(pointer) + l->data.offset, data, 8, NULL);
	if (err == 0)
		err = kernel_read(r, le64_get(pointer) + l->data_size.offset, data_size, 4, NULL);
	if (err == 0)
		err = kernel_read(r, le64_get(data), header, sizeof(header), NULL);
	if (err < 0)
		return err;
	if (!btf_length(header, sizeof(header), &size) || size > le32_get(data_size))
		return -EINVAL;
	return read_btf(r, le64_get(data), size, types_vmlinux(t), ret, NULL);
}

void btf_locate_modules(struct types *t, struct kernel_reader *r, struct symbols *symbols,
			struct btf ***ret, size_t *ret_count)
{
	struct layout_of l;
	uint64_t head, node;
	uint8_t next[8];
	struct btf **list = NULL;
	size_t count = 0, room = 0;

	if (!symbols || !symbols_find(symbols, "btf_modules", &head) || !find_layout(t, &l))
		return;
	node = head;
	for (unsigned i = 0; i < MODULES_LIMIT; i++) {
		struct btf *b;

		if (kernel_read(r, node, next, sizeof(next), NULL) < 0)
			break;
		node = le64_get(next);
		if (node == head)
			break;
		if (read_module(t, r, node, &l, &b) < 0)
			continue;
		if (count == room) {
			size_t wider = room ? room * 2 : 32;
			struct btf **grown = reallocarray(list, wider, sizeof(*list));

			if (!grown) {
				btf_free(b);
				break;
			}
			list = grown;
			room = wider;
		}
		list[count++] = b;
	}
	*ret = list;
	*ret_count = count;
}

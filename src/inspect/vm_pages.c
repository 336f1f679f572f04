/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vm -p: where each page of a process is. */
#include <errno.h>
#include <inttypes.h>

#include "inspect/swap.h"
#include "inspect/vm.h"

#define PAGE KIB(4)

/* arch/x86/include/asm/pgtable_64.h: an entry that is not present holds type and inverted offset of a place in swap */
#define PTE_PRESENT UINT64_C(0x101) /* or PROT_NONE */
#define SWAP_TYPE_SHIFT 59
#define SWAP_OFFSET_SHIFT 14

/* One run of pages that are alike for the text; JSON has each. */
struct place {
	enum { PLACE_MEMORY, PLACE_SWAP, PLACE_FILE, PLACE_NONE, PLACE_UNKNOWN } kind;
	uint64_t paddr; /* PLACE_MEMORY */
	uint32_t type;	/* PLACE_SWAP */
	uint64_t offset;
};

static void find_place(struct vm *v, const struct mapped_area *area, uint64_t vaddr,
		       struct place *ret)
{
	struct kernel_mapping m = { 0 };
	uint64_t entry;
	int err = v->root == UINT64_MAX ? -ENODATA
					: kernel_mapping(v->c->reader, v->root, vaddr, &m, NULL);

	*ret = (struct place){ .kind = PLACE_UNKNOWN };
	if (err == 0) {
		ret->kind = PLACE_MEMORY;
		ret->paddr = m.paddr + (vaddr - m.vaddr);
		return;
	}
	if (err != -EFAULT)
		return;
	entry = m.steps ? m.step[m.steps - 1].entry : 0;
	if (entry && !(entry & PTE_PRESENT) && m.step[m.steps - 1].level == 1) {
		ret->kind = PLACE_SWAP;
		ret->type = entry >> SWAP_TYPE_SHIFT;
		ret->offset = (~entry << (64 - SWAP_TYPE_SHIFT)) >> (64 - SWAP_TYPE_SHIFT) >>
			      SWAP_OFFSET_SHIFT;
	} else if (area->file.addr) {
		ret->kind = PLACE_FILE;
		ret->offset = area->offset * PAGE + (vaddr - area->start);
	} else {
		ret->kind = PLACE_NONE;
	}
}

struct device_search {
	uint32_t type;
	char name[SWAP_NAME_SIZE];
};

static int match_device(void *user, const struct swap_device *device)
{
	struct device_search *s = user;

	if (device->index != s->type)
		return 0;
	snprintf(s->name, sizeof(s->name), "%s", device->name);
	return 1;
}

/* Types beyond the devices in use stand for pages on their way, broken pages and the like. */
static void print_swap(struct vm *v, const struct place *place)
{
	struct device_search search = { .type = place->type };

	if (swap_each(v->c, match_device, &search, NULL) == 1)
		fprintf(v->c->out, "SWAP: %s  OFFSET: %" PRIu64 "\n", search.name, place->offset);
	else
		fprintf(v->c->out, "(special entry of type %u, offset %" PRIu64 ")\n", place->type,
			place->offset);
}

static void print_place(struct vm *v, uint64_t vaddr, const struct place *place)
{
	fprintf(v->c->out, "%-10" PRIx64 "  ", vaddr);
	switch (place->kind) {
	case PLACE_MEMORY:
		fprintf(v->c->out, "%8" PRIx64 "\n", place->paddr);
		break;
	case PLACE_SWAP:
		print_swap(v, place);
		break;
	case PLACE_FILE:
		fprintf(v->c->out, "FILE: %s  OFFSET: %" PRIx64 "\n", v->path, place->offset);
		break;
	case PLACE_NONE:
		fputs("(not mapped)\n", v->c->out);
		break;
	case PLACE_UNKNOWN:
		fputs("(page table not in the dump)\n", v->c->out);
		break;
	}
}

static void json_place(struct json *j, uint64_t vaddr, const struct place *place)
{
	static const char *const kinds[] = { "memory", "swap", "file", "none", "unknown" };

	json_object(j);
	json_put_hex(j, "virtual", vaddr);
	json_put_string(j, "place", kinds[place->kind]);
	json_name(j, "physical");
	if (place->kind == PLACE_MEMORY)
		json_hex(j, place->paddr);
	else
		json_string(j, NULL);
	json_put_uint(j, "offset", place->offset);
	json_object_end(j);
}

void vm_print_pages(struct vm *v, const struct mapped_area *area, uint64_t start, uint64_t end)
{
	if (v->c->json) {
		json_put_array(v->j, "pages");
	} else {
		fputs("VIRTUAL     PHYSICAL\n", v->c->out);
	}
	for (uint64_t vaddr = align_down(start, PAGE); vaddr < end; vaddr += PAGE) {
		struct place place;

		find_place(v, area, vaddr, &place);
		if (v->c->json)
			json_place(v->j, vaddr, &place);
		else
			print_place(v, vaddr, &place);
		/* a pager that was left; a damaged area without end */
		if (ferror(v->c->out))
			break;
	}
	if (v->c->json)
		json_array_end(v->j);
}

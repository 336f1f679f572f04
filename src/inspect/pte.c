/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/pte.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "inspect/swap.h"

#define PRESENT UINT64_C(1)
#define GLOBAL (UINT64_C(1) << 8) /* of an entry that is not present: PROTNONE */
#define ADDRESS UINT64_C(0x000ffffffffff000)

/* Of a swap entry: the device above bit 59, the page between 9 and 58 with its bits turned over. */
#define SWAP_DEVICE_SHIFT 59
#define SWAP_PAGE_LOW 9
#define SWAP_PAGE_BITS (SWAP_DEVICE_SHIFT - SWAP_PAGE_LOW)

static const struct {
	unsigned bit;
	const char *name;
} flags[] = {
	{ 0, "PRESENT" },  { 1, "RW" },	   { 2, "USER" }, { 3, "PWT" },	   { 4, "PCD" },
	{ 5, "ACCESSED" }, { 6, "DIRTY" }, { 7, "PSE" },  { 8, "GLOBAL" }, { 63, "NX" },
};

bool pte_present(uint64_t entry)
{
	return entry & (PRESENT | GLOBAL);
}

void pte_words(uint64_t entry, char ret[PTE_WORDS_SIZE])
{
	size_t used = 0;

	strcpy(ret, entry == 0 ? "no mapping" : "");
	if (!(entry & PRESENT) && (entry & GLOBAL))
		used = snprintf(ret, PTE_WORDS_SIZE, "PROTNONE");
	for (size_t i = 0; i < ARRAY_SIZE(flags) && used < PTE_WORDS_SIZE; i++)
		if (entry >> flags[i].bit & 1)
			used += snprintf(ret + used, PTE_WORDS_SIZE - used, "%s%s", used ? "|" : "",
					 flags[i].name);
}

bool pte_swap(uint64_t entry, uint32_t *ret_device, uint64_t *ret_page)
{
	if (entry == 0 || pte_present(entry))
		return false;
	*ret_device = entry >> SWAP_DEVICE_SHIFT;
	*ret_page = ~entry >> SWAP_PAGE_LOW & ((UINT64_C(1) << SWAP_PAGE_BITS) - 1);
	return true;
}

struct wanted {
	uint32_t index;
	char *name;
};

static int match(void *user, const struct swap_device *device)
{
	struct wanted *w = user;

	if (device->index != w->index)
		return 0;
	snprintf(w->name, PTE_DEVICE_SIZE, "%s", device->name);
	return 1;
}

void pte_device(struct inspect *c, uint32_t device, char ret[PTE_DEVICE_SIZE])
{
	struct wanted w = { device, ret };

	ret[0] = '\0';
	if (swap_each(c, match, &w, NULL) != 1 || !ret[0])
		snprintf(ret, PTE_DEVICE_SIZE, "swap %u", device);
}

/* crash's way: where the blanks do not come out even, headings lean to the left and values to the right. */
static void print_centred(FILE *out, const char *word, int width, bool value, const char *behind)
{
	int rest = MAX(width - (int)strlen(word), 0), left = (rest + value) / 2;

	fprintf(out, "%*s%s%*s%s", left, "", word, rest - left, "", behind);
}

void pte_print(struct inspect *c, uint64_t entry, uint64_t paddr)
{
	char value[20], physical[20], words[PTE_WORDS_SIZE], device[PTE_DEVICE_SIZE];
	uint32_t number;
	uint64_t page;
	int width;

	snprintf(value, sizeof(value), "%" PRIx64, entry);
	width = MAX((int)strlen(value), 3);
	if (pte_swap(entry, &number, &page)) {
		pte_device(c, number, device);
		print_centred(c->out, "PTE", width, false, "  ");
		print_centred(c->out, "SWAP", (int)strlen(device), false, "  OFFSET\n");
		fprintf(c->out, "%*s  %s  %6" PRIu64 "\n", width, value, device, page);
		return;
	}
	snprintf(physical, sizeof(physical), "%" PRIx64,
		 paddr == UINT64_MAX ? entry & ADDRESS : paddr);
	pte_words(entry, words);
	print_centred(c->out, "PTE", width, false, "  PHYSICAL  FLAGS\n");
	print_centred(c->out, value, width, true, "  ");
	print_centred(c->out, physical, (int)strlen("PHYSICAL"), true, "  ");
	fprintf(c->out, "(%s)\n", words);
}

void pte_json(struct inspect *c, struct json *j, uint64_t entry)
{
	char words[PTE_WORDS_SIZE], device[PTE_DEVICE_SIZE];
	uint32_t number;
	uint64_t page;

	json_put_hex(j, "entry", entry);
	if (pte_swap(entry, &number, &page)) {
		pte_device(c, number, device);
		json_put_string(j, "swap_device", device);
		json_put_uint(j, "swap_page", page);
		return;
	}
	pte_words(entry, words);
	json_put_hex(j, "physical", entry & ADDRESS);
	json_put_string(j, "flags", words);
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	struct json j;
	uint64_t entry;

	if (argc == 1)
		return error_set(e, -EINVAL, "which entry?");
	for (int i = 1; i < argc; i++)
		if (!inspect_hex(argv[i], &entry))
			return error_set(e, -EINVAL, "%s is no hexadecimal number", argv[i]);
	if (c->json) {
		inspect_json_begin(c, &j, &buf, "pte");
		json_put_array(&j, "entries");
	}
	for (int i = 1; i < argc && inspect_hex(argv[i], &entry); i++) {
		if (!c->json) {
			pte_print(c, entry, UINT64_MAX);
			continue;
		}
		json_object(&j);
		pte_json(c, &j, entry);
		json_object_end(&j);
	}
	if (!c->json)
		return 0;
	json_array_end(&j);
	return inspect_json_end(c, &j, e);
}

const struct inspect_command inspect_pte = {
	.name = "pte",
	.usage = "entry …",
	.summary = "a page table's entry: the page or the place in swap, and its bits",
	.details = "",
	.run = run,
};

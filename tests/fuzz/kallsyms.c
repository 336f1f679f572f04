/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables of any content around a true token table, which vmcoreinfo points at: half of the input before it, half
 * after. Every name that is told can be read, and every address is looked up.
 */
#include "kernel/kallsyms.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

#define BASE UINT64_C(0xffffffff81000000)
#define TABLE (2 * 256)
#define INDEX 512
#define SYMBOLS_LIMIT 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t size, half; /* the tokens lie after half, which is a multiple of 8 */
	uint8_t tokens[TABLE + INDEX];
};

static uint8_t byte_at(const struct input *in, uint64_t at)
{
	if (at < in->half)
		return in->data[at];
	if (at - in->half < sizeof(in->tokens))
		return in->tokens[at - in->half];
	at -= sizeof(in->tokens);
	return at < in->size ? in->data[at] : 0;
}

/* Memory goes on for a while after the input: reads are of whole pages. */
static int read_input(void *user, uint64_t vaddr, void *buf, size_t len, struct error *e)
{
	const struct input *in = user;

	if (vaddr < BASE || vaddr - BASE > in->size + KIB(8) || len > KIB(64))
		return -EFAULT;
	for (size_t i = 0; i < len; i++)
		((uint8_t *)buf)[i] = byte_at(in, vaddr - BASE + i);
	return 0;
}

static int ignore(void *user, uint32_t index)
{
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { .data = data, .size = size, .half = size / 2 & ~(size_t)7 };
	const struct kernel_memory memory = { read_input, &in };
	_cleanup_(vmcoreinfo_freep) struct vmcoreinfo *v = NULL;
	_cleanup_(kallsyms_freep) struct kallsyms *k = NULL;
	char text[300];

	for (unsigned i = 0; i < 256; i++) {
		in.tokens[2 * i] = i ? i : 'x';
		le16_put(in.tokens + TABLE + 2 * i, 2 * i);
	}
	snprintf(text, sizeof(text),
		 "SYMBOL(_stext)=ffffffff81000000\nSYMBOL(kallsyms_token_table)=%llx\n"
		 "SYMBOL(kallsyms_token_index)=%llx\n",
		 (unsigned long long)(BASE + in.half),
		 (unsigned long long)(BASE + in.half + TABLE));
	if (vmcoreinfo_parse(text, strlen(text), &v, NULL) < 0 ||
	    kallsyms_open(&memory, v, BASE, size, &k, NULL) < 0)
		return 0;
	for (uint32_t i = 0; i < MIN(kallsyms_layout(k)->count, (uint32_t)SYMBOLS_LIMIT); i++) {
		const char *name = kallsyms_name(k, i, NULL);
		uint64_t addr;
		uint32_t at;

		if (name)
			(void)kallsyms_each_named(k, name, ignore, NULL);
		if (kallsyms_address(k, i, &addr))
			(void)kallsyms_index_at(k, addr, &at);
	}
	return 0;
}

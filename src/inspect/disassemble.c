/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/disassemble.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* " <panic+32>" */
static void target_name(struct inspect *c, uint64_t addr, bool hex, char ret[INSPECT_NAME_SIZE])
{
	struct symbol sym;

	ret[0] = '\0';
	if (!inspect_symbol_at(c, addr, &sym))
		return;
	if (addr == sym.addr)
		snprintf(ret, INSPECT_NAME_SIZE, " <%s>", sym.name);
	else
		snprintf(ret, INSPECT_NAME_SIZE, hex ? " <%s+%#" PRIx64 ">" : " <%s+%" PRIu64 ">",
			 sym.name, addr - sym.addr);
}

void inspect_instruction_of(struct inspect *c, uint64_t addr, const uint8_t *bytes, size_t len,
			    bool hex, struct instruction *ret_raw, char ret[INSTRUCTION_TEXT_SIZE])
{
	struct instruction raw = { .len = 1, .text = "(bad)" };
	char name[INSPECT_NAME_SIZE];

	if (!c->disassembler ||
	    !c->disassembler->decode(c->disassembler->user, addr, bytes, len, &raw))
		raw = (struct instruction){ .len = 1, .text = "(bad)" };
	if (raw.has_target)
		target_name(c, raw.target, hex, name);
	if (!raw.has_target)
		snprintf(ret, INSTRUCTION_TEXT_SIZE, "%s", raw.text);
	else if (raw.is_place)
		snprintf(ret, INSTRUCTION_TEXT_SIZE, "%s        # 0x%" PRIx64 "%s", raw.text,
			 raw.target, name);
	else
		snprintf(ret, INSTRUCTION_TEXT_SIZE, "%s%s", raw.text, name);
	*ret_raw = raw;
}

int inspect_instruction(struct inspect *c, uint64_t addr, bool hex, char ret[INSTRUCTION_TEXT_SIZE],
			unsigned *ret_len, struct error *e)
{
	uint8_t bytes[INSTRUCTION_SIZE_MAX];
	struct instruction raw;
	size_t len = sizeof(bytes);
	int err;

	if (!c->disassembler)
		return error_set(e, -ENOTSUP, "this program has no disassembler");
	/* The last instruction of a page need not be followed by another page. */
	do
		err = kernel_read(c->reader, addr, bytes, len, e);
	while (err < 0 && --len > 0);
	if (err < 0)
		return kernel_read_error(addr, err, e);
	inspect_instruction_of(c, addr, bytes, len, hex, &raw, ret);
	*ret_len = raw.len;
	return 0;
}

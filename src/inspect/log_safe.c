/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>

#include "inspect/log.h"

struct printer {
	struct inspect *c;
	struct type_member len, lost, buffer;
	struct json json;
	char *text; /* as long as a buffer */
};

static void write_text(struct printer *p, size_t len)
{
	bool start = true;

	for (size_t i = 0; i < len; i++) {
		unsigned char ch = (unsigned char)p->text[i];

		if (start)
			fputs("  ", p->c->out);
		start = ch == '\n';
		fputc(ch == '\n' || (ch >= 0x20 && ch < 0x7f) ? ch : '.', p->c->out);
	}
	fputs(start ? "\n" : "\n\n", p->c->out);
}

static int print_buffer(struct printer *p, uint32_t cpu, uint64_t addr, struct error *e)
{
	FILE *out = p->c->out;
	uint64_t len, lost;
	int err = inspect_number(p->c, addr + p->len.offset, 4, &len, e);

	if (err == 0)
		err = inspect_number(p->c, addr + p->lost.offset, 4, &lost, e);
	if (err < 0)
		return err;
	len = MIN(len, p->buffer.size);
	if (kernel_read(p->c->reader, addr + p->buffer.offset, p->text, len, e) < 0)
		len = 0;
	if (p->c->json) {
		p->text[len] = '\0';
		json_object(&p->json);
		json_put_uint(&p->json, "cpu", cpu);
		json_put_hex(&p->json, "address", addr);
		json_put_uint(&p->json, "messages_lost", lost);
		json_put_string(&p->json, "text", p->text);
		json_object_end(&p->json);
		return 0;
	}
	fprintf(out,
		"CPU: %" PRIu32 "  ADDR: %" PRIx64 " LEN: %" PRIu64 "  MESSAGE_LOST: %" PRIu64 "\n",
		cpu, addr, len, lost);
	if (len == 0)
		fputs("  (empty)\n\n", out);
	else
		write_text(p, len);
	return 0;
}

static int print_buffers(struct printer *p, const char *name, uint64_t symbol, struct error *e)
{
	struct percpu *percpu;
	uint64_t addr;
	int err = inspect_percpu(p->c, &percpu, e);

	if (err < 0)
		return err;
	if (!p->c->json)
		fprintf(p->c->out, "PRINTK_SAFE_SEQ_BUF: %s\n", name);
	for (uint32_t cpu = 0; err == 0 && cpu < percpu->count; cpu++)
		if (percpu->present[cpu] && percpu_address(percpu, cpu, symbol, &addr))
			err = print_buffer(p, cpu, addr, e);
	return err;
}

static int print_all(struct printer *p, struct symbols *symbols, struct error *e)
{
	static const char *const names[] = { "nmi_print_seq", "safe_print_seq" };
	uint64_t symbol;
	int err = 0;

	for (size_t i = 0; err == 0 && i < ARRAY_SIZE(names); i++) {
		if (!symbols_find(symbols, names[i], &symbol))
			continue;
		if (p->c->json)
			json_put_array(&p->json, names[i]);
		err = print_buffers(p, names[i], symbol, e);
		if (p->c->json)
			json_array_end(&p->json);
	}
	return err;
}

int log_safe(struct inspect *c, struct error *e)
{
	struct printer p = { .c = c };
	_cleanup_free_ char *text = NULL;
	_cleanup_buf_ struct buf buf = { 0 };
	struct symbols *symbols;
	struct types *types;
	int err = inspect_symbols(c, &symbols, e), ended;

	if (err == 0)
		err = inspect_types(c, &types, e);
	if (err < 0)
		return err;
	if (!types_member(types, "printk_safe_seq_buf.len.counter", &p.len) ||
	    !types_member(types, "printk_safe_seq_buf.message_lost.counter", &p.lost) ||
	    !types_member(types, "printk_safe_seq_buf.buffer", &p.buffer) || p.buffer.size > MIB(1))
		return error_set(
			e, -ENOENT,
			"this kernel has no such buffers: since 5.15 all goes to the log at once");
	p.text = text = malloc(p.buffer.size + 1);
	if (!text)
		return error_errno(e, -ENOMEM, "printk's buffers");
	if (!c->json)
		return print_all(&p, symbols, e);
	inspect_json_begin(c, &p.json, &buf, "log");
	err = print_all(&p, symbols, e);
	ended = inspect_json_end(c, &p.json, e);
	return err < 0 ? err : ended;
}

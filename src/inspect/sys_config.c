/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel/configs.c: with CONFIG_IKCONFIG the configuration is in .rodata, gzip between two magics. Symbols: kernel_config_data at
 * the gzip header (until 5.0 at the magic before it), kernel_config_data_end or the next symbol behind it.
 */
#include <errno.h>
#include <libdeflate.h>
#include <string.h>

#include "inspect/sys_more.h"

#define DATA_LIMIT MIB(1)
#define TEXT_LIMIT MIB(8)

static const char magic[] = "IKCFG_ST";

int sys_config_unpack(const void *data, size_t size, char **ret, size_t *ret_len, struct error *e)
{
	struct libdeflate_decompressor *d;
	_cleanup_free_ char *text = NULL;
	enum libdeflate_result result = LIBDEFLATE_INSUFFICIENT_SPACE;
	const uint8_t *from = data;
	size_t used, len = 0;

	if (size > sizeof(magic) && memcmp(from, magic, sizeof(magic) - 1) == 0) {
		from += sizeof(magic) - 1;
		size -= sizeof(magic) - 1;
	}
	d = libdeflate_alloc_decompressor();
	if (!d)
		return error_errno(e, -ENOMEM, "the configuration");
	for (size_t room = KIB(256); room <= TEXT_LIMIT && result == LIBDEFLATE_INSUFFICIENT_SPACE;
	     room *= 2) {
		free(text);
		text = malloc(room);
		if (!text)
			break;
		result = libdeflate_gzip_decompress_ex(d, from, size, text, room, &used, &len);
	}
	libdeflate_free_decompressor(d);
	if (!text)
		return error_errno(e, -ENOMEM, "the configuration");
	if (result != LIBDEFLATE_SUCCESS)
		return error_set(e, -EINVAL, "the configuration does not unpack");
	*ret = TAKE_PTR(text);
	*ret_len = len;
	return 0;
}

static int take_first(void *user, const struct symbol *sym)
{
	*(struct symbol *)user = *sym;
	return 1;
}

static int read_config(struct inspect *c, char **ret, size_t *ret_len, struct error *e)
{
	_cleanup_free_ void *data = NULL;
	struct modules *modules;
	struct symbols *symbols;
	struct symbol sym;
	uint64_t end;
	int err = inspect_symbols(c, &symbols, e);

	if (err < 0)
		return err;
	/* it may be the module "configs" that has it */
	(void)!inspect_modules(c, &modules, NULL);
	if (symbols_each_named(symbols, "kernel_config_data", take_first, &sym) != 1)
		return error_set(e, -ENOENT,
				 "kernel_config_data does not exist in this kernel: it was built "
				 "without CONFIG_IKCONFIG");
	if (!sym.module && symbols_find(symbols, "kernel_config_data_end", &end) && end > sym.addr)
		sym.size = end - sym.addr;
	sym.size = MIN(sym.size, DATA_LIMIT);
	data = malloc(MAX(sym.size, UINT64_C(1)));
	if (!data)
		return error_errno(e, -ENOMEM, "the configuration");
	err = kernel_read(c->reader, sym.addr, data, sym.size, NULL);
	return err < 0 ? kernel_read_error(sym.addr, err, e)
		       : sys_config_unpack(data, sym.size, ret, ret_len, e);
}

int sys_config(struct inspect *c, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	_cleanup_free_ char *text = NULL;
	struct json j;
	size_t len;
	int err = read_config(c, &text, &len, e);

	if (err < 0)
		return err;
	if (!c->json) {
		fwrite(text, 1, len, c->out);
		return 0;
	}
	inspect_json_begin(c, &j, &buf, "sys");
	json_put_array(&j, "config");
	for (char *line = text, *end; line < text + len; line = end + 1) {
		end = memchr(line, '\n', (size_t)(text + len - line));
		if (!end)
			break;
		*end = '\0';
		if (strncmp(line, "CONFIG_", strlen("CONFIG_")) == 0)
			json_string(&j, line);
	}
	json_array_end(&j);
	return inspect_json_end(c, &j, e);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/command.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"

int inspect_open(struct kernel *k, struct inspect *ret, struct error *e)
{
	struct inspect c = { .kernel = k, .out = stdout };
	int err = kernel_reader_new(k, &c.reader);

	if (err < 0)
		return error_errno(e, err, "no reader");
	*ret = c;
	return 0;
}

void inspect_done(struct inspect *c)
{
	inspect_facts_free(c->variables);
	slabs_free(c->slabs);
	pages_free(c->pages);
	unwinder_free(c->unwinder);
	stacks_free(c->stacks);
	tasks_free(c->tasks);
	modules_free(c->modules);
	percpu_free(c->percpu);
	types_free(c->types);
	symbols_free(c->symbols);
	kernel_reader_free(c->reader);
	*c = (struct inspect){ 0 };
}

static int remember(struct error *kept, int err)
{
	if (err < 0)
		kept->code = err;
	return err;
}

static int tell_again(const struct error *kept, struct error *e)
{
	return error_set(e, kept->code, "%s", error_text(kept));
}

int inspect_symbols(struct inspect *c, struct symbols **ret, struct error *e)
{
	if (!c->symbols && c->symbols_error.code == 0)
		(void)remember(&c->symbols_error,
			       symbols_open(c->reader, &c->symbols, &c->symbols_error));
	if (!c->symbols)
		return tell_again(&c->symbols_error, e);
	*ret = c->symbols;
	return 0;
}

int inspect_types(struct inspect *c, struct types **ret, struct error *e)
{
	struct symbols *symbols = NULL;

	if (!c->types && c->types_error.code == 0) {
		(void)!inspect_symbols(c, &symbols, NULL);
		(void)remember(&c->types_error,
			       types_open(c->reader, symbols, &c->types, &c->types_error));
		if (c->types && c->lines)
			types_set_more(c->types, c->lines->types, c->lines->user);
	}
	if (!c->types)
		return tell_again(&c->types_error, e);
	*ret = c->types;
	return 0;
}

int inspect_modules(struct inspect *c, struct modules **ret, struct error *e)
{
	struct symbols *symbols;
	struct types *types;
	int err = inspect_symbols(c, &symbols, e);

	if (err == 0)
		err = inspect_types(c, &types, e);
	if (err < 0)
		return err;
	if (!c->modules && c->modules_error.code == 0)
		(void)remember(&c->modules_error, modules_open(c->reader, symbols, types,
							       &c->modules, &c->modules_error));
	if (!c->modules)
		return tell_again(&c->modules_error, e);
	*ret = c->modules;
	return 0;
}

int inspect_percpu(struct inspect *c, struct percpu **ret, struct error *e)
{
	struct symbols *symbols;
	int err = inspect_symbols(c, &symbols, e);

	if (err < 0)
		return err;
	if (!c->percpu && c->percpu_error.code == 0)
		(void)remember(&c->percpu_error,
			       percpu_open(c->reader, symbols, &c->percpu, &c->percpu_error));
	if (!c->percpu)
		return tell_again(&c->percpu_error, e);
	*ret = c->percpu;
	return 0;
}

/* include/linux/panic.h: the bit's place is the letter's. */
void inspect_taints(uint64_t mask, bool module, char ret[INSPECT_TAINTS_SIZE])
{
	static const char letters[] = "PFSRMBUDAWCIOELKXTNJ";
	size_t n = 0;

	if (!module && !(mask & 1))
		ret[n++] = 'G';
	for (unsigned bit = 0; bit < 64; bit++)
		if (mask >> bit & 1)
			ret[n++] = bit < sizeof(letters) - 1 ? letters[bit] : '?';
	ret[n] = '\0';
}

int inspect_number(struct inspect *c, uint64_t addr, size_t size, uint64_t *ret, struct error *e)
{
	uint8_t bytes[8] = { 0 };
	int err = kernel_read(c->reader, addr, bytes, MIN(size, sizeof(bytes)), NULL);

	if (err < 0)
		return kernel_read_error(addr, err, e);
	*ret = le64_get(bytes);
	return 0;
}

int inspect_bad_option(int argc, char **argv, struct error *e)
{
	const char *word = optind > 0 && optind <= argc ? argv[optind - 1] : "";

	if (optopt)
		return error_set(e, -EINVAL, "option -%c makes no sense here", optopt);
	return error_set(e, -EINVAL, "option %s makes no sense here", word);
}

bool inspect_hex(const char *word, uint64_t *ret)
{
	char *end;

	if (!isxdigit((unsigned char)word[0]))
		return false;
	errno = 0;
	*ret = strtoull(word, &end, 16);
	return errno == 0 && *end == '\0';
}

int inspect_count(const char *word, uint64_t *ret, struct error *e)
{
	char *end;

	errno = 0;
	if (isdigit((unsigned char)word[0])) {
		bool hex = word[0] == '0' && (word[1] == 'x' || word[1] == 'X');

		*ret = strtoull(word, &end, hex ? 16 : 10);
		if (errno == 0 && *end == '\0')
			return 0;
	}
	return error_set(e, -EINVAL, "%s is no number", word);
}

/* A symbol wins over a number, as "f" could be both; crash asks in this order too. */
static int take_address(void *user, const struct symbol *sym)
{
	*(uint64_t *)user = sym->addr;
	return 1;
}

/* Modules are only read where a name is no other's. */
static bool find_in_modules(struct inspect *c, struct symbols *symbols, const char *name,
			    uint64_t *ret)
{
	struct modules *modules;

	return inspect_modules(c, &modules, NULL) == 0 &&
	       symbols_each_named(symbols, name, take_address, ret) == 1;
}

int inspect_address(struct inspect *c, const char *word, uint64_t *ret, struct error *e)
{
	_cleanup_free_ char *name = strdup(word);
	struct symbols *symbols;
	uint64_t offset = 0;
	char *sign;

	if (!name)
		return error_errno(e, -ENOMEM, "%s", word);
	sign = strpbrk(name, "+-");
	if (sign) {
		bool minus = *sign == '-';

		*sign = '\0';
		if (inspect_count(sign + 1, &offset, NULL) < 0 && !inspect_hex(sign + 1, &offset))
			return error_set(e, -EINVAL, "%s is no address", word);
		if (minus)
			offset = -offset;
	}
	if (inspect_symbols(c, &symbols, e) < 0) {
		if (!inspect_hex(name, ret))
			return -EINVAL;
	} else if (!symbols_find(symbols, name, ret) && !inspect_hex(name, ret) &&
		   !find_in_modules(c, symbols, name, ret)) {
		return error_set(e, -EINVAL, "%s is neither a symbol nor a hexadecimal address",
				 word);
	}
	*ret += offset;
	return 0;
}

bool inspect_symbol_at(struct inspect *c, uint64_t addr, struct symbol *ret)
{
	struct symbols *symbols;

	return inspect_symbols(c, &symbols, NULL) == 0 && symbols_at(symbols, addr, ret);
}

void inspect_symbol_name(struct inspect *c, uint64_t addr, char ret[INSPECT_NAME_SIZE])
{
	struct symbol sym;

	ret[0] = '\0';
	if (!inspect_symbol_at(c, addr, &sym))
		return;
	if (addr == sym.addr)
		snprintf(ret, INSPECT_NAME_SIZE, "%s", sym.name);
	else
		snprintf(ret, INSPECT_NAME_SIZE, "%s+%" PRIu64, sym.name, addr - sym.addr);
}

void inspect_json_begin(struct inspect *c, struct json *j, struct buf *buf, const char *name)
{
	char schema[64];

	snprintf(schema, sizeof(schema), "lastword.crash.%s/1", name);
	json_document(j, buf, schema);
}

int inspect_json_end(struct inspect *c, struct json *j, struct error *e)
{
	int err;

	json_object_end(j);
	err = json_end(j);
	if (err < 0)
		return error_errno(e, err, "JSON");
	fwrite(j->out->data, 1, j->out->len, c->out);
	if (j->out->len && j->out->data[j->out->len - 1] != '\n')
		fputc('\n', c->out);
	return 0;
}

void inspect_rows_begin(struct inspect *c, struct inspect_rows *r, const char *name,
			const char *rows, const struct column *columns, size_t count)
{
	*r = (struct inspect_rows){ 0 };
	if (c->json) {
		inspect_json_begin(c, &r->json, &r->buf, name);
		json_put_array(&r->json, rows);
	}
	table_begin(&r->table, columns, count, c->out, c->json ? &r->json : NULL);
}

int inspect_rows_end(struct inspect *c, struct inspect_rows *r, struct error *e)
{
	int err = 0;

	if (c->json) {
		json_array_end(&r->json);
		if (r->damage)
			json_put_string(&r->json, "damage", r->damage);
		err = inspect_json_end(c, &r->json, e);
	}
	buf_done(&r->buf);
	return err;
}

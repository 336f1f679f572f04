/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "inspect/command.h"
#include "inspect/expression.h"

#define TEXT_SIZE 4096

static bool find_symbol(void *user, const char *name, uint64_t *ret)
{
	struct symbols *symbols;

	return inspect_symbols(user, &symbols, NULL) == 0 && symbols_find(symbols, name, ret);
}

int inspect_evaluate(struct inspect *c, const char *text, uint64_t *ret, struct error *e)
{
	const struct expression_names names = { find_symbol, c };

	return expression_value(text, &names, ret, e);
}

/* "(128MB)" where it is a whole number of a unit, or "". */
static void whole_units(uint64_t v, char *ret, size_t size)
{
	static const char *const units[] = { "KB", "MB", "GB" };

	ret[0] = '\0';
	for (unsigned i = 0; i < ARRAY_SIZE(units) && v != 0; i++) {
		unsigned shift = 10 * (i + 1);

		if ((v & ((UINT64_C(1) << shift) - 1)) == 0)
			snprintf(ret, size, "(%" PRIu64 "%s)", v >> shift, units[i]);
	}
}

static void print_text(struct inspect *c, uint64_t v, bool bits)
{
	char words[40];

	whole_units(v, words, sizeof(words));
	fprintf(c->out, "hexadecimal: %" PRIx64 "  %s\n", v, words);
	fprintf(c->out, "    decimal: %" PRIu64 "  ", v);
	if ((int64_t)v < 0)
		fprintf(c->out, "(%" PRId64 ")", (int64_t)v);
	fprintf(c->out, "\n      octal: %" PRIo64 "\n     binary: ", v);
	for (int bit = 63; bit >= 0; bit--)
		fputc(v >> bit & 1 ? '1' : '0', c->out);
	fputc('\n', c->out);
	if (!bits)
		return;
	fputs("   bits set: ", c->out);
	for (int bit = 63; bit >= 0; bit--)
		if (v >> bit & 1)
			fprintf(c->out, "%d ", bit);
	fputc('\n', c->out);
}

static int print_json(struct inspect *c, uint64_t v, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	struct json j;

	inspect_json_begin(c, &j, &buf, "eval");
	json_put_hex(&j, "hexadecimal", v);
	json_put_uint(&j, "decimal", v);
	json_put_int(&j, "signed", (int64_t)v);
	json_put_array(&j, "bits_set");
	for (int bit = 63; bit >= 0; bit--)
		if (v >> bit & 1)
			json_uint(&j, bit);
	json_array_end(&j);
	return inspect_json_end(c, &j, e);
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	char text[TEXT_SIZE] = "";
	bool bits = false;
	uint64_t value;
	size_t len = 0;
	int i = 1, err;

	/* -1 is a number: only these are options */
	for (;
	     i < argc && argv[i][0] == '-' && argv[i][1] && argv[i][strspn(argv[i], "-bl")] == '\0';
	     i++)
		bits |= strchr(argv[i], 'b') != NULL;
	if (i == argc)
		return error_set(e, -EINVAL, "an expression");
	for (; i < argc && len < sizeof(text); i++)
		len += snprintf(text + len, sizeof(text) - len, "%s%s", len ? " " : "", argv[i]);
	if (len >= sizeof(text))
		return error_set(e, -E2BIG, "the expression is too long");
	err = inspect_evaluate(c, text, &value, e);
	if (err < 0)
		return err;
	if (c->json)
		return print_json(c, value, e);
	print_text(c, value, bits);
	return 0;
}

const struct inspect_command inspect_eval = {
	.name = "eval",
	.usage = "[-b] [-l] expression",
	.summary = "a number in hexadecimal, decimal, octal and binary",
	.details = "  -b  which bits are set\n"
		   "  -l  64 bits, as always\n"
		   "numbers, with k, m or g behind them, and symbols; + - & | ^ * % / << >> ~ ( )\n"
		   "| and > stand in parentheses: else they are the shell's\n",
	.run = run,
};

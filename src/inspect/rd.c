/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/command.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"

#define LINE 16	     /* bytes */
#define TEXT_LINE 60 /* bytes of -a */
#define COUNT_LIMIT GIB(1)

enum form { FORM_HEX, FORM_SIGNED, FORM_UNSIGNED, FORM_SYMBOLS, FORM_TEXT };

struct options {
	unsigned width; /* bytes of a value */
	enum form form;
	bool physical, reverse, network, no_text, has_end, has_count;
	uint64_t offset, end, count;
};

static int read_at(struct inspect *c, const struct options *o, uint64_t addr, void *buf, size_t len,
		   struct error *e)
{
	int err = o->physical ? dump_read(kernel_reader_dump(c->reader), addr, buf, len, NULL)
			      : kernel_read(c->reader, addr, buf, len, NULL);

	return err < 0 ? kernel_read_error(addr, err, e) : 0;
}

static uint64_t value_at(const uint8_t *p, const struct options *o)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < o->width; i++)
		v |= (uint64_t)p[o->network ? o->width - 1 - i : i] << (8 * i);
	return v;
}

static int64_t sign_extend(uint64_t v, unsigned width)
{
	unsigned unused = 64 - 8 * width;

	return (int64_t)(v << unused) >> unused;
}

/* Columns that a number takes in crash's output. */
static int columns(const struct options *o)
{
	static const int of_width[] = { [1] = 3, [2] = 5, [4] = 12 };

	if (o->width == 8)
		return o->form == FORM_SIGNED ? 15 : 20;
	return of_width[o->width];
}

static void print_value(struct inspect *c, const struct options *o, uint64_t v)
{
	char name[INSPECT_NAME_SIZE];
	const int hex = (int)o->width * 2;

	switch (o->form) {
	case FORM_SIGNED:
		fprintf(c->out, "%*" PRId64 " ", columns(o), sign_extend(v, o->width));
		return;
	case FORM_UNSIGNED:
		fprintf(c->out, "%*" PRIu64 " ", columns(o), v);
		return;
	case FORM_SYMBOLS:
		inspect_symbol_name(c, v, name);
		if (name[0]) {
			fprintf(c->out, "%-16s ", name);
			return;
		}
		break;
	case FORM_HEX:
	case FORM_TEXT:
		break;
	}
	fprintf(c->out, "%0*" PRIx64 " ", hex, v);
}

static void print_address(struct inspect *c, const struct options *o, uint64_t addr)
{
	fprintf(c->out, o->physical ? "%16" PRIx64 ":  " : "%016" PRIx64 ":  ", addr);
}

static char printable(uint8_t ch)
{
	return ch >= 0x20 && ch < 0x7f ? (char)ch : '.';
}

static void print_line(struct inspect *c, const struct options *o, uint64_t addr,
		       const uint8_t *bytes, size_t len)
{
	const size_t values = len / o->width, full = LINE / o->width;

	print_address(c, o, addr);
	for (size_t i = 0; i < values; i++)
		print_value(c, o, value_at(bytes + i * o->width, o));
	if (o->form == FORM_HEX && !o->no_text) {
		fprintf(c->out, "%*s  ", (int)((full - values) * (o->width * 2 + 1)), "");
		for (size_t i = 0; i < len; i++)
			fputc(printable(bytes[i]), c->out);
	}
	fputc('\n', c->out);
}

static int print_text(struct inspect *c, const struct options *o, uint64_t addr, struct error *e)
{
	uint8_t line[TEXT_LINE];
	uint64_t left = o->has_count ? o->count : KIB(64);

	while (left > 0) {
		size_t n = 0;

		while (n < MIN(left, (uint64_t)TEXT_LINE)) {
			int err = read_at(c, o, addr + n, line + n, 1, e);

			if (err < 0)
				return err;
			if (line[n] < 0x20 || line[n] >= 0x7f)
				left = n;
			else
				n++;
		}
		if (n == 0)
			break;
		print_address(c, o, addr);
		fprintf(c->out, "%.*s\n", (int)n, line);
		addr += n;
		left -= n;
	}
	return 0;
}

static int print_json(struct inspect *c, const struct options *o, uint64_t addr, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	char name[INSPECT_NAME_SIZE];
	uint8_t bytes[8];
	struct json j;
	int err = 0;

	inspect_json_begin(c, &j, &buf, "rd");
	json_name(&j, "address");
	json_hex(&j, addr);
	json_name(&j, "width");
	json_uint(&j, o->width * 8);
	json_name(&j, "values");
	json_array(&j);
	for (uint64_t i = 0; i < o->count && err == 0; i++) {
		err = read_at(c, o, addr + i * o->width, bytes, o->width, e);
		if (err < 0)
			break;
		if (o->form == FORM_SYMBOLS)
			inspect_symbol_name(c, value_at(bytes, o), name);
		if (o->form == FORM_SYMBOLS && name[0])
			json_string(&j, name);
		else
			json_hex(&j, value_at(bytes, o));
	}
	json_array_end(&j);
	return err < 0 ? err : inspect_json_end(c, &j, e);
}

static int print_values(struct inspect *c, const struct options *o, uint64_t addr, struct error *e)
{
	const uint64_t per_line = LINE / o->width;
	uint8_t bytes[LINE];

	for (uint64_t done = 0; done < o->count; done += per_line) {
		uint64_t n = MIN(o->count - done, per_line);
		uint64_t at = addr + done * o->width;
		int err = read_at(c, o, at, bytes, n * o->width, e);

		if (err < 0)
			return err;
		print_line(c, o, at, bytes, n * o->width);
		if (ferror(c->out))
			return -EPIPE;
	}
	return 0;
}

static bool set_width(struct options *o, const char *word)
{
	static const struct {
		const char *word;
		unsigned width;
	} widths[] = { { "-8", 1 }, { "-16", 2 }, { "-32", 4 }, { "-64", 8 } };

	for (size_t i = 0; i < ARRAY_SIZE(widths); i++)
		if (strcmp(widths[i].word, word) == 0) {
			o->width = widths[i].width;
			return true;
		}
	return false;
}

static int take_option(struct inspect *c, struct options *o, int opt, struct error *e)
{
	switch (opt) {
	case 'a':
		o->form = FORM_TEXT;
		return 0;
	case 'd':
		o->form = FORM_SIGNED;
		return 0;
	case 'D':
		o->form = FORM_UNSIGNED;
		return 0;
	case 's':
		o->form = FORM_SYMBOLS;
		return 0;
	case 'e':
		o->has_end = true;
		return inspect_address(c, optarg, &o->end, e);
	case 'o':
		return inspect_count(optarg, &o->offset, e);
	case 'p':
		o->physical = true;
		return 0;
	case 'N':
		o->network = true;
		return 0;
	case 'R':
		o->reverse = true;
		return 0;
	case 'x':
		o->no_text = true;
		return 0;
	default:
		return -EINVAL;
	}
}

/* Widths look like options and are none for getopt. Returns the new argc. */
static int take_widths(struct options *o, int argc, char **argv)
{
	int kept = 1;

	for (int i = 1; i < argc; i++)
		if (!set_width(o, argv[i]))
			argv[kept++] = argv[i];
	argv[kept] = NULL;
	return kept;
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	struct options o = { .width = 8, .count = 1 };
	uint64_t addr;
	int opt, err;

	argc = take_widths(&o, argc, argv);
	optind = 0;
	opterr = 0;
	while ((opt = getopt(argc, argv, "adDse:o:pNRx")) != -1) {
		if (opt == '?')
			return inspect_bad_option(argc, argv, e);
		err = take_option(c, &o, opt, e);
		if (err < 0)
			return err;
	}
	if (argc - optind < 1 || argc - optind > 2)
		return error_set(e, -EINVAL, "an address or symbol, and perhaps a count");
	err = inspect_address(c, argv[optind], &addr, e);
	if (err < 0)
		return err;
	addr += o.offset;
	if (argv[optind + 1]) {
		o.has_count = true;
		err = inspect_count(argv[optind + 1], &o.count, e);
		if (err < 0)
			return err;
	} else if (o.has_end) {
		if (o.end <= addr)
			return error_set(e, -EINVAL, "the end %" PRIx64 " is not after %" PRIx64,
					 o.end, addr);
		o.count = DIV_ROUND_UP(o.end - addr, o.width);
	}
	if (o.count == 0 || o.count > COUNT_LIMIT)
		return error_set(e, -EINVAL, "a count of %" PRIu64 " makes no sense", o.count);
	if (o.reverse)
		addr -= (o.count - 1) * o.width;
	if (c->json)
		return print_json(c, &o, addr, e);
	if (o.form == FORM_TEXT)
		return print_text(c, &o, addr, e);
	return print_values(c, &o, addr, e);
}

const struct inspect_command inspect_rd = {
	.name = "rd",
	.usage = "[-8 | -16 | -32 | -64] [-a] [-d] [-D] [-s] [-x] [-p] [-N] [-R] [-e end] "
		 "[-o offset] address | symbol [count]",
	.summary = "memory at an address",
	.details = "  -8 -16 -32 -64  bits of a value; 64 where none is given\n"
		   "  -a              text, until a character that cannot be printed\n"
		   "  -d, -D          signed, unsigned decimal numbers\n"
		   "  -s              symbols instead of addresses, where there are\n"
		   "  -x              no text beside the numbers\n"
		   "  -p              the address is physical\n"
		   "  -N              values are big-endian\n"
		   "  -R              so many values up to and with that at the address\n"
		   "  -e end          until that address\n"
		   "  -o offset       to add to the address\n",
	.run = run,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>

#include "inspect/command.h"

static const char *const controls[] = {
	"NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS",  "HT",  "LF",
	"VT",  "FF",  "CR",  "SO",  "SI",  "DLE", "DC1", "DC2", "DC3", "DC4", "NAK",
	"SYN", "ETB", "CAN", "EM",  "SUB", "ESC", "FS",	 "GS",	"RS",  "US",
};

static void name_of(unsigned ch, char ret[8])
{
	if (ch < ARRAY_SIZE(controls))
		snprintf(ret, 8, "%s", controls[ch]);
	else if (ch == 0x7f)
		snprintf(ret, 8, "DEL");
	else
		snprintf(ret, 8, "%x", ch);
}

static void print_chart(struct inspect *c)
{
	char name[8];

	fputs("\n      0    1   2   3   4   5   6   7\n    +-------------------------------\n",
	      c->out);
	for (unsigned row = 0; row < 16; row++) {
		fprintf(c->out, "  %X |", row);
		for (unsigned column = 0; column < 8; column++) {
			unsigned ch = column * 16 + row;

			if (ch < 0x20 || ch == 0x7f)
				name_of(ch, name);
			else
				snprintf(name, sizeof(name), ch == ' ' ? "SP" : "%c", ch);
			/* characters stand under their column's number, names lean to the right */
			fprintf(c->out, name[1] ? " %3s" : column < 7 ? "  %s " : "  %s", name);
		}
		fputc('\n', c->out);
	}
	fputc('\n', c->out);
}

static void text_of(uint64_t value, char *ret, size_t size)
{
	char name[8];

	for (unsigned i = 0; i < 8; i++) {
		unsigned ch = value >> (8 * i) & 0xff;

		if (ch >= 0x20 && ch < 0x7f) {
			snprintf(ret, size, "%c", ch);
			ret++;
			size--;
			continue;
		}
		name_of(ch, name);
		size_t n = snprintf(ret, size, "<%s>", name);

		ret += n;
		size -= n;
	}
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	static const struct column columns[] = { { "value", NULL, COLUMN_HEX, 0 },
						 { "text", NULL, COLUMN_TEXT, 0 } };
	struct inspect_rows r;
	int err = 0, ended;

	if (argc == 1 && !c->json) {
		print_chart(c);
		return 0;
	}
	inspect_rows_begin(c, &r, "ascii", "values", columns, ARRAY_SIZE(columns));
	for (int i = 1; i < argc && err == 0; i++) {
		char text[80];
		uint64_t value;

		if (!inspect_hex(argv[i], &value)) {
			err = error_set(e, -EINVAL, "%s is no hexadecimal number", argv[i]);
			break;
		}
		text_of(value, text, sizeof(text));
		if (c->json)
			table_row(&r.table, (union cell[]){ { .n = value }, { .text = text } });
		else
			fprintf(c->out, "%016" PRIx64 ": %s\n", value, text);
	}
	ended = inspect_rows_end(c, &r, err < 0 ? NULL : e);
	return err < 0 ? err : ended;
}

const struct inspect_command inspect_ascii = {
	.name = "ascii",
	.usage = "[value …]",
	.summary = "hexadecimal numbers as the text that they are in memory; the ASCII chart",
	.details = "",
	.run = run,
};

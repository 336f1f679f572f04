/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "base/io.h"
#include "inspect/choose.h"
#include "inspect/user.h"

#define LINE 16	     /* bytes */
#define TEXT_LINE 60 /* bytes of -a */
#define COUNT_LIMIT GIB(1)

enum form { FORM_HEX, FORM_SIGNED, FORM_UNSIGNED, FORM_SYMBOLS, FORM_TEXT };

/* What an address is one of. */
enum space { SPACE_KERNEL, SPACE_PHYSICAL, SPACE_USER, SPACE_FILE };

struct options {
	unsigned width; /* bytes of a value */
	enum form form;
	enum space space;
	uint64_t mm;	  /* of SPACE_USER */
	int fd;		  /* of SPACE_FILE */
	unsigned slabs;	  /* -S: names of caches; twice: with the address */
	const char *save; /* -r */
	bool reverse, network, no_text, has_end, has_count;
	uint64_t offset, end, count;
};

/* Above it addresses are the kernel's. */
#define USER_END (UINT64_C(1) << 56)

static int read_file(int fd, uint64_t offset, void *buf, size_t len, struct error *e)
{
	ssize_t n = pread(fd, buf, len, (off_t)offset);

	if (n < 0)
		return error_errno(e, -errno, "%" PRIx64, offset);
	if ((size_t)n < len)
		return error_set(e, -ENODATA, "%" PRIx64 ": the file ends before", offset);
	return 0;
}

static int read_at(struct inspect *c, const struct options *o, uint64_t addr, void *buf, size_t len,
		   struct error *e)
{
	int err;

	if (o->space == SPACE_FILE)
		return read_file(o->fd, addr, buf, len, e);
	if (o->space == SPACE_USER)
		return user_read(c, o->mm, addr, buf, len, e);
	err = o->space == SPACE_PHYSICAL
		      ? dump_read(kernel_reader_dump(c->reader), addr, buf, len, NULL)
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

/* "[kmalloc-64]", or with the address where -S is given twice. False where no slab object is there. */
static bool name_slab(struct inspect *c, const struct options *o, uint64_t v,
		      char ret[INSPECT_NAME_SIZE])
{
	struct slab_object object;
	struct slabs *slabs;

	if (o->slabs == 0 || inspect_slabs(c, &slabs, NULL) < 0 ||
	    slab_of(slabs, v, &object, NULL) < 0 || !object.is_object)
		return false;
	if (o->slabs > 1)
		snprintf(ret, INSPECT_NAME_SIZE, "[%" PRIx64 ":%s]", v, object.slab.cache->name);
	else
		snprintf(ret, INSPECT_NAME_SIZE, "[%s]", object.slab.cache->name);
	return true;
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
		if (name[0] || name_slab(c, o, v, name)) {
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
	fprintf(c->out, o->space == SPACE_KERNEL ? "%016" PRIx64 ":  " : "%16" PRIx64 ":  ", addr);
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
	json_put_hex(&j, "address", addr);
	json_put_uint(&j, "width", o->width * 8);
	json_put_array(&j, "values");
	for (uint64_t i = 0; i < o->count && err == 0; i++) {
		err = read_at(c, o, addr + i * o->width, bytes, o->width, e);
		if (err < 0)
			break;
		if (o->form == FORM_SYMBOLS) {
			inspect_symbol_name(c, value_at(bytes, o), name);
			if (!name[0])
				(void)name_slab(c, o, value_at(bytes, o), name);
		}
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
	case 'f':
		o->space = SPACE_FILE;
		return 0;
	case 'r':
		o->save = optarg;
		return 0;
	case 's':
		o->form = FORM_SYMBOLS;
		return 0;
	case 'S':
		o->form = FORM_SYMBOLS;
		o->slabs++;
		return 0;
	case 'u':
		o->space = SPACE_USER;
		return 0;
	case 'e':
		o->has_end = true;
		return inspect_address(c, optarg, &o->end, e);
	case 'o':
		return inspect_count(optarg, &o->offset, e);
	case 'p':
		o->space = SPACE_PHYSICAL;
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

/* -r: the bytes as they are. */
static int save(struct inspect *c, const struct options *o, uint64_t addr, struct error *e)
{
	_cleanup_close_ int fd = open(o->save, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	uint64_t done = 0;
	char bytes[4096];
	int err = 0;

	if (fd < 0)
		return error_errno(e, -errno, "%s", o->save);
	while (err == 0 && done < o->count) {
		/* not across a page: the part before one that is missing is written */
		size_t n = MIN(o->count - done, sizeof(bytes) - (addr + done) % sizeof(bytes));

		err = read_at(c, o, addr + done, bytes, n, e);
		if (err == 0 && write_all(fd, bytes, n) < 0)
			err = error_errno(e, -errno, "%s", o->save);
		done += err == 0 ? n : 0;
	}
	if (!c->json)
		fprintf(c->out, "%" PRIu64 " bytes copied from 0x%" PRIx64 " to %s\n", done, addr,
			o->save);
	return err;
}

/* Whose memory, or which file, an address is of. */
static int open_space(struct inspect *c, struct options *o, uint64_t addr, struct error *e)
{
	const struct task *task;

	if (o->space == SPACE_FILE) {
		o->fd = open(dumpfile_name(kernel_dump(c->kernel)), O_RDONLY | O_CLOEXEC);
		return o->fd < 0 ? error_errno(e, -errno, "the dump's file") : 0;
	}
	if (o->space == SPACE_KERNEL && addr < USER_END && choose_context(c, &task, NULL) == 0 &&
	    task->mm)
		o->space = SPACE_USER;
	if (o->space != SPACE_USER)
		return 0;
	return choose_user_memory(c, &o->mm, e);
}

static int take_count(const char *word, struct options *o, uint64_t addr, struct error *e)
{
	int err = 0;

	if (word) {
		o->has_count = true;
		err = inspect_count(word, &o->count, e);
		if (err < 0)
			return err;
	} else if (o->has_end) {
		if (o->end <= addr)
			return error_set(e, -EINVAL, "the end %" PRIx64 " is not after %" PRIx64,
					 o->end, addr);
		o->count = DIV_ROUND_UP(o->end - addr, o->save ? 1 : o->width);
	}
	if (o->count == 0 || o->count > COUNT_LIMIT)
		return error_set(e, -EINVAL, "a count of %" PRIu64 " makes no sense", o->count);
	return 0;
}

static int take_options(struct inspect *c, int argc, char **argv, struct options *o,
			struct error *e)
{
	int opt, err;

	while ((opt = getopt(argc, argv, "adDfsSue:o:pNr:Rx")) != -1) {
		if (opt == '?')
			return inspect_bad_option(argc, argv, e);
		err = take_option(c, o, opt, e);
		if (err < 0)
			return err;
	}
	if (argc - optind < 1 || argc - optind > 2)
		return error_set(e, -EINVAL, "an address or symbol, and perhaps a count");
	return 0;
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	struct options o = { .width = 8, .count = 1, .fd = -1 };
	_cleanup_close_ int fd = -1;
	uint64_t addr;
	int err;

	argc = take_widths(&o, argc, argv);
	err = take_options(c, argc, argv, &o, e);
	if (err == 0)
		err = inspect_address(c, argv[optind], &addr, e);
	if (err < 0)
		return err;
	addr += o.offset;
	err = take_count(argv[optind + 1], &o, addr, e);
	if (err == 0)
		err = open_space(c, &o, addr, e);
	if (err < 0)
		return err;
	fd = o.fd;
	if (o.reverse)
		addr -= (o.count - 1) * o.width;
	if (o.save)
		return save(c, &o, addr, e);
	if (c->json)
		return print_json(c, &o, addr, e);
	if (o.form == FORM_TEXT)
		return print_text(c, &o, addr, e);
	return print_values(c, &o, addr, e);
}

const struct inspect_command inspect_rd = {
	.name = "rd",
	.usage = "[-8 | -16 | -32 | -64] [-a] [-d] [-D] [-s] [-S[S]] [-x] [-p | -u | -f] [-N] [-R] "
		 "[-e end] "
		 "[-o offset] [-r file] address | symbol [count]",
	.summary = "memory at an address",
	.details = "  -8 -16 -32 -64  bits of a value; 64 where none is given\n"
		   "  -a              text, until a character that cannot be printed\n"
		   "  -d, -D          signed, unsigned decimal numbers\n"
		   "  -s              symbols instead of addresses, where there are\n"
		   "  -S, -SS         and [the slab cache] that an address lies in; -SS: "
		   "[address:cache]\n"
		   "  -x              no text beside the numbers\n"
		   "  -p              the address is physical\n"
		   "  -u              the address is user space's, of the context\n"
		   "  -f              the address is a place in the dump's file\n"
		   "  -r file         so many bytes, as they are, into a file\n"
		   "  -N              values are big-endian\n"
		   "  -R              so many values up to and with that at the address\n"
		   "  -e end          until that address\n"
		   "  -o offset       to add to the address\n",
	.run = run,
};

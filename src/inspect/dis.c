/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#include "inspect/choose.h"
#include "inspect/disassemble.h"
#include "inspect/user.h"

#define ROUTINE_MAX MIB(1)
#define COUNT_MAX 100000

struct options {
	bool reverse; /* -r */
	bool forward; /* -f */
	bool lines;   /* -l */
	bool source;  /* -s */
	bool user;    /* -u */
	bool hex;     /* -x; as the command says without -d */
};

struct printer {
	struct inspect *c;
	struct options o;
	struct json json;
	uint64_t mm;		      /* -u */
	char line[INSPECT_NAME_SIZE]; /* -l: the last that was written */
};

static int read_code(struct printer *p, uint64_t addr, uint8_t *bytes, size_t *len, struct error *e)
{
	int err;

	/* The last instruction of a page need not be followed by another page. */
	do
		err = p->o.user ? user_read(p->c, p->mm, addr, bytes, *len, e)
				: kernel_read(p->c->reader, addr, bytes, *len, e);
	while (err < 0 && --*len > 0);
	return err < 0 ? kernel_read_error(addr, err, e) : 0;
}

/* -l: the place in the source where it is another than before. */
static void print_line(struct printer *p, uint64_t addr)
{
	char line[INSPECT_NAME_SIZE];

	if (!p->o.lines || !p->c->lines->at(p->c->lines->user, addr, line, sizeof(line)) ||
	    strcmp(line, p->line) == 0)
		return;
	fprintf(p->c->out, "%s\n", line);
	snprintf(p->line, sizeof(p->line), "%s", line);
}

static void print_place(struct printer *p, uint64_t addr)
{
	struct symbols *symbols;
	struct symbol sym;

	if (p->o.user) {
		fprintf(p->c->out, "   0x%" PRIx64 ":\t", addr);
		return;
	}
	fprintf(p->c->out, "0x%" PRIx64, addr);
	if (inspect_symbols(p->c, &symbols, NULL) == 0 && symbols_at(symbols, addr, &sym)) {
		fprintf(p->c->out, " <%s", sym.name);
		if (addr != sym.addr)
			fprintf(p->c->out, p->o.hex ? "+0x%" PRIx64 : "+%" PRIu64, addr - sym.addr);
		fputc('>', p->c->out);
	}
	fputs(":\t", p->c->out);
}

/* Where tracing puts a call, at the very start of a function, as crash marks it. */
static bool is_ftrace_nop(struct printer *p, uint64_t addr, const struct instruction *i)
{
	struct symbols *symbols;
	struct symbol sym;

	return !p->o.user && i->len == 5 && i->is_padding &&
	       inspect_symbols(p->c, &symbols, NULL) == 0 && symbols_at(symbols, addr, &sym) &&
	       sym.addr == addr;
}

static void json_instruction(struct printer *p, uint64_t addr, const uint8_t *bytes,
			     const struct instruction *raw, const char *text)
{
	char hex[2 * INSTRUCTION_SIZE_MAX + 1], name[INSPECT_NAME_SIZE] = "";
	struct json *j = &p->json;

	for (unsigned i = 0; i < raw->len; i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	if (!p->o.user)
		inspect_symbol_name(p->c, addr, name);
	json_object(j);
	json_put_hex(j, "address", addr);
	json_put_text(j, "symbol", name);
	json_put_string(j, "bytes", hex);
	json_put_string(j, "text", text);
	json_name(j, "target");
	if (raw->has_target)
		json_hex(j, raw->target);
	else
		json_string(j, NULL);
	json_object_end(j);
}

/* One instruction; write false: it is only passed. */
static int show(struct printer *p, uint64_t addr, bool write, struct instruction *ret,
		struct error *e)
{
	uint8_t bytes[INSTRUCTION_SIZE_MAX];
	char text[INSTRUCTION_TEXT_SIZE];
	size_t len = sizeof(bytes);
	int err = read_code(p, addr, bytes, &len, e);

	if (err < 0)
		return err;
	inspect_instruction_of(p->c, addr, bytes, len, p->o.hex, ret, text);
	if (!write)
		return 0;
	if (p->c->json) {
		json_instruction(p, addr, bytes, ret, text);
		return 0;
	}
	print_line(p, addr);
	print_place(p, addr);
	fprintf(p->c->out, "%s%s\n", text, is_ftrace_nop(p, addr, ret) ? " [FTRACE NOP]" : "");
	return ferror(p->c->out) ? -EPIPE : 0;
}

/* count instructions from start on, those that begin before end. */
static int show_run(struct printer *p, uint64_t start, uint64_t end, uint64_t count,
		    struct error *e)
{
	struct instruction i;
	int err = 0;

	for (; err == 0 && count > 0 && start < end; count--, start += i.len)
		err = show(p, start, true, &i, e);
	return err;
}

/* The last instruction of a routine that does something is followed by what fills the space to the next. */
static int find_end(struct printer *p, const struct symbol *sym, uint64_t *ret, uint64_t *ret_count,
		    uint64_t until, struct error *e)
{
	uint64_t end = sym->addr, count = 0, all = 0, limit = sym->addr + sym->size;
	struct instruction i;

	for (uint64_t at = sym->addr; at < limit && at <= until; at += i.len) {
		int err = show(p, at, false, &i, e);

		if (err < 0 && at == sym->addr)
			return err;
		/* The rest is not in the dump: what is there is shown, and then the error. */
		if (err < 0) {
			end = limit;
			count = UINT64_MAX;
			break;
		}
		all++;
		if (!i.is_padding || at == until) {
			end = at + i.len;
			count = all;
		}
	}
	*ret = end;
	*ret_count = count;
	return 0;
}

static int show_routine(struct printer *p, uint64_t addr, bool has_count, uint64_t count,
			struct error *e)
{
	uint64_t start, end, instructions;
	struct symbols *symbols;
	struct symbol sym;
	int err = inspect_symbols(p->c, &symbols, e);

	if (err < 0)
		return err;
	if (!symbols_at(symbols, addr, &sym) || sym.size == 0 || sym.size > ROUTINE_MAX)
		return error_set(e, -ENOENT, "%" PRIx64 " lies in no function", addr);
	err = find_end(p, &sym, &end, &instructions, p->o.reverse ? addr : UINT64_MAX, e);
	if (err < 0)
		return err;
	start = p->o.forward ? addr : sym.addr;
	/* -r with a count: the last ones. */
	if (p->o.reverse && has_count && instructions != UINT64_MAX) {
		struct instruction i;

		for (; err == 0 && instructions > count; instructions--, start += i.len)
			err = show(p, start, false, &i, e);
	}
	return err < 0 ? err
		       : show_run(p, start, MAX(end, start + 1), has_count ? count : COUNT_MAX, e);
}

/* -s: debuginfo has the file and the line, and not what stands there. */
static int show_source(struct printer *p, uint64_t addr, struct error *e)
{
	char line[INSPECT_NAME_SIZE], *colon;

	if (!p->c->lines->at(p->c->lines->user, addr, line, sizeof(line)))
		return error_set(e, -ENOENT, "debuginfo tells no line of %" PRIx64, addr);
	colon = strrchr(line, ':');
	if (colon)
		*colon = '\0';
	fprintf(p->c->out, "FILE: %s\nLINE: %s\n\n", line,
		colon ? colon + 1 + strspn(colon + 1, " ") : "?");
	return error_set(e, -ENOENT, "source code is not available");
}

static int find_user(struct printer *p, struct error *e)
{
	const struct task *task;
	int err = choose_context(p->c, &task, e);

	if (err == 0 && !task->mm)
		return error_set(e, -EINVAL, "-u: %s is a kernel thread", task->comm);
	if (err == 0)
		p->mm = task->mm;
	return err;
}

/* A symbol, an address, or symbol+offset, also in brackets. ret_symbol: it was a symbol's name alone. */
static int find_address(struct printer *p, char *word, uint64_t *ret, bool *ret_symbol,
			struct error *e)
{
	size_t len = strlen(word);
	uint64_t addr;

	if (len > 2 && word[0] == '(' && word[len - 1] == ')') {
		word[len - 1] = '\0';
		word++;
	}
	*ret_symbol = false;
	if (p->o.user)
		return inspect_hex(word, ret) ? 0 : error_set(e, -EINVAL, "%s is no address", word);
	if (inspect_address(p->c, word, ret, e) < 0)
		return -EINVAL;
	*ret_symbol = !strpbrk(word, "+-") && !inspect_hex(word, &addr);
	return 0;
}

/* Is it code, which a name alone stands for as a whole? */
static bool is_code(struct inspect *c, uint64_t addr)
{
	static const char *const bounds[][2] = { { "_stext", "_etext" },
						 { "_sinittext", "_einittext" } };
	struct symbols *symbols;
	struct symbol sym;
	uint64_t start, end;

	if (inspect_symbols(c, &symbols, NULL) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(bounds); i++)
		if (symbols_find(symbols, bounds[i][0], &start) &&
		    symbols_find(symbols, bounds[i][1], &end) && addr >= start && addr < end)
			return true;
	return symbols_at(symbols, addr, &sym) && sym.module &&
	       addr - sym.module->text.addr < sym.module->text.size;
}

static int show_words(struct printer *p, char **words, int count, struct error *e)
{
	uint64_t addr, number = 1;
	bool has_count = count > 1, is_symbol = false;
	int err = p->o.user ? find_user(p, e) : 0;

	if (err == 0)
		err = find_address(p, words[0], &addr, &is_symbol, e);
	if (err == 0 && has_count)
		err = inspect_count(words[1], &number, e);
	if (err < 0)
		return err;
	if (number == 0 || number > COUNT_MAX)
		return error_set(e, -EINVAL, "invalid count argument: %s", words[1]);
	if (p->o.source)
		return show_source(p, addr, e);
	if (!p->o.user &&
	    (p->o.reverse || p->o.forward || (is_symbol && !has_count && is_code(p->c, addr))))
		return show_routine(p, addr, has_count, number, e);
	return show_run(p, addr, UINT64_MAX, number, e);
}

/* -b: crash skips bytes that kernels before 2.6.20 put behind a BUG's instruction. */
static int tell_skipped(struct inspect *c, int count, char **words, struct error *e)
{
	uint64_t number;

	if (count > 0 && (inspect_count(words[0], &number, e) < 0 || number > 0))
		return error_set(e, -EINVAL,
				 "-b: the kernels that this program knows have no bytes to skip");
	fputs("encoded bytes being skipped after ud2a: 0\n", c->out);
	return 0;
}

static int print_all(struct printer *p, char **words, int count, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	int err, ended;

	if (!p->c->json)
		return show_words(p, words, count, e);
	inspect_json_begin(p->c, &p->json, &buf, "dis");
	json_put_array(&p->json, "instructions");
	err = show_words(p, words, count, e);
	json_array_end(&p->json);
	ended = inspect_json_end(p->c, &p->json, e);
	return err < 0 ? err : ended;
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	struct printer p = { .c = c, .o.hex = c->hex };
	bool skipped = false;
	int opt;

	while ((opt = getopt(argc, argv, "rfludxsb")) != -1) {
		switch (opt) {
		case 'r':
			p.o.reverse = true;
			break;
		case 'f':
			p.o.forward = true;
			break;
		case 'l':
			p.o.lines = true;
			break;
		case 'u':
			p.o.user = true;
			break;
		case 'd':
			p.o.hex = false;
			break;
		case 'x':
			p.o.hex = true;
			break;
		case 's':
			p.o.source = true;
			break;
		case 'b':
			skipped = true;
			break;
		default:
			return inspect_bad_option(argc, argv, e);
		}
	}
	if (skipped)
		return tell_skipped(c, argc - optind, argv + optind, e);
	if (optind == argc || argc - optind > 2)
		return error_set(e, -EINVAL, "takes an address or a symbol, and a count");
	if (p.o.reverse && p.o.forward)
		return error_set(e, -EINVAL, "-r and -f are mutually exclusive");
	if ((p.o.lines || p.o.source) && !c->lines)
		return error_set(e, -ENOENT,
				 "-%c: lines of source code need debuginfo, which was not given",
				 p.o.lines ? 'l' : 's');
	return print_all(&p, argv + optind, argc - optind, e);
}

const struct inspect_command inspect_dis = {
	.name = "dis",
	.usage = "[-r | -f] [-l] [-s] [-u] [-x | -d] {address | symbol[+offset]} [count] | -b",
	.summary = "instructions",
	.details =
		"  A symbol without count: the whole function.\n"
		"  -r  from the function's start to the address; with a count the last of these\n"
		"  -f  from the address to the function's end\n"
		"  -u  the address is of the current task's user space\n"
		"  -x  offsets hexadecimal; -d decimal\n"
		"  -l  with lines of the source, -s the line of the address: where there is "
		"debuginfo\n"
		"  -b  bytes that are skipped after a BUG's instruction\n",
	.run = run,
};

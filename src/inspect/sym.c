/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/command.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

/* What is printed: text, or a member of the JSON document's array. */
struct printer {
	struct inspect *c;
	struct symbols *symbols;
	struct json json;
	const char *part;   /* -q: names that hold it */
	const char *module; /* -m: of that module alone; "" for all modules */
	uint64_t printed;
	bool lines; /* of the symbols asked for: those of all would take minutes */
};

static bool find_line(const struct printer *p, uint64_t addr, char ret[INSPECT_NAME_SIZE])
{
	const struct inspect_lines *lines = p->c->lines;

	return lines && lines->at(lines->user, addr, ret, INSPECT_NAME_SIZE);
}

static void print(struct printer *p, const struct symbol *sym, uint64_t addr)
{
	const char *module = sym->module ? sym->module->name : NULL;
	char line[INSPECT_NAME_SIZE];

	p->printed++;
	if (p->c->json) {
		json_object(&p->json);
		json_put_hex(&p->json, "address", addr);
		json_put_string(&p->json, "name", sym->name);
		json_put_string(&p->json, "type", (char[]){ sym->type, '\0' });
		json_put_uint(&p->json, "offset", addr - sym->addr);
		json_put_uint(&p->json, "size", sym->size);
		json_put_string(&p->json, "module", module);
		json_name(&p->json, "line");
		json_string(&p->json,
			    p->lines && !module && find_line(p, addr, line) ? line : NULL);
		json_object_end(&p->json);
		return;
	}
	fprintf(p->c->out, "%" PRIx64 " (%c) %s", addr, sym->type, sym->name);
	if (addr != sym->addr)
		fprintf(p->c->out, "+%" PRIu64, addr - sym->addr);
	if (module && !p->module)
		fprintf(p->c->out, " [%s]", module);
	if (p->lines && !module && find_line(p, addr, line))
		fprintf(p->c->out, " %s", line);
	fputc('\n', p->c->out);
}

static int print_each(void *user, const struct symbol *sym)
{
	struct printer *p = user;

	bool wanted = !p->part || strstr(sym->name, p->part);

	if (p->module)
		wanted = wanted && sym->module &&
			 (!*p->module || strcmp(p->module, sym->module->name) == 0);
	if (wanted)
		print(p, sym, sym->addr);
	return ferror(p->c->out) ? -EPIPE : 0;
}

/* -p and -n: the neighbour in the table. */
static void print_neighbour(struct printer *p, const struct symbol *sym, int step)
{
	struct symbol other;
	uint32_t index;

	if (sym->module || !symbols_index_at(p->symbols, sym->addr, &index))
		return;
	if (step > 0)
		while (symbols_get(p->symbols, index, &other) && other.addr == sym->addr)
			index++;
	else if (index > 0)
		index--;
	else
		return;
	if (symbols_get(p->symbols, index, &other))
		print(p, &other, other.addr);
}

struct wanted {
	struct printer *p;
	bool previous, next;
	uint64_t offset;
};

static int print_wanted(void *user, const struct symbol *sym)
{
	struct wanted *w = user;

	if (w->previous)
		print_neighbour(w->p, sym, -1);
	print(w->p, sym, sym->addr + w->offset);
	if (w->next)
		print_neighbour(w->p, sym, 1);
	return 0;
}

static int look_up(struct wanted *w, const char *word, struct error *e)
{
	uint64_t before = w->p->printed, addr;
	_cleanup_free_ char *name = strdup(word);
	struct symbol sym;
	char *plus;
	int err;

	if (!name)
		return error_errno(e, -ENOMEM, "%s", word);
	w->offset = 0;
	plus = strchr(name, '+');
	if (plus && inspect_count(plus + 1, &w->offset, NULL) == 0)
		*plus = '\0';
	err = symbols_each_named(w->p->symbols, name, print_wanted, w);
	if (err < 0 || w->p->printed != before)
		return err;
	if (!inspect_hex(word, &addr))
		return error_set(e, -ENOENT, "symbol not found: %s", word);
	if (!symbols_at(w->p->symbols, addr, &sym))
		return error_set(e, -ENOENT, "invalid address: %s: no symbol lies there", word);
	w->offset = addr - sym.addr;
	return print_wanted(w, &sym);
}

/* *ret_list: symbols of a kind, rather than those that are named. */
static int take_options(int argc, char **argv, struct printer *p, struct wanted *w, bool *ret_list,
			struct error *e)
{
	bool list = false;
	int opt;

	while ((opt = getopt(argc, argv, "+lMm:npq:")) != -1) {
		switch (opt) {
		case 'l':
			list = true;
			break;
		case 'M':
			p->module = "";
			break;
		case 'm':
			p->module = optarg;
			break;
		case 'n':
			w->next = true;
			break;
		case 'p':
			w->previous = true;
			break;
		case 'q':
			p->part = optarg;
			break;
		default:
			return inspect_bad_option(argc, argv, e);
		}
	}
	list |= p->part || p->module;
	p->lines = !list;
	if (!list && optind == argc)
		return error_set(e, -EINVAL, "which symbol or address?");
	*ret_list = list;
	return 0;
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	struct printer p = { .c = c };
	struct wanted w = { .p = &p };
	struct modules *modules;
	struct error why = { 0 };
	bool list = false;
	int first_err = 0, err = take_options(argc, argv, &p, &w, &list, e);

	if (err == 0)
		err = inspect_symbols(c, &p.symbols, e);
	if (err < 0)
		return err;
	if (inspect_modules(c, &modules, &why) < 0 && p.module)
		return error_set(e, why.code, "%s", error_text(&why));
	if (c->json) {
		inspect_json_begin(c, &p.json, &buf, "sym");
		json_put_array(&p.json, "symbols");
	}
	if (list)
		first_err = symbols_each(p.symbols, print_each, &p);
	else
		for (int i = optind; i < argc; i++) {
			err = look_up(&w, argv[i], e);
			first_err = first_err ? first_err : err;
		}
	if (c->json) {
		json_array_end(&p.json);
		err = inspect_json_end(c, &p.json, e);
		first_err = first_err ? first_err : err;
	}
	return first_err;
}

const struct inspect_command inspect_sym = {
	.name = "sym",
	.usage = "[-l] | [-M] | [-m module] | [-q string] | [-n] [-p] symbol | address …",
	.summary = "a symbol's address, or what symbol lies at an address",
	.details = "  -l         all symbols\n"
		   "  -M         the symbols of all modules\n"
		   "  -m module  those of one module\n"
		   "  -q string  symbols whose name holds the string\n"
		   "  -n, -p     the next, the previous symbol too\n",
	.run = run,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kmem -p, -m and -g: struct pages and their flags. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "inspect/kmem_find.h"
#include "inspect/pageflags.h"

#define MEMBERS_MAX 16
#define MEMBER_SIZE 256 /* bytes of one that are shown */

static const struct column columns[] = {
	{ "page", NULL, COLUMN_ADDRESS, 0 },	{ "physical", NULL, COLUMN_HEX, 0 },
	{ "mapping", NULL, COLUMN_HEX, 0 },	{ "index", NULL, COLUMN_HEX, 0 },
	{ "references", NULL, COLUMN_INT, 0 },	{ "flags", NULL, COLUMN_HEX, 0 },
	{ "flag_names", NULL, COLUMN_TEXT, 0 },
};

void kmem_print_page(struct inspect *c, struct json *json, const struct pageflags *f,
		     const struct page_info *info, unsigned shift)
{
	const struct table t = { columns, ARRAY_SIZE(columns), c->out, json };
	char names[PAGEFLAGS_TEXT];
	uint64_t physical = info->pfn << shift;

	pageflags_text(f, info->flags, names);
	if (json) {
		table_row(&t, (union cell[]){ { .n = info->addr },
					      { .n = physical },
					      { .n = info->mapping },
					      { .n = info->index },
					      { .i = info->count },
					      { .n = info->flags },
					      { .text = names } });
		return;
	}
	fprintf(c->out, "%" PRIx64 " %8" PRIx64 " %16" PRIx64 " %8" PRIx64 " %2d %" PRIx64 "%s%s\n",
		info->addr, physical, info->mapping, info->index, info->count, info->flags,
		names[0] ? " " : "", names);
}

int kmem_page_at(struct inspect *c, uint64_t pfn, struct json *json, struct error *e)
{
	struct page_info info;
	struct pageflags f;
	struct pages *pages;
	uint64_t addr;
	int err = inspect_pages(c, &pages, e);

	if (err == 0)
		err = pageflags_read(c, &f, e);
	if (err == 0 && !pages_at(pages, pfn, &addr))
		err = error_set(e, -ENOENT, "%" PRIx64 ": no struct page", pfn);
	if (err == 0)
		err = page_read(pages, addr, &info, e);
	if (err < 0)
		return err;
	if (!json)
		fputs(KMEM_PAGE_HEADING, c->out);
	kmem_print_page(c, json, &f, &info, pages_shift(pages));
	return 0;
}

int kmem_pfn(struct kmem *k, const char *word, uint64_t *ret, struct error *e)
{
	struct pages *pages;
	uint64_t addr, paddr, rest;
	int err = inspect_pages(k->c, &pages, e);

	if (err == 0)
		err = inspect_address(k->c, word, &addr, e);
	if (err < 0)
		return err;
	if (!k->physical && pages_pfn(pages, addr, ret))
		return 0;
	if (!k->physical && kernel_translate(k->c->reader, addr, &paddr, &rest, NULL) == 0)
		addr = paddr;
	else if (addr >> pages_shift(pages) >= dumpfile_info(kernel_dump(k->c->kernel))->max_pfn)
		return error_set(e, -EINVAL, "%s is no address of memory", word);
	*ret = addr >> pages_shift(pages);
	return 0;
}

/* ---- members ---- */

struct member {
	char name[64];
	struct type_member at;
	bool decimal; /* crash shows counts so */
};

struct page_printer {
	struct inspect *c;
	struct pages *pages;
	struct pageflags flags;
	struct member members[MEMBERS_MAX];
	unsigned count; /* 0: the line of -p */
	struct inspect_rows rows;
};

static int find_members(struct page_printer *p, const char *words, struct error *e)
{
	struct types *types;
	char path[80];
	int err = inspect_types(p->c, &types, e);

	while (err == 0 && *words) {
		struct member *m = &p->members[p->count];
		size_t len = strcspn(words, ",");

		if (p->count == MEMBERS_MAX || len == 0 || len >= sizeof(m->name))
			return error_set(e, -EINVAL, "%s: at most %d members of struct page", words,
					 MEMBERS_MAX);
		memcpy(m->name, words, len);
		m->name[len] = '\0';
		snprintf(path, sizeof(path), "page.%s", m->name);
		if (!types_member(types, path, &m->at))
			return error_set(e, -ENOENT, "struct page has no member %s", m->name);
		if (m->at.size > MEMBER_SIZE)
			return error_set(e, -E2BIG, "%s is too big", m->name);
		m->decimal = strcmp(m->name, "_count") == 0 || strstr(m->name, "_refcount") ||
			     strstr(m->name, "_mapcount");
		p->count++;
		words += len + (words[len] == ',');
	}
	return err;
}

static void member_text(const struct member *m, const uint8_t *bytes, char *ret, size_t size)
{
	size_t used = 0;
	uint8_t word[8] = { 0 };

	ret[0] = '\0';
	if (m->decimal && m->at.size == 4) {
		snprintf(ret, size, "%d", (int32_t)le32_get(bytes));
		return;
	}
	for (size_t at = 0; at < m->at.size && used < size; at += sizeof(word)) {
		size_t n = MIN(m->at.size - at, sizeof(word));

		memset(word, 0, sizeof(word));
		memcpy(word, bytes + at, n);
		used += snprintf(ret + used, size - used, "%s%0*" PRIx64, at ? "," : "",
				 (int)(2 * n), le64_get(word));
	}
}

static void print_members(struct page_printer *p, uint64_t page)
{
	struct json *j = &p->rows.json;
	uint8_t bytes[MEMBER_SIZE];
	char text[3 * MEMBER_SIZE];

	if (p->c->json) {
		json_object(j);
		json_put_hex(j, "page", page);
	} else {
		fprintf(p->c->out, "%" PRIx64 "  ", page);
	}
	for (unsigned i = 0; i < p->count; i++) {
		const struct member *m = &p->members[i];

		if (kernel_read(p->c->reader, page + m->at.offset, bytes, m->at.size, NULL) < 0)
			snprintf(text, sizeof(text), "(not in the dump)");
		else
			member_text(m, bytes, text, sizeof(text));
		if (p->c->json) {
			json_put_string(j, m->name, text);
		} else {
			fprintf(p->c->out, "%s  ", text);
		}
	}
	if (p->c->json)
		json_object_end(j);
	else
		fputc('\n', p->c->out);
}

static int show_page(struct page_printer *p, uint64_t page)
{
	struct page_info info;

	if (p->count > 0)
		print_members(p, page);
	else if (page_read(p->pages, page, &info, NULL) == 0)
		kmem_print_page(p->c, p->c->json ? &p->rows.json : NULL, &p->flags, &info,
				pages_shift(p->pages));
	return ferror(p->c->out) ? -EPIPE : 0;
}

static int show_all(struct page_printer *p)
{
	const struct memmap *map = pages_map(p->pages);
	int err = 0;

	for (size_t i = 0; i < map->count; i++)
		for (uint64_t n = 0; n < map->runs[i].pages && err == 0; n++)
			err = show_page(p, map->runs[i].vaddr + n * map->page_struct_size);
	return err;
}

static void print_heading(struct page_printer *p)
{
	if (p->count == 0) {
		fputs(KMEM_PAGE_HEADING, p->c->out);
		return;
	}
	fputs("      PAGE        ", p->c->out);
	for (unsigned i = 0; i < p->count; i++)
		fprintf(p->c->out, "%s%s", i ? "  " : "", p->members[i].name);
	fputc('\n', p->c->out);
}

int kmem_pages(struct kmem *k, struct error *e)
{
	struct page_printer p = { .c = k->c };
	uint64_t pfn = 0, page = 0;
	int err = inspect_pages(k->c, &p.pages, e), ended;

	if (err == 0)
		err = pageflags_read(k->c, &p.flags, e);
	if (err == 0 && k->members)
		err = find_members(&p, k->members, e);
	if (err == 0 && k->count > 0)
		err = kmem_pfn(k, k->words[0], &pfn, e);
	if (err == 0 && k->count > 0 && !pages_at(p.pages, pfn, &page))
		err = error_set(e, -ENOENT, "%s: no struct page", k->words[0]);
	if (err < 0)
		return err;
	if (!k->c->json)
		print_heading(&p);
	inspect_rows_begin(k->c, &p.rows, "kmem", "pages", columns, ARRAY_SIZE(columns));
	err = k->count > 0 ? show_page(&p, page) : show_all(&p);
	ended = inspect_rows_end(k->c, &p.rows, err < 0 ? NULL : e);
	return err < 0 ? err : ended;
}

/* ---- flags ---- */

static const char flag_heading[] = "PAGE-FLAG";

static void print_flag(struct inspect *c, const char *indent, int width,
		       const struct pageflag *flag)
{
	fprintf(c->out, "%s%-*s%4u  %07" PRIx64 "\n", indent, width, flag->name, flag->bit,
		UINT64_C(1) << flag->bit);
}

int kmem_flags(struct kmem *k, struct error *e)
{
	static const struct column flag_columns[] = { { "name", NULL, COLUMN_TEXT, 0 },
						      { "bit", NULL, COLUMN_UINT, 0 },
						      { "value", NULL, COLUMN_HEX, 0 } };
	const char *indent = k->count > 0 ? "  " : "";
	struct inspect *c = k->c;
	uint64_t flags = UINT64_MAX;
	struct inspect_rows r;
	struct pageflags f;
	int width = (int)strlen(flag_heading), err = pageflags_read(c, &f, e);

	if (err < 0)
		return err;
	if (k->count > 0 && !inspect_hex(k->words[0], &flags))
		return error_set(e, -EINVAL, "%s is no hexadecimal number", k->words[0]);
	for (size_t i = 0; i < f.count; i++)
		width = MAX(width, (int)strlen(f.flag[i].name));
	inspect_rows_begin(c, &r, "kmem", "flags", flag_columns, ARRAY_SIZE(flag_columns));
	if (!c->json && k->count > 0)
		fprintf(c->out, "FLAGS: %" PRIx64 "\n", flags);
	if (!c->json)
		fprintf(c->out, "%s%-*s BIT  VALUE\n", indent, width, flag_heading);
	for (size_t i = 0; i < f.count; i++) {
		const struct pageflag *flag = &f.flag[i];

		if (!(flags >> flag->bit & 1))
			continue;
		if (c->json)
			table_row(&r.table, (union cell[]){ { .text = flag->name },
							    { .n = flag->bit },
							    { .n = UINT64_C(1) << flag->bit } });
		else
			print_flag(c, indent, width, flag);
	}
	return inspect_rows_end(c, &r, e);
}

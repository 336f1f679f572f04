/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/vm.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#include "inspect/user.h"
#include "kernel/type_value.h"

struct options {
	struct vm v;
	char dump;	  /* 'm': the mm_struct, 'v': each vm_area_struct */
	bool hex;	  /* of these */
	uint64_t mm;	  /* -M: for a task that gave up its own */
	bool headed;	  /* -R: the task's lines are written */
	bool empty_lines; /* between tasks */
	const struct task *task;
};

#define MM_HEADING "       MM               PGD          RSS    TOTAL_VM\n"
#define AREA_HEADING "      VMA           START       END     FLAGS FILE\n"

static void print_centered(FILE *out, const char *text, int width)
{
	int len = strlen(text), left = len < width ? (width - len) / 2 : 0;

	fprintf(out, "%*s%-*s", left, "", width - left, text);
}

static uint64_t task_mm(const struct options *o, const struct task *task)
{
	return task->mm ? task->mm : o->mm;
}

static uint64_t find_pgd(struct inspect *c, uint64_t mm)
{
	struct object_source source;
	struct object object;

	return mm && inspect_source(c, &source, NULL) == 0 &&
			       object_at(&source, "mm_struct", mm, &object, NULL) == 0
		       ? object_number_or_0(&source, &object, "pgd")
		       : 0;
}

static void print_head(struct options *o)
{
	const struct task *task = o->task;
	const uint64_t numbers[] = { task_mm(o, task), find_pgd(o->v.c, task_mm(o, task)) };
	const uint64_t sizes[] = { task->rss, task->vsz };
	FILE *out = o->v.c->out;
	char text[32];

	if (o->headed)
		return;
	o->headed = true;
	if (o->empty_lines)
		fputc('\n', out);
	print_task_line(out, task);
	fputs(MM_HEADING, out);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		snprintf(text, sizeof(text), numbers[i] ? "%016" PRIx64 : "%" PRIx64, numbers[i]);
		print_centered(out, text, 16);
		fputs("  ", out);
	}
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		snprintf(text, sizeof(text), "%" PRIu64 "k", sizes[i]);
		print_centered(out, text, i ? 8 : 6);
		fputs(i ? "\n" : "  ", out);
	}
}

static void print_area(struct options *o, const struct mapped_area *area, bool heading)
{
	if (heading)
		fputs(AREA_HEADING, o->v.c->out);
	fprintf(o->v.c->out, "%016" PRIx64 " %10" PRIx64 " %10" PRIx64 " %" PRIx64 " %s\n",
		area->addr, area->start, area->end, area->flags, o->v.path);
}

static void json_area(struct options *o, const struct mapped_area *area)
{
	char flags[MAPPED_FLAGS_SIZE];
	struct json *j = o->v.j;

	mapped_flags(area->flags, flags);
	json_object(j);
	json_put_hex(j, "vma", area->addr);
	json_put_hex(j, "start", area->start);
	json_put_hex(j, "end", area->end);
	json_put_hex(j, "flags", area->flags);
	json_put_string(j, "flag_names", flags);
	json_put_uint(j, "offset_pages", area->offset);
	json_put_string(j, "path", area->file.addr ? o->v.path : NULL);
	if (o->v.pages || o->v.area)
		vm_print_pages(&o->v, area, area->start, area->end);
	json_object_end(j);
}

/* -R: a part of the path, or a number: the area's address, its flags, or an address inside, which is then *ret_inside. */
static bool has_ref(const struct options *o, const struct mapped_area *area, bool *ret_inside)
{
	uint64_t value;

	*ret_inside = false;
	if (!o->v.ref || strstr(o->v.path, o->v.ref))
		return true;
	if (!inspect_hex(o->v.ref, &value))
		return false;
	*ret_inside = value >= area->start && value < area->end;
	return *ret_inside || value == area->addr || value == area->flags;
}

static void print_struct(struct options *o, const char *type, uint64_t addr)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct type_source source = { .reader = o->v.c->reader, .hex = o->hex };
	struct error why = { 0 };
	struct type_member m;
	struct types *types;
	struct type found;
	int err = inspect_types(o->v.c, &types, &why);

	(void)!inspect_symbols(o->v.c, &source.symbols, NULL);
	if (err == 0 && (!types_find(types, type, &found) || !type_member_find(found, "", &m)))
		err = error_set(&why, -ENOENT, "no such type in the dump");
	if (err == 0 && (err = type_value(&source, &m, addr, &text, &why)) < 0)
		kernel_read_error(addr, err, &why);
	fprintf(o->v.c->out, "struct %s %s\n", type,
		err < 0 ? error_text(&why) : (const char *)text.data);
}

static int take_area(void *user, const struct mapped_area *area)
{
	struct options *o = user;
	bool inside, first = !o->headed || o->v.pages;
	uint64_t value;

	o->v.path[0] = '\0';
	if (area->file.addr)
		path_of(o->v.paths, area->file.dentry, area->file.mnt, o->v.path);
	if ((o->v.area && area->addr != o->v.area) || !has_ref(o, area, &inside))
		return 0;
	if (o->v.c->json) {
		json_area(o, area);
		return 0;
	}
	if (o->dump == 'v') {
		print_struct(o, "vm_area_struct", area->addr);
		return 0;
	}
	if (o->v.area)
		print_task_line(o->v.c->out, o->task);
	else
		print_head(o);
	print_area(o, area, first || o->v.area);
	if (inside && inspect_hex(o->v.ref, &value))
		vm_print_pages(&o->v, area, value, value + 1);
	else if (o->v.pages || o->v.area)
		vm_print_pages(&o->v, area, area->start, area->end);
	return 0;
}

static void json_head(struct options *o)
{
	struct json *j = o->v.j;
	uint64_t mm = task_mm(o, o->task);

	json_object(j);
	json_task_line(j, o->task);
	json_put_hex(j, "mm", mm);
	json_put_hex(j, "pgd", find_pgd(o->v.c, mm));
	json_put_uint(j, "rss_kib", o->task->rss);
	json_put_uint(j, "vsz_kib", o->task->vsz);
	json_put_array(j, "areas");
}

/* What an address space lacks is said in its place. */
static void show_task(struct options *o, const struct task *task)
{
	uint64_t mm = task_mm(o, task);
	struct error why = { 0 };
	int err = 0;

	o->task = task;
	o->headed = false;
	if (user_root(o->v.c, mm, &o->v.root, NULL) < 0)
		o->v.root = UINT64_MAX;
	if (o->v.c->json)
		json_head(o);
	else if (o->dump)
		print_task_line(o->v.c->out, task);
	if (mm && o->dump == 'm' && !o->v.c->json)
		print_struct(o, "mm_struct", mm);
	else if (mm)
		err = mapped_each(o->v.c, o->v.paths, mm, take_area, o, &why);
	if (o->v.c->json) {
		json_array_end(o->v.j);
		json_put_string(o->v.j, "fault", err < 0 ? error_text(&why) : NULL);
		json_object_end(o->v.j);
		return;
	}
	if (!o->dump && !o->v.ref && !o->v.area)
		print_head(o);
	if (err < 0)
		fprintf(o->v.c->out, "(%s)\n", error_text(&why));
	o->empty_lines |= o->headed;
}

static int show_tasks(struct options *o, const struct chosen *chosen, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	struct json j;

	o->v.j = &j;
	if (o->v.c->json) {
		inspect_json_begin(o->v.c, &j, &buf, "vm");
		json_put_array(&j, "tasks");
	}
	for (size_t i = 0; i < chosen->count; i++)
		show_task(o, chosen->tasks[i]);
	if (!o->v.c->json)
		return 0;
	json_array_end(&j);
	return inspect_json_end(o->v.c, &j, e);
}

/* -f */
static int show_flags(struct inspect *c, const char *word, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	char names[MAPPED_FLAGS_SIZE];
	uint64_t flags;
	struct json j;

	if (!inspect_hex(word, &flags))
		return error_set(e, -EINVAL, "%s is no hexadecimal number", word);
	mapped_flags(flags, names);
	if (!c->json) {
		fprintf(c->out, "%" PRIx64 ": (%s)\n", flags, names);
		return 0;
	}
	inspect_json_begin(c, &j, &buf, "vm");
	json_put_hex(&j, "flags", flags);
	json_put_string(&j, "flag_names", names);
	return inspect_json_end(c, &j, e);
}

static int take_option(struct options *o, int opt, int argc, char **argv, struct error *e)
{
	uint64_t *const number = opt == 'P' ? &o->v.area : &o->mm;

	switch (opt) {
	case 'p':
		o->v.pages = true;
		return 0;
	case 'm':
	case 'v':
		o->dump = (char)opt;
		return 0;
	case 'x':
	case 'd':
		o->hex = opt == 'x';
		return 0;
	case 'R':
		o->v.ref = optarg;
		return 0;
	case 'P':
	case 'M':
		return inspect_hex(optarg, number)
			       ? 0
			       : error_set(e, -EINVAL, "-%c takes an address, not %s", opt, optarg);
	default:
		return inspect_bad_option(argc, argv, e);
	}
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	_cleanup_free_ struct options *o = calloc(1, sizeof(*o));
	_cleanup_(paths_freep) struct paths *paths = NULL;
	_cleanup_chosen_ struct chosen chosen = { 0 };
	int opt, err = 0;

	if (!o)
		return error_errno(e, -ENOMEM, "vm");
	o->v.c = c;
	o->hex = c->hex;
	while (err == 0 && (opt = getopt(argc, argv, "+pP:M:R:mvxdf:")) != -1) {
		if (opt == 'f')
			return show_flags(c, optarg, e);
		err = take_option(o, opt, argc, argv, e);
	}
	if (err == 0)
		err = paths_open(c, &paths, e);
	o->v.paths = paths;
	if (err == 0)
		err = choose_tasks(c, argc - optind, argv + optind, &chosen, e);
	return err < 0 ? err : show_tasks(o, &chosen, e);
}

const struct inspect_command inspect_vm = {
	.name = "vm",
	.usage = "[-p | -P vma | -m | -v | -R reference] [-x | -d] [-M mm] [pid | task | command "
		 "…] | "
		 "-f flags",
	.summary = "a process's memory areas",
	.details =
		"  -p, -P vma    where each page is; of one area\n"
		"  -m, -v        the mm_struct; each vm_area_struct: -x hexadecimal, -d decimal\n"
		"  -R reference  areas with this in the path, or of this address or these flags\n"
		"  -M mm         the mm_struct of a task that has none any more\n"
		"  -f flags      the names of these flags\n",
	.run = run,
};

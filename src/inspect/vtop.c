/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#include "inspect/choose.h"
#include "inspect/kmem_find.h"
#include "inspect/pte.h"
#include "inspect/user.h"
#include "inspect/vma.h"

/* Names of x86_64's tables by level; the top one is the PGD. */
static const char *const tables[] = { NULL, "PTE", "PMD", "PUD", "P4D", "PGD" };

/* Above it addresses are the kernel's: user space has 47 bits, or 56 with 5 levels. */
#define USER_END (UINT64_C(1) << 56)

struct options {
	bool kernel, user;
	const struct task *task; /* -c, else the context; NULL where there is none */
	bool by_task;
};

struct translation {
	uint64_t vaddr;
	bool user;
	struct kernel_mapping m;
	int err; /* of the walk */
	bool has_vma;
	struct vma vma;
};

static uint64_t physical(const struct translation *t)
{
	return t->m.paddr + (t->vaddr - t->m.vaddr);
}

static uint64_t last_entry(const struct translation *t)
{
	return t->m.steps ? t->m.step[t->m.steps - 1].entry : 0;
}

static const char *table_name(const struct translation *t, unsigned step)
{
	return step == 0 ? "PGD" : tables[t->m.step[step].level];
}

static const char *page_size_words(uint64_t size)
{
	return size >= GIB(1) ? "  (1GB)" : size >= MIB(2) ? "  (2MB)" : "";
}

static void print_steps(struct inspect *c, const struct translation *t)
{
	for (unsigned i = 0; i < t->m.steps; i++) {
		if (i == 0 && !t->user)
			fprintf(c->out, "PAGE DIRECTORY: %" PRIx64 "\n", t->m.step[i].entry);
		else
			fprintf(c->out, "   %s: %" PRIx64 " => %" PRIx64 "\n", table_name(t, i),
				t->m.step[i].paddr, t->m.step[i].entry);
	}
}

static void print_head(struct inspect *c, const struct translation *t, const char *where)
{
	char vaddr[20];

	snprintf(vaddr, sizeof(vaddr), "%" PRIx64, t->vaddr);
	fprintf(c->out, "%-*s  %-16s\n%-*s  %s\n\n", t->user ? 10 : 16, "VIRTUAL", "PHYSICAL",
		t->user ? 10 : 16, vaddr, where);
}

static void print_vma(struct inspect *c, const struct translation *t)
{
	uint64_t page_size = dumpfile_info(kernel_dump(c->kernel))->page_size;
	char path[PATH_SIZE] = "";

	if (!t->has_vma)
		return;
	if (t->vma.file)
		vma_file_name(c, t->vma.file, path);
	fprintf(c->out, "      VMA           START       END     FLAGS FILE\n");
	fprintf(c->out, "%" PRIx64 " %10" PRIx64 " %10" PRIx64 " %" PRIx64 " %s\n\n", t->vma.addr,
		t->vma.start, t->vma.end, t->vma.flags, path);
	if (t->err < 0 && path[0] && last_entry(t) == 0)
		fprintf(c->out, "FILE: %s  OFFSET: %" PRIx64 "\n\n", path,
			align_down(t->vaddr - t->vma.start, page_size) + t->vma.page * page_size);
}

static void print_swap(struct inspect *c, const struct translation *t)
{
	char device[PTE_DEVICE_SIZE];
	uint32_t number;
	uint64_t page;

	if (!pte_swap(last_entry(t), &number, &page))
		return;
	pte_device(c, number, device);
	fprintf(c->out, "SWAP: %s  OFFSET: %" PRIu64 "\n\n", device, page);
}

static void print_mapping(struct inspect *c, const struct translation *t)
{
	char words[20];
	uint64_t root;

	snprintf(words, sizeof(words), "%" PRIx64, physical(t));
	print_head(c, t, words);
	if (!t->user && vmcoreinfo_symbol(kernel_vmcoreinfo(c->kernel), "swapper_pg_dir", &root))
		fprintf(c->out, "PGD DIRECTORY: %" PRIx64 "\n", root);
	print_steps(c, t);
	fprintf(c->out, "  PAGE: %" PRIx64 "%s\n\n", t->m.paddr, page_size_words(t->m.size));
	pte_print(c, last_entry(t), t->m.paddr);
	fputc('\n', c->out);
	print_vma(c, t);
	(void)!kmem_page_at(c, physical(t) / dumpfile_info(kernel_dump(c->kernel))->page_size, NULL,
			    NULL);
}

static void print_unmapped(struct inspect *c, const struct translation *t)
{
	uint32_t number;
	uint64_t page;

	print_head(c, t, t->user && !t->has_vma ? "(not accessible)" : "(not mapped)");
	if (t->user && !t->has_vma)
		return;
	print_steps(c, t);
	fputc('\n', c->out);
	if (pte_swap(last_entry(t), &number, &page)) {
		pte_print(c, last_entry(t), UINT64_MAX);
		fputc('\n', c->out);
	}
	print_vma(c, t);
	print_swap(c, t);
}

static void json_translation(struct inspect *c, struct json *j, const struct translation *t)
{
	json_object(j);
	json_put_hex(j, "virtual", t->vaddr);
	json_put_bool(j, "user", t->user);
	json_put_bool(j, "mapped", t->err == 0);
	if (t->err == 0) {
		json_put_hex(j, "physical", physical(t));
		json_put_uint(j, "page_size", t->m.size);
	}
	json_put_array(j, "entries");
	for (unsigned i = 0; i < t->m.steps; i++) {
		json_object(j);
		json_put_string(j, "table", table_name(t, i));
		json_put_hex(j, "at", t->m.step[i].paddr);
		pte_json(c, j, t->m.step[i].entry);
		json_object_end(j);
	}
	json_array_end(j);
	if (t->has_vma) {
		json_put_hex(j, "vma", t->vma.addr);
		json_put_hex(j, "vma_flags", t->vma.flags);
	}
	json_put_array(j, "page");
	if (t->err == 0)
		(void)!kmem_page_at(
			c, physical(t) / dumpfile_info(kernel_dump(c->kernel))->page_size, j, NULL);
	json_array_end(j);
	json_object_end(j);
}

static int find(struct inspect *c, const struct options *o, struct translation *t, struct error *e)
{
	uint64_t mm = o->task ? o->task->mm : 0;
	int err;

	t->user = o->user || (!o->kernel && t->vaddr < USER_END);
	if (!t->user) {
		/* through a process's tables the kernel is what it is through its own */
		t->err = o->by_task && mm
				 ? user_mapping(c, mm, t->vaddr, &t->m, e)
				 : kernel_mapping(c->reader, UINT64_MAX, t->vaddr, &t->m, e);
		return 0;
	}
	if (!o->task)
		return error_set(e, -ENOENT, "no task: whose memory?");
	err = task_user_memory(o->task, &mm, e);
	if (err < 0)
		return err;
	t->has_vma = vma_at(c, mm, t->vaddr, &t->vma, NULL) == 0;
	t->err = user_mapping(c, mm, t->vaddr, &t->m, e);
	return 0;
}

static int translate(struct inspect *c, const struct options *o, struct json *j, const char *word,
		     struct error *e)
{
	struct translation t = { 0 };
	int err = inspect_address(c, word, &t.vaddr, e);

	if (err == 0)
		err = find(c, o, &t, e);
	if (err < 0)
		return err;
	if (c->json)
		json_translation(c, j, &t);
	else if (t.err == 0)
		print_mapping(c, &t);
	else
		print_unmapped(c, &t);
	/* what a process has not touched is no failure */
	return c->json || t.user ? 0 : t.err;
}

static int take_options(struct inspect *c, int argc, char **argv, struct options *o,
			struct error *e)
{
	int opt, err = 0;

	while (err == 0 && (opt = getopt(argc, argv, "+c:ku")) != -1) {
		switch (opt) {
		case 'c':
			err = choose_task(c, optarg, &o->task, e);
			o->by_task = true;
			break;
		case 'k':
			o->kernel = true;
			break;
		case 'u':
			o->user = true;
			break;
		default:
			return inspect_bad_option(argc, argv, e);
		}
	}
	return err;
}

/* For one task, or for each that foreach chose. */
static int translate_all(struct inspect *c, struct options *o, struct json *j, int count,
			 char **words, struct error *e)
{
	int first_err = 0;

	for (int i = 0; i < count; i++) {
		int err;

		if (i > 0 && !c->json)
			fputc('\n', c->out);
		err = translate(c, o, j, words[i], first_err ? NULL : e);
		first_err = first_err ? first_err : err;
	}
	return first_err;
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	struct options o = { 0 };
	int err = take_options(c, argc, argv, &o, e), ended = 0;
	struct json j;

	if (err < 0)
		return err;
	if (optind == argc)
		return error_set(e, -EINVAL, "which address?");
	if (c->json) {
		inspect_json_begin(c, &j, &buf, "vtop");
		json_put_array(&j, "translations");
	}
	for (size_t n = 0; c->foreach && n < c->foreach->count; n++) {
		o.task = c->foreach->tasks[n];
		o.by_task = true;
		if (!c->json)
			print_task_line(c->out, o.task);
		ended = translate_all(c, &o, &j, argc - optind, argv + optind, err ? NULL : e);
		err = err ? err : ended;
		if (!c->json)
			fputc('\n', c->out);
	}
	if (!c->foreach) {
		if (!o.by_task)
			(void)!choose_context(c, &o.task, NULL);
		err = translate_all(c, &o, &j, argc - optind, argv + optind, e);
	}
	if (!c->json)
		return err;
	json_array_end(&j);
	ended = inspect_json_end(c, &j, err ? NULL : e);
	return err ? err : ended;
}

const struct inspect_command inspect_vtop = {
	.name = "vtop",
	.usage = "[-c pid | task] [-u | -k] address | symbol …",
	.summary = "from a virtual address to a physical one, through the page tables",
	.details = "  -c  of that task's memory; else the context's\n"
		   "  -u  the address is user space's\n"
		   "  -k  it is the kernel's\n",
	.run = run,
};

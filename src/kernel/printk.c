/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/printk.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "kernel/printk_impl.h"

#define NSEC_PER_SEC UINT64_C(1000000000)

/* kernel/printk/printk.c, printk_caller_id(): a task's id, or a CPU's with this bit. */
#define CALLER_IS_CPU 0x80000000u
#define CALLER_WIDTH 8

static int (*const forms[])(const struct printk_memory *m, printk_emit emit, void *user,
			    struct printk_stats *stats, struct error *e) = {
	printk_ring_each,
	printk_log_each,
};

static int read_kernel(void *user, uint64_t vaddr, void *buf, size_t len, struct error *e)
{
	return kernel_read(user, vaddr, buf, len, e);
}

int printk_each(struct kernel *k, int (*emit)(void *user, const struct printk_record *rec),
		void *user, struct printk_stats *ret_stats, struct error *e)
{
	_cleanup_(kernel_reader_freep) struct kernel_reader *r = NULL;
	struct printk_memory m = { .vmcoreinfo = kernel_vmcoreinfo(k), .read = read_kernel };
	struct printk_stats stats = { 0 };
	int err = kernel_reader_new(k, &r);

	if (err < 0)
		return error_errno(e, err, "kernel log");
	m.user = r;
	err = -ENOENT;
	for (size_t i = 0; i < ARRAY_SIZE(forms) && err == -ENOENT; i++)
		err = forms[i](&m, emit, user, &stats, e);
	if (err == -ENOENT)
		return error_set(e, err, "vmcoreinfo does not tell where the kernel log is");
	*ret_stats = stats;
	return err;
}

void printk_caller(const struct printk_record *rec, char ret[PRINTK_CALLER_SIZE])
{
	snprintf(ret, PRINTK_CALLER_SIZE, "%c%" PRIu32, rec->caller_id & CALLER_IS_CPU ? 'C' : 'T',
		 rec->caller_id & ~CALLER_IS_CPU);
}

static bool is_plain(char c)
{
	return (c >= ' ' && c <= '~') || (c >= '\t' && c <= '\r' && c != '\n');
}

int printk_format(struct buf *ret, const struct printk_record *rec)
{
	char head[64], caller[PRINTK_CALLER_SIZE];
	size_t start = ret->len;
	int n = snprintf(head, sizeof(head), "[%5" PRIu64 ".%06" PRIu64 "] ",
			 rec->ts_nsec / NSEC_PER_SEC, rec->ts_nsec % NSEC_PER_SEC / 1000);
	int err;

	if (rec->has_caller) {
		printk_caller(rec, caller);
		n += snprintf(head + n, sizeof(head) - n, "[%*s] ", CALLER_WIDTH, caller);
	}
	err = buf_append(ret, head, n);
	for (size_t i = 0; i < rec->text_len && err == 0;) {
		size_t plain = i;

		while (plain < rec->text_len && is_plain(rec->text[plain]))
			plain++;
		if (plain > i)
			err = buf_append(ret, rec->text + i, plain - i);
		else if (rec->text[i] == '\n')
			err = buf_printf(ret, "\n%*s", n, "");
		else
			/* The norm prints a signed char: \xffffffc3 for 0xc3. */
			err = buf_printf(ret, "\\x%02x", (unsigned)(signed char)rec->text[i]);
		i = MAX(plain, i + 1);
	}
	if (err == 0)
		err = buf_append(ret, "\n", 1);
	if (err < 0 && ret->data) {
		ret->len = start;
		ret->data[start] = '\0';
	}
	return err;
}

/* Gives up the older half, to the end of a line. False where there is nothing to give up. */
static bool cut_older_half(struct printk_text *t)
{
	struct buf *b = t->buf;
	const char *newline =
		b->len ? memchr(b->data + b->len / 2, '\n', b->len - b->len / 2) : NULL;
	size_t cut;

	if (!newline)
		return false;
	cut = newline + 1 - b->data;
	memmove(b->data, b->data + cut, b->len - cut + 1);
	b->len -= cut;
	t->cut += cut;
	return true;
}

int printk_text_append(void *user, const struct printk_record *rec)
{
	struct printk_text *t = user;
	int err;

	do
		err = printk_format(t->buf, rec);
	while ((err == -E2BIG || err == -ENOMEM) && cut_older_half(t));
	return err;
}

int printk_text(struct kernel *k, struct buf *ret, struct printk_stats *ret_stats, struct error *e)
{
	struct printk_text text = { .buf = ret };
	int err = printk_each(k, printk_text_append, &text, ret_stats, e);

	ret_stats->cut = text.cut;
	return err == -ENOMEM || err == -E2BIG ? error_errno(e, err, "the kernel log's text") : err;
}

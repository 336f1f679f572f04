/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/boot/crashkernel.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* DEFAULT_CRASH_KERNEL_LOW_SIZE of arch/ARCH/include/asm/crash_reserve.h; x86 takes more where swiotlb= is more. */
static const struct {
	const char *arch;
	uint64_t low;
} low_defaults[] = { { "x86_64", MIB(256) },
		     { "aarch64", MIB(128) },
		     { "riscv64", MIB(128) },
		     { "loongarch64", MIB(128) } };

static uint64_t low_default(const char *arch)
{
	for (size_t i = 0; i < ARRAY_SIZE(low_defaults); i++)
		if (strcmp(low_defaults[i].arch, arch) == 0)
			return low_defaults[i].low;
	return 0;
}

/* The next word: its value, or NULL. As get_last_crashkernel() finds them: in the middle of a word, too. */
static const char *next_word(const char **at)
{
	const char *word = strstr(*at, CRASHKERNEL);

	if (!word)
		return NULL;
	*at = word + 1;
	return word + strlen(CRASHKERNEL);
}

int crashkernel_words(const char *cmdline, struct buf *ret)
{
	_cleanup_buf_ struct buf words = { 0 };
	const char *value;
	int r;

	while ((value = next_word(&cmdline))) {
		r = buf_printf(&words, "%s" CRASHKERNEL "%.*s", words.len ? " " : "",
			       (int)strcspn(value, " \t\n"), value);
		if (r < 0)
			return r;
	}
	if (!words.data) {
		r = buf_append(&words, "", 0);
		if (r < 0)
			return r;
	}
	*ret = words;
	words = (struct buf){ 0 };
	return 0;
}

/* The last value of a kind, and how many there are. */
static const char *last_word(const char *cmdline, enum crashkernel_kind kind, unsigned *ret_count)
{
	const char *value, *last = NULL;
	unsigned count = 0;

	while ((value = next_word(&cmdline))) {
		if (crashkernel_kind_of(value) == kind) {
			last = value;
			count++;
		}
	}
	if (ret_count)
		*ret_count = count;
	return last;
}

static int plain(const char *value, uint64_t ram, struct crashkernel_request *q, struct error *e)
{
	char n[CRASHKERNEL_SIZE_TEXT];
	struct crashkernel c;
	int r = crashkernel_parse(value, &c, e);

	if (r < 0)
		return r;
	q->size = crashkernel_size(&c, ram);
	q->at_offset = c.at_offset;
	q->offset = c.offset;
	if (q->size == 0 && c.by_ram)
		return error_set(e, -EINVAL,
				 "crashkernel=%.*s: none of its ranges gives memory to a machine "
				 "with %s",
				 (int)strcspn(value, " \t\n"), value,
				 crashkernel_size_text(align_up(ram, MIB(128)), n));
	return 0;
}

static int one_size(const char *value, uint64_t *ret, struct error *e)
{
	struct crashkernel c;
	int r = crashkernel_parse(value, &c, e);

	if (r == 0)
		*ret = c.ranges[0].size;
	return r;
}

static int high_and_low(const char *high, const char *low, const char *arch,
			struct crashkernel_request *q, struct error *e)
{
	int r = one_size(high, &q->size, e);

	q->high = true;
	q->low_by_default = !low;
	q->low = low_default(arch);
	if (r == 0 && low)
		r = one_size(low, &q->low, e);
	return r;
}

int crashkernel_resolve(const char *cmdline, const char *arch, uint64_t ram,
			struct crashkernel_request *ret, struct error *e)
{
	const char *value = last_word(cmdline, CRASHKERNEL_PLAIN, NULL);
	const char *high = last_word(cmdline, CRASHKERNEL_HIGH, NULL);
	const char *low = last_word(cmdline, CRASHKERNEL_LOW, NULL);
	const char *cma = last_word(cmdline, CRASHKERNEL_CMA, NULL);
	struct crashkernel_request q = { 0 };
	int r = 0;

	if (!value && !high && !low && !cma)
		return error_set(e, -ENOENT, "there is no crashkernel= on the command line");
	if (value)
		r = plain(value, ram, &q, e);
	else if (high)
		r = high_and_low(high, low, arch, &q, e);
	else
		r = error_set(e, -EINVAL,
			      "crashkernel=SIZE%s alone reserves nothing; it stands beside a "
			      "plain crashkernel=SIZE or crashkernel=SIZE,high",
			      low ? ",low" : ",cma");
	if (r == 0 && cma)
		r = one_size(cma, &q.cma, e);
	if (r < 0)
		return r;
	if (q.size == 0)
		return error_set(e, -EINVAL, "crashkernel= reserves no memory: its size is 0");
	if (ram && q.size >= ram)
		return error_set(
			e, -EINVAL, "crashkernel= wants %llu MiB, the machine has %llu MiB",
			(unsigned long long)(q.size >> 20), (unsigned long long)(ram >> 20));
	*ret = q;
	return 0;
}

_printf_(3, 4) static void remark(struct crashkernel_remarks *all, enum crashkernel_grade grade,
				  const char *fmt, ...)
{
	va_list ap;

	if (all->count == CRASHKERNEL_REMARKS_MAX)
		return;
	all->remarks[all->count].grade = grade;
	va_start(ap, fmt);
	vsnprintf(all->remarks[all->count].text, sizeof(all->remarks[0].text), fmt, ap);
	va_end(ap);
	all->count++;
}

/* Ranges between which a machine with more memory, after an upgrade say, would fall. */
static void check_ranges(const struct crashkernel *c, struct crashkernel_remarks *all)
{
	char from[CRASHKERNEL_SIZE_TEXT], to[CRASHKERNEL_SIZE_TEXT];

	for (size_t i = 1; i < c->count; i++) {
		const struct crashkernel_range *g = &c->ranges[i], *p = &c->ranges[i - 1];

		if (g->start > p->end)
			remark(all, CRASHKERNEL_WARNING,
			       "crashkernel= has no range for machines with %s to %s; nothing is "
			       "reserved there",
			       crashkernel_size_text(p->end, from),
			       crashkernel_size_text(g->start, to));
		if (g->start < p->end)
			remark(all, CRASHKERNEL_NOTE,
			       "crashkernel= has a range from %s that begins inside the one "
			       "before; "
			       "the first that fits holds",
			       crashkernel_size_text(g->start, from));
	}
	if (c->by_ram && c->ranges[c->count - 1].end != UINT64_MAX)
		remark(all, CRASHKERNEL_NOTE,
		       "crashkernel= has no range for machines with %s and more",
		       crashkernel_size_text(c->ranges[c->count - 1].end, to));
}

static void check_repeated(const char *cmdline, struct crashkernel_remarks *all)
{
	static const char *const names[] = { "crashkernel=SIZE", "crashkernel=SIZE,high",
					     "crashkernel=SIZE,low", "crashkernel=SIZE,cma" };
	unsigned counts[ARRAY_SIZE(names)];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		last_word(cmdline, (enum crashkernel_kind)i, &counts[i]);
		if (counts[i] > 1)
			remark(all, CRASHKERNEL_NOTE,
			       "%s stands %u times on the command line; the last one holds",
			       names[i], counts[i]);
	}
	if (counts[CRASHKERNEL_PLAIN] && (counts[CRASHKERNEL_HIGH] || counts[CRASHKERNEL_LOW]))
		remark(all, CRASHKERNEL_WARNING,
		       "crashkernel=SIZE,%s has no effect beside a crashkernel= without it; leave "
		       "one of them out",
		       counts[CRASHKERNEL_HIGH] ? "high" : "low");
}

static void check_size(const struct crashkernel_request *q, uint64_t needed,
		       struct crashkernel_remarks *all)
{
	if (needed && q->size < needed)
		remark(all, CRASHKERNEL_FAULT,
		       "crashkernel= reserves %llu MiB, kernel and capture image need %llu MiB",
		       (unsigned long long)(q->size >> 20), (unsigned long long)(needed >> 20));
	if (q->high && !q->low_by_default && q->low == 0)
		remark(all, CRASHKERNEL_WARNING,
		       "crashkernel=0,low leaves the capture kernel no memory below 4 GiB; many "
		       "drivers cannot work then");
	if (q->at_offset && q->offset)
		remark(all, CRASHKERNEL_NOTE,
		       "crashkernel= names the place %#llx: nothing is reserved where that is "
		       "taken; "
		       "without @OFFSET the kernel finds one",
		       (unsigned long long)q->offset);
}

void crashkernel_check(const char *cmdline, const char *arch, uint64_t ram, uint64_t needed,
		       struct crashkernel_remarks *ret)
{
	const char *value = last_word(cmdline, CRASHKERNEL_PLAIN, NULL);
	struct crashkernel_request q;
	struct error e = { 0 };
	struct crashkernel c;
	int r;

	*ret = (struct crashkernel_remarks){ 0 };
	r = crashkernel_resolve(cmdline, arch, ram, &q, &e);
	if (r == -ENOENT)
		return;
	if (r < 0)
		remark(ret, CRASHKERNEL_FAULT, "%.290s", error_text(&e));
	else
		check_size(&q, needed, ret);
	check_repeated(cmdline, ret);
	if (value && crashkernel_parse(value, &c, NULL) == 0)
		check_ranges(&c, ret);
}

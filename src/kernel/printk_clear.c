/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "kernel/printk_impl.h"

/*
 * Where `dmesg --clear` left its mark: a struct latched_seq (5.13 and later), whose first word counts writers and says which of
 * two values is whole; before, a plain number (kernel/printk/printk.c).
 */
static int read_clear_seq(struct kernel *k, uint64_t *ret, struct error *e)
{
	_cleanup_(kernel_reader_freep) struct kernel_reader *r = NULL;
	const struct vmcoreinfo *v = kernel_vmcoreinfo(k);
	uint64_t symbol, val;
	uint32_t latch = 0;
	int err;

	if (!vmcoreinfo_symbol(v, "clear_seq", &symbol))
		return error_set(e, -ENOENT,
				 "vmcoreinfo does not tell where the log was cleared last");
	err = kernel_reader_new(k, &r);
	if (err < 0)
		return error_errno(e, err, "kernel log");
	if (!vmcoreinfo_offset(v, "latched_seq.val", &val))
		return kernel_read(r, symbol, ret, sizeof(*ret), e);
	err = kernel_read(r, symbol, &latch, sizeof(latch), e);
	return err < 0 ? err
		       : kernel_read(r, symbol + val + (latch & 1) * sizeof(*ret), ret,
				     sizeof(*ret), e);
}

struct since {
	struct printk_text text;
	uint64_t seq;
};

static int take(void *user, const struct printk_record *rec)
{
	struct since *s = user;

	return rec->seq < s->seq ? 0 : printk_text_append(&s->text, rec);
}

int printk_text_since_clear(struct kernel *k, struct buf *ret, struct printk_stats *ret_stats,
			    struct error *e)
{
	struct since s = { .text = { .buf = ret } };
	int err = read_clear_seq(k, &s.seq, e);

	if (err < 0)
		return err;
	err = printk_each(k, take, &s, ret_stats, e);
	ret_stats->cut = s.text.cut;
	return err;
}

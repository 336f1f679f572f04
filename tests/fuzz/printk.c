/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A log in a memory of any content. The first byte says whether vmcoreinfo is a true kernel's or, up to a NUL, the input's
 * own; the rest is memory. What is told is bounded and lies in that memory.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/printk_impl.h"

#define BASE UINT64_C(0xffffffff81000000)
#define RECORDS_LIMIT ((uint64_t)1 << 16)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char true_info[] =
	"SYMBOL(prb)=ffffffff81000000\nSIZE(prb_desc)=24\nSIZE(printk_info)=88\n"
	"OFFSET(printk_ringbuffer.desc_ring)=0\nOFFSET(printk_ringbuffer.text_data_ring)=48\n"
	"OFFSET(prb_desc_ring.count_bits)=0\nOFFSET(prb_desc_ring.descs)=8\n"
	"OFFSET(prb_desc_ring.infos)=16\nOFFSET(prb_desc_ring.head_id)=24\n"
	"OFFSET(prb_desc_ring.tail_id)=32\nOFFSET(prb_desc.state_var)=0\n"
	"OFFSET(prb_desc.text_blk_lpos)=8\nOFFSET(prb_data_blk_lpos.begin)=0\n"
	"OFFSET(prb_data_blk_lpos.next)=8\nOFFSET(prb_data_ring.size_bits)=0\n"
	"OFFSET(prb_data_ring.data)=8\nOFFSET(printk_info.seq)=0\nOFFSET(printk_info.ts_nsec)=8\n"
	"OFFSET(printk_info.text_len)=16\nOFFSET(printk_info.caller_id)=20\n"
	"OFFSET(atomic_long_t.counter)=0\n"
	"SYMBOL(log_buf)=ffffffff81000000\nSYMBOL(log_buf_len)=ffffffff81000008\n"
	"SYMBOL(log_first_idx)=ffffffff8100000c\nSYMBOL(log_next_idx)=ffffffff81000010\n"
	"SIZE(printk_log)=16\nOFFSET(printk_log.ts_nsec)=0\nOFFSET(printk_log.len)=8\n"
	"OFFSET(printk_log.text_len)=10\n";

struct input {
	const uint8_t *data;
	size_t size;
	uint64_t records;
};

static int read_input(void *user, uint64_t vaddr, void *buf, size_t len, struct error *e)
{
	const struct input *in = user;

	if (vaddr < BASE || !range_inside(vaddr - BASE, len, in->size))
		return -EFAULT;
	memcpy(buf, in->data + (vaddr - BASE), len);
	return 0;
}

static int take(void *user, const struct printk_record *rec)
{
	struct input *in = user;
	_cleanup_buf_ struct buf text = { 0 };

	/* 2^26 descriptors in a memory that holds them all would be a long wait, and no fault. */
	if (++in->records == RECORDS_LIMIT)
		return 1;
	if (printk_format(&text, rec) < 0 || text.data[text.len - 1] != '\n')
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(vmcoreinfo_freep) struct vmcoreinfo *v = NULL;
	struct input in = { .data = data + 1, .size = size - 1 };
	struct printk_memory m = { .read = read_input, .user = &in };
	struct printk_stats stats = { 0 };
	const char *info = true_info;
	size_t len = sizeof(true_info);

	if (size == 0)
		return 0;
	if (data[0] & 1) {
		info = (const char *)in.data;
		len = strnlen(info, in.size);
		in.data += len;
		in.size -= len;
	}
	if (vmcoreinfo_parse(info, len, &v, NULL) < 0)
		return 0;
	m.vmcoreinfo = v;
	if (printk_ring_each(&m, take, &in, &stats, NULL) < 0 ||
	    printk_log_each(&m, take, &in, &stats, NULL) < 0)
		return 0;
	return 0;
}

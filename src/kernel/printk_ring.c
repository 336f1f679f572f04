/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lockless ring buffer of 5.10 and later (kernel/printk/printk_ringbuffer.[ch]): a ring of descriptors, a ring
 * of infos of the same index, and a ring of text blocks. A descriptor's state word is its id with the state in the
 * top two bits; a text block is the id, then the text.
 */
#include "kernel/printk_impl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"

#define STATE_SHIFT 62
#define IDS ((UINT64_C(1) << STATE_SHIFT) - 1)
#define STATE_COMMITTED 1
#define STATE_FINALIZED 2

#define ID_BYTES 8
#define COUNT_BITS_LIMIT 26 /* CONFIG_LOG_BUF_SHIFT is at most 25 */
#define SIZE_BITS_LIMIT 31
#define STRUCT_LIMIT 4096
#define WINDOW 4096
#define PAGE 4096 /* what is readable or not as a whole */

/* Where things are in the kernel's structs; those from the caller on may be missing. */
enum field {
	PRB_DESC_RING,
	PRB_TEXT_RING,
	DESC_COUNT_BITS,
	DESC_DESCS,
	DESC_INFOS,
	DESC_HEAD_ID,
	DESC_TAIL_ID,
	DESC_STATE,
	DESC_LPOS,
	LPOS_BEGIN,
	LPOS_NEXT,
	TEXT_SIZE_BITS,
	TEXT_DATA,
	INFO_SEQ,
	INFO_TS,
	INFO_TEXT_LEN,
	COUNTER,
	INFO_CALLER,
	INFO_DEVICE,
	DEVICE_SUBSYSTEM,
	DEVICE_NAME,
	FIELD_COUNT,
};

#define LOG_CONT 8

static const char *const field_names[FIELD_COUNT] = {
	[PRB_DESC_RING] = "printk_ringbuffer.desc_ring",
	[PRB_TEXT_RING] = "printk_ringbuffer.text_data_ring",
	[DESC_COUNT_BITS] = "prb_desc_ring.count_bits",
	[DESC_DESCS] = "prb_desc_ring.descs",
	[DESC_INFOS] = "prb_desc_ring.infos",
	[DESC_HEAD_ID] = "prb_desc_ring.head_id",
	[DESC_TAIL_ID] = "prb_desc_ring.tail_id",
	[DESC_STATE] = "prb_desc.state_var",
	[DESC_LPOS] = "prb_desc.text_blk_lpos",
	[LPOS_BEGIN] = "prb_data_blk_lpos.begin",
	[LPOS_NEXT] = "prb_data_blk_lpos.next",
	[TEXT_SIZE_BITS] = "prb_data_ring.size_bits",
	[TEXT_DATA] = "prb_data_ring.data",
	[INFO_SEQ] = "printk_info.seq",
	[INFO_TS] = "printk_info.ts_nsec",
	[INFO_TEXT_LEN] = "printk_info.text_len",
	[COUNTER] = "atomic_long_t.counter",
	[INFO_CALLER] = "printk_info.caller_id",
	[INFO_DEVICE] = "printk_info.dev_info",
	[DEVICE_SUBSYSTEM] = "dev_printk_info.subsystem",
	[DEVICE_NAME] = "dev_printk_info.device",
};

/* Structs of an array are read a window at a time. What cannot be read is not asked for again within its page: a damaged ring may
 * have 2^26 of them. */
struct window {
	uint64_t start; /* vaddr; */
	size_t len;	/* 0: empty */
	uint64_t lost, lost_end;
	char bytes[WINDOW];
};

struct ring {
	const struct printk_memory *memory;
	uint64_t at[FIELD_COUNT];
	uint64_t desc_size, info_size;
	uint64_t count;	    /* descriptors, a power of two */
	uint64_t text_size; /* bytes of text, a power of two */
	uint64_t descs, infos, text;
	uint64_t head, tail; /* ids */
	bool has_caller;
	uint64_t subsystem_size, device_size; /* 0: records do not tell their device */
	struct window desc_window, info_window;
	char *line; /* one record's text */
};

/* Element i of an array, or NULL with a code. The window ends with the array: what lies behind may not be there. */
static int element(struct ring *r, struct window *w, uint64_t array, uint64_t size, uint64_t i,
		   const char **ret)
{
	uint64_t vaddr = array + i * size;

	if (w->len == 0 || vaddr < w->start || !range_inside(vaddr - w->start, size, w->len)) {
		uint64_t n = MIN(WINDOW / size, r->count - i) * size;
		int err;

		if (vaddr >= w->lost && vaddr + size <= w->lost_end)
			return -EFAULT;
		w->len = 0;
		err = r->memory->read(r->memory->user, vaddr, w->bytes, n, NULL);
		if (err < 0 && n > size) {
			n = size;
			err = r->memory->read(r->memory->user, vaddr, w->bytes, n, NULL);
		}
		if (err < 0) {
			w->lost = vaddr;
			w->lost_end = align_down(vaddr, PAGE) + PAGE;
			return err;
		}
		w->start = vaddr;
		w->len = n;
	}
	*ret = w->bytes + (vaddr - w->start);
	return 0;
}

static void read_device_layout(struct ring *r)
{
	const struct vmcoreinfo *v = r->memory->vmcoreinfo;
	uint64_t subsystem, device, at;

	if (r->at[INFO_DEVICE] == UINT64_MAX || r->at[DEVICE_SUBSYSTEM] == UINT64_MAX ||
	    r->at[DEVICE_NAME] == UINT64_MAX ||
	    !vmcoreinfo_length(v, "printk_info_subsystem", &subsystem) ||
	    !vmcoreinfo_length(v, "printk_info_device", &device))
		return;
	at = r->at[INFO_DEVICE];
	if (!range_inside(at + r->at[DEVICE_SUBSYSTEM], subsystem, r->info_size) ||
	    !range_inside(at + r->at[DEVICE_NAME], device, r->info_size))
		return;
	r->subsystem_size = subsystem;
	r->device_size = device;
}

static bool read_layout(struct ring *r)
{
	const struct vmcoreinfo *v = r->memory->vmcoreinfo;

	for (unsigned i = 0; i < FIELD_COUNT; i++)
		if (!vmcoreinfo_offset(v, field_names[i], &r->at[i]) || r->at[i] > STRUCT_LIMIT) {
			if (i < INFO_CALLER)
				return false;
			r->at[i] = UINT64_MAX;
		}
	if (!vmcoreinfo_size(v, "prb_desc", &r->desc_size) ||
	    !vmcoreinfo_size(v, "printk_info", &r->info_size) || r->desc_size > WINDOW ||
	    r->info_size > WINDOW)
		return false;
	r->has_caller = r->at[INFO_CALLER] != UINT64_MAX &&
			range_inside(r->at[INFO_CALLER], 4, r->info_size);
	read_device_layout(r);
	return range_inside(r->at[DESC_STATE] + r->at[COUNTER], 8, r->desc_size) &&
	       range_inside(r->at[DESC_LPOS] + r->at[LPOS_BEGIN], 8, r->desc_size) &&
	       range_inside(r->at[DESC_LPOS] + r->at[LPOS_NEXT], 8, r->desc_size) &&
	       range_inside(r->at[INFO_SEQ], 8, r->info_size) &&
	       range_inside(r->at[INFO_TS], 8, r->info_size) &&
	       range_inside(r->at[INFO_TEXT_LEN], 4, r->info_size);
}

static int read_word(const struct ring *r, uint64_t vaddr, size_t len, uint64_t *ret,
		     struct error *e)
{
	char bytes[8] = "";
	int err = r->memory->read(r->memory->user, vaddr, bytes, len, e);

	if (err < 0)
		return error_prefix(e, err, "printk ring buffer");
	*ret = le64_get(bytes);
	return 0;
}

/* prb is a pointer to the ring in use: the static one, or one that grew with log_buf_len=. */
static int read_ring(struct ring *r, uint64_t prb, struct error *e)
{
	uint64_t ring = 0, desc_ring, text_ring, count_bits, size_bits;
	int err = read_word(r, prb, 8, &ring, e);

	if (err < 0)
		return err;
	desc_ring = ring + r->at[PRB_DESC_RING];
	text_ring = ring + r->at[PRB_TEXT_RING];
	const struct {
		uint64_t vaddr;
		size_t len;
		uint64_t *ret;
	} words[] = {
		{ desc_ring + r->at[DESC_COUNT_BITS], 4, &count_bits },
		{ desc_ring + r->at[DESC_DESCS], 8, &r->descs },
		{ desc_ring + r->at[DESC_INFOS], 8, &r->infos },
		{ desc_ring + r->at[DESC_HEAD_ID] + r->at[COUNTER], 8, &r->head },
		{ desc_ring + r->at[DESC_TAIL_ID] + r->at[COUNTER], 8, &r->tail },
		{ text_ring + r->at[TEXT_SIZE_BITS], 4, &size_bits },
		{ text_ring + r->at[TEXT_DATA], 8, &r->text },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		err = read_word(r, words[i].vaddr, words[i].len, words[i].ret, e);
		if (err < 0)
			return err;
	}
	if (count_bits > COUNT_BITS_LIMIT || size_bits < 3 || size_bits > SIZE_BITS_LIMIT)
		return error_set(e, -EINVAL,
				 "printk ring buffer at 0x%" PRIx64 ": 2^%" PRIu64
				 " records, 2^%" PRIu64 " bytes make no sense",
				 ring, count_bits, size_bits);
	r->count = UINT64_C(1) << count_bits;
	r->text_size = UINT64_C(1) << size_bits;
	return 0;
}

/*
 * Where the ring's ends make no sense, from the oldest to the newest record that is where its id belongs. Ids are
 * compared by their distance to the first that is found, as they wrap. False where there is none.
 */
static bool find_ends(struct ring *r)
{
	int64_t oldest = 0, newest = 0;
	uint64_t first = 0;
	bool found = false;

	for (uint64_t i = 0; i < r->count; i++) {
		const char *desc;
		uint64_t state, id;
		int64_t distance;

		if (element(r, &r->desc_window, r->descs, r->desc_size, i, &desc) < 0)
			continue;
		state = le64_get(desc + r->at[DESC_STATE] + r->at[COUNTER]);
		id = state & IDS;
		if ((id & (r->count - 1)) != i || (state >> STATE_SHIFT != STATE_COMMITTED &&
						   state >> STATE_SHIFT != STATE_FINALIZED))
			continue;
		if (!found)
			first = id;
		found = true;
		distance =
			(int64_t)((id - first) << (64 - STATE_SHIFT)) / (1 << (64 - STATE_SHIFT));
		oldest = MIN(oldest, distance);
		newest = MAX(newest, distance);
	}
	r->head = (first + (uint64_t)newest) & IDS;
	r->tail = (first + (uint64_t)oldest) & IDS;
	return found;
}

/*
 * The text of a descriptor into r->line. A block that wraps is whole at the ring's start. *ret_len 0 where the record
 * has none; -EINVAL where its place makes no sense.
 */
static int read_text(struct ring *r, const char *desc, size_t len, size_t *ret_len)
{
	const char *lpos = desc + r->at[DESC_LPOS];
	uint64_t begin = le64_get(lpos + r->at[LPOS_BEGIN]) & (r->text_size - 1);
	uint64_t next = le64_get(lpos + r->at[LPOS_NEXT]) & (r->text_size - 1);
	int err;

	*ret_len = 0;
	if (begin == next)
		return 0;
	/* A block may end with the ring (6.18); before, it would have gone to the start. */
	if (next == 0)
		next = r->text_size;
	if (begin > next)
		begin = 0;
	if (next - begin < ID_BYTES)
		return -EINVAL;
	begin += ID_BYTES;
	len = MIN(len, next - begin);
	err = r->memory->read(r->memory->user, r->text + begin, r->line, len, NULL);
	if (err < 0)
		return err;
	*ret_len = len;
	return 0;
}

/* 1: a record is there and *ret tells it; 0: none; negative: its place makes no sense or cannot be read. */
static int read_record(struct ring *r, uint64_t id, struct printk_record *ret)
{
	uint64_t state;
	const char *desc, *info;
	bool known_tail;
	int err = element(r, &r->desc_window, r->descs, r->desc_size, id & (r->count - 1), &desc);

	if (err < 0)
		return err;
	state = le64_get(desc + r->at[DESC_STATE] + r->at[COUNTER]);
	if ((state & IDS) != id)
		return 0;
	if (state >> STATE_SHIFT != STATE_COMMITTED && state >> STATE_SHIFT != STATE_FINALIZED)
		return 0;
	err = element(r, &r->info_window, r->infos, r->info_size, id & (r->count - 1), &info);
	if (err < 0)
		return err;

	/* After text_len come facility, and level in the top three bits, unless something was put between. */
	known_tail = !r->has_caller || r->at[INFO_CALLER] == r->at[INFO_TEXT_LEN] + 4;
	*ret = (struct printk_record){
		.seq = le64_get(info + r->at[INFO_SEQ]),
		.ts_nsec = le64_get(info + r->at[INFO_TS]),
		.has_caller = r->has_caller,
		.caller_id = r->has_caller ? le32_get(info + r->at[INFO_CALLER]) : 0,
		.facility = known_tail ? (uint8_t)info[r->at[INFO_TEXT_LEN] + 2] : PRINTK_UNKNOWN,
		.level = known_tail ? (uint8_t)info[r->at[INFO_TEXT_LEN] + 3] >> 5 : PRINTK_UNKNOWN,
		.numbered = true,
		.continued = known_tail && info[r->at[INFO_TEXT_LEN] + 3] & LOG_CONT,
		.text = r->line,
		.info = info,
		.info_len = r->info_size,
	};
	if (r->subsystem_size) {
		ret->subsystem = info + r->at[INFO_DEVICE] + r->at[DEVICE_SUBSYSTEM];
		ret->subsystem_size = r->subsystem_size;
		ret->device = info + r->at[INFO_DEVICE] + r->at[DEVICE_NAME];
		ret->device_size = r->device_size;
	}
	err = read_text(r, desc, le16_get(info + r->at[INFO_TEXT_LEN]), &ret->text_len);
	return err < 0 ? err : 1;
}

int printk_ring_each(const struct printk_memory *m, printk_emit emit, void *user,
		     struct printk_stats *stats, struct error *e)
{
	_cleanup_free_ struct ring *r = NULL;
	_cleanup_free_ char *line = NULL;
	uint64_t prb, n;
	int err;

	if (!vmcoreinfo_symbol(m->vmcoreinfo, "prb", &prb))
		return -ENOENT;
	r = calloc(1, sizeof(*r));
	line = malloc(UINT16_MAX);
	if (!r || !line)
		return error_errno(e, -ENOMEM, "printk ring buffer");
	r->memory = m;
	r->line = line;
	if (!read_layout(r))
		return error_set(e, -EINVAL,
				 "vmcoreinfo describes the printk ring buffer in no usable way");
	err = read_ring(r, prb, e);
	if (err < 0)
		return err;

	/* From tail to head, both included; never more than there are descriptors. */
	n = (r->head - r->tail) & IDS;
	if (n >= r->count) {
		stats->ends_lost = true;
		if (!find_ends(r))
			return 0;
		n = (r->head - r->tail) & IDS;
	}
	if (n >= r->count) {
		n = r->count - 1;
		r->tail = (r->head - n) & IDS;
	}
	for (uint64_t i = 0; i <= n; i++) {
		struct printk_record rec;

		err = read_record(r, (r->tail + i) & IDS, &rec);
		if (err < 0)
			stats->damaged++;
		if (err <= 0)
			continue;
		stats->records++;
		err = emit(user, &rec);
		if (err)
			return err;
	}
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/dev.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "kernel/xarray.h"

#define QUEUES_LIMIT 65536
#define TAGS_LIMIT 65536
#define IN_FLIGHT 1 /* enum mq_rq_state: MQ_RQ_IN_FLIGHT */
#define WRITES 1    /* linux/blk_types.h: operations that write are odd */

struct walk {
	struct dev_show *d;
	bool busy;
	struct object queue; /* of the disk that is counted */
	uint64_t count[2];   /* reads, writes in flight */
};

/* Requests by tag: an old pointer stays where a tag is free, so that the request is asked. */
static void count_tags(struct walk *w, const struct object *hctx)
{
	const struct object_source *s = &w->d->source;
	struct object tags, request = { 0 };
	uint64_t tag_count, requests, addr;

	if (object_follow(s, hctx, "tags->", &tags, NULL) < 0 ||
	    object_number(s, &tags, "nr_tags", &tag_count, NULL) < 0 ||
	    object_number(s, &tags, "rqs", &requests, NULL) < 0 ||
	    object_at(s, "request", 0, &request, NULL) < 0)
		return;
	for (uint64_t tag = 0; tag < MIN(tag_count, (uint64_t)TAGS_LIMIT); tag++) {
		if (inspect_number(w->d->c, requests + tag * sizeof(addr), sizeof(addr), &addr,
				   NULL) < 0)
			return;
		request.addr = addr;
		if (addr && object_number_or_0(s, &request, "q") == w->queue.addr &&
		    object_number_or_0(s, &request, "mq_hctx") == hctx->addr &&
		    object_number_or_0(s, &request, "state") == IN_FLIGHT)
			w->count[object_number_or_0(s, &request, "cmd_flags") & WRITES]++;
	}
}

static int on_hctx(void *user, const struct tree_entry *entry)
{
	struct walk *w = user;
	struct object hctx;
	int err = object_at(&w->d->source, "blk_mq_hw_ctx", entry->value, &hctx, NULL);

	if (err == 0)
		count_tags(w, &hctx);
	return err;
}

/* Hardware queues: pointers in an array, or (5.18 to 6.x) in an xarray. */
static void count_requests(struct walk *w)
{
	const struct object_source *s = &w->d->source;
	struct error why = { 0 };
	struct object table;
	uint64_t count;

	if (object_has(&w->queue, "hctx_table")) {
		if (object_follow(s, &w->queue, "hctx_table", &table, &why) == 0)
			dev_damage(w->d, xarray_each(s, table.addr, on_hctx, w, &why), &why);
		return;
	}
	count = MIN(object_number_or_0(s, &w->queue, "nr_hw_queues"), (uint64_t)QUEUES_LIMIT);
	if (object_follow(s, &w->queue, "queue_hw_ctx->", &table, NULL) < 0)
		return;
	for (uint64_t i = 0; i < count; i++) {
		struct object at = table, hctx;

		at.addr += i * sizeof(uint64_t);
		if (object_pointee(s, &at, &hctx, NULL) == 0)
			count_tags(w, &hctx);
	}
}

/* Of what has no requests: the disk's own counters, per CPU. */
static void count_counters(struct walk *w, const struct object *disk)
{
	const struct object_source *s = &w->d->source;
	struct percpu *percpu;
	struct object stats, both, one;
	uint64_t addr, value;
	int64_t sum[2] = { 0 };

	if (inspect_percpu(w->d->c, &percpu, NULL) < 0 ||
	    (object_follow(s, disk, "part0->bd_stats->", &stats, NULL) < 0 &&
	     object_follow(s, disk, "part0.dkstats->", &stats, NULL) < 0))
		return;
	addr = stats.addr;
	for (uint32_t cpu = 0; cpu < percpu->count; cpu++)
		for (unsigned i = 0; i < ARRAY_SIZE(sum); i++)
			if (percpu_address(percpu, cpu, addr, &stats.addr) &&
			    object_follow(s, &stats, "in_flight", &both, NULL) == 0 &&
			    object_element(&both, i, &one) &&
			    object_number(s, &one, "", &value, NULL) == 0)
				sum[i] += (int64_t)value;
	for (unsigned i = 0; i < ARRAY_SIZE(sum); i++)
		w->count[i] = sum[i] > 0 ? (uint64_t)sum[i] : 0;
}

static void show(struct walk *w, const struct object *disk, const char *name)
{
	const struct object_source *s = &w->d->source;
	const uint64_t major = object_number_or_0(s, disk, "major");
	const uint64_t total = w->count[0] + w->count[1];
	struct json *j = w->d->json;

	if (w->busy && total == 0)
		return;
	if (!j) {
		fprintf(w->d->c->out,
			"%5" PRIu64 " %016" PRIx64 "   %-10s %016" PRIx64 " %7" PRIu64 " %5" PRIu64
			" %5" PRIu64 "\n",
			major, disk->addr, name, w->queue.addr, total, w->count[0], w->count[1]);
		return;
	}
	json_object(j);
	json_put_uint(j, "major", major);
	json_put_hex(j, "gendisk", disk->addr);
	json_put_string(j, "name", name);
	json_put_hex(j, "request_queue", w->queue.addr);
	json_put_uint(j, "reads", w->count[0]);
	json_put_uint(j, "writes", w->count[1]);
	json_object_end(j);
}

/* As crash: disks in memory and loops are not shown. */
static bool is_skipped(const char *name)
{
	return strncmp(name, "ram", 3) == 0 || strncmp(name, "loop", 4) == 0;
}

static int on_disk(void *user, const struct object *disk)
{
	struct walk *w = user;
	const struct object_source *s = &w->d->source;
	struct error why = { 0 };
	char name[DEV_NAME_SIZE];
	int err;

	object_text_or_mark(s, disk, "disk_name", name, sizeof(name));
	if (is_skipped(name))
		return 0;
	w->count[0] = w->count[1] = 0;
	err = object_follow(s, disk, "queue->", &w->queue, &why);
	dev_damage(w->d, err, &why);
	if (err < 0)
		return 0;
	if (object_number_or_0(s, &w->queue, "mq_ops"))
		count_requests(w);
	else
		count_counters(w, disk);
	show(w, disk, name);
	return 0;
}

int dev_disks(struct dev_show *d, bool busy, struct error *e)
{
	struct walk w = { .d = d, .busy = busy };
	int err;

	if (d->json) {
		json_put_array(d->json, "disks");
	} else {
		fputs("MAJOR GENDISK            NAME       REQUEST_QUEUE      TOTAL  READ WRITE\n",
		      d->c->out);
	}
	err = dev_each_disk(d, on_disk, &w, e);
	if (d->json)
		json_array_end(d->json);
	return err;
}

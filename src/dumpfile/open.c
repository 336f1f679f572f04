/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dumpfile/format.h"
#include "dumpfile/source_flat.h"

#define DAMAGE_MAX 64

/* A machine has some hundreds; a hostile bitmap could make one of every other page. */
#define RANGES_MAX ((size_t)1 << 20)

static const struct format_ops *const formats[] = { &elf_ops, &kdump_ops };

void damage_add(struct dumpfile *d, const char *fmt, ...)
{
	char *line = NULL;
	va_list ap;

	if (!d->damage)
		d->damage = calloc(DAMAGE_MAX, sizeof(*d->damage));
	if (!d->damage || d->n_damage == DAMAGE_MAX)
		return;
	if (d->n_damage == DAMAGE_MAX - 1)
		fmt = "and more of the kind";
	va_start(ap, fmt);
	if (vasprintf(&line, fmt, ap) >= 0)
		d->damage[d->n_damage++] = line;
	va_end(ap);
}

int ranges_add(struct dumpfile *d, uint64_t paddr, uint64_t size, uint64_t vaddr)
{
	struct dump_range *last = d->n_ranges ? &d->ranges[d->n_ranges - 1] : NULL, *p;

	if (last && last->paddr + last->size == paddr &&
	    (vaddr == UINT64_MAX
		     ? last->vaddr == UINT64_MAX
		     : last->vaddr != UINT64_MAX && last->vaddr + last->size == vaddr)) {
		last->size += size;
		return 0;
	}
	if (d->n_ranges == RANGES_MAX)
		return -E2BIG;
	if ((d->n_ranges & (d->n_ranges - 1)) == 0) {
		p = reallocarray(d->ranges, d->n_ranges ? d->n_ranges * 2 : 1, sizeof(*p));
		if (!p)
			return -ENOMEM;
		d->ranges = p;
	}
	d->ranges[d->n_ranges++] = (struct dump_range){ paddr, size, vaddr };
	return 0;
}

#define UNPACK(tool) "packed with " tool "; unpack it first"
#define MIGRATION                                                                                  \
	"the state of a guest, as QEMU migrates it; 'virsh dump --memory-only' and QEMU's "        \
	"dump-guest-memory write dumps"

/* What people do to a dump before they send it, and what they take for one. */
static const struct {
	const char *magic, *words;
} others[] = {
	{ "\x1f\x8b", UNPACK("gzip") },
	{ "\xfd"
	  "7zXZ",
	  UNPACK("xz") },
	{ "\x28\xb5\x2f\xfd", UNPACK("zstd") },
	{ "BZh", UNPACK("bzip2") },
	{ "QEVM", MIGRATION },
	{ "LibvirtQemudSave", MIGRATION },
};

/* Of age's files; what they hold is the room seal's. */
#define ENCRYPTED "age-encryption.org/"

static int no_format(const struct dumpfile *d, struct error *e)
{
	char begin[sizeof(ENCRYPTED) - 1];

	if (source_read(d->source, begin, sizeof(begin), 0) == 0 &&
	    memcmp(begin, ENCRYPTED, sizeof(begin)) == 0)
		return error_set(e, -ENOKEY,
				 "encrypted; 'lastword save --key KEYFILE %s DST' decrypts it",
				 d->name);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		size_t n = strlen(others[i].magic);
		char head[16];

		if (source_read(d->source, head, n, 0) == 0 &&
		    memcmp(head, others[i].magic, n) == 0)
			return error_set(e, -EINVAL, "%s", others[i].words);
	}
	return error_set(e, -EINVAL,
			 "not a dump: neither ELF core, kdump-compressed nor flattened");
}

/* A flattened stream is another source, under whatever format is in it. */
static int unflatten(struct dumpfile *d, struct error *e)
{
	bool complete;
	int r = source_flat_probe(d->source);

	if (r <= 0)
		return r < 0 ? error_errno(e, r, "read") : 0;
	r = source_flat_new(d->source, &d->source, &complete, e);
	if (r < 0)
		return r;
	d->info.flags |= DUMP_FLATTENED;
	if (!complete) {
		d->info.flags |= DUMP_TRUNCATED;
		damage_add(d, "the flattened stream has no end: it was cut off");
	}
	return 0;
}

static int probe(struct dumpfile *d, struct error *e)
{
	int r;

	if (!d->source->size)
		return error_set(e, -EINVAL, "the file is empty");
	r = unflatten(d, e);
	if (r < 0)
		return r;
	d->info.file_size = d->source->live ? 0 : d->source->file_size;
	d->info.flags |= d->source->live ? DUMP_LIVE : 0;
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		d->ops = formats[i];
		r = d->ops->open(d, e);
		if (r != NOT_THIS_FORMAT)
			return r;
		d->ops->close(d);
		d->ops = NULL;
	}
	return no_format(d, e);
}

int dumpfile_open_fd(int fd, const char *name, struct dumpfile **ret, struct error *e)
{
	_cleanup_(dumpfile_closep) struct dumpfile *d = calloc(1, sizeof(*d));
	int copy, r;

	if (!d)
		return error_set(e, -ENOMEM, "%s: out of memory", name);
	d->name = strdup(name);
	if (!d->name)
		return error_set(e, -ENOMEM, "%s: out of memory", name);
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (copy < 0)
		return error_errno(e, -errno, "%s", name);
	d->info.dump_level = -1;
	r = source_file_new(copy, &d->source, e);
	if (r == 0)
		r = probe(d, e);
	if (r < 0)
		return error_prefix(e, r, "%s", name);
	d->info.page_shift = (unsigned)__builtin_ctz(d->info.page_size);
	*ret = TAKE_PTR(d);
	return 0;
}

int dumpfile_open(const char *path, struct dumpfile **ret, struct error *e)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return error_errno(e, -errno, "%s", path);
	return dumpfile_open_fd(fd, path, ret, e);
}

struct dumpfile *dumpfile_close(struct dumpfile *d)
{
	if (!d)
		return NULL;
	if (d->ops)
		d->ops->close(d);
	source_close(d->source);
	for (size_t i = 0; i < d->n_notes; i++)
		free((void *)d->notes[i].desc);
	for (size_t i = 0; i < d->n_damage; i++)
		free(d->damage[i]);
	free(d->notes);
	free(d->ranges);
	free(d->segments);
	free(d->damage);
	free(d->name);
	free(d);
	return NULL;
}

const struct dump_info *dumpfile_info(const struct dumpfile *d)
{
	return &d->info;
}

const char *dumpfile_name(const struct dumpfile *d)
{
	return d->name;
}

size_t dumpfile_notes(const struct dumpfile *d, const struct dump_note **ret)
{
	*ret = d->notes;
	return d->n_notes;
}

size_t dumpfile_ranges(const struct dumpfile *d, const struct dump_range **ret)
{
	*ret = d->ranges;
	return d->n_ranges;
}

size_t dumpfile_segments(const struct dumpfile *d, const struct dump_range **ret)
{
	*ret = d->segments;
	return d->n_segments;
}

int dumpfile_note_read(const struct dumpfile *d, const struct dump_note *n, uint64_t at, void *buf,
		       size_t len, struct error *e)
{
	int r = range_inside(at, len, n->size + n->rest)
			? source_read(d->source, buf, len, n->offset + at)
			: -ENODATA;

	return r < 0 ? error_errno(e, r, "%s: note '%s' at offset %#llx", d->name, n->name,
				   (unsigned long long)n->offset)
		     : 0;
}

const struct dump_note *dumpfile_note(const struct dumpfile *d, const char *name, uint32_t type)
{
	for (size_t i = 0; i < d->n_notes; i++)
		if (strcmp(d->notes[i].name, name) == 0 &&
		    (type == UINT32_MAX || d->notes[i].type == type))
			return &d->notes[i];
	return NULL;
}

enum page_state dumpfile_page_run(const struct dumpfile *d, uint64_t pfn, uint64_t *ret_end)
{
	if (pfn >= d->info.max_pfn) {
		*ret_end = UINT64_MAX;
		return PAGE_ABSENT;
	}
	return d->ops->page_run(d, pfn, ret_end);
}

enum page_state dumpfile_page_state(const struct dumpfile *d, uint64_t pfn)
{
	uint64_t end;

	return dumpfile_page_run(d, pfn, &end);
}

void dumpfile_count(const struct dumpfile *d, uint64_t ret[PAGE_STATES])
{
	uint64_t end;

	memset(ret, 0, PAGE_STATES * sizeof(*ret));
	for (uint64_t pfn = 0; pfn < d->info.max_pfn; pfn = end) {
		enum page_state s = dumpfile_page_run(d, pfn, &end);

		end = MIN(end, d->info.max_pfn);
		ret[s] += end - pfn;
	}
}

size_t dumpfile_damage(const struct dumpfile *d, const char *const **ret)
{
	*ret = (const char *const *)d->damage;
	return d->n_damage;
}

void dumpfile_scattered(struct dumpfile *d, bool on)
{
	source_scattered(d->source, on);
}

void dumpfile_forget(struct dumpfile *d)
{
	source_forget(d->source);
}

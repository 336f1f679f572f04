/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/doctor/facts_impl.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arm/image/files.h"
#include "arm/kexec/load.h"
#include "arm/machine.h"
#include "arm/rehearse/past.h"

#define RECORD_MAX ((size_t)1 << 20)
#define IMAGE_MAX ((size_t)MIB(512))

const char *size_text(uint64_t bytes, char text[SIZE_TEXT])
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };
	double value = (double)bytes;
	size_t i = 0;

	for (; value >= 1024 && i + 1 < ARRAY_SIZE(units); i++)
		value /= 1024;
	snprintf(text, SIZE_TEXT, value < 10 && i ? "%.1f %s" : "%.0f %s", value, units[i]);
	return text;
}

static void read_kernel_config(struct facts *f)
{
	static const char *const places[] = { "/boot/config-%s", "/lib/modules/%s/config",
					      "/usr/lib/modules/%s/config" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		const char *mark = strstr(places[i], "%s");

		snprintf(f->kernel_config_from, sizeof(f->kernel_config_from), "%.*s%s%s",
			 (int)(mark - places[i]), places[i], f->release, mark + 2);
		if (image_read_file(f->root, f->kernel_config_from, &f->kernel_config, NULL) == 0)
			return;
	}
	snprintf(f->kernel_config_from, sizeof(f->kernel_config_from), "/proc/config.gz");
	if (image_read_module(f->root, f->kernel_config_from, &f->kernel_config, NULL) < 0)
		*f->kernel_config_from = '\0';
}

/* Not root: the log may be hidden, which is no fault of the machine. */
static void read_texts(struct facts *f)
{
	if (root_read_file(f->root, "/proc/cmdline", 65536, &f->cmdline) < 0)
		buf_done(&f->cmdline);
	if (root_read_file(f->root, "/proc/iomem", MIB(4), &f->iomem) < 0)
		buf_done(&f->iomem);
	f->log_r = f->trials.log ? f->trials.log(f->root, &f->log) : -EOPNOTSUPP;
	if (*f->release)
		read_kernel_config(f);
}

/* Sizes of kernel and memory are wanted where nothing is reserved, too. */
static void read_reservation(struct facts *f)
{
	f->reserved_r = reservation_read(f->root, &f->reservation, &f->reserved_why);
	if (f->reserved_r < 0 && f->iomem.len)
		reservation_parse(f->iomem.data, &f->reservation);
}

static int read_record(struct facts *f, struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	int r = root_read_file(f->root, ARM_ARMED, RECORD_MAX, &text);

	if (r < 0)
		return error_errno(e, r, ARM_ARMED);
	r = record_parse(text.data ?: "", text.len, &f->armed, e);
	if (r < 0)
		return error_prefix(e, r, ARM_ARMED);
	if (strcmp(f->boot_id, f->armed.boot_id) != 0)
		return error_set(e, -ESTALE, ARM_ARMED " is of another boot");
	return 0;
}

/* The file PLAN_PATH of the image on disk. */
static int unpack_plan(const struct buf *image, struct buf *ret)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	int r = -ENOENT;

	if (!a)
		return -ENOMEM;
	archive_read_support_filter_gzip(a);
	archive_read_support_format_cpio(a);
	if (archive_read_open_memory(a, image->data, image->len) != ARCHIVE_OK)
		r = -EBADMSG;
	while (r == -ENOENT && archive_read_next_header(a, &entry) == ARCHIVE_OK) {
		const char *name = archive_entry_pathname(entry);
		int64_t size = archive_entry_size(entry);
		char *to;

		if (!name || strcmp(root_relative(name), root_relative(PLAN_PATH)) != 0)
			continue;
		to = size > 0 && size < (int64_t)MIB(4) ? buf_reserve(ret, (size_t)size) : NULL;
		if (!to || archive_read_data(a, to, (size_t)size) != size) {
			r = -EBADMSG;
			break;
		}
		ret->len = (size_t)size;
		ret->data[ret->len] = '\0';
		r = 0;
	}
	archive_read_free(a);
	return r;
}

static void read_armed_plan(struct facts *f)
{
	_cleanup_buf_ struct buf image = { .limit = IMAGE_MAX }, text = { 0 };
	struct digest digest;

	if (root_read_file(f->root, ARM_IMAGE, IMAGE_MAX, &image) < 0 || !image.len)
		return;
	digest_bytes(image.data, image.len, &digest);
	if (strcmp(digest.hex, f->armed.image.hex) != 0 || unpack_plan(&image, &text) < 0 ||
	    plan_parse(text.data, text.len, &f->armed_plan, NULL) < 0)
		f->armed_plan = NULL;
}

static void read_armed(struct facts *f)
{
	f->loaded = crash_loaded(f->root);
	f->armed_r = f->loaded ? read_record(f, &f->armed_why)
			       : error_set(&f->armed_why, -ENOENT, "no capture kernel is loaded");
	if (f->armed_r == 0)
		read_armed_plan(f);
}

/* Packing takes its time: where nothing changed the image is as large as it was. */
static int packed_size(struct facts *f, uint64_t *ret)
{
	_cleanup_buf_ struct buf packed = { .limit = IMAGE_MAX };
	char difference[300];

	if (f->armed_r == 0 &&
	    !record_differs(&f->armed, &f->composed.record, difference, sizeof(difference))) {
		*ret = f->armed.image_size;
		return 0;
	}
	if (image_pack(&f->composed.image, &packed, NULL) < 0)
		return -ENOMEM;
	*ret = packed.len;
	return 0;
}

static int read_sizes(struct facts *f)
{
	struct capture_sizes sizes = { 0 };
	int r;

	if (f->composed_r < 0)
		return 0;
	r = packed_size(f, &sizes.packed);
	if (r < 0)
		return r;
	sizes.init_size = f->composed.kernel.init_size;
	sizes.unpacked = f->composed.image.unpacked;
	sizes.cpus = f->composed.cpus;
	sizes.network = f->composed.plan->links_count > 0;
	sizes.tells = f->composed.plan->receivers_count > 0;
	past_need_of(f->root, &f->composed.record, &f->reservation, &sizes, &f->need);
	f->needed = f->need.bytes;
	return 0;
}

/* A line "Name:  123 kB" of /proc/meminfo in bytes; 0 where it is not there. */
static uint64_t meminfo(const char *text, const char *name)
{
	const char *line = strstr(text, name);

	return line ? strtoull(line + strlen(name), NULL, 10) * 1024 : 0;
}

/* What the configured level leaves in a dump; a machine's kernel memory grows under load, so this is now's. */
static void estimate_dump(struct facts *f)
{
	static const struct {
		unsigned level;
		const char *const names[4];
	} left_out[] = {
		{ 16, { "MemFree:" } },
		{ 2 | 4, { "\nCached:", "\nBuffers:", "SwapCached:" } },
		{ 8, { "AnonPages:" } },
	};
	_cleanup_buf_ struct buf text = { 0 };
	uint64_t total, out = 0;

	if (root_read_file(f->root, "/proc/meminfo", 65536, &text) < 0 || !text.len)
		return;
	total = meminfo(text.data, "MemTotal:");
	for (size_t i = 0; i < ARRAY_SIZE(left_out); i++) {
		if (f->config.collector == PLAN_COLLECT_COPY ||
		    (f->config.level & left_out[i].level) != left_out[i].level)
			continue;
		for (size_t n = 0; n < ARRAY_SIZE(left_out[i].names) && left_out[i].names[n]; n++)
			out += meminfo(text.data, left_out[i].names[n]);
	}
	f->dump_bytes = total - MIN(total, out);
}

static int find(struct facts *f, struct error *e)
{
	int r;

	if (machine_release(f->root, &f->release, NULL) < 0)
		f->release = strdup("");
	if (machine_boot_id(f->root, &f->boot_id, NULL) < 0)
		f->boot_id = strdup("");
	if (!f->release || !f->boot_id)
		return error_errno(e, -ENOMEM, "machine");
	read_texts(f);
	read_reservation(f);
	f->config_r = compose_config(f->root, &f->config, &f->config_missing, &f->config_why);
	read_armed(f);
	f->composed_r = compose(f->root, f->armed.append, f->armed_r == 0 ? &f->armed : NULL,
				&f->composed, &f->composed_why);
	r = read_sizes(f);
	if (r < 0)
		return error_errno(e, r, "capture image");
	if (f->config_r < 0)
		return 0;
	estimate_dump(f);
	return facts_find_targets(f, e);
}

int facts_find(const struct root *root, const struct trials *trials, time_t now, struct facts *ret,
	       struct error *e)
{
	_cleanup_facts_ struct facts f = { .root = root, .now = now };
	int r;

	if (trials)
		f.trials = *trials;
	else
		trials_of(root, &f.trials);
	r = find(&f, e);
	if (r < 0)
		return r;
	*ret = f;
	/* what points into the configuration */
	for (size_t i = 0; i < ret->targets_count; i++)
		ret->targets[i].config = &ret->config.targets[i];
	f = (struct facts){ 0 };
	return 0;
}

void facts_done(struct facts *f)
{
	free(f->release);
	free(f->boot_id);
	buf_done(&f->cmdline);
	buf_done(&f->iomem);
	buf_done(&f->log);
	buf_done(&f->kernel_config);
	config_done(&f->config);
	for (size_t i = 0; i < ARRAY_SIZE(f->targets); i++) {
		place_done(&f->targets[i].place);
		free(f->targets[i].dir);
		buf_done(&f->targets[i].ssh_answer);
	}
	composition_done(&f->composed);
	record_done(&f->armed);
	plan_free(f->armed_plan);
	*f = (struct facts){ 0 };
}

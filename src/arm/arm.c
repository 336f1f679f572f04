/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/arm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "arm/files.h"
#include "arm/load.h"
#include "arm/machine.h"
#include "arm/probe.h"

#define RECORD_MAX ((size_t)1 << 20)
#define IMAGE_MAX ((size_t)MIB(512))

/* Held until the descriptor is closed. */
static int lock(const struct root *root, int *ret, struct error *e)
{
	int fd, r = file_make_parents(root, ARM_LOCK, e);

	if (r < 0)
		return r;
	fd = openat(root->fd, root_relative(ARM_LOCK), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
		    0600);
	if (fd < 0)
		return error_errno(e, -errno, ARM_LOCK);
	if (flock(fd, LOCK_EX) < 0) {
		r = error_errno(e, -errno, ARM_LOCK);
		close(fd);
		return r;
	}
	*ret = fd;
	return 0;
}

static int write_record(const struct root *root, const char *path, const struct record *rec,
			struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	int r = record_format(rec, &text);

	if (r < 0)
		return error_errno(e, r, "%s", path);
	return file_replace(root, path, text.data, text.len, e);
}

/* Where there is another target, one that does not answer now stays in the plan: it may by then. */
static int probe_targets(struct composition *c, struct error *e)
{
	for (size_t i = 0; i < c->plan->targets_count; i++) {
		const struct plan_target *t = &c->plan->targets[i];
		struct error why = { 0 };
		int r;

		r = probe_target(t, &c->chain.places[i], &why);
		if (r < 0 && c->plan->targets_count == 1)
			return error_set(e, r, "%s", error_text(&why));
		if (r < 0 && buf_printf(&c->config.notes, "now it would not work: %s\n",
					error_text(&why)) < 0)
			return error_errno(e, -ENOMEM, "targets");
	}
	return 0;
}

static int build(const struct root *root, const char *append, struct armed *a, struct error *e)
{
	_cleanup_buf_ struct buf packed = { 0 };
	struct composition *c = &a->composition;
	struct capture_sizes sizes;
	int r = reservation_read(root, &a->reservation, e);

	if (r == 0)
		r = compose(root, append, c, e);
	if (r == 0)
		r = image_pack(&c->image, &packed, e);
	if (r < 0)
		return r;
	sizes = (struct capture_sizes){ c->kernel.init_size, packed.len, c->image.unpacked };
	a->needed = reservation_needed(&a->reservation, &sizes);
	r = reservation_check(&a->reservation, &sizes, e);
	if (r == 0)
		r = probe_targets(c, e);
	if (r < 0)
		return r;
	a->record = c->record;
	c->record = (struct record){ 0 };
	a->record.image_size = packed.len;
	digest_bytes(packed.data, packed.len, &a->record.image);
	r = file_replace(root, ARM_IMAGE, packed.data, packed.len, e);
	return r < 0 ? r : write_record(root, ARM_RECORD, &a->record, e);
}

/* The armed record goes first: while nothing is certain, nothing is claimed. */
static int load(const struct root *root, struct record *rec, struct error *e)
{
	_cleanup_buf_ struct buf before = { 0 };
	_cleanup_free_ char *boot_id = NULL;
	bool was_loaded = crash_loaded(root);
	int r = machine_boot_id(root, &boot_id, e);

	if (r < 0)
		return r;
	r = root_read_file(root, ARM_ARMED, RECORD_MAX, &before);
	if (r < 0 && r != -ENOENT)
		return error_errno(e, r, ARM_ARMED);
	r = file_remove(root, ARM_ARMED, e);
	if (r == 0)
		r = crash_load(root, rec->kernel, ARM_IMAGE, rec->cmdline, e);
	if (r == 0) {
		free(rec->boot_id);
		rec->boot_id = TAKE_PTR(boot_id);
		return write_record(root, ARM_ARMED, rec, e);
	}
	if (!crash_loaded(root))
		return was_loaded ? error_prefix(e, r, "nothing is armed now") : r;
	if (before.len && file_replace(root, ARM_ARMED, before.data, before.len, NULL) == 0)
		return error_prefix(e, r, "what was armed before stays armed");
	return r;
}

/* The default directory for dumps is nobody's typing error: it is made. */
static int make_default_path(const struct root *root, const struct config_target *c,
			     struct error *e)
{
	int r;

	if (c->path_given || c->kind != CONFIG_TARGET_PATH)
		return 0;
	r = file_make_parents(root, c->path, e);
	if (r < 0)
		return r;
	if (mkdirat(root->fd, root_relative(c->path), 0700) < 0 && errno != EEXIST)
		return error_errno(e, -errno, "make directory %s", c->path);
	return 0;
}

/* A dump that was taken is worth more than arming for the next. */
static int prepare(const struct root *root, struct rawdump *ret, struct error *e)
{
	_cleanup_config_ struct config c = { 0 };
	bool missing;
	int r = compose_config(root, &c, &missing, e);

	if (r == 0)
		r = make_default_path(root, &c.targets[0], e);
	for (size_t i = 0; i < c.targets_count && r == 0 && !ret->file; i++) {
		const struct config_target *t = &c.targets[i];
		_cleanup_place_ struct place p = { 0 };

		if (t->kind != CONFIG_TARGET_RAW)
			continue;
		r = place_find(root, t, &p, e);
		if (r < 0 && c.targets_count > 1) {
			r = 0; /* arming will say so */
			continue;
		}
		if (r == 0)
			r = rawdump_recover(root, p.device.node, t->path, time(NULL), ret, e);
	}
	return r;
}

int arm_arm(const struct root *root, const char *append, struct armed *ret, struct error *e)
{
	_cleanup_armed_ struct armed a = { 0 };
	_cleanup_close_ int fd = -1;
	int r = lock(root, &fd, e);

	if (r == 0)
		r = prepare(root, &a.recovered, e);
	if (r == 0)
		r = build(root, append, &a, e);
	if (r == 0)
		r = load(root, &a.record, e);
	if (r < 0)
		return a.recovered.file ? error_prefix(e, r, "recovered %s; then", a.recovered.file)
					: r;
	*ret = a;
	a = (struct armed){ 0 };
	return 0;
}

int arm_rebuild(const struct root *root, const char *append, struct armed *ret, struct error *e)
{
	_cleanup_armed_ struct armed a = { 0 };
	_cleanup_close_ int fd = -1;
	int r = lock(root, &fd, e);

	if (r == 0)
		r = build(root, append, &a, e);
	if (r < 0)
		return r;
	*ret = a;
	a = (struct armed){ 0 };
	return 0;
}

static int read_image_record(const struct root *root, struct record *ret, struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 }, image = { 0 };
	_cleanup_record_ struct record rec = { 0 };
	struct digest digest;
	int r = root_read_file(root, ARM_RECORD, RECORD_MAX, &text);

	if (r == 0)
		r = root_read_file(root, ARM_IMAGE, IMAGE_MAX, &image);
	if (r == -ENOENT)
		return error_set(e, r, "there is no capture image yet; run 'lastword arm'");
	if (r < 0)
		return error_errno(e, r, ARM_STATE_DIR);
	r = record_parse(text.data ?: "", text.len, &rec, e);
	if (r < 0)
		return error_prefix(e, r, ARM_RECORD);
	digest_bytes(image.data, image.len, &digest);
	if (strcmp(digest.hex, rec.image.hex) != 0)
		return error_set(e, -EBADMSG,
				 ARM_IMAGE " is not the one that was made; run 'lastword arm'");
	*ret = rec;
	rec = (struct record){ 0 };
	return 0;
}

int arm_reload(const struct root *root, struct armed *ret, struct error *e)
{
	_cleanup_armed_ struct armed a = { 0 };
	_cleanup_free_ char *release = NULL;
	_cleanup_close_ int fd = -1;
	int r = lock(root, &fd, e);

	if (r == 0)
		r = reservation_read(root, &a.reservation, e);
	if (r == 0)
		r = read_image_record(root, &a.record, e);
	if (r == 0)
		r = machine_release(root, &release, e);
	if (r == 0 && strcmp(release, a.record.release) != 0)
		r = error_set(e, -ESTALE,
			      "the capture image is for kernel %s, this is %s; run 'lastword arm'",
			      a.record.release, release);
	if (r == 0)
		r = load(root, &a.record, e);
	if (r < 0)
		return r;
	*ret = a;
	a = (struct armed){ 0 };
	return 0;
}

int arm_disarm(const struct root *root, bool *ret_was_loaded, struct error *e)
{
	_cleanup_close_ int fd = -1;
	bool was_loaded = crash_loaded(root);
	int r = lock(root, &fd, e);

	if (r == 0 && was_loaded)
		r = crash_unload(root, e);
	if (r == 0)
		r = file_remove(root, ARM_ARMED, e);
	if (r == 0)
		*ret_was_loaded = was_loaded;
	return r;
}

void armed_done(struct armed *a)
{
	composition_done(&a->composition);
	record_done(&a->record);
	rawdump_done(&a->recovered);
	*a = (struct armed){ 0 };
}

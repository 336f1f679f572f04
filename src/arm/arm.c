/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/arm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "arm/early.h"
#include "arm/image/erase.h"
#include "arm/image/files.h"
#include "arm/kexec/cmdline.h"
#include "arm/kexec/load.h"
#include "arm/machine.h"
#include "arm/place/probe.h"
#include "arm/rehearse/highwater.h"
#include "arm/rehearse/past.h"

#define RECORD_MAX ((size_t)1 << 20)
#define DEFAULT_PATH "/var/crash" /* kdump.conf of kdump-utils names it, too */
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

/* The configuration is read before it is parsed: what is changed meanwhile counts as changed. */
static int note_configuration(const struct root *root, char **ret, struct error *e)
{
	struct digest digest;
	int r = early_configuration(root, &digest, e);

	if (r < 0)
		return r;
	*ret = strdup(digest.hex);
	return *ret ? 0 : error_errno(e, -ENOMEM, "configuration");
}

/* Of this machine alone: another's kernel does not run here. */
static int check_erased(const struct root *root, struct composition *c, struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	int r;

	if (!c->config.erase || *root->path)
		return 0;
	r = erase_read(root, c->config.erase, &text, e);
	return r < 0 ? r : erase_check(text.data ?: "", text.len, &c->config.notes, e);
}

static int build(const struct root *root, const char *append, struct armed *a, struct error *e)
{
	_cleanup_free_ char *configuration = NULL;
	_cleanup_buf_ struct buf packed = { 0 };
	struct composition *c = &a->composition;
	struct capture_sizes sizes;
	int r = reservation_read(root, &a->reservation, e);

	if (r == 0)
		r = note_configuration(root, &configuration, e);
	if (r == 0)
		r = compose(root, append, NULL, c, e);
	if (r == 0)
		r = check_erased(root, c, e);
	if (r == 0)
		r = image_pack(&c->image, &packed, e);
	if (r < 0)
		return r;
	sizes = (struct capture_sizes){ c->kernel.init_size,	  packed.len,
					c->image.unpacked,	  c->cpus,
					c->plan->links_count > 0, c->plan->receivers_count > 0 };
	/* What cannot be kept costs a figure. */
	(void)!highwater_refresh(root, &c->config, c->record.release, false, NULL);
	a->needed = past_needed(root, &c->record, &a->reservation, &sizes);
	r = reservation_check(&a->reservation, a->needed, e);
	if (r == 0)
		r = probe_targets(c, e);
	if (r < 0)
		return r;
	a->record = c->record;
	c->record = (struct record){ 0 };
	a->record.configuration = TAKE_PTR(configuration);
	a->record.image_size = packed.len;
	digest_bytes(packed.data, packed.len, &a->record.image);
	r = file_replace(root, ARM_IMAGE, packed.data, packed.len, e);
	return r < 0 ? r : write_record(root, ARM_RECORD, &a->record, e);
}

/* The last words are told with the id of this boot, which an image that outlives it does not know. */
static int load_image(const struct root *root, const struct record *rec, const char *boot_id,
		      struct error *e)
{
	_cleanup_free_ char *line = NULL;

	if (!*rec->receivers)
		return crash_load(root, rec->kernel, ARM_IMAGE, rec->cmdline, e);
	if (asprintf(&line, "%s " CMDLINE_BOOT_ID "%s", rec->cmdline, boot_id) < 0) {
		line = NULL;
		return error_errno(e, -ENOMEM, "command line");
	}
	return crash_load(root, rec->kernel, ARM_IMAGE, line, e);
}

/* The armed record goes first: while nothing is certain, nothing is claimed. *ret is what it was, empty where there was none. */
static int take_armed(const struct root *root, struct buf *ret, struct error *e)
{
	int r = root_read_file(root, ARM_ARMED, RECORD_MAX, ret);

	if (r < 0 && r != -ENOENT)
		return error_errno(e, r, ARM_ARMED);
	return file_remove(root, ARM_ARMED, e);
}

static int load(const struct root *root, struct record *rec, struct error *e)
{
	_cleanup_buf_ struct buf before = { 0 };
	_cleanup_free_ char *boot_id = NULL;
	bool was_loaded = crash_loaded(root);
	int r = machine_boot_id(root, &boot_id, e);

	if (r < 0)
		return r;
	r = take_armed(root, &before, e);
	if (r == 0)
		r = load_image(root, rec, boot_id, e);
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

/* The default directory for dumps, named or not, is nobody's typing error: it is made. */
static int make_default_path(const struct root *root, const struct config_target *c,
			     struct error *e)
{
	int r;

	if (c->kind != CONFIG_TARGET_PATH || (c->path_given && strcmp(c->path, DEFAULT_PATH) != 0))
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
		r = place_find(root, t, NULL, &p, e);
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
		return error_set(e, -ESTALE, "there is no capture image yet; run 'lastword arm'");
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
	_cleanup_sysconfig_ struct sysconfig s = { 0 };
	_cleanup_free_ char *release = NULL;
	_cleanup_close_ int fd = -1;
	int r = lock(root, &fd, e);

	if (r == 0)
		r = reservation_read(root, &a.reservation, e);
	if (r == 0)
		r = read_image_record(root, &a.record, e);
	if (r == 0)
		r = sysconfig_read(root, &s, e);
	if (r == 0)
		r = machine_capture_release(root, &s, &release, e);
	if (r == 0 && strcmp(release, a.record.release) != 0)
		r = error_set(
			e, -ESTALE,
			"the capture image is for kernel %s, %s is wanted; run 'lastword arm'",
			a.record.release, release);
	if (r == 0)
		r = load(root, &a.record, e);
	if (r < 0)
		return r;
	*ret = a;
	a = (struct armed){ 0 };
	return 0;
}

int arm_early(const struct root *root, struct armed *ret, struct error *e)
{
	_cleanup_armed_ struct armed a = { 0 };
	_cleanup_close_ int fd = -1;
	int r = lock(root, &fd, e);

	if (r == 0)
		r = reservation_read(root, &a.reservation, e);
	if (r == 0 && crash_loaded(root))
		r = error_set(e, -ESTALE, "a crash kernel is loaded already");
	if (r == 0)
		r = read_image_record(root, &a.record, e);
	if (r == 0)
		r = early_check(root, &a.record, e);
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

int arm_load_by_hand(const struct root *root, int kernel, int initrd, const char *cmdline,
		     struct error *e)
{
	_cleanup_buf_ struct buf before = { 0 };
	_cleanup_close_ int fd = -1;
	int r = lock(root, &fd, e);

	if (r == 0)
		r = take_armed(root, &before, e);
	if (r == 0)
		r = kexec_load_files(root, KEXEC_FOR_CRASH, kernel, initrd, cmdline, e);
	if (r < 0 && before.len && crash_loaded(root))
		(void)!file_replace(root, ARM_ARMED, before.data, before.len, NULL);
	return r;
}

void armed_done(struct armed *a)
{
	composition_done(&a->composition);
	record_done(&a->record);
	rawdump_done(&a->recovered);
	*a = (struct armed){ 0 };
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/rehearse/scene.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "arm/image/modules.h"
#include "arm/place/blockdev.h"
#include "arm/rehearse/room.h"
#include "arm/rehearse/standin.h"

#define REPLACEMENT_FSTYPE "ext4"

static const char *const replacement_modules[] = { "virtio_pci", "virtio_blk", NULL };

int scene_note(struct buf *to, struct error *e, const char *fmt, ...)
{
	char line[700];
	va_list ap;
	int r;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	r = buf_printf(to, "%s\n", line);
	return r < 0 ? error_errno(e, r, "notes") : 0;
}

static bool is_disk(const struct plan_target *t)
{
	return t->kind == PLAN_TARGET_FS || t->kind == PLAN_TARGET_RAW;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The target's device as it is here and now. -ENODEV: there is none. */
static int find_device(const struct root *root, const struct plan_device *want,
		       struct blockdev *ret)
{
	char spec[128];
	int r = -ENODEV;

	if (*want->fs_uuid) {
		snprintf(spec, sizeof(spec), "UUID=%s", want->fs_uuid);
		r = blockdev_find(root, spec, ret, NULL);
	}
	if (r == -ENODEV && *want->name) {
		snprintf(spec, sizeof(spec), "/dev/%s", want->name);
		r = blockdev_find(root, spec, ret, NULL);
	}
	if (r == -ENODEV && *want->syspath) {
		snprintf(spec, sizeof(spec), "/dev/%s", last_part(want->syspath));
		r = blockdev_find(root, spec, ret, NULL);
	}
	return r;
}

/* Drivers of the device that no module of the image is, as "a, b"; false where none is known. */
static bool missing_drivers(const struct subject *s, char *const *drivers, char *buf, size_t size)
{
	size_t at = 0;

	for (; drivers && *drivers; drivers++)
		if (!subject_has_module(s, *drivers) && at < size)
			at += (size_t)snprintf(buf + at, size - at, "%s%s", at ? ", " : "",
					       *drivers);
	return at > 0;
}

static void hint_drivers(const struct subject *s, char *const *drivers, const char *node,
			 struct scene *scene)
{
	char missing[200];

	if (!*scene->hint && missing_drivers(s, drivers, missing, sizeof(missing)))
		snprintf(scene->hint, sizeof(scene->hint),
			 "the capture image has no driver %s, which %s needs", missing, node);
}

static void hint_uuid(const struct plan_device *want, const struct blockdev *now,
		      struct scene *scene)
{
	if (*want->fs_uuid && !*scene->hint && strcasecmp(want->fs_uuid, now->uuid) != 0)
		snprintf(scene->hint, sizeof(scene->hint),
			 "the file system on %s has the UUID %s, the capture image looks for %s; "
			 "run 'lastword arm'",
			 now->node, *now->uuid ? now->uuid : "(none)", want->fs_uuid);
}

/* The device of QEMU for a real one: the same kind where there is one, so that the image's own driver is tried. */
static int choose_device(const struct root *root, struct subject *s, const struct plan_target *t,
			 const char *node, const struct qemu_disk **ret, struct scene *scene,
			 struct error *e)
{
	static const char *const none[] = { NULL };
	_cleanup_(names_freep) char **drivers = NULL;
	const struct qemu_disk *d;
	size_t count = s->plan->modules_count;
	int r;

	if (modules_of_device(root, t->device.syspath, &drivers, NULL) < 0)
		drivers = NULL;
	d = qemu_disk_find(drivers ? (const char *const *)drivers : none, t->device.syspath);
	hint_drivers(s, drivers, node, scene);
	if (d) {
		*ret = d;
		return scene_note(&scene->same, e, "driver of %s: QEMU has a %s for %s", node,
				  qemu_disk_device(d), qemu_disk_driver(d));
	}
	*ret = qemu_disk_default();
	r = subject_add_modules(root, s, replacement_modules, NULL, e);
	if (r < 0)
		return r;
	scene->changed = scene->changed || s->plan->modules_count != count;
	return scene_note(&scene->different, e,
			  "driver of %s: QEMU has no such device; a virtio disk is there instead%s",
			  node, scene->changed ? ", and the image has got the drivers for it" : "");
}

static int make_disk(const struct root *root, const struct plan_target *t, const char *path,
		     const struct blockdev *now, struct scene *scene, struct error *e)
{
	struct standin in = {
		.fstype = t->fstype,
		.uuid = now && *now->uuid ? now->uuid : t->device.fs_uuid,
		.label = now ? now->label : "",
		.room = STANDIN_ROOM_DEFAULT,
	};
	struct stat st;
	uint64_t room;
	int r;

	/* Of a machine that is looked at from outside the disk itself may be there. */
	if (now && fstatat(root->fd, root_relative(now->node), &st, 0) == 0 &&
	    S_ISREG(st.st_mode) && st.st_size) {
		r = standin_copy(root->fd, root_relative(now->node), path, e);
		return r < 0 ? r
			     : scene_note(&scene->same, e, "%s: a copy of its content", now->node);
	}
	if (t->kind == PLAN_TARGET_RAW) {
		r = standin_blank(path, t->device.size, e);
		return r < 0 ? r
			     : scene_note(&scene->different, e,
					  "%s: an empty disk of the same size stands in",
					  t->device.name);
	}
	if (now && room_of_device(root, now, &room) == 0) {
		in.room = MIN(room, STANDIN_ROOM_MAX);
		r = scene_note(&scene->same, e, "room on %s: %llu MiB", now->node,
			       (unsigned long long)(in.room >> 20));
		if (r < 0)
			return r;
	}
	r = standin_make(path, &in, e);
	return r < 0 ? r
		     : scene_note(
			       &scene->different, e,
			       "%s: a new %s with its UUID stands in, on a disk without partitions",
			       now ? now->node : t->device.name, t->fstype);
}

static int add_disk(struct scene *scene, const struct qemu_disk *d, unsigned number,
		    const char *path, const char *serial, bool once, struct error *e)
{
	int r = qemu_disk_words(d, number, path, serial, &scene->words);

	if (r == 0 && once)
		r = qemu_words_add(&scene->words, "-snapshot");
	return r < 0 ? error_errno(e, r, "QEMU's disks") : 0;
}

static char *disk_path(const char *work, size_t i)
{
	char *path;

	return asprintf(&path, "%s/disk-%zu.img", work, i + 1) < 0 ? NULL : path;
}

/* What LVM, md and dm-crypt make of disks is not made: their disks have content that nobody can make up. */
static int replace_volumes(const struct root *root, struct subject *s, struct scene *scene,
			   struct error *e)
{
	int r = subject_add_modules(root, s, replacement_modules, NULL, e);

	if (r < 0)
		return r;
	plan_drop_volumes(s->plan);
	scene->changed = true;
	return scene_note(&scene->different, e,
			  "volumes (LVM, md, multipath, crypt) are not made again: a plain disk "
			  "with the file system stands in, and the plan is without them");
}

static bool on_volume(const struct plan_target *t)
{
	return strstr(t->device.syspath, "virtual/block/");
}

static int stand_in(const struct root *root, struct subject *s, size_t i, const char *work,
		    bool once, struct scene *scene, struct error *e)
{
	struct plan_target *t = &s->plan->targets[i];
	_cleanup_blockdev_ struct blockdev now = { 0 };
	_cleanup_free_ char *path = disk_path(work, i);
	const struct qemu_disk *d = qemu_disk_default();
	bool found = find_device(root, &t->device, &now) == 0;
	const char *node = found ? now.node : t->device.name;
	int r = 0;

	if (!path)
		return error_errno(e, -ENOMEM, "stand-in");
	if (found)
		hint_uuid(&t->device, &now, scene);
	if (on_volume(t))
		t->device.syspath[0] = '\0';
	else if (*t->device.syspath)
		r = choose_device(root, s, t, node, &d, scene, e);
	if (r == 0)
		r = make_disk(root, t, path, found ? &now : NULL, scene, e);
	if (r == 0)
		r = add_disk(scene, d, (unsigned)i, path, t->device.serial, once, e);
	if (r < 0 || scene->disk)
		return r;
	scene->disk = TAKE_PTR(path);
	scene->fstype = strdup(t->fstype ?: "");
	return scene->fstype ? 0 : error_errno(e, -ENOMEM, "stand-in");
}

/* A server's place is taken by a disk. */
static int replace_server(const struct root *root, struct subject *s, size_t i, struct scene *scene,
			  struct error *e)
{
	struct plan_target *t = &s->plan->targets[i];
	_cleanup_free_ char *was = strdup(t->server ? t->server : "virtiofs");
	char uuid[48];
	int r = subject_add_modules(root, s, replacement_modules, REPLACEMENT_FSTYPE, e);

	if (r < 0)
		return r;
	snprintf(uuid, sizeof(uuid), "6c617374-776f-7264-0000-%012x", (unsigned)i + 1);
	plan_drop_target(t);
	*t = (struct plan_target){
		.kind = PLAN_TARGET_FS,
		.device = { .fs_uuid = strdup(uuid),
			    .syspath = strdup(""),
			    .serial = strdup(""),
			    .name = strdup("") },
		.fstype = strdup(REPLACEMENT_FSTYPE),
		.mount_options = strdup(""),
		.path = strdup("/"),
	};
	if (!was || !t->device.fs_uuid || !t->device.syspath || !t->device.serial ||
	    !t->device.name || !t->fstype || !t->mount_options || !t->path)
		return error_errno(e, -ENOMEM, "stand-in");
	scene->changed = true;
	return scene_note(&scene->different, e,
			  "server %s: not spoken to; a disk stands in, and the plan says so", was);
}

static bool stands_in_already(const struct plan *p, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (is_disk(&p->targets[j]) && *p->targets[i].device.fs_uuid &&
		    strcmp(p->targets[j].device.fs_uuid, p->targets[i].device.fs_uuid) == 0)
			return true;
	return false;
}

static int add_targets(const struct root *root, struct subject *s, const char *work, bool local,
		       bool once, struct scene *scene, struct error *e)
{
	struct plan *p = s->plan;
	bool remote = false;
	int r = p->volumes_count ? replace_volumes(root, s, scene, e) : 0;

	for (size_t i = 0; i < p->targets_count && r == 0; i++) {
		struct plan_target *t = &p->targets[i];

		if (!is_disk(t) && (local || t->kind == PLAN_TARGET_VIRTIOFS))
			r = replace_server(root, s, i, scene, e);
		if (r < 0)
			break;
		if (!is_disk(t))
			remote = true;
		else if (!stands_in_already(p, i))
			r = stand_in(root, s, i, work, once, scene, e);
	}
	if (r == 0 && remote)
		r = scene_add_network(root, s, scene, e);
	else if (r == 0)
		r = qemu_words_add(&scene->words, "-nic") ?: qemu_words_add(&scene->words, "none");
	if (r == 0 && !remote && (p->links_count || p->fences_count)) {
		plan_drop_network(p);
		scene->changed = true;
		r = scene_note(&scene->different, e,
			       "network: there is none, and the plan is without it");
	}
	return r;
}

int scene_make(const struct root *root, struct subject *s, const char *work, bool local, bool once,
	       struct scene *ret, struct error *e)
{
	_cleanup_scene_ struct scene scene = { 0 };
	int r = add_targets(root, s, work, local, once, &scene, e);

	if (r == 0 && scene.changed)
		r = subject_repack(s, e);
	if (r < 0)
		return r;
	*ret = scene;
	scene = (struct scene){ 0 };
	return 0;
}

void scene_done(struct scene *s)
{
	qemu_words_done(&s->words);
	buf_done(&s->same);
	buf_done(&s->different);
	free(s->disk);
	free(s->fstype);
	*s = (struct scene){ 0 };
}

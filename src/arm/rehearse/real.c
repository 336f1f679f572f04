/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/rehearse/real.h"

#include <errno.h>
#include <fcntl.h>
#include <libmount/libmount.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arm/place/place.h"
#include "arm/rehearse/room.h"
#include "arm/rehearse/scene.h"
#include "arm/rehearse/try.h"
#include "base/io.h"
#include "base/process.h"
#include "target/nfs.h"
#include "target/ssh.h"
#include "target/virtiofs.h"

#define TRY_DIR "/run/lastword/rehearsal"
#define TRY_LIMIT (120 * USEC_PER_SEC)
#define MOUNT_LIMIT (60 * USEC_PER_SEC)
#define SSH_BYTES ((size_t)MIB(8))

/* What a child found. */
struct answer {
	struct real_rate rate;
	struct error error;
	char what[400];
};

static int mount_device(const struct plan_target *t, const char *node, struct error *e)
{
	struct libmnt_context *c = mnt_new_context();
	int r = -ENOMEM;

	if (c && mnt_context_set_source(c, node) == 0 && mnt_context_set_target(c, TRY_DIR) == 0 &&
	    mnt_context_set_fstype(c, t->fstype) == 0 &&
	    mnt_context_set_options(c, t->mount_options) == 0)
		r = mnt_context_mount(c);
	if (r > 0)
		r = -r;
	mnt_free_context(c);
	return r < 0 ? error_errno(e, r, "mount %s", node) : 0;
}

/* In a mount namespace of its own; ret: where the target's file system is. */
static int reach(const struct root *root, const struct plan_target *t, struct answer *a, char **ret)
{
	_cleanup_blockdev_ struct blockdev now = { 0 };
	struct error *e = &a->error;
	char spec[128], version[8];
	int r = 0;

	if (t->kind == PLAN_TARGET_FS) {
		snprintf(spec, sizeof(spec), "UUID=%s", t->device.fs_uuid);
		r = blockdev_find(root, spec, &now, e);
		if (r == 0)
			r = blockdev_check(&now, e);
		if (r < 0)
			return r;
		snprintf(a->what, sizeof(a->what), "%s on %s", t->fstype, now.node);
		if (mount_of_device(root, &now, ret) == 0)
			return 0;
	} else {
		snprintf(a->what, sizeof(a->what), "%s:%s", t->server ?: "virtiofs", t->share);
	}
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return error_errno(e, -errno, "mount namespace");
	(void)mkdir("/run/lastword", 0755);
	if (mkdir(TRY_DIR, 0700) < 0 && errno != EEXIST)
		return error_errno(e, -errno, TRY_DIR);
	if (t->kind == PLAN_TARGET_FS)
		r = mount_device(t, now.node, e);
	else if (t->kind == PLAN_TARGET_NFS)
		r = nfs_mount(t, TRY_DIR, clock_now() + MOUNT_LIMIT, version, e);
	else
		r = virtiofs_mount(t->share, TRY_DIR, clock_now(), e);
	*ret = r == 0 ? strdup(TRY_DIR) : NULL;
	return r == 0 && !*ret ? -ENOMEM : r;
}

/* The capture kernel makes directories that are missing; here the nearest that is there will do. */
static int open_nearest(const char *where, const char *path)
{
	_cleanup_free_ char *copy = strdup(path + strspn(path, "/"));
	_cleanup_close_ int top = open(where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (;;) {
		char *slash;
		int fd;

		if (top < 0 || !copy)
			return -1;
		fd = openat(top, *copy ? copy : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0 || !*copy)
			return fd;
		slash = strrchr(copy, '/');
		*(slash ?: copy) = '\0';
	}
}

static void child(const struct root *root, const struct plan_target *t, struct answer *a)
{
	_cleanup_free_ char *where = NULL;
	_cleanup_close_ int dir = -1;

	a->error.code = reach(root, t, a, &where);
	if (a->error.code < 0)
		return;
	dir = open_nearest(where, t->path);
	a->error.code = dir < 0 ? error_errno(&a->error, -errno, "%s", a->what)
				: real_try_directory(dir, a->what, &a->rate, &a->error);
}

/* A device or a server that does not answer holds the child, not us. */
static int try_mounted(const struct root *root, const struct plan_target *t, struct answer *ret)
{
	struct answer a = { 0 };
	struct pollfd p = { .events = POLLIN };
	int ends[2], status;
	ssize_t len = -1;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_errno(&ret->error, -errno, "pipe");
	pid = fork();
	if (pid == 0) {
		child(root, t, &a);
		_exit(write(ends[1], &a, sizeof(a)) == sizeof(a) ? 0 : 1);
	}
	close(ends[1]);
	p.fd = ends[0];
	if (pid > 0 && poll_until(&p, 1, clock_now() + TRY_LIMIT) > 0)
		len = read(ends[0], &a, sizeof(a));
	close(ends[0]);
	if (pid > 0 && len != sizeof(a))
		kill(pid, SIGKILL);
	if (pid > 0)
		(void)waitpid(pid, &status, len == sizeof(a) ? 0 : WNOHANG);
	if (len != sizeof(a))
		return error_set(&ret->error, -ETIMEDOUT, "the target did not answer within %u s",
				 (unsigned)(TRY_LIMIT / USEC_PER_SEC));
	*ret = a;
	return a.error.code;
}

static int unpack_to_file(const struct subject *s, const char *name, char *path, struct error *e)
{
	_cleanup_close_ int fd = mkostemp(path, O_CLOEXEC);

	if (fd < 0)
		return error_errno(e, -errno, "%s", path);
	for (size_t i = 0; i < s->image.count; i++) {
		const struct image_file *f = &s->image.files[i];

		if (strcmp(f->name, name) == 0)
			return write_all(fd, f->content.data, f->content.len);
	}
	return error_set(e, -ENOENT, "the capture image has no %s", name);
}

static int talk_ssh(const struct plan_target *t, const char *key, const char *known,
		    struct answer *a)
{
	_cleanup_free_ char *path = ssh_quote(t->path), *command = NULL,
			    *bytes = calloc(1, SSH_BYTES);
	_cleanup_buf_ struct buf out = { 0 };
	struct process process;
	usec_t begun = clock_now();
	unsigned long long kib = 0, got = 0;
	int r;

	if (!path || !bytes ||
	    asprintf(&command,
		     "umask 077; d=%s; f=$d/.lastword-rehearsal; mkdir -p $d && cat > $f.tmp && "
		     "sync $f.tmp && mv $f.tmp $f && wc -c < $f && rm $f && df -Pk $d | "
		     "awk 'NR == 2 { print $4 }' || { rm -f $f $f.tmp; exit 1; }",
		     path) < 0) {
		command = NULL;
		return error_errno(&a->error, -ENOMEM, "ssh");
	}
	r = ssh_start(t, key, known, command, &process, &a->error);
	if (r < 0)
		return r;
	(void)!write_all(process.in, bytes, SSH_BYTES);
	r = process_finish(&process, clock_now() + TRY_LIMIT, &out, &a->error);
	if (r < 0)
		return r;
	a->rate.write = (double)SSH_BYTES * (double)USEC_PER_SEC / (double)(clock_now() - begun);
	if (sscanf(out.data ?: "", "%llu %llu", &got, &kib) < 1 || got != SSH_BYTES)
		return error_set(&a->error, -EIO, "%llu of %zu bytes arrived", got, SSH_BYTES);
	a->rate.room = KIB(kib);
	return 0;
}

/* With the key and the servers' keys that are in the image, and no others. */
static int try_ssh(const struct subject *s, const struct plan_target *t, struct answer *a)
{
	char key[] = "/tmp/lastword-key-XXXXXX", known[] = "/tmp/lastword-known-XXXXXX";
	int r = unpack_to_file(s, PLACE_SSH_KEY, key, &a->error);

	snprintf(a->what, sizeof(a->what), "ssh %s@%s", t->user, t->host);
	if (r == 0)
		r = unpack_to_file(s, PLACE_SSH_KNOWN_HOSTS, known, &a->error);
	if (r == 0)
		r = talk_ssh(t, key, known, a);
	unlink(key);
	unlink(known);
	return r;
}

static int try_target(const struct root *root, const struct subject *s, const struct plan_target *t,
		      struct answer *a)
{
	if (t->kind == PLAN_TARGET_SSH)
		return try_ssh(s, t, a);
	return try_mounted(root, t, a);
}

int real_try(const struct root *root, const struct subject *s, const struct rehearsal_options *o,
	     struct rehearsal *out, struct error *e)
{
	/* The subject's plan may be changed for QEMU: what the image itself says counts. */
	const struct plan *p = s->original;
	int r = 0;

	for (size_t i = 0; i < p->targets_count && r == 0; i++) {
		const struct plan_target *t = &p->targets[i];
		struct answer a = { 0 };

		if (t->kind == PLAN_TARGET_RAW) {
			r = scene_note(&out->real, e, "%s: a raw device is not written to",
				       t->device.name);
			continue;
		}
		if (o->local && t->kind != PLAN_TARGET_FS)
			continue;
		rehearsal_say(&o->talk, "trying the real target %zu of %zu", i + 1,
			      p->targets_count);
		if (try_target(root, s, t, &a) == 0) {
			r = scene_note(&out->real, e,
				       "%s: written with %.0f MB/s, synced, renamed, read back, "
				       "removed; %llu MiB are free",
				       a.what, a.rate.write / 1e6,
				       (unsigned long long)(a.rate.room >> 20));
			continue;
		}
		r = scene_note(&out->real, e, "FAILED: %s", error_text(&a.error));
		if (i == 0 && out->passed) {
			out->passed = false;
			snprintf(out->reason, sizeof(out->reason), "the real target: %s",
				 error_text(&a.error));
		}
	}
	return r;
}

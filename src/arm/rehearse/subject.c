/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/rehearse/subject.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arm/image/compose.h"
#include "arm/image/files.h"
#include "arm/kexec/bzimage.h"
#include "arm/kexec/kernel_file.h"
#include "arm/machine.h"

#define RECORD_MAX ((size_t)1 << 20)
#define PACKED_MAX ((size_t)MIB(512))

static const struct image_file *find_file(const struct image *im, const char *name)
{
	for (size_t i = 0; i < im->count; i++)
		if (strcmp(im->files[i].name, name) == 0)
			return &im->files[i];
	return NULL;
}

/* "nr_cpus=4" of a command line; 1 where it says none. */
static unsigned cpus_of(const char *cmdline)
{
	const char *word = strstr(cmdline, "nr_cpus=");
	unsigned long n = word ? strtoul(word + strlen("nr_cpus="), NULL, 10) : 1;

	return n >= 1 && n <= 512 ? (unsigned)n : 1;
}

/* What the kernel's file itself tells, which may have changed since the image was made. */
static int read_kernel(const struct root *root, struct subject *s, const struct record *rec,
		       struct error *e)
{
	_cleanup_buf_ struct buf file = { 0 };
	const struct digest *then;
	struct bzimage kernel;
	int r = kernel_file_read(root, s->kernel, &file, e);

	if (r == 0)
		r = bzimage_parse(file.data ?: "", file.len, &kernel, e);
	if (r < 0)
		return error_prefix(e, r, "%s", s->kernel);
	digest_bytes(file.data, file.len, &s->kernel_digest);
	then = rec ? record_digest(rec, RECORD_KERNEL_IMAGE) : NULL;
	s->kernel_changed = then && strcmp(then->hex, s->kernel_digest.hex) != 0;
	s->sizes = (struct capture_sizes){
		.init_size = kernel.init_size,
		.packed = s->packed.len,
		.unpacked = s->image.unpacked,
		.cpus = cpus_of(s->cmdline),
		.network = s->original->links_count > 0,
		.tells = s->original->receivers_count > 0,
	};
	return 0;
}

static int read_plan(struct subject *s, struct error *e)
{
	const struct image_file *f = find_file(&s->image, PLAN_PATH);
	int r;

	if (!f)
		return error_set(e, -EBADMSG, "the capture image has no plan");
	r = plan_parse(f->content.data ?: "", f->content.len, &s->original, e);
	return r < 0 ? r : plan_parse(f->content.data ?: "", f->content.len, &s->plan, e);
}

static int copy_words(struct subject *s, const struct record *rec, struct error *e)
{
	s->release = strdup(rec->release);
	s->kernel = strdup(rec->kernel);
	s->cmdline = strdup(rec->cmdline);
	s->target = strdup(rec->target);
	s->append = strdup(rec->append);
	return s->release && s->kernel && s->cmdline && s->target && s->append
		       ? 0
		       : error_errno(e, -ENOMEM, "capture image");
}

/* -ENOENT: arm has made none. */
static int find_armed(const struct root *root, const char *release, struct subject *s,
		      struct error *e)
{
	_cleanup_record_ struct record rec = { 0 };
	_cleanup_buf_ struct buf text = { 0 };
	int r = root_read_file(root, ARM_RECORD, RECORD_MAX, &text);

	if (r == 0)
		r = root_read_file(root, ARM_IMAGE, PACKED_MAX, &s->packed);
	if (r < 0)
		return error_errno(e, r, ARM_STATE_DIR);
	r = record_parse(text.data ?: "", text.len, &rec, e);
	if (r < 0)
		return error_prefix(e, r, ARM_RECORD);
	if (release && strcmp(release, rec.release) != 0)
		return -ENOENT;
	digest_bytes(s->packed.data, s->packed.len, &s->digest);
	if (strcmp(s->digest.hex, rec.image.hex) != 0)
		return error_set(e, -EBADMSG,
				 ARM_IMAGE " is not the one that was made; run 'lastword arm'");
	s->armed = true;
	r = copy_words(s, &rec, e);
	if (r == 0)
		r = image_unpack(s->packed.data, s->packed.len, &s->image, e);
	if (r == 0)
		r = read_plan(s, e);
	return r == 0 ? read_kernel(root, s, &rec, e) : r;
}

static int make(const struct root *root, struct subject *s, struct error *e)
{
	_cleanup_composition_ struct composition c = { 0 };
	int r = compose(root, NULL, NULL, &c, e);

	if (r == 0)
		r = copy_words(s, &c.record, e);
	if (r == 0)
		r = image_pack(&c.image, &s->packed, e);
	if (r < 0)
		return r;
	digest_bytes(s->packed.data, s->packed.len, &s->digest);
	s->image = c.image;
	c.image = (struct image){ 0 };
	r = read_plan(s, e);
	return r < 0 ? r : read_kernel(root, s, NULL, e);
}

/* release: NULL for whichever captures. */
static int check_release(const struct root *root, const char *release, struct error *e)
{
	_cleanup_sysconfig_ struct sysconfig config = { 0 };
	_cleanup_free_ char *captures = NULL;
	int r = release ? sysconfig_read(root, &config, e) : 0;

	if (release && r == 0)
		r = machine_capture_release(root, &config, &captures, e);
	return r == 0 && release && strcmp(release, captures) != 0
		       ? error_set(e, -ENOENT,
				   "no capture image is made for kernel %s; %s is to capture",
				   release, captures)
		       : r;
}

int subject_find(const struct root *root, const char *release, bool made, struct subject *ret,
		 struct error *e)
{
	_cleanup_subject_ struct subject s = { 0 };
	int r = made ? -ENOENT : find_armed(root, release, &s, e);

	if (r == -ENOENT && !s.armed) {
		r = check_release(root, release, e);
		if (r == 0) {
			subject_done(&s);
			r = make(root, &s, e);
		}
	}
	if (r < 0)
		return r;
	*ret = s;
	s = (struct subject){ 0 };
	return 0;
}

int subject_repack(struct subject *s, struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	int r = plan_format(s->plan, &text);

	if (r < 0)
		return error_errno(e, r, "plan");
	for (size_t i = 0; i < s->image.count; i++) {
		if (strcmp(s->image.files[i].name, PLAN_PATH) != 0)
			continue;
		buf_done(&s->image.files[i].content);
		s->image.files[i].content = text;
		text = (struct buf){ 0 };
		break;
	}
	buf_done(&s->packed);
	return image_pack(&s->image, &s->packed, e);
}

bool subject_has_module(const struct subject *s, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < s->plan->modules_count; i++) {
		const char *base = strrchr(s->plan->modules[i].path, '/') ?: "/";

		if (strncmp(base + 1, name, len) == 0 && strcmp(base + 1 + len, ".ko") == 0)
			return true;
	}
	return false;
}

static int add_module(const struct root *root, struct subject *s, const struct module *m,
		      struct plan_module *to, struct error *e)
{
	struct buf content = { 0 };
	int r;

	to->options = strdup(m->options);
	if (asprintf(&to->path, "/lib/modules/%s.ko", m->name) < 0)
		to->path = NULL;
	if (!to->path || !to->options)
		return error_errno(e, -ENOMEM, "modules");
	r = image_read_module(root, m->file, &content, e);
	return r < 0 ? r : image_add(&s->image, to->path, 0644, &content, e);
}

int subject_add_modules(const struct root *root, struct subject *s, const char *const names[],
			const char *fstype, struct error *e)
{
	_cleanup_modules_ struct modules found = { 0 };
	struct modules_wanted wanted = { .fstypes = { fstype } };
	_cleanup_buf_ struct buf notes = { 0 };
	struct plan *p = s->plan;
	struct plan_module *grown;
	int r;

	for (size_t i = 0; names[i] && i < MODULES_NAMED_MAX; i++)
		wanted.named[i] = names[i];
	r = modules_collect(root, s->release, &wanted, &found, &notes, e);
	if (r < 0)
		return r;
	grown = reallocarray(p->modules, p->modules_count + found.count + 1, sizeof(*grown));
	if (!grown)
		return error_errno(e, -ENOMEM, "modules");
	p->modules = grown;
	for (size_t i = 0; i < found.count && r == 0; i++) {
		struct plan_module *to = &p->modules[p->modules_count];

		if (subject_has_module(s, found.items[i].name))
			continue;
		*to = (struct plan_module){ 0 };
		p->modules_count++;
		r = add_module(root, s, &found.items[i], to, e);
	}
	return r;
}

void subject_done(struct subject *s)
{
	free(s->release);
	free(s->kernel);
	free(s->cmdline);
	free(s->target);
	free(s->append);
	buf_done(&s->packed);
	image_done(&s->image);
	plan_free(s->plan);
	plan_free(s->original);
	*s = (struct subject){ 0 };
}

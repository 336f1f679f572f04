/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/rehearse/estimate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arm/image/compose.h"
#include "arm/machine.h"
#include "arm/rehearse/highwater.h"
#include "arm/rehearse/search.h"
#include "arm/rehearse/try.h"
#include "arm/rehearse/work.h"

#define TRIED_MEMORY GIB(1)

/* Where the reservation lies, and how full the machine was, move the minimum by a step or less. */
#define MARGIN MIB(4)
#define FORMULA_MARGIN MIB(6) /* is in arm/kexec/reserve.c's sum */

#define BITMAP_SHARE UINT64_C(16384)
#define LARGE_MODULE MIB(1)

static const char *const source_names[] = {
	[ESTIMATE_MEASURED] = "measured",
	[ESTIMATE_RECORDED] = "recorded",
	[ESTIMATE_FORMULA] = "formula",
};

struct job {
	const struct root *root;
	const struct estimate_options *o;
	struct estimate *out;
	struct subject subject;
	struct scene scene;
	struct try_spec spec;
	char work[PATH_MAX], qemu[PATH_MAX];
	uint64_t too_small; /* the largest that was, 0: none was tried */
};

const char *estimate_source_name(enum estimate_source s)
{
	return source_names[s];
}

static void jobp(struct job *j)
{
	subject_done(&j->subject);
	scene_done(&j->scene);
	work_remove(j->work, NULL);
}

static int compare_modules(const void *a, const void *b)
{
	const struct estimate_module *x = a, *y = b;

	return (x->bytes < y->bytes) - (x->bytes > y->bytes);
}

static void count_modules(const struct image *im, struct estimate *out)
{
	for (size_t i = 0; i < im->count; i++) {
		const struct image_file *f = &im->files[i];
		const char *base = strrchr(f->name, '/');
		size_t len = base ? strlen(base) : 0;

		if (len < 5 || strcmp(base + len - 3, ".ko") != 0)
			continue;
		out->modules += f->content.len;
		if (f->content.len < LARGE_MODULE || out->large_count == ESTIMATE_LARGE_MAX)
			continue;
		out->large[out->large_count].bytes = f->content.len;
		snprintf(out->large[out->large_count++].name, sizeof(out->large[0].name), "%.*s",
			 (int)len - 4, base + 1);
	}
	qsort(out->large, out->large_count, sizeof(*out->large), compare_modules);
}

static void take_sizes(struct job *j)
{
	struct estimate *out = j->out;
	struct reservation r, now;

	reservation_look(j->root, &r);
	out->reserved = reservation_read(j->root, &now, NULL) == 0 ? now.reserved : 0;
	out->ram = r.ram;
	out->kernel = r.kernel_image ?: j->subject.sizes.init_size;
	out->packed = j->subject.sizes.packed;
	out->unpacked = j->subject.sizes.unpacked;
	out->formula = reservation_needed(&r, &j->subject.sizes);
	count_modules(&j->subject.image, out);
}

static void use_formula(struct estimate *out, const char *why)
{
	out->source = ESTIMATE_FORMULA;
	out->margin = FORMULA_MARGIN;
	out->minimum = out->formula - FORMULA_MARGIN;
	out->recommended = out->formula;
	snprintf(out->why, sizeof(out->why), "%s", why);
}

static void use_measurement(struct job *j, const struct past_estimate *p, enum estimate_source s)
{
	struct estimate *out = j->out;

	out->source = s;
	out->margin = MARGIN;
	out->minimum = align_up(
		past_estimate_minimum(p, &j->subject.kernel_digest, &j->subject.sizes, out->ram),
		MIB(1));
	out->for_ram = out->ram > p->memory ? (out->ram - p->memory) / BITMAP_SHARE : 0;
	out->too_small = p->too_small;
	out->recommended = out->minimum + MARGIN;
}

static bool use_recorded(struct job *j)
{
	struct past_estimate p;

	if (j->o->again || past_estimate_read(j->root, &p, NULL) < 0 ||
	    !past_estimate_minimum(&p, &j->subject.kernel_digest, &j->subject.sizes, j->out->ram))
		return false;
	use_measurement(j, &p, ESTIMATE_RECORDED);
	return true;
}

/* One boot. */
static int arrives(void *user, uint64_t size, bool *ret, char why[SEARCH_WHY], struct error *e)
{
	struct job *j = user;
	bool report = j->subject.plan->report_timeout > 0;
	char ended[100] = "", name[32];
	struct story story;
	int r;

	snprintf(name, sizeof(name), "%llu", (unsigned long long)(size >> 20));
	j->spec.name = name;
	j->spec.crashkernel = size;
	rehearsal_say(&j->o->talk, "%s MiB: a crash in QEMU (%s)", name,
		      vm_accel_name(j->spec.accel));
	r = try_crash(j->root, &j->subject, &j->scene, &j->spec, &story, ended, e);
	if (r < 0)
		return r;
	j->out->boots++;
	*ret = story_is_whole(&story, report);
	if (!*ret)
		story_reason(&story, report, ended, why, SEARCH_WHY);
	rehearsal_say(&j->o->talk, "%s MiB: %s%s", name,
		      *ret ? "the dump arrives" : "no dump: ", *ret ? "" : why);
	return 0;
}

/* What the formula says for QEMU's machine. */
static uint64_t first_guess(const struct job *j)
{
	struct reservation r;

	reservation_look(j->root, &r);
	r.ram = TRIED_MEMORY;
	return reservation_needed(&r, &j->subject.sizes);
}

static int measure(struct job *j, struct error *e)
{
	struct past_estimate found = {
		.when = time(NULL),
		.kernel = j->subject.kernel_digest,
		.memory = TRIED_MEMORY,
		.packed = j->subject.sizes.packed,
		.unpacked = j->subject.sizes.unpacked,
		.cpus = j->subject.sizes.cpus,
	};
	usec_t started = clock_now();
	struct error unwritten = { 0 };
	const char *accel_why;
	enum vm_accel accel;
	struct search s;
	int r = work_make(NULL, j->work, e);

	if (r == 0)
		r = vm_probe_accel(j->qemu, &accel, &accel_why, e);
	if (r == 0)
		r = scene_make(j->root, &j->subject, j->work, true, true, &j->scene, e);
	if (r < 0)
		return r;
	j->spec = (struct try_spec){ .qemu = j->qemu,
				     .accel = accel,
				     .work = j->work,
				     .memory = TRIED_MEMORY,
				     .talk = { 0 } };
	r = search_smallest(first_guess(j), arrives, j, &s, e);
	j->out->took = clock_now() - started;
	if (r < 0)
		return r;
	found.minimum = s.enough;
	found.too_small = s.too_small;
	use_measurement(j, &found, ESTIMATE_MEASURED);
	if (past_estimate_write(j->root, &found, &unwritten) < 0)
		snprintf(j->out->why, sizeof(j->out->why), "not recorded: %s",
			 error_text(&unwritten));
	return 0;
}

/* What a rehearsal or a crash of this machine had in use, where that is more. */
static void take_runs(struct job *j)
{
	struct estimate *out = j->out;
	struct reservation r;

	reservation_look(j->root, &r);
	past_need(j->root, &j->subject.kernel_digest, j->subject.release, &r, &j->subject.sizes,
		  &out->need);
	if (out->source != ESTIMATE_FORMULA && j->subject.sizes.network)
		out->network = NEED_NETWORK;
	out->recommended += out->network;
	if (out->need.source == NEED_REHEARSED || out->need.source == NEED_CRASHED)
		out->recommended = MAX(out->recommended, out->need.bytes);
}

/* Crashes since; a server that does not answer keeps a person waiting, who may interrupt it. */
static void refresh_crashes(const struct root *root)
{
	_cleanup_sysconfig_ struct sysconfig s = { 0 };
	_cleanup_config_ struct config c = { 0 };
	_cleanup_free_ char *release = NULL;
	bool missing;

	if (sysconfig_read(root, &s, NULL) == 0 &&
	    machine_capture_release(root, &s, &release, NULL) == 0 &&
	    compose_config(root, &c, &missing, NULL) == 0)
		(void)!highwater_refresh(root, &c, release, true, NULL);
}

int estimate_make(const struct root *root, const struct estimate_options *o, struct estimate *ret,
		  struct error *e)
{
	_cleanup_vm_interrupt_ struct vm_interrupt interrupt = { 0 };
	struct estimate out = { 0 };
	_cleanup_(jobp) struct job j = { .root = root, .o = o, .out = &out };
	struct error why = { 0 };
	int r;

	refresh_crashes(root);
	vm_interrupt_begin(&interrupt);
	r = subject_find(root, NULL, false, &j.subject, e);
	if (r < 0)
		return r;
	take_sizes(&j);
	if (o->formula)
		use_formula(&out, "asked for");
	else if (!use_recorded(&j)) {
		r = vm_find(j.qemu, &why) ?: measure(&j, &why);
		if (r == -EINTR)
			return error_set(e, r, "interrupted");
		if (r < 0)
			use_formula(&out, error_text(&why));
	}
	take_runs(&j);
	*ret = out;
	return 0;
}

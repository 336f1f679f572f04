/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What is rehearsed: the capture image that arm made, or one made now as arm would, with its kernel, command line and plan. */
#include "arm/image/digest.h"
#include "arm/image/image.h"
#include "arm/kexec/reserve.h"
#include "plan/plan.h"

struct subject {
	char *release, *kernel; /* kernel: a path inside the root */
	char *cmdline, *target; /* target: in words */
	char *append;		/* words of a person on the command line */
	bool armed;		/* the image is the one that arm made */
	struct buf packed;	/* the image's bytes */
	struct image image;	/* and what is in it */
	struct plan *plan;
	struct plan *original; /* as it was found, whatever is changed in the other */
	struct digest digest, kernel_digest;
	struct capture_sizes sizes;
	bool kernel_changed; /* since it was armed */
};

/* release: of a kernel, or NULL for the one that is armed, or else runs. made: compose even where arm has made one. */
int subject_find(const struct root *root, const char *release, bool made, struct subject *ret,
		 struct error *e) _must_check_;

/* After a change of image or plan: the plan into the image, and the image packed again. */
int subject_repack(struct subject *s, struct error *e) _must_check_;

/* Modules by name with what they need, behind those that are in the plan. */
int subject_add_modules(const struct root *root, struct subject *s, const char *const names[],
			const char *fstype, struct error *e) _must_check_;

bool subject_has_module(const struct subject *s, const char *name);

/* The archive's bytes, hostile, to the files in it. */
int image_unpack(const void *data, size_t len, struct image *ret, struct error *e) _must_check_;

void subject_done(struct subject *s);

#define _cleanup_subject_ _cleanup_(subject_done)

/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The machine around a rehearsed capture: disks and servers as the plan expects them, or the plan changed where that cannot be;
 * and what of it is as in reality.
 */
#include "arm/rehearse/devices.h"
#include "arm/rehearse/subject.h"

struct scene {
	struct qemu_words words;
	struct buf same, different; /* a line each */
	char hint[500]; /* what is known to be wrong with the first target; "" nothing */
	bool changed;	/* plan or image are not those of the subject as it was found */
	char *disk;	/* the first stand-in's file; NULL where there is none */
	char *fstype;	/* and its file system, "" for none */
};

/*
 * work: a directory for the stand-ins. local: servers are replaced by a disk. once: what is written to stand-ins is thrown
 * away. May change the subject's plan and image; the subject is packed then.
 */
int scene_make(const struct root *root, struct subject *s, const char *work, bool local, bool once,
	       struct scene *ret, struct error *e) _must_check_;

void scene_done(struct scene *s);

#define _cleanup_scene_ _cleanup_(scene_done)

/* Inner parts. */
int scene_note(struct buf *to, struct error *e, const char *fmt, ...) _printf_(3, 4) _must_check_;

/* Servers reached through QEMU's user network. */
int scene_add_network(const struct root *root, struct subject *s, struct scene *scene,
		      struct error *e) _must_check_;

/* Frees what of a plan is no longer wanted: the lists are taken out of p. */
void plan_drop_receivers(struct plan *p);
void plan_drop_network(struct plan *p); /* and who would be told over it */
void plan_drop_volumes(struct plan *p);
void plan_drop_target(struct plan_target *t);

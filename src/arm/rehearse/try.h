/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* One crash in QEMU. */
#include "arm/rehearse/machine.h"
#include "arm/rehearse/rehearse.h"
#include "arm/rehearse/scene.h"

struct try_spec {
	const char *qemu;
	enum vm_accel accel;
	const char *work; /* a directory: first.img, console.log */
	const char *name; /* of this try: console-NAME.log */
	uint64_t crashkernel, memory;
	struct rehearsal_talk talk;
};

/* The capture kernel's words that the subject's own lack, so that it can be followed here; a leading blank. "" where none. */
void try_words(const char *cmdline, enum vm_accel accel, char *buf, size_t size);

/* ret_ended: what became of the machine, in words. */
int try_crash(const struct root *root, const struct subject *s, const struct scene *scene,
	      const struct try_spec *spec, struct story *ret, char ret_ended[100],
	      struct error *e) _must_check_;

void rehearsal_say(const struct rehearsal_talk *talk, const char *fmt, ...) _printf_(2, 3);

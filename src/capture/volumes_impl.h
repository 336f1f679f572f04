/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the kinds of volumes and the walk through them offer each other. */
#include <sys/types.h>

#include "base/buf.h"
#include "capture/volumes.h"

/* The device number of a part, made or waited for first. */
int volumes_part(const struct plan *p, const struct plan_part *part, usec_t deadline, dev_t *ret,
		 struct error *e) _must_check_;

/* Make a volume that is not there. */
int volume_dm_up(const struct plan *p, const struct plan_volume *v, usec_t deadline,
		 struct error *e) _must_check_;
/* "@0 2048" -> "8:17 2048". -EINVAL: there are not so many parts. */
int volume_dm_parameters(const char *parameters, const dev_t *numbers, size_t count,
			 struct buf *out) _must_check_;
int volume_md_up(const struct plan *p, const struct plan_volume *v, usec_t deadline,
		 struct error *e) _must_check_;

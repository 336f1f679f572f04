/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The texts of kdump.conf and fstab with our lines in them and without. Pure. */
#include "base/buf.h"
#include "base/error.h"

/*
 * Our block with `lines` put at the end, an earlier one of ours taken out. What a person says about the target (its directive,
 * `path`) is commented out in a way that undo knows; without force it is -EEXIST with the line's number.
 */
int target_conf_put(const char *text, size_t len, const char *lines, bool force, struct buf *ret,
		    struct error *e) _must_check_;

/* Our block with `line` at the end of fstab. */
int target_fstab_put(const char *text, size_t len, const char *line, struct buf *ret) _must_check_;

/* Either text as it was before. */
int target_text_remove(const char *text, size_t len, struct buf *ret) _must_check_;

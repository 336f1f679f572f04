/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A document as text for people, as JSON for programs, and as one HTML page that needs nothing else. -ENOMEM, -E2BIG past the
 * buffer's limit, or the document's own error.
 */
#include "inspect/report_document.h"

/* Items from `first`, a section's, to the end: a text can be written section by section as they come. */
int report_write_text(const struct document *d, size_t first, struct buf *out) _must_check_;

/* {"schema": "lastword.report/1", "sections": {NAME: {…}, …}}; docs/report.md has the members. */
int report_write_json(const struct document *d, struct buf *out) _must_check_;

int report_write_html(const struct document *d, struct buf *out) _must_check_;

/* The value of the first fact of that name, "" where there is none. */
const char *report_fact(const struct document *d, const char *name);

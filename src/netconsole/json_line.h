/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A record as one line of JSON, '\n' behind it; docs/netconsole.md has the fields. Bytes that are no UTF-8 are U+FFFD. */
#include "base/buf.h"
#include "netconsole/record.h"

int json_line_put(struct buf *out, const struct record *r) _must_check_;

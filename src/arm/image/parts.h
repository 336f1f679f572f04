/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The plan in the record: by what a person would call its parts, so that `status` can say which of them changed. */
#include "arm/record.h"

/* text: of plan_format(). One item a part, also for an empty one. */
int parts_add(struct record *rec, const char *text) _must_check_;

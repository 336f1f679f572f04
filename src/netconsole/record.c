/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/record.h"

const char *const record_flag_names[RECORD_FLAGS] = { "late", "incomplete", "conflict",
						      "cut",  "stray",	    "resent" };

const char *const record_kind_names[RECORD_KINDS] = {
	[RECORD_TEXT] = "text",	      [RECORD_LOST] = "lost",	[RECORD_REBOOT] = "reboot",
	[RECORD_CAPTURE] = "capture", [RECORD_CRASH] = "crash",
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Section: modules. */
#include <inttypes.h>
#include <string.h>

#include "inspect/report_impl.h"

static const struct column module_columns[] = {
	{ "name", "module", COLUMN_TEXT, 0 },
	{ "size", "size", COLUMN_UINT, 0 },
	{ "taints", "taints", COLUMN_TEXT, 0 },
	{ "build_id", "build id", COLUMN_TEXT, 0 },
};

static size_t add_modules(struct report *r, const struct modules *modules, bool tainting)
{
	size_t found = 0;

	for (size_t i = 0; i < modules_count(modules); i++) {
		const struct module *m = modules_get(modules, i);
		char taints[INSPECT_TAINTS_SIZE];

		if ((m->taints != 0) != tainting || report_late(r))
			continue;
		inspect_taints(m->taints, true, taints);
		document_row(r->doc, (const union cell[]){
					     { .text = m->name },
					     { .n = m->size },
					     { .text = taints },
					     { .text = m->build_id[0] ? m->build_id : NULL },
				     });
		found++;
	}
	return found;
}

void report_modules(struct report *r)
{
	struct modules *modules;
	struct error e = { 0 };

	if (inspect_modules(r->c, &modules, &e) < 0) {
		document_damage(r->doc, "%s", error_text(&e));
		return;
	}
	document_number(r->doc, "count", "Loaded", COLUMN_UINT, modules_count(modules));
	/* those that taint come first */
	document_table(r->doc, "modules", NULL, module_columns, ARRAY_SIZE(module_columns));
	(void)add_modules(r, modules, true);
	(void)add_modules(r, modules, false);
	if (modules_damage(modules))
		document_damage(r->doc, "%s", modules_damage(modules));
}

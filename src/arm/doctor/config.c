/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does the configuration say what can be done? */
#include "arm/doctor/families.h"

static void check_error(struct doctor *d)
{
	const struct facts *f = d->facts;

	if (f->config_r == 0)
		return;
	found(d, FINDING_FAILURE, "the configuration cannot be read");
	evidence(d, "%s", error_text(&f->config_why));
	fix(d, "edit " CONFIG_PATH "; 'lastword doctor --config' explains its lines");
}

static void check_missing(struct doctor *d)
{
	const struct facts *f = d->facts;

	if (!f->config_missing)
		return;
	found(d, FINDING_NOTE, "there is no " CONFIG_PATH ": dumps go to %s",
	      f->config.targets[0].path);
	fix(d, "lastword setup, or write " CONFIG_PATH);
}

/* What a configuration asks for and does not get, a line each. */
static void check_notes(struct doctor *d)
{
	const struct facts *f = d->facts;
	const struct buf *notes = f->composed_r == 0 ? &f->composed.config.notes : &f->config.notes;
	const char *line = notes->data ?: "";

	while (*line) {
		size_t len = strcspn(line, "\n");

		found(d, FINDING_NOTE, "%.*s", (int)len, line);
		evidence(d, CONFIG_PATH);
		line += len + (line[len] == '\n');
	}
}

static void check_fallback(struct doctor *d)
{
	const struct facts *f = d->facts;
	enum config_target_kind kind =
		f->config_r == 0 ? f->config.targets[0].kind : CONFIG_TARGET_PATH;

	if (f->config_r < 0 || facts_fallback(f) ||
	    (kind != CONFIG_TARGET_NFS && kind != CONFIG_TARGET_SSH))
		return;
	found(d, FINDING_NOTE,
	      "the only target is over the network: with the server goes the dump");
	evidence(d, CONFIG_PATH ": %s", f->targets[0].words);
	fix(d, "add a line 'fallback ext4 UUID=…' or 'fallback raw /dev/…' to " CONFIG_PATH);
}

const struct check checks_config[] = {
	{ "config-error", "configuration", "kdump.conf can be read", FINDING_FAILURE, check_error },
	{ "config-missing", "configuration", "there is a kdump.conf", FINDING_NOTE, check_missing },
	{ "config-notes", "configuration", "all that the configuration asks for can be had",
	  FINDING_NOTE, check_notes },
	{ "config-fallback", "configuration", "a dead server does not cost the dump", FINDING_NOTE,
	  check_fallback },
	{ 0 },
};

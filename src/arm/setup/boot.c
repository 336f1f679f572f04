/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps: what the kernel allows, how much memory, and the boot loader. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "arm/boot/lockdown.h"
#include "arm/machine.h"
#include "arm/setup/steps.h"

#define PARAMETER "crashkernel"

int setup_kernel(struct setup *s, struct setup_row *row, struct error *e)
{
	_cleanup_free_ char *release = NULL, *kernel = NULL;
	_cleanup_sysconfig_ struct sysconfig config = { 0 };
	const char *refusal;
	struct lockdown l;
	char text[200];

	crashkernel_state_read(s->root, &s->state);
	if (s->state.no_kexec)
		return error_set(e, -EOPNOTSUPP,
				 "this kernel has no kexec: it was built without CONFIG_KEXEC_FILE "
				 "and CONFIG_CRASH_DUMP");
	if (sysconfig_read(s->root, &config, NULL) < 0 ||
	    machine_capture_release(s->root, &config, &release, NULL) < 0 ||
	    machine_kernel_image(s->root, &config, release, &kernel, NULL) < 0)
		kernel = NULL;
	lockdown_read(s->root, kernel, &l);
	refusal = lockdown_refusal(&l);
	if (refusal)
		return error_set(e, -EPERM, "%s", refusal);
	lockdown_text(&l, text, sizeof(text));
	return setup_say(row, SETUP_ALREADY, "capture kernels can be loaded (%s)", text);
}

/* A person's size: every word of it must be a form that the kernel takes. */
static int named_size(struct setup *s, struct error *e)
{
	const char *at = s->options.crashkernel;
	size_t used = 0;

	while (*at) {
		size_t len = strcspn(at, " ");
		struct crashkernel c;
		int r;

		if (len) {
			r = crashkernel_parse(at, &c, e);
			if (r < 0)
				return r;
			if (used + len + sizeof(CRASHKERNEL) + 1 > sizeof(s->words))
				return error_set(e, -EINVAL, "--crashkernel: too long");
			used += (size_t)snprintf(s->words + used, sizeof(s->words) - used,
						 "%s" CRASHKERNEL "%.*s", used ? " " : "", (int)len,
						 at);
		}
		at += len + (at[len] == ' ');
	}
	return used ? 0 : error_set(e, -EINVAL, "--crashkernel names no size");
}

/* Bytes that words give here; 0 with the reason. */
static uint64_t resolved_size(const struct setup *s, const char *words, struct error *e)
{
	struct crashkernel_request q;
	char arch[65];

	crashkernel_arch(s->root, arch);
	return crashkernel_resolve(words, arch, s->state.ram, &q, e) == 0 ? q.size : 0;
}

static int check_named(struct setup *s, struct setup_row *row, struct error *e)
{
	uint64_t size;
	int r = named_size(s, e);

	if (r < 0)
		return r;
	size = resolved_size(s, s->words, e);
	if (size == 0) {
		s->words[0] = '\0';
		return -EINVAL;
	}
	if (size < s->advice.needed)
		return setup_say(row, SETUP_ADVICE,
				 "%s as named: %llu MiB are less than the %llu MiB that kernel and "
				 "capture image need",
				 s->words, (unsigned long long)(size >> 20),
				 (unsigned long long)(s->advice.needed >> 20));
	return setup_say(row, SETUP_DONE, "%s as named", s->words);
}

int setup_size(struct setup *s, struct setup_row *row, struct error *e)
{
	int r = crashkernel_advise(s->root, &s->advice, e);

	if (s->options.crashkernel && (r == 0 || r == -ENOSPC))
		return check_named(s, row, e);
	if (r < 0)
		return r;
	snprintf(s->words, sizeof(s->words), CRASHKERNEL "%s", s->advice.value);
	r = setup_say(row, SETUP_DONE, "%s: %s", s->advice.value, s->advice.reason);
	if (r == 0 && !s->advice.needed) {
		const char *why = error_text(&s->advice.why_unknown);
		bool until_made = *s->directory && strstr(why, s->directory);

		r = setup_say(row, until_made ? SETUP_WOULD : SETUP_ADVICE, "%s", why);
	}
	return r;
}

/* A crashkernel= that is there: a person's, or one of ours that is still large enough. */
static int keep_value(struct setup *s, struct setup_row *row, const struct loader_value *v,
		      struct error *e)
{
	uint64_t size = resolved_size(s, v->words.data, e);
	const char *where = v->where.data;

	if (v->owner == OWNER_US)
		return 0;
	if (size == 0)
		return setup_say(row, SETUP_ADVICE,
				 "%.*s; it is kept, but %s; 'lastword setup --force' writes %s "
				 "instead",
				 (int)strcspn(where, "\n"), where, error_text(e), s->words);
	if (size < s->advice.needed)
		return setup_say(
			row, SETUP_ADVICE,
			"%.*s; it is kept, but reserves %llu MiB, and %llu MiB are needed: "
			"'lastword setup --force' writes %s instead",
			(int)strcspn(where, "\n"), where, (unsigned long long)(size >> 20),
			(unsigned long long)(s->advice.needed >> 20), s->words);
	if (s->options.crashkernel && strcmp(v->words.data, s->words) != 0)
		return setup_say(row, SETUP_ADVICE,
				 "%.*s; lastword did not write it, so it is kept; --force replaces "
				 "it",
				 (int)strcspn(where, "\n"), where);
	return setup_say(row, SETUP_ALREADY, "%.*s; lastword did not write it, so it is kept%s",
			 (int)strcspn(where, "\n"), where,
			 s->advice.needed ? ", and it is enough" : "");
}

static int say_edits(struct setup_row *row, enum setup_outcome outcome, const struct edits *edits)
{
	int r = 0;

	for (size_t i = 0; i < edits->count && r == 0; i++)
		if (strncmp(edits->list[i].path, "/var/lib/lastword/", 18) != 0)
			r = setup_say(row, outcome, "%s%s", edits->list[i].path,
				      edits->list[i].removed ? " (removed)" : "");
	return r;
}

static int say_run(struct setup_row *row, enum setup_outcome outcome, const struct buf *said)
{
	return said->len ? setup_say(row, outcome, "%.*s", (int)said->len - 1, said->data) : 0;
}

/* Writes, regenerates, and looks whether the words are (not) where the boot loader reads them. */
static int apply(struct setup *s, struct setup_row *row, const struct edits *edits, bool wanted,
		 struct error *e)
{
	_cleanup_buf_ struct buf said = { 0 };
	const char *menu;
	int r;

	if (s->options.dry_run) {
		_cleanup_buf_ struct buf diff = { 0 };

		r = edits_diff(edits, &diff);
		if (r == 0)
			r = buf_append(&s->diff, diff.data ?: "", diff.len);
		return r < 0 ? r : say_edits(row, SETUP_WOULD, edits);
	}
	r = loader_apply(s->root, &s->loader, edits, &said, e);
	if (r == 0)
		r = say_edits(row, SETUP_DONE, edits);
	if (r == 0)
		r = say_run(row, SETUP_DONE, &said);
	if (r == 0 && !*s->root->path &&
	    loader_menu_has(s->root, &s->loader, s->words, &menu) != wanted && menu)
		return error_set(e, -EIO,
				 wanted ? "%s has no %s after all this; does another file of the "
					  "boot loader's configuration set the command line anew?"
					: "%s still has %s after all this",
				 menu, s->words);
	return r;
}

static bool is_enough(const struct setup *s, const struct loader_value *v)
{
	return v->owner == OWNER_US && resolved_size(s, v->words.data, NULL) >= s->advice.needed;
}

int setup_bootloader(struct setup *s, struct setup_row *row, struct error *e)
{
	_cleanup_loader_value_ struct loader_value v = { 0 };
	_cleanup_edits_ struct edits edits = { 0 };
	const char *menu;
	int r;

	loader_find(s->root, &s->loader);
	if (s->options.no_bootloader)
		return setup_say(row, SETUP_LEFT, "left alone, as --no-bootloader says");
	if (!s->loader.ops && s->state.total)
		return setup_say(row, SETUP_ALREADY, "%s is on the command line; %s",
				 s->state.words, s->loader.why);
	if (!s->loader.ops)
		return error_set(e, -ENOENT, "%s", s->loader.why);
	if (!*s->words)
		return setup_say(row, SETUP_LEFT, "left alone: no size was found");
	r = loader_read(s->root, &s->loader, PARAMETER, &v, e);
	if (r < 0)
		return r;
	if (!s->options.crashkernel && is_enough(s, &v))
		snprintf(s->words, sizeof(s->words), "%s", v.words.data);
	if (v.owner == OWNER_PERSON && !s->options.force)
		return keep_value(s, row, &v, e);
	r = loader_set(s->root, &s->loader, PARAMETER, s->words, NULL,
		       s->options.force ? LOADER_FORCE : 0, &edits, e);
	if (r < 0)
		return r;
	if (edits.count == 0 &&
	    (*s->root->path || loader_menu_has(s->root, &s->loader, s->words, &menu)))
		return setup_say(row, SETUP_ALREADY, "%s has %s", loader_name(&s->loader),
				 s->words);
	r = setup_say(row, s->options.dry_run ? SETUP_WOULD : SETUP_DONE, "%s: %s (%s)",
		      loader_name(&s->loader), s->words, s->loader.why);
	return r < 0 ? r : apply(s, row, &edits, true, e);
}

int setup_bootloader_undo(struct setup *s, struct setup_row *row, struct error *e)
{
	_cleanup_loader_value_ struct loader_value v = { 0 };
	_cleanup_edits_ struct edits edits = { 0 };
	int r;

	crashkernel_state_read(s->root, &s->state);
	loader_find(s->root, &s->loader);
	if (!s->loader.ops)
		return setup_say(row, SETUP_LEFT, "%s", s->loader.why);
	r = loader_read(s->root, &s->loader, PARAMETER, &v, e);
	if (r < 0)
		return r;
	snprintf(s->words, sizeof(s->words), "%s",
		 v.owner == OWNER_US ? v.words.data : CRASHKERNEL);
	r = loader_clear(s->root, &s->loader, PARAMETER, &edits, e);
	if (r < 0)
		return r;
	if (edits.count == 0)
		return setup_say(row, SETUP_LEFT, "%s has nothing of ours",
				 loader_name(&s->loader));
	r = setup_say(row, s->options.dry_run ? SETUP_WOULD : SETUP_DONE, "%s: without %s",
		      loader_name(&s->loader), s->words);
	s->reboot_needed = s->state.total > 0;
	return r < 0 ? r : apply(s, row, &edits, v.owner != OWNER_US, e);
}

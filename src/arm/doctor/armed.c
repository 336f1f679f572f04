/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is a capture kernel loaded, is it ours, and is it what would be loaded now? */
#include <errno.h>

#include "arm/doctor/families.h"
#include "arm/image/files.h"
#include "arm/rehearse/past.h"

#define LOADED "/sys/kernel/kexec_crash_loaded"
#define RECORD_MAX ((size_t)1 << 20)
#define IMAGE_MAX ((size_t)MIB(512))

static void check_not_armed(struct doctor *d)
{
	const struct facts *f = d->facts;

	if (f->loaded || !look_exists(f->root, LOADED))
		return;
	found(d, FINDING_FAILURE, "no capture kernel is loaded: a crash now is lost");
	evidence(d, LOADED " is 0");
	fix(d, "lastword arm");
}

static void check_other(struct doctor *d)
{
	const struct facts *f = d->facts;

	if (!f->loaded || f->armed_r == 0)
		return;
	found(d, FINDING_FAILURE, "what is loaded was not loaded by lastword in this boot");
	evidence(d, LOADED " is 1; %s", error_text(&f->armed_why));
	fix(d, "lastword arm");
}

static void check_refuses(struct doctor *d)
{
	const struct facts *f = d->facts;

	if (f->composed_r == 0)
		return;
	found(d, FINDING_FAILURE, "'lastword arm' would fail now");
	evidence(d, "%s", error_text(&f->composed_why));
	fix(d, "what the other findings say; then lastword arm");
}

static void check_stale(struct doctor *d)
{
	const struct facts *f = d->facts;
	char difference[300];

	if (f->armed_r < 0)
		return;
	if (f->composed_r < 0) {
		skipped(d, "there is nothing to compare with: %s", error_text(&f->composed_why));
		return;
	}
	if (!record_differs(&f->armed, &f->composed.record, difference, sizeof(difference)))
		return;
	found(d, FINDING_FAILURE, "armed, but not for what is so now: %s", difference);
	evidence(d, ARM_ARMED ": for %s", f->armed.target);
	fix(d, "lastword arm");
}

static void check_release(struct doctor *d)
{
	const struct facts *f = d->facts;

	if (f->armed_r < 0 || strcmp(f->armed.release, f->release) == 0)
		return;
	found(d, FINDING_WARNING, "the capture kernel is another one than the running kernel");
	evidence(d, "running %s, armed with %s", f->release, f->armed.release);
	fix(d, "lastword arm");
}

/* What `lastword reload` loads after the next start. */
static void check_image(struct doctor *d)
{
	const struct facts *f = d->facts;
	_cleanup_buf_ struct buf text = { 0 }, image = { .limit = IMAGE_MAX };
	_cleanup_record_ struct record rec = { 0 };
	struct digest digest;
	const char *wrong = NULL;
	int r = root_read_file(f->root, ARM_RECORD, RECORD_MAX, &text);

	if (f->armed_r < 0)
		return;
	if (r == -EACCES) {
		skipped(d, ARM_RECORD " can be read by root alone");
		return;
	}
	if (r == 0 && record_parse(text.data ?: "", text.len, &rec, NULL) < 0)
		wrong = ARM_RECORD " is damaged";
	if (r < 0)
		wrong = ARM_RECORD " cannot be read";
	if (!wrong && root_read_file(f->root, ARM_IMAGE, IMAGE_MAX, &image) < 0)
		wrong = ARM_IMAGE " cannot be read";
	if (!wrong) {
		digest_bytes(image.data, image.len, &digest);
		if (strcmp(digest.hex, rec.image.hex) != 0)
			wrong = ARM_IMAGE " is not the one that was made";
	}
	if (!wrong)
		return;
	found(d, FINDING_WARNING,
	      "the capture image on disk is damaged: it cannot be loaded again");
	evidence(d, "%s", wrong);
	fix(d, "lastword rebuild");
}

static void check_state(struct doctor *d)
{
	const struct facts *f = d->facts;
	struct room room;
	int r;

	if (!look_exists(f->root, ARM_STATE_DIR))
		return; /* arm makes it */
	if (f->trials.room && f->trials.room(f->root, ARM_STATE_DIR, &room) == 0 &&
	    room.read_only) {
		found(d, FINDING_FAILURE, ARM_STATE_DIR " is read-only: nothing can be armed");
		evidence(d, "statvfs of " ARM_STATE_DIR ": read-only");
		fix(d, "mount -o remount,rw the file system that holds it");
		return;
	}
	if (!f->trials.write || !f->trials.root) {
		skipped(d, "%s", f->trials.write ? "not root" : "another root: nothing is written");
		return;
	}
	r = f->trials.write(f->root, ARM_STATE_DIR);
	if (r == 0)
		return;
	found(d, FINDING_FAILURE, "root cannot write to " ARM_STATE_DIR ": nothing can be armed");
	evidence(d, "a file there: %s", strerror(-r));
	fix(d, r == -ENOSPC ? "make room: df " ARM_STATE_DIR
			    : "chown root: " ARM_STATE_DIR "; chmod 755 " ARM_STATE_DIR);
}

static void check_moved(struct doctor *d)
{
	const struct facts *f = d->facts;

	if (f->armed_r < 0 || f->composed_r < 0)
		return;
	for (size_t i = 0; i < f->armed.hosts_count; i++) {
		const struct record_host *then = &f->armed.hosts[i];
		const char *now = record_address(&f->composed.record, then->name);

		if (!now || strcmp(now, then->address) == 0)
			continue;
		found(d, FINDING_FAILURE,
		      "%s has another address now; the capture kernel goes to the old one",
		      then->name);
		evidence(d, "armed with %s, now %s", then->address, now);
		fix(d, "lastword arm");
	}
}

static void check_unsure(struct doctor *d)
{
	const struct facts *f = d->facts;

	if (f->composed_r < 0 || !f->composed.unsure.len)
		return;
	found(d, FINDING_NOTE, "a name could not be looked up; the address from arming counts");
	evidence(d, "%s", f->composed.unsure.data);
	fix(d, "write the server's address instead of its name into " CONFIG_PATH);
}

/* The proof that is there: `lastword rehearse`. */
static void check_rehearsed(struct doctor *d)
{
	const struct facts *f = d->facts;
	struct error why = { 0 };
	char words[1200];
	struct past past;
	int r;

	if (f->armed_r < 0)
		return;
	r = past_read(f->root, &past, &why);
	if (r < 0) {
		found(d, FINDING_NOTE, "what is armed was never rehearsed");
		evidence(d, "%s", error_text(&why));
		fix(d, "lastword rehearse");
		return;
	}
	past_words(&past, f->armed.image.hex, f->now, words, sizeof(words));
	if (strcmp(past.image.hex, f->armed.image.hex) != 0)
		found(d, FINDING_NOTE, "what is armed was not rehearsed, but another image was");
	else if (!past.passed)
		found(d, FINDING_WARNING, "the rehearsal of what is armed failed");
	else
		return;
	evidence(d, "%s", words);
	fix(d, "lastword rehearse");
}

const struct check checks_armed[] = {
	{ "not-armed", "armed", "a capture kernel is loaded", FINDING_FAILURE, check_not_armed },
	{ "armed-by-other", "armed", "what is loaded is lastword's, of this boot", FINDING_FAILURE,
	  check_other },
	{ "arm-refuses", "armed", "'lastword arm' would work", FINDING_FAILURE, check_refuses },
	{ "armed-stale", "armed", "what is loaded is what would be loaded now, byte for byte",
	  FINDING_FAILURE, check_stale },
	{ "armed-other-kernel", "armed", "the capture kernel is the running one", FINDING_WARNING,
	  check_release },
	{ "image-damaged", "armed", "the image on disk is the one that was made", FINDING_WARNING,
	  check_image },
	{ "state-directory", "armed", "/var/lib/lastword can be written", FINDING_FAILURE,
	  check_state },
	{ "name-moved", "armed", "servers have the addresses they had when it was armed",
	  FINDING_FAILURE, check_moved },
	{ "name-unchecked", "armed", "servers' names can be looked up", FINDING_NOTE,
	  check_unsure },
	{ "rehearsed", "armed", "the armed image passed a rehearsal", FINDING_WARNING,
	  check_rehearsed },
	{ 0 },
};

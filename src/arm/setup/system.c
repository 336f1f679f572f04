/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps: the panic policy, the service, and arming now. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arm/arm.h"
#include "arm/boot/diff.h"
#include "arm/boot/loaders.h"
#include "arm/image/files.h"
#include "arm/kexec/load.h"
#include "arm/policy/sysctl.h"
#include "arm/setup/steps.h"
#include "arm/status.h"
#include "base/process.h"

#define SERVICE "lastword.service"
#define ENABLED "enabled " SERVICE "\n"
#define SYSTEMCTL_SECONDS 60

static int add_sysctl_diff(struct setup *s, const struct sysctl_changes *c)
{
	_cleanup_buf_ struct buf before = { 0 };
	bool existed = root_read_file(s->root, SYSCTL_FILE, 1 << 20, &before) == 0;

	if (!existed && !c->file.len)
		return 0;
	return diff_write(SYSCTL_FILE, existed ? &before : NULL, c->file.len ? &c->file : NULL,
			  &s->diff);
}

static int say_changes(struct setup_row *row, enum setup_outcome outcome,
		       const struct sysctl_changes *c)
{
	unsigned same = 0;
	int r = 0;

	for (size_t i = 0; i < c->count && r == 0; i++) {
		const struct sysctl_change *change = &c->items[i];
		const char *name = change->about->name;

		if (change->outcome == SYSCTL_CHANGED || change->outcome == SYSCTL_RESTORED)
			r = setup_say(row, outcome, "%s: %s becomes %s", name, change->before,
				      change->after);
		else if (change->outcome == SYSCTL_KEPT || change->outcome == SYSCTL_LEFT)
			r = setup_say(row, outcome, "%s: kept, %s", name, change->why);
		else
			same++;
	}
	if (r == 0 && same)
		r = setup_say(row, outcome, "%u more as they were", same);
	return r;
}

static bool has_policy(const struct root *root)
{
	return boot_exists(root, SYSCTL_FILE);
}

int setup_sysctl(struct setup *s, struct setup_row *row, struct error *e)
{
	_cleanup_sysctl_changes_ struct sysctl_changes c = { 0 };
	struct sysctl_options o = { .dry_run = s->options.dry_run, .force = s->options.force };
	enum setup_outcome outcome = s->options.dry_run ? SETUP_WOULD : SETUP_DONE;
	enum preset preset = PRESET_DEFAULT;
	int r = 0;

	if (s->options.no_sysctl)
		return setup_say(row, SETUP_LEFT, "left alone, as --no-sysctl says");
	/* Somebody may have chosen another preset since. */
	if (has_policy(s->root) && !s->options.preset)
		return setup_say(row, SETUP_ALREADY, "%s is there", SYSCTL_FILE);
	if (s->options.preset)
		r = preset_find(s->options.preset, &preset, e);
	if (r == 0)
		r = sysctl_preset(s->root, preset, &o, &c, e);
	if (r == 0)
		r = setup_say(row, outcome, "preset %s in %s", presets[preset].name, SYSCTL_FILE);
	if (r == 0)
		r = say_changes(row, outcome, &c);
	return r < 0 || !s->options.dry_run ? r : add_sysctl_diff(s, &c);
}

int setup_sysctl_undo(struct setup *s, struct setup_row *row, struct error *e)
{
	_cleanup_sysctl_changes_ struct sysctl_changes c = { 0 };
	struct sysctl_options o = { .dry_run = s->options.dry_run };
	enum setup_outcome outcome = s->options.dry_run ? SETUP_WOULD : SETUP_DONE;
	int r;

	if (s->options.no_sysctl || !has_policy(s->root))
		return setup_say(row, SETUP_LEFT, "nothing of ours");
	r = sysctl_undo(s->root, &o, &c, e);
	if (r == 0)
		r = setup_say(row, outcome, "%s goes", SYSCTL_FILE);
	if (r == 0)
		r = say_changes(row, outcome, &c);
	return r < 0 || !s->options.dry_run ? r : add_sysctl_diff(s, &c);
}

static bool service_installed(const struct root *root)
{
	return boot_exists(root, "/usr/lib/systemd/system/" SERVICE) ||
	       boot_exists(root, "/lib/systemd/system/" SERVICE) ||
	       boot_exists(root, "/etc/systemd/system/" SERVICE);
}

static bool wanted_at_boot(const struct root *root, const char *service)
{
	static const char *const targets[] = { "multi-user", "sysinit", "basic" };
	char path[200];

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		snprintf(path, sizeof(path), "/etc/systemd/system/%s.target.wants/%s", targets[i],
			 service);
		if (faccessat(root->fd, root_relative(path), F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			return true;
	}
	return false;
}

static int systemctl(const struct setup *s, const char *verb, struct setup_row *row,
		     struct error *e)
{
	static const char *const places[] = { "/usr/bin/systemctl", "/bin/systemctl" };
	const char *argv[] = { NULL, verb, SERVICE, NULL };
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(places) && !argv[0]; i++)
		if (boot_exists(s->root, places[i]))
			argv[0] = places[i];
	if (!argv[0])
		return error_set(e, -ENOENT, "systemctl is not installed");
	if (s->options.dry_run)
		return setup_say(row, SETUP_WOULD, "run systemctl %s %s", verb, SERVICE);
	if (*s->root->path)
		return setup_say(row, SETUP_LEFT, "not run, because of --root: systemctl %s %s",
				 verb, SERVICE);
	r = process_run(argv, NULL, clock_now() + SYSTEMCTL_SECONDS * USEC_PER_SEC, NULL, e);
	if (r < 0)
		return error_prefix(e, r, "systemctl %s %s", verb, SERVICE);
	return setup_say(row, SETUP_DONE, "ran systemctl %s %s", verb, SERVICE);
}

/* The one that comes last would be loaded. */
static int warn_of_others(struct setup *s, struct setup_row *row)
{
	static const char *const others[] = { "kdump-tools.service", "kdump.service" };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(others) && r == 0; i++)
		if (wanted_at_boot(s->root, others[i]))
			r = setup_say(row, SETUP_ADVICE,
				      "%s is enabled, too, and loads its own capture kernel: run "
				      "'systemctl disable --now %s'",
				      others[i], others[i]);
	return r;
}

static int enable(struct setup *s, struct setup_row *row, struct error *e)
{
	int r = systemctl(s, "enable", row, e);

	if (r < 0 || row->outcome != SETUP_DONE)
		return r;
	s->service_enabled = true;
	return file_replace(s->root, SETUP_STATE, ENABLED, strlen(ENABLED), e);
}

int setup_service(struct setup *s, struct setup_row *row, struct error *e)
{
	int r;

	s->service_enabled = wanted_at_boot(s->root, SERVICE);
	if (s->options.no_service)
		return setup_say(row, SETUP_LEFT, "left alone, as --no-service says");
	if (s->service_enabled)
		r = setup_say(row, SETUP_ALREADY, "%s is enabled", SERVICE);
	else if (!service_installed(s->root))
		return error_set(e, -ENOENT,
				 "%s is not installed ('make install'), or this machine has no "
				 "systemd: have 'lastword arm' run at each boot",
				 SERVICE);
	else
		r = enable(s, row, e);
	return r < 0 ? r : warn_of_others(s, row);
}

int setup_service_undo(struct setup *s, struct setup_row *row, struct error *e)
{
	int r;

	if (!boot_file_has(s->root, SETUP_STATE, ENABLED))
		return setup_say(row, SETUP_LEFT, "setup did not enable it");
	r = systemctl(s, "disable", row, e);
	return r < 0 || row->outcome != SETUP_DONE ? r : file_remove(s->root, SETUP_STATE, e);
}

/* With what the boot loader has, or will have. */
static int arm_later(struct setup *s, struct setup_row *row, const char *why)
{
	s->reboot_needed = true;
	return setup_say(row, SETUP_LATER, "%s; reboot, %s", why,
			 s->service_enabled || (s->options.dry_run && !s->options.no_service)
				 ? "and it arms itself"
				 : "then run 'lastword arm'");
}

static int arm_now(struct setup *s, struct setup_row *row, struct error *e)
{
	_cleanup_status_ struct status status = { 0 };
	_cleanup_armed_ struct armed a = { 0 };
	int r;

	status_read(s->root, &status);
	if (status.state == STATUS_ARMED)
		return setup_say(row, SETUP_ALREADY, "%s", status.why);
	if (s->options.dry_run)
		return setup_say(row, SETUP_WOULD, "make the capture image and load it");
	if (*s->root->path)
		return setup_say(row, SETUP_LEFT, "not loaded, because of --root");
	r = arm_arm(s->root, NULL, &a, e);
	if (r < 0)
		return r;
	return setup_say(row, SETUP_DONE, "armed; %llu of the %llu MiB reserved are needed",
			 (unsigned long long)(a.needed >> 20),
			 (unsigned long long)(a.reservation.reserved >> 20));
}

int setup_arm(struct setup *s, struct setup_row *row, struct error *e)
{
	char why[200];

	if (s->state.no_kexec)
		return setup_say(row, SETUP_LEFT, "not with this kernel");
	if (s->state.total == 0)
		return arm_later(s, row, "no memory is reserved yet");
	if (s->advice.needed && s->state.reserved < s->advice.needed) {
		snprintf(why, sizeof(why), "%llu MiB are reserved now, and %llu MiB are needed",
			 (unsigned long long)(s->state.reserved >> 20),
			 (unsigned long long)(s->advice.needed >> 20));
		return arm_later(s, row, why);
	}
	return arm_now(s, row, e);
}

int setup_arm_undo(struct setup *s, struct setup_row *row, struct error *e)
{
	bool was_loaded;
	int r;

	if (!crash_loaded(s->root))
		return setup_say(row, SETUP_LEFT, "not armed");
	if (s->options.dry_run)
		return setup_say(row, SETUP_WOULD, "disarm");
	if (*s->root->path)
		return setup_say(row, SETUP_LEFT, "not unloaded, because of --root");
	r = arm_disarm(s->root, &was_loaded, e);
	return r < 0 ? r : setup_say(row, SETUP_DONE, "disarmed");
}

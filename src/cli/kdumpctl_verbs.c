/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs that load, unload and tell. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arm/image/files.h"
#include "arm/kexec/load.h"
#include "arm/kexec/reserve.h"
#include "arm/status.h"
#include "cli/kdumpctl.h"
#include "cli/propagate.h"

/* Of the verb status, as the LSB has it. */
#define EXIT_NOT_RUNNING 3

void kdump_say_notes(const struct composition *c)
{
	const char *notes = c->config.notes.data ?: "";

	if (c->config_missing)
		kdump_warn("No kdump config file found! Without " CONFIG_PATH " dumps go to %s",
			   c->config.targets[0].path);
	while (*notes) {
		size_t len = strcspn(notes, "\n");

		kdump_warn("%.*s", (int)len, notes);
		notes += len + (notes[len] == '\n');
	}
}

static int failed(const char *what, const struct error *e)
{
	kdump_error("%s", error_text(e));
	kdump_error("%s kdump: [FAILED]", what);
	return EXIT_FAILURE;
}

/* Is there a kexec, and memory for it? In kdump-utils' words, with ours behind them. */
static int check_feasible(const struct root *root)
{
	struct reservation reservation;
	struct error e = { 0 };

	if (reservation_read(root, &reservation, &e) == 0)
		return 0;
	kdump_error("%s: %s",
		    faccessat(root->fd, root_relative("/sys/kernel/kexec_crash_size"), F_OK, 0) < 0
			    ? "Kdump is not supported on this kernel"
			    : "No memory reserved for crash kernel",
		    error_text(&e));
	kdump_error("Starting kdump: [FAILED]");
	return -1;
}

static int arm(struct kdumpctl *k)
{
	_cleanup_armed_ struct armed a = { 0 };
	struct error e = { 0 };

	if (arm_arm(&k->root, NULL, &a, &e) < 0)
		return failed("Starting", &e);
	kdump_say_notes(&a.composition);
	if (a.recovered.file)
		kdump_info("Dump saved to %s%s", a.recovered.file,
			   a.recovered.complete ? "" : "; it was cut short");
	kdump_info("kexec: loaded kdump kernel");
	kdump_info("Starting kdump: [OK]");
	kdump_say_test(k);
	return EXIT_SUCCESS;
}

/* What is loaded and as it should be stays; so does what somebody loaded by hand. */
int kdumpctl_start(struct kdumpctl *k, int argc, char **argv)
{
	_cleanup_status_ struct status s = { 0 };

	if (check_feasible(&k->root) < 0)
		return EXIT_FAILURE;
	status_read(&k->root, &s);
	if (s.state == STATUS_NOT_ARMED)
		return arm(k);
	if (s.state == STATUS_STALE && s.ours) {
		kdump_warn("%s", s.why);
		return arm(k);
	}
	kdump_warn("Kdump already running: [WARNING]");
	if (!s.ours)
		kdump_warn("it was not loaded by lastword; 'kdumpctl restart' replaces it");
	kdump_say_test(k);
	return EXIT_SUCCESS;
}

int kdumpctl_stop(struct kdumpctl *k, int argc, char **argv)
{
	struct error e = { 0 };
	bool was_loaded;

	if (arm_disarm(&k->root, &was_loaded, &e) < 0) {
		kdump_error("kexec: failed to unload kdump kernel");
		return failed("Stopping", &e);
	}
	kdump_info("kexec: unloaded kdump kernel");
	kdump_info("Stopping kdump: [OK]");
	return EXIT_SUCCESS;
}

int kdumpctl_restart(struct kdumpctl *k, int argc, char **argv)
{
	int status = kdumpctl_stop(k, argc, argv);

	if (status)
		return status;
	return check_feasible(&k->root) < 0 ? EXIT_FAILURE : arm(k);
}

int kdumpctl_reload(struct kdumpctl *k, int argc, char **argv)
{
	_cleanup_armed_ struct armed a = { 0 };
	struct error e = { 0 };

	if (!crash_loaded(&k->root))
		kdump_warn("Kdump was not running: [WARNING]");
	if (arm_reload(&k->root, &a, &e) < 0)
		return failed("Starting", &e);
	kdump_info("kexec: loaded kdump kernel");
	kdump_info("Starting kdump: [OK]");
	return EXIT_SUCCESS;
}

int kdumpctl_rebuild(struct kdumpctl *k, int argc, char **argv)
{
	_cleanup_armed_ struct armed a = { 0 };
	struct error e = { 0 };

	kdump_info("Rebuilding " ARM_IMAGE);
	if (arm_rebuild(&k->root, NULL, &a, &e) < 0) {
		kdump_error("%s", error_text(&e));
		kdump_error("mkdumprd: failed to make kdump initrd");
		return EXIT_FAILURE;
	}
	kdump_say_notes(&a.composition);
	return EXIT_SUCCESS;
}

/* A crash kernel that is loaded is operational for kdump-utils, whatever has changed since. */
int kdumpctl_status(struct kdumpctl *k, int argc, char **argv)
{
	_cleanup_status_ struct status s = { 0 };

	status_read(&k->root, &s);
	kdump_info("Kdump is %soperational", s.state == STATUS_NOT_ARMED ? "not " : "");
	kdump_warn("%s: %s", status_name(s.state), s.why);
	kdump_say_test(k);
	return s.state == STATUS_NOT_ARMED ? EXIT_NOT_RUNNING : EXIT_SUCCESS;
}

int kdumpctl_showmem(struct kdumpctl *k, int argc, char **argv)
{
	struct reservation r = { 0 };

	(void)!reservation_read(&k->root, &r, NULL);
	kdump_info("Reserved %lluMB memory for crash kernel", (unsigned long long)(r.total >> 20));
	return EXIT_SUCCESS;
}

static void say(const char *fmt, ...) _printf_(1, 2);

static void say(const char *fmt, ...)
{
	char line[1000];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	kdump_info("%s", line);
}

int kdumpctl_propagate(struct kdumpctl *k, int argc, char **argv)
{
	return propagate_all(&k->root, false, say);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/arm_output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arm/image/files.h"
#include "base/json.h"

int arm_open_root(const struct cli *cli, struct root *ret)
{
	_cleanup_free_ char *real = realpath(*cli->root ? cli->root : "/", NULL);
	int r = real ? root_open(real, ret) : -errno;

	if (r < 0) {
		say_error("--root %s: %s", cli->root, strerror(-r));
		return EXIT_FAILURE;
	}
	return 0;
}

static void show_notes(const struct armed *a)
{
	const char *notes = a->composition.config.notes.data ?: "";

	if (a->composition.config_missing)
		say_error("note: no " CONFIG_PATH "; dumps go to %s, filtered with level %u",
			  a->composition.config.targets[0].path, a->composition.config.level);
	while (*notes) {
		size_t len = strcspn(notes, "\n");

		say_error("note: %.*s", (int)len, notes);
		notes += len + (notes[len] == '\n');
	}
}

void arm_json_limits(struct json *j, const struct plan *p)
{
	const struct json_number limits[] = {
		{ "device", p->device_timeout }, { "log", p->log_timeout },
		{ "report", p->report_timeout }, { "dump", p->dump_timeout },
		{ "hook", p->hook_timeout },	 { "total", p->total_timeout },
	};

	json_put_object(j, "limits");
	json_numbers(j, limits, ARRAY_SIZE(limits));
	json_object_end(j);
	json_put_uint(j, "watchdog_seconds", p->watchdog_timeout);
}

static void json_hooks(struct json *j, const struct plan *p)
{
	json_put_array(j, "hooks");
	for (size_t i = 0; i < p->hooks_count; i++) {
		json_object(j);
		json_put_string(j, "when", plan_hook_name(p->hooks[i].when));
		json_put_string(j, "path", p->hooks[i].path);
		json_object_end(j);
	}
	json_array_end(j);
}

static int show_json(const struct armed *a, const char *done)
{
	_cleanup_buf_ struct buf out = { 0 };
	struct json j;

	json_document(&j, &out, "lastword.arm/1");
	json_put_string(&j, "state", done);
	json_put_string(&j, "kernel", a->record.kernel);
	json_put_string(&j, "release", a->record.release);
	json_put_string(&j, "target", a->record.target);
	json_put_string(&j, "last_words", a->record.receivers);
	json_put_string(&j, "command_line", a->record.cmdline);
	json_put_string(&j, "image", ARM_IMAGE);
	json_put_string(&j, "image_sha256", a->record.image.hex);
	json_put_uint(&j, "image_bytes", a->record.image_size);
	json_put_uint(&j, "reserved_bytes", a->reservation.reserved);
	if (a->recovered.file) {
		json_put_string(&j, "recovered", a->recovered.file);
		json_put_bool(&j, "recovered_complete", a->recovered.complete);
	}
	if (a->needed) {
		json_put_uint(&j, "needed_bytes", a->needed);
		json_put_uint(&j, "unpacked_bytes", a->composition.image.unpacked);
		json_put_array(&j, "modules");
		for (size_t i = 0; i < a->composition.modules.count; i++)
			json_string(&j, a->composition.modules.items[i].name);
		json_array_end(&j);
		arm_json_limits(&j, a->composition.plan);
		json_hooks(&j, a->composition.plan);
		json_put_string(&j, "watchdog", a->composition.watchdogs.words.data ?: "");
	}
	return say_json(&j, stdout, EXIT_SUCCESS);
}

static double mib(uint64_t bytes)
{
	return (double)bytes / (double)MIB(1);
}

/* "90 s", "5 min", "6 h" */
static void print_time(const char *what, unsigned seconds, const char *after)
{
	static const struct {
		unsigned seconds;
		const char *name;
	} units[] = { { 3600, "h" }, { 60, "min" }, { 1, "s" } };
	size_t i = 0;

	while (seconds % units[i].seconds)
		i++;
	printf("%s %u %s%s", what, seconds / units[i].seconds, units[i].name, after);
}

static void show_limits(const struct plan *p)
{
	print_time("limits: device", p->device_timeout, ", ");
	print_time("log", p->log_timeout, ", ");
	if (p->report_timeout)
		print_time("report", p->report_timeout, ", ");
	print_time("dump", p->dump_timeout, " without progress, ");
	if (p->hooks_count)
		print_time("hook", p->hook_timeout, ", ");
	print_time("total", p->total_timeout, "\n");
}

static void show_hooks(const struct plan *p)
{
	for (size_t i = 0; i < p->hooks_count; i++)
		printf("%s %s %s", i ? "," : "hooks:", plan_hook_name(p->hooks[i].when),
		       p->hooks[i].path);
	if (p->hooks_count)
		puts("");
	for (size_t i = 0; i < p->fences_count; i++)
		printf("%s %s", i ? "," : "fence_kdump:", p->fences[i].address);
	if (p->fences_count)
		puts("");
}

int arm_show(const struct cli *cli, const struct armed *a, const char *done)
{
	show_notes(a);
	if (cli->json)
		return show_json(a, done);
	if (a->recovered.file)
		printf("recovered: %s, %.1f MiB%s\n", a->recovered.file, mib(a->recovered.size),
		       a->recovered.complete ? "" : "; the dump on the device was cut short");
	printf("%s: kernel %s, %s\n", done, a->record.release, a->record.target);
	if (a->needed)
		printf("image %.1f MiB (%.1f MiB unpacked, %zu modules); needs %.0f MiB of the "
		       "%.0f MiB reserved\n",
		       mib(a->record.image_size), mib(a->composition.image.unpacked),
		       a->composition.modules.count, mib(a->needed), mib(a->reservation.reserved));
	if (*a->record.receivers)
		printf("last words to %s by netconsole\n", a->record.receivers);
	if (a->composition.plan) {
		show_limits(a->composition.plan);
		show_hooks(a->composition.plan);
	}
	if (a->composition.watchdogs.words.len)
		printf("watchdog: %s, %u s\n", a->composition.watchdogs.words.data,
		       a->composition.plan->watchdog_timeout);
	return EXIT_SUCCESS;
}

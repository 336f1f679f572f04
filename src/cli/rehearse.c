/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/rehearse/rehearse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arm/boot/crashkernel.h"
#include "base/json.h"
#include "base/parse.h"
#include "cli/arm_output.h"
#include "cli/command_line.h"

extern const struct command command_rehearse;

static void say_line(void *user, const char *line)
{
	fprintf(stderr, "%s\n", line);
}

static double seconds(usec_t t)
{
	return (double)t / (double)USEC_PER_SEC;
}

static unsigned long long mib(uint64_t bytes)
{
	return (unsigned long long)(bytes >> 20);
}

static void show_lines(const char *head, const struct buf *lines)
{
	const char *at = lines->data ?: "";

	if (*at)
		printf("\n%s:\n", head);
	while (*at) {
		size_t len = strcspn(at, "\n");

		printf("  %.*s\n", (int)len, at);
		at += len + (at[len] == '\n');
	}
}

static void show_story(const struct story *s)
{
	printf("\nIn QEMU:\n");
	for (enum story_stage i = STORY_FIRST; i < STORY_STAGES; i++)
		if (s->reached[i])
			printf("  %7.1f s  %s\n", seconds(s->reached[i]), story_stage_name(i));
	printf("In the capture kernel, by its own clock:\n");
	for (enum story_event i = 0; i < STORY_EVENTS; i++)
		if (s->uptime[i])
			printf("  %7.2f s  %s\n", seconds(s->uptime[i]), s->said[i]);
	if (s->memory_total)
		printf("  memory: %llu MiB of %llu MiB were left at the worst moment; the worker's "
		       "peak was %llu MiB\n",
		       mib(s->lowest_available), mib(s->memory_total), mib(s->worker_peak));
}

static void show(const struct rehearsal *r)
{
	if (r->passed)
		printf("passed: a crash now would be captured: %s, %llu MiB reserved\n", r->target,
		       mib(r->crashkernel));
	else
		printf("FAILED: %s\n", r->reason);
	show_lines("Warnings", &r->warnings);
	show_story(&r->story);
	show_lines("The real target", &r->real);
	show_lines("As in reality", &r->same);
	show_lines("Not as in reality", &r->different);
}

static void json_lines(struct json *j, const char *name, const struct buf *lines)
{
	char *rest = lines->data, *line;

	json_put_array(j, name);
	while (rest && *rest && (line = strsep(&rest, "\n")))
		json_string(j, line);
	json_array_end(j);
}

static void json_story(struct json *j, const struct story *s)
{
	json_put_object(j, "stages_ms");
	for (enum story_stage i = STORY_FIRST; i < STORY_STAGES; i++) {
		if (!s->reached[i])
			continue;
		json_put_uint(j, story_stage_name(i), s->reached[i] / USEC_PER_MSEC);
	}
	json_object_end(j);
	json_put_object(j, "phases_ms");
	for (enum story_event i = 0; i < STORY_EVENTS; i++) {
		if (!s->uptime[i])
			continue;
		json_put_uint(j, story_event_name(i), s->uptime[i] / USEC_PER_MSEC);
	}
	json_object_end(j);
	json_put_uint(j, "lowest_available_bytes", s->lowest_available);
	json_put_uint(j, "worker_peak_bytes", s->worker_peak);
}

static int show_json(struct rehearsal *r)
{
	_cleanup_buf_ struct buf out = { 0 };
	struct json j;

	json_document(&j, &out, "lastword.rehearse/1");
	json_put_bool(&j, "passed", r->passed);
	json_put_string(&j, "reason", r->reason);
	json_put_string(&j, "release", r->release);
	json_put_string(&j, "target", r->target);
	json_put_string(&j, "image_sha256", r->image.hex);
	json_put_uint(&j, "reserved_bytes", r->crashkernel);
	json_put_uint(&j, "tried_bytes", r->tried);
	json_put_string(&j, "accelerator", r->accel);
	json_put_uint(&j, "milliseconds", r->took / USEC_PER_MSEC);
	json_story(&j, &r->story);
	json_lines(&j, "warnings", &r->warnings);
	json_lines(&j, "real_target", &r->real);
	json_lines(&j, "as_in_reality", &r->same);
	json_lines(&j, "not_as_in_reality", &r->different);
	return say_json(&j, stdout, r->passed ? EXIT_SUCCESS : EXIT_FAILURE);
}

#define SIZE_MAX_MIB (UINT64_C(1) << 32)

/* "128M", "1G": MiB where no letter follows. */
static int take_size(void *size, const char *word, struct error *e)
{
	uint64_t *ret = size, mebibytes;

	if (parse_decimal(word, SIZE_MAX_MIB, &mebibytes) == 0)
		*ret = MIB(mebibytes);
	else if (crashkernel_size_parse(word, ret) < 0)
		*ret = 0;
	return *ret ? 0 : error_set(e, -EINVAL, "'%s' is no size", word);
}

static const struct option_row rows[] = {
	FLAG_ROW(struct rehearsal_options, local, 0, "local",
		 "speak to no server: a disk stands in for it"),
	TAKE_ROW(struct rehearsal_options, crashkernel, take_size, 0, "crashkernel", "SIZE",
		 "with this reservation instead of the one that is there"),
	TAKE_ROW(struct rehearsal_options, memory, take_size, 0, "memory", "SIZE",
		 "of the QEMU machine"),
	WORD_ROW(struct rehearsal_options, release, 0, "kernel", "RELEASE",
		 "the capture image must be for this kernel"),
	WORD_ROW(struct rehearsal_options, keep, 0, "keep", "DIR",
		 "keep consoles, images and stand-in disks there"),
};

static const struct command_line usage = {
	.command = &command_rehearse,
	.rows = rows,
	.count = ARRAY_SIZE(rows),
	.json = "one object of schema lastword.rehearse/1",
};

static int run(const struct cli *cli, int argc, char **argv)
{
	struct rehearsal_options o = { .talk = { .say = say_line } };
	_cleanup_root_ struct root root = { .fd = -1 };
	_cleanup_rehearsal_ struct rehearsal r = { 0 };
	struct error e = { 0 };
	int status = command_line_read(&usage, argc, argv, &o);

	if (status >= 0)
		return status;
	status = arm_open_root(cli, &root);
	if (status)
		return status;
	if (rehearse(&root, &o, &r, &e) < 0) {
		say_error("%s", error_text(&e));
		return EXIT_FAILURE;
	}
	if (cli->json)
		return show_json(&r);
	show(&r);
	return r.passed ? EXIT_SUCCESS : EXIT_FAILURE;
}

const struct command command_rehearse = {
	.name = "rehearse",
	.arguments =
		"[--local] [--crashkernel SIZE] [--memory SIZE] [--kernel RELEASE] [--keep DIR]",
	.summary = "prove the capture without a crash: this kernel and image panic in QEMU",
	.run = run,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/rehearse/rehearse.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/parse.h"
#include "cli/arm_output.h"

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

/* "128M", "1G": MiB where no letter follows. */
static bool parse_size(const char *text, uint64_t *ret)
{
	char *end;
	unsigned long long n = strtoull(text, &end, 10);
	unsigned shift = *end == 'G' || *end == 'g' ? 30 : *end == 'K' || *end == 'k' ? 10 : 20;

	if (end == text || *text == '-' || (*end && end[1]) || (*end && !strchr("GgMmKk", *end)) ||
	    n == 0 || n > (UINT64_C(1) << 53 >> shift))
		return false;
	*ret = (uint64_t)n << shift;
	return true;
}

static void help(void)
{
	printf("usage: lastword rehearse %s\n\n%s\n\n"
	       "  --local              speak to no server: a disk stands in for it\n"
	       "  --crashkernel SIZE   with this reservation instead of the one that is there\n"
	       "  --memory SIZE        of the QEMU machine\n"
	       "  --kernel RELEASE     the capture image must be for this kernel\n"
	       "  --keep DIR           keep consoles, images and stand-in disks there\n",
	       command_rehearse.arguments, command_rehearse.summary);
}

static int options(int argc, char **argv, struct rehearsal_options *ret)
{
	static const struct option known[] = {
		{ "local", no_argument, NULL, 'l' },
		{ "crashkernel", required_argument, NULL, 'c' },
		{ "memory", required_argument, NULL, 'm' },
		{ "kernel", required_argument, NULL, 'r' },
		{ "keep", required_argument, NULL, 'k' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "h", known, NULL)) != -1) {
		switch (option) {
		case 'l':
			ret->local = true;
			break;
		case 'c':
		case 'm':
			if (!parse_size(optarg, option == 'c' ? &ret->crashkernel : &ret->memory))
				return usage_error(&command_rehearse, "'%s' is no size", optarg);
			break;
		case 'r':
			ret->release = optarg;
			break;
		case 'k':
			ret->keep = optarg;
			break;
		case 'h':
			help();
			return EXIT_SUCCESS;
		default:
			return usage_error(&command_rehearse, "wrong option or no value: %s",
					   argv[optind - 1]);
		}
	}
	if (optind < argc)
		return usage_error(&command_rehearse, "rehearse takes no argument '%s'",
				   argv[optind]);
	return -1;
}

static int run(const struct cli *cli, int argc, char **argv)
{
	struct rehearsal_options o = { .talk = { .say = say_line } };
	_cleanup_root_ struct root root = { .fd = -1 };
	_cleanup_rehearsal_ struct rehearsal r = { 0 };
	struct error e = { 0 };
	int status = options(argc, argv, &o);

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

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/rehearse/estimate.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "cli/arm_output.h"
#include "cli/command_line.h"

extern const struct command command_estimate;

static void say_line(void *user, const char *line)
{
	fprintf(stderr, "%s\n", line);
}

static unsigned long long mib(uint64_t bytes)
{
	return (unsigned long long)((bytes + MIB(1) - 1) >> 20);
}

/* What kdumpctl estimate prints, in its words; then how it is known. */
static void show(const struct estimate *s)
{
	uint64_t parts = s->kernel + s->packed + s->unpacked;

	printf("Reserved crashkernel:    %lluM\n", mib(s->reserved));
	printf("Recommended crashkernel: %lluM\n\n", mib(s->recommended));
	printf("Kernel image size:   %lluM\n", mib(s->kernel));
	printf("Kernel modules size: %lluM\n", mib(s->modules));
	printf("Initramfs size:      %lluM, unpacked %lluM\n", mib(s->packed), mib(s->unpacked));
	printf("Runtime reservation: %lluM\n",
	       mib(s->recommended > parts ? s->recommended - parts : 0));
	printf("Large modules:%s\n", s->large_count ? "" : " <none>");
	for (size_t i = 0; i < s->large_count; i++)
		printf("    %s: %llu\n", s->large[i].name, (unsigned long long)s->large[i].bytes);
	switch (s->source) {
	case ESTIMATE_MEASURED:
		printf("\nMeasured: %u crashes of this kernel with this image in QEMU, %.0f s\n",
		       s->boots, (double)s->took / (double)USEC_PER_SEC);
		break;
	case ESTIMATE_RECORDED:
		printf("\nMeasured earlier with this kernel; --again measures anew\n");
		break;
	case ESTIMATE_FORMULA:
	default:
		printf("\nBy formula, not measured: %s\n", s->why);
		break;
	}
	if (s->source == ESTIMATE_FORMULA)
		printf("Needed by formula: %lluM", mib(s->minimum));
	else
		printf("Smallest that works: %lluM", mib(s->minimum));
	if (s->source == ESTIMATE_MEASURED && s->too_small)
		printf(" (%lluM does not)", mib(s->too_small));
	if (s->for_ram)
		printf(", of it %lluM by formula for the bitmaps of %lluM of RAM", mib(s->for_ram),
		       mib(s->ram));
	printf("; margin %lluM", mib(s->margin));
	if (s->network)
		printf("; %lluM for the network", mib(s->network));
	if (s->need.source == NEED_REHEARSED || s->need.source == NEED_CRASHED)
		printf("\nSeen: %s", s->need.words);
	printf("\n");
	if (s->reserved && s->reserved < s->recommended)
		printf("WARNING: Current crashkernel size is lower than recommended size %lluM.\n",
		       mib(s->recommended));
}

static int show_json(const struct estimate *s)
{
	const struct json_number numbers[] = {
		{ "reserved_bytes", s->reserved },
		{ "recommended_bytes", s->recommended },
		{ "minimum_bytes", s->minimum },
		{ "too_small_bytes", s->too_small },
		{ "margin_bytes", s->margin },
		{ "network_bytes", s->network },
		{ "needed_bytes", s->need.bytes },
		{ "formula_bytes", s->formula },
		{ "for_ram_bytes", s->for_ram },
		{ "ram_bytes", s->ram },
		{ "kernel_bytes", s->kernel },
		{ "image_bytes", s->packed },
		{ "unpacked_bytes", s->unpacked },
		{ "modules_bytes", s->modules },
		{ "boots", s->boots },
		{ "milliseconds", s->took / USEC_PER_MSEC },
	};
	_cleanup_buf_ struct buf out = { 0 };
	struct json j;

	json_document(&j, &out, "lastword.estimate/1");
	json_put_string(&j, "source", estimate_source_name(s->source));
	json_put_string(&j, "needed_by", need_source_name(s->need.source));
	json_put_string(&j, "needed_words", s->need.words);
	json_put_string(&j, "why", s->why);
	json_numbers(&j, numbers, ARRAY_SIZE(numbers));
	json_put_array(&j, "large_modules");
	for (size_t i = 0; i < s->large_count; i++)
		json_string(&j, s->large[i].name);
	json_array_end(&j);
	return say_json(&j, stdout, EXIT_SUCCESS);
}

static const struct option_row rows[] = {
	FLAG_ROW(struct estimate_options, again, 0, "again",
		 "measure, even where it was measured before"),
	FLAG_ROW(struct estimate_options, formula, 0, "formula",
		 "do not measure: no QEMU, no time"),
};

static const struct command_line usage = {
	.command = &command_estimate,
	.rows = rows,
	.count = ARRAY_SIZE(rows),
	.json = "one object of schema lastword.estimate/1",
};

static int run(const struct cli *cli, int argc, char **argv)
{
	struct estimate_options o = { .talk = { .say = say_line } };
	_cleanup_root_ struct root root = { .fd = -1 };
	struct error e = { 0 };
	struct estimate s;
	int status = command_line_read(&usage, argc, argv, &o);

	if (status >= 0)
		return status;
	status = arm_open_root(cli, &root);
	if (status)
		return status;
	if (estimate_make(&root, &o, &s, &e) < 0) {
		say_error("%s", error_text(&e));
		return EXIT_FAILURE;
	}
	if (cli->json)
		return show_json(&s);
	show(&s);
	return EXIT_SUCCESS;
}

const struct command command_estimate = {
	.name = "estimate",
	.arguments = "[--again] [--formula]",
	.summary = "how much memory to reserve: measured with crashes in QEMU",
	.run = run,
};

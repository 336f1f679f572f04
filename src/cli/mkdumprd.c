/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mkdumprd makes the capture image, as `lastword rebuild` does. dracut's options mean nothing here. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arm/config/sysconfig.h"
#include "arm/image/files.h"
#include "arm/machine.h"
#include "cli/arm_output.h"

static int run(const struct cli *cli, int argc, char **argv);

const struct command command_mkdumprd = {
	.name = "mkdumprd",
	.arguments = "[-f] [-q] [--debug] [IMAGE [KERNEL]]",
	.summary = "kdump-utils' mkdumprd: make the capture image",
	.run = run,
};

/* wanted: NULL for the one that is to capture. */
static int check_release(const struct root *root, const char *wanted)
{
	_cleanup_sysconfig_ struct sysconfig config = { 0 };
	_cleanup_free_ char *release = NULL;
	struct error e = { 0 };
	int r = wanted ? sysconfig_read(root, &config, &e) : 0;

	if (wanted && r == 0)
		r = machine_capture_release(root, &config, &release, &e);
	if (r < 0)
		fprintf(stderr, "mkdumprd: %s\n", error_text(&e));
	else if (wanted && strcmp(release, wanted) != 0)
		fprintf(stderr, "mkdumprd: the capture image is for kernel %s, not for %s\n",
			release, wanted);
	else
		return EXIT_SUCCESS;
	return EXIT_FAILURE;
}

static int run(const struct cli *cli, int argc, char **argv)
{
	_cleanup_root_ struct root root = { .fd = -1 };
	_cleanup_armed_ struct armed a = { 0 };
	const char *words[2] = { NULL, NULL }; /* image, kernel */
	struct error e = { 0 };
	size_t count = 0;
	int status;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			printf("usage: %s %s\n\nMakes " ARM_IMAGE ". Options are dracut's, and "
			       "have no effect.\n",
			       command_mkdumprd.name, command_mkdumprd.arguments);
			return EXIT_SUCCESS;
		}
		if (argv[i][0] != '-' && count < ARRAY_SIZE(words))
			words[count++] = argv[i];
	}
	status = arm_open_root(cli, &root);
	if (!status)
		status = check_release(&root, words[1]);
	if (status)
		return status;
	if (words[0] && strcmp(words[0], ARM_IMAGE) != 0)
		fprintf(stderr, "mkdumprd: the image is " ARM_IMAGE ", not %s\n", words[0]);
	if (arm_rebuild(&root, NULL, &a, &e) < 0) {
		fprintf(stderr, "mkdumprd: %s\n", error_text(&e));
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

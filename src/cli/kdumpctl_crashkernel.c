/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs about crashkernel=, among them those that packages call when a kernel or kdump-utils itself is installed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arm/boot/advice.h"
#include "base/process.h"
#include "cli/kdumpctl.h"

#define SYSTEMCTL "/usr/bin/systemctl"
#define SYSTEMCTL_TIMEOUT (20 * USEC_PER_SEC)
#define RESET "reset-crashkernel"

int kdumpctl_default_crashkernel(struct kdumpctl *k, int argc, char **argv)
{
	char text[CRASHKERNEL_TEXT_MAX];
	struct crashkernel_machine m;

	if (argc > 1 && strcmp(argv[1], "kdump") != 0 && strcmp(argv[1], "fadump") != 0) {
		kdump_error("get-default-crashkernel: wrong dump mode '%s'", argv[1]);
		return EXIT_FAILURE;
	}
	crashkernel_machine_read(&k->root, &m);
	m.fadump = argc > 1 && strcmp(argv[1], "fadump") == 0;
	if ((m.fadump || crashkernel_measured(&k->root, text) < 0) &&
	    crashkernel_kdump_default(&m, text, sizeof(text)) < 0)
		return EXIT_FAILURE;
	fputs(text, stdout);
	return EXIT_SUCCESS;
}

static bool service_enabled(void)
{
	static const char *const names[] = { "lastword.service", "kdump.service" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *const argv[] = { SYSTEMCTL, "is-enabled", "--quiet", names[i], NULL };

		if (process_run(argv, NULL, clock_now() + SYSTEMCTL_TIMEOUT, NULL, NULL) == 0)
			return true;
	}
	return false;
}

static int hand_over(struct kdumpctl *k, const char *option, const char *kernel)
{
	char *argv[] = { (char *)RESET, (char *)kernel, (char *)option, NULL };

	return kdumpctl_hand_over(k,
				  option   ? 3
				  : kernel ? 2
					   : 1,
				  argv)
		       ? EXIT_FAILURE
		       : EXIT_SUCCESS;
}

int kdumpctl_reset(struct kdumpctl *k, int argc, char **argv)
{
	const char *kernel = NULL;

	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "--kernel=", 9) == 0) {
			kernel = argv[i];
		} else if (strcmp(argv[i], "--reboot") == 0) {
			kdump_warn("Option --reboot is deprecated and will be removed in the "
				   "future: reboot yourself.");
		} else {
			kdump_error(strncmp(argv[i], "--fadump=", 9) == 0
					    ? "Option --fadump only valid on PPC"
					    : "%s not recognized",
				    argv[i]);
			return EXIT_FAILURE;
		}
	}
	return hand_over(k, NULL, kernel);
}

/* For packages: not where nobody wants dumps, and --auto asks the configuration. */
static int reset(struct kdumpctl *k, const char *kernel)
{
	_cleanup_free_ char *option = NULL;

	if (!service_enabled())
		return EXIT_SUCCESS;
	if (asprintf(&option, "--kernel=%s", kernel) < 0) {
		option = NULL;
		return EXIT_FAILURE;
	}
	return hand_over(k, "--auto", option);
}

int kdumpctl_after_update(struct kdumpctl *k, int argc, char **argv)
{
	return reset(k, "ALL");
}

int kdumpctl_for_kernel(struct kdumpctl *k, int argc, char **argv)
{
	_cleanup_free_ char *path = NULL;

	if (argc < 2) {
		kdump_error("%s: no kernel named", argv[0]);
		return EXIT_FAILURE;
	}
	if (asprintf(&path, "/boot/vmlinuz-%s", argv[1]) < 0) {
		path = NULL;
		return EXIT_FAILURE;
	}
	return reset(k, path);
}

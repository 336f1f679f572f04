/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kexec(8) under our roof: kexec-tools' options, exit statuses and first words; the kernel's own loader does the work. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arm/arm.h"
#include "arm/kexec/bzimage.h"
#include "arm/kexec/load.h"
#include "arm/kexec/request.h"
#include "arm/kexec/restart.h"
#include "base/io.h"
#include "cli/arm_output.h"
#include "cli/kexec_usage.h"

/* kexec-tools returns -1 and -3 from main(). */
#define EXIT_LOAD_FAILED 255
#define EXIT_NO_SYSCALL 253

#define KERNEL_MAX ((size_t)MIB(512))
#define HOTPLUG_SIZE "/sys/kernel/crash_elfcorehdr_size"

static int run(const struct cli *cli, int argc, char **argv);

const struct command command_kexec = {
	.name = "kexec",
	.arguments = "[OPTIONS] [KERNEL]",
	.summary = "kexec-tools' kexec: load a kernel, restart without firmware",
	.run = run,
};

/* The types of images that kexec-tools has for x86. */
static const char *const types[] = { "bzImage64",      "bzImage",	"elf-x86_64",  "elf-x86",
				     "multiboot2-x86", "multiboot-x86", "beoboot-x86", "nbi-x86" };

static int check_type(const char *type)
{
	size_t i = 0;

	if (!type || strcmp(type, "bzImage64") == 0 || strcmp(type, "bzImage") == 0)
		return 0;
	while (i < ARRAY_SIZE(types) && strcmp(type, types[i]) != 0)
		i++;
	if (i == ARRAY_SIZE(types))
		fprintf(stderr, "Unsupported kernel type %s\n", type);
	else
		fprintf(stderr, "Wrong file type %s, file matches type bzImage64\n", type);
	return EXIT_LOAD_FAILED;
}

/* ret_initrd stays -1 where there is none. */
static int open_files(const struct kexec_request *q, int *ret_kernel, int *ret_initrd,
		      struct bzimage *ret_image)
{
	_cleanup_buf_ struct buf content = { 0 };
	struct error e = { 0 };
	int r;

	*ret_kernel = open(q->kernel, O_RDONLY | O_CLOEXEC);
	r = *ret_kernel < 0 ? -errno : read_file_at(AT_FDCWD, q->kernel, KERNEL_MAX, &content);
	if (r < 0) {
		fprintf(stderr, "Failed to open file %s:%s\n", q->kernel, strerror(-r));
		return EXIT_LOAD_FAILED;
	}
	if (!content.len) {
		fprintf(stderr, "Cannot read %s\n%s: it is empty\n", q->kernel, q->kernel);
		return EXIT_FAILURE;
	}
	if (bzimage_parse(content.data ?: "", content.len, ret_image, &e) < 0) {
		fprintf(stderr, "Cannot determine the file type of %s\n%s: %s\n", q->kernel,
			q->kernel, error_text(&e));
		return EXIT_LOAD_FAILED;
	}
	if (check_type(q->type))
		return EXIT_LOAD_FAILED;
	if (q->initrd)
		*ret_initrd = open(q->initrd, O_RDONLY | O_CLOEXEC);
	if (q->initrd && *ret_initrd < 0) {
		fprintf(stderr, "Could not open initrd file %s:%s\nCannot load %s\n", q->initrd,
			strerror(errno), q->kernel);
		return EXIT_LOAD_FAILED;
	}
	return 0;
}

static int check_reservation(const struct root *root, const struct kexec_request *q)
{
	struct reservation reservation;
	struct error e = { 0 };

	if (q->place != KEXEC_FOR_CRASH || reservation_read(root, &reservation, &e) == 0)
		return 0;
	fprintf(stderr, "Memory for crashkernel is not reserved\n%s\n", error_text(&e));
	return EXIT_FAILURE;
}

static int check_hotplug(const struct root *root, const struct kexec_request *q)
{
	if (!(q->does & KEXEC_HOTPLUG) ||
	    faccessat(root->fd, root_relative(HOTPLUG_SIZE), R_OK, 0) == 0)
		return 0;
	fputs("Path " HOTPLUG_SIZE " does not exist, the kernel needs CONFIG_CRASH_HOTPLUG\n",
	      stderr);
	return EXIT_FAILURE;
}

static int check_reused_initrd(const struct kexec_request *q, const char *running)
{
	if (!(q->does & KEXEC_REUSE_INITRD))
		return 0;
	fputs(strstr(running, "retain_initrd")
		      ? "--reuseinitrd not implemented on this architecture\n"
		      : "unrecoverable error: current boot didn't retain the initrd for reuse.\n",
	      stderr);
	return EXIT_FAILURE;
}

static void show_load(const struct kexec_request *q, const struct bzimage *image,
		      const char *cmdline)
{
	fprintf(stderr,
		"kernel: %s, %llu bytes, needs %llu to start\ninitrd: %s\ncommand line: %s\n"
		"kexec_file_load: for %s\n",
		q->kernel, (unsigned long long)image->file_size,
		(unsigned long long)image->init_size, q->initrd ?: "none", cmdline,
		q->place == KEXEC_FOR_CRASH ? "the next panic" : "a restart");
}

static int load(const struct root *root, const struct kexec_request *q, const char *running)
{
	_cleanup_close_ int kernel = -1, initrd = -1;
	_cleanup_buf_ struct buf cmdline = { 0 };
	struct bzimage image;
	struct error e = { 0 };
	int status, r;

	if (!q->kernel) {
		fputs("No kernel specified\n", stderr);
		kexec_usage(stdout);
		return EXIT_LOAD_FAILED;
	}
	status = open_files(q, &kernel, &initrd, &image);
	if (status)
		return status;
	r = kexec_request_cmdline(q, running, &cmdline, &e);
	if (r == 0 && (q->does & KEXEC_OLD_ENTRY))
		r = error_set(&e, -EOPNOTSUPP,
			      "Kexec2 syscall does not support 16bit or 32bit entry yet");
	if (r == 0 && cmdline.len > image.cmdline_max)
		r = error_set(&e, -E2BIG, "the command line has %zu bytes, this kernel takes %llu",
			      cmdline.len, (unsigned long long)image.cmdline_max);
	if (r < 0) {
		fprintf(stderr, "%s\nCannot load %s\n", error_text(&e), q->kernel);
		return EXIT_LOAD_FAILED;
	}
	if (q->does & KEXEC_DEBUG)
		show_load(q, &image, cmdline.data);
	r = q->place == KEXEC_FOR_CRASH
		    ? arm_load_by_hand(root, kernel, initrd, cmdline.data, &e)
		    : kexec_load_files(root, q->place, kernel, initrd, cmdline.data, &e);
	if (r == 0)
		return EXIT_SUCCESS;
	fprintf(stderr, "kexec_file_load failed: %s\n%s: %s\n", strerror(-r), q->kernel,
		error_text(&e));
	return r == -ENOSYS && (q->does & KEXEC_FILE_ONLY) ? EXIT_NO_SYSCALL : EXIT_LOAD_FAILED;
}

static int unload(const struct root *root, const struct kexec_request *q)
{
	struct error e = { 0 };
	bool was_loaded;
	int r = q->place == KEXEC_FOR_CRASH ? arm_disarm(root, &was_loaded, &e)
					    : kexec_unload(root, q->place, &e);

	if (r == 0)
		return EXIT_SUCCESS;
	if (r == -ENOSYS && (q->does & KEXEC_FILE_ONLY)) {
		fputs("syscall kexec_file_load not available.\n", stderr);
		return EXIT_NO_SYSCALL;
	}
	fprintf(stderr, "kexec_file_load(unload) failed: %s\n%s\n", strerror(-r), error_text(&e));
	return EXIT_LOAD_FAILED;
}

/* Returns only where it failed, or for a request without a restart. */
static int restart(const struct root *root, const struct kexec_request *q)
{
	struct error e = { 0 };

	if ((q->does & (KEXEC_SHUTDOWN | KEXEC_RESTART)) &&
	    !kexec_loaded(root, KEXEC_FOR_RESTART)) {
		fputs("Nothing has been loaded!\n", stderr);
		return EXIT_FAILURE;
	}
	if (q->does & KEXEC_SHUTDOWN) {
		(void)restart_by_shutdown(&e);
		fprintf(stderr, "%s\n", error_text(&e));
		return EXIT_LOAD_FAILED;
	}
	if ((q->does & KEXEC_RESTART) && access("/run/systemd/system", F_OK) == 0)
		fputs("kexec: restarting at once; 'systemctl kexec' would stop services and "
		      "unmount file systems first\n",
		      stderr);
	if (q->does & KEXEC_SYNC)
		sync();
	if (q->does & KEXEC_LINKS_DOWN)
		restart_links_down();
	if (!(q->does & KEXEC_RESTART))
		return EXIT_SUCCESS;
	(void)restart_now(&e);
	fprintf(stderr, "kexec failed: %s\n", error_text(&e));
	return EXIT_LOAD_FAILED;
}

static void print_size(const struct root *root)
{
	_cleanup_buf_ struct buf iomem = { 0 };
	struct reservation r = { 0 };

	if (root_read_file(root, "/proc/iomem", MIB(4), &iomem) == 0)
		reservation_parse(iomem.data ?: "", &r);
	printf("%llu\n", (unsigned long long)r.reserved);
}

/* 255 where the kernel does not say, as kexec-tools has it; else 1 where something is loaded. */
static int show_status(const struct root *root, const struct kexec_request *q)
{
	const char *path = q->place == KEXEC_FOR_CRASH ? "/sys/kernel/kexec_crash_loaded"
						       : "/sys/kernel/kexec_loaded";

	if (faccessat(root->fd, root_relative(path), R_OK, 0) < 0)
		return EXIT_LOAD_FAILED;
	return kexec_loaded(root, q->place) ? 1 : 0;
}

static int obey(const struct root *root, const struct kexec_request *q)
{
	_cleanup_buf_ struct buf running = { 0 };
	int status = 0;

	if ((q->does & (KEXEC_LOAD | KEXEC_REUSE_INITRD)) &&
	    root_read_file(root, "/proc/cmdline", 65536, &running) < 0) {
		fputs("Failed to read /proc/cmdline\n", stderr);
		return EXIT_FAILURE;
	}
	if (q->does & KEXEC_LOAD)
		status = check_reservation(root, q);
	if (!status)
		status = check_hotplug(root, q);
	if (!status)
		status = check_reused_initrd(q, running.data ?: "");
	if (!status && (q->does & KEXEC_UNLOAD))
		status = unload(root, q);
	if (!status && (q->does & KEXEC_LOAD))
		status = load(root, q, running.data ?: "");
	fputs(q->notes.data ?: "", stderr);
	return status ?: restart(root, q);
}

static int run(const struct cli *cli, int argc, char **argv)
{
	_cleanup_kexec_request_ struct kexec_request q = { 0 };
	_cleanup_root_ struct root root = { .fd = -1 };
	struct error e = { 0 };
	int status = arm_open_root(cli, &root), r;

	if (status)
		return status;
	r = kexec_request_parse(argc, argv, &q, &e);
	if (r < 0) {
		fprintf(stderr, "%s\n", error_text(&e));
		if (r == -EINVAL)
			kexec_usage(stdout);
		return EXIT_FAILURE;
	}
	if (q.does & KEXEC_HELP)
		return kexec_usage(stdout);
	if (q.does & KEXEC_VERSION) {
		puts("kexec-tools 2.0.32 (lastword " LASTWORD_VERSION ")");
		return EXIT_SUCCESS;
	}
	if (q.does & KEXEC_PRINT_SIZE) {
		print_size(&root);
		return EXIT_SUCCESS;
	}
	if (q.does & KEXEC_STATUS)
		return show_status(&root, &q);
	return obey(&root, &q);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/rehearse/try.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arm/kexec/kernel_file.h"
#include "arm/rehearse/first.h"
#include "base/io.h"

/* Longer than the steps that write nothing: a kernel that unpacks itself under emulation, a worker that waits for a device. */
#define QUIET_TCG 90
#define QUIET_KVM 30
#define LIMIT_TCG 900
#define LIMIT_KVM 300

#define CONSOLE_WORD "console=ttyS0"

struct following {
	struct story *story;
	const struct rehearsal_talk *talk;
};

void rehearsal_say(const struct rehearsal_talk *talk, const char *fmt, ...)
{
	char line[700];
	va_list ap;

	if (!talk->say)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	talk->say(talk->user, line);
}

/* The last console= is the one that lastword-init writes to. */
void try_words(const char *cmdline, enum vm_accel accel, char *buf, size_t size)
{
	const char *last = NULL, *at = cmdline;
	bool timer = strstr(cmdline, "no_timer_check") != NULL;

	while ((at = strstr(at, "console="))) {
		if (at == cmdline || at[-1] == ' ')
			last = at;
		at += strlen("console=");
	}
	snprintf(buf, size, "%s%s",
		 last && strncmp(last, CONSOLE_WORD, strlen(CONSOLE_WORD)) == 0 ? ""
										: " " CONSOLE_WORD
										  ",115200",
		 accel == VM_TCG && !timer ? " no_timer_check" : "");
}

static double seconds(usec_t t)
{
	return (double)t / (double)USEC_PER_SEC;
}

static bool listen(void *user, const char *line, usec_t when)
{
	const struct following *f = user;
	struct story *s = f->story;
	const enum story_stage before = s->stage;
	usec_t had[STORY_EVENTS];
	bool more;

	memcpy(had, s->uptime, sizeof(had));
	more = story_take(s, line, when);
	if (s->stage != before)
		rehearsal_say(f->talk, "%6.1f s  %s", seconds(when), story_stage_name(s->stage));
	for (size_t i = 0; i < STORY_EVENTS; i++)
		if (s->uptime[i] != had[i])
			rehearsal_say(f->talk, "%6.1f s    %s", seconds(when), s->said[i]);
	return more;
}

static int write_whole(const char *path, const struct buf *content, struct error *e)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int r = fd < 0 ? -errno : write_all(fd, content->data, content->len);

	return r < 0 ? error_errno(e, r, "%s", path) : 0;
}

static int write_first(const struct root *root, const struct subject *s, const char *cmdline,
		       const char *path, struct error *e)
{
	_cleanup_buf_ struct buf image = { 0 };
	int r = first_pack(root, s->kernel, &s->packed, cmdline, &image, e);

	return r < 0 ? r : write_whole(path, &image, e);
}

/* QEMU boots no unified image without firmware for it. */
static int write_kernel(const struct root *root, const struct subject *s, const char *path,
			struct error *e)
{
	_cleanup_buf_ struct buf image = { 0 };
	int r = kernel_file_read(root, s->kernel, &image, e);

	return r < 0 ? r : write_whole(path, &image, e);
}

static void end_words(enum vm_ending ending, unsigned quiet, unsigned limit, char ret[100])
{
	switch (ending) {
	case VM_SILENT:
		snprintf(ret, 100, "nothing was written for %u s", quiet);
		break;
	case VM_LATE:
		snprintf(ret, 100, "it did not end within %u s", limit);
		break;
	case VM_ENDED:
	case VM_STOPPED:
	default:
		snprintf(ret, 100, "the machine ended");
		break;
	}
}

static int follow(const struct try_spec *spec, const struct vm_spec *machine, unsigned quiet,
		  unsigned limit, struct story *story, char ret_ended[100], struct error *e)
{
	_cleanup_vm_ struct vm m = VM_NONE;
	struct following f = { .story = story, .talk = &spec->talk };
	enum vm_ending ending;
	int r = vm_start(spec->qemu, spec->accel, machine, &m, e);

	if (r == 0)
		r = vm_follow(&m, clock_now() + limit * USEC_PER_SEC, quiet * USEC_PER_SEC, listen,
			      &f, &ending, e);
	if (r == 0)
		end_words(ending, quiet, limit, ret_ended);
	return r;
}

int try_crash(const struct root *root, const struct subject *s, const struct scene *scene,
	      const struct try_spec *spec, struct story *ret, char ret_ended[100], struct error *e)
{
	_cleanup_buf_ struct buf first = { 0 }, cmdline = { 0 };
	_cleanup_free_ char *initrd = NULL, *log = NULL, *kernel = NULL;
	bool slow = spec->accel == VM_TCG;
	unsigned quiet = (slow ? QUIET_TCG : QUIET_KVM) +
			 MIN(MAX(s->plan->device_timeout, s->plan->report_timeout), 300U);
	unsigned limit = slow ? LIMIT_TCG : LIMIT_KVM;
	struct vm_spec machine;
	char words[100];
	int r;

	try_words(s->cmdline, spec->accel, words, sizeof(words));
	r = buf_printf(&cmdline, "%s%s", s->cmdline, words);
	if (r == 0)
		r = first_cmdline(spec->crashkernel, &first);
	if (asprintf(&initrd, "%s/first.img", spec->work) < 0)
		initrd = NULL;
	if (asprintf(&kernel, "%s/kernel", spec->work) < 0)
		kernel = NULL;
	if (asprintf(&log, "%s/console-%s.log", spec->work, spec->name) < 0)
		log = NULL;
	if (r < 0 || !kernel || !initrd || !log)
		return error_errno(e, -ENOMEM, "rehearsal");
	r = write_first(root, s, cmdline.data, initrd, e);
	if (r == 0)
		r = write_kernel(root, s, kernel, e);
	if (r < 0)
		return r;
	machine = (struct vm_spec){
		.kernel = kernel,
		.initrd = initrd,
		.cmdline = first.data,
		.memory = spec->memory,
		.cpus = MAX(2U, s->sizes.cpus),
		.words = (const char *const *)scene->words.words,
		.log = log,
	};
	*ret = (struct story){ 0 };
	return follow(spec, &machine, quiet, limit, ret, ret_ended, e);
}

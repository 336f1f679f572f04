/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/capture.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FAULT_WORD "lastword.fault="
#define PATIENCE_WORD "lastword.patience="
#define PATIENCE_MAX 86400

/* Memory is taken in steps small enough that the last one is near the limit. */
#define OOM_STEP ((size_t)1 << 20)

static const char *const phase_names[PLACE_COUNT] = {
	[PHASE_MODULES] = "modules", [PHASE_NETWORK] = "network",
	[PHASE_TARGET] = "target",   [PHASE_LOG] = "log",
	[PHASE_REPORT] = "report",   [PHASE_PRE] = "pre",
	[PHASE_DUMP] = "dump",	     [PHASE_MANIFEST] = "manifest",
	[PHASE_POST] = "post",	     [PHASE_OWNLOG] = "ownlog",
	[PHASE_CLOSE] = "close",     [PLACE_SUPERVISOR] = "supervisor",
	[PLACE_ACTION] = "action",   [PLACE_WORDS] = "words",
	[PLACE_HALF] = "half",
};

static const char *const kind_names[] = {
	[FAULT_KILL] = "kill",
	[FAULT_HANG] = "hang",
	[FAULT_OOM] = "oom",
};

const char *phase_name(enum phase p)
{
	return (size_t)p < PLACE_COUNT ? phase_names[p] : "?";
}

static size_t find_name(const char *const *names, size_t count, const char *word, size_t len)
{
	size_t i = 0;

	while (i < count &&
	       !(names[i] && strlen(names[i]) == len && memcmp(names[i], word, len) == 0))
		i++;
	return i;
}

const char *cmdline_word(const char *cmdline, const char *word)
{
	const char *p = cmdline;

	while ((p = strstr(p, word)) && p != cmdline && p[-1] != ' ')
		p++;
	return p ? p + strlen(word) : NULL;
}

static int patience_parse(const char *cmdline, unsigned *ret)
{
	const char *p = cmdline_word(cmdline, PATIENCE_WORD);
	unsigned long seconds;
	char *end;

	if (!p) {
		*ret = 0;
		return 0;
	}
	seconds = strtoul(p, &end, 10);
	if (end == p || !strchr(" \n", *end) || seconds == 0 || seconds > PATIENCE_MAX)
		return -EINVAL;
	*ret = (unsigned)seconds;
	return 0;
}

int fault_parse(const char *cmdline, struct fault *ret)
{
	const char *p = cmdline_word(cmdline, FAULT_WORD);
	size_t phase = PHASE_DUMP, kind, len, colon;
	unsigned patience;

	if (patience_parse(cmdline, &patience) < 0)
		return -EINVAL;
	if (!p) {
		*ret = (struct fault){ .kind = FAULT_NONE, .patience = patience };
		return 0;
	}
	len = strcspn(p, " \n");
	colon = strcspn(p, ":");
	if (colon < len) {
		phase = find_name(phase_names, PLACE_COUNT, p, colon);
		p += colon + 1;
		len -= colon + 1;
	}
	kind = find_name(kind_names, ARRAY_SIZE(kind_names), p, len);
	if (phase == PLACE_COUNT || kind == ARRAY_SIZE(kind_names))
		return -EINVAL;
	*ret = (struct fault){
		.kind = (enum fault_kind)kind,
		.phase = (enum phase)phase,
		.patience = patience,
	};
	return 0;
}

static void take_all_memory(void)
{
	for (;;) {
		void *p = mmap(NULL, OOM_STEP, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

		if (p == MAP_FAILED)
			pause();
	}
}

void fault_point(const struct fault *f, enum phase phase)
{
	if (f->phase != phase)
		return;
	switch (f->kind) {
	case FAULT_NONE:
		break;
	case FAULT_KILL:
		kill(getpid(), SIGKILL);
		_exit(EXIT_FAILURE); /* no signal ends PID 1 */
	case FAULT_HANG:
		for (;;)
			pause();
	case FAULT_OOM:
		take_all_memory();
	}
}

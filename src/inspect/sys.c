/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/command.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "inspect/choose.h"
#include "inspect/panic.h"
#include "inspect/machine.h"
#include "inspect/sys_more.h"

/* The names are right-aligned as crash's are. */
static void print_name(struct inspect *c, const char *name)
{
	fprintf(c->out, "%12s: ", name);
}

static void print_row(struct inspect *c, const char *name, const char *text)
{
	print_name(c, name);
	fprintf(c->out, "%s\n", text);
}

static void print_dumpfile(struct inspect *c)
{
	struct dumpfile *d = kernel_dump(c->kernel);
	const struct dump_info *info = dumpfile_info(d);

	print_name(c, "DUMPFILE");
	fprintf(c->out, "%s%s%s\n", dumpfile_name(d),
		info->dump_level > 0 ? "  [PARTIAL DUMP]" : "",
		info->flags & (DUMP_INCOMPLETE | DUMP_TRUNCATED) ? "  [INCOMPLETE]" : "");
}

static void print_kernel(struct inspect *c, const struct machine *m)
{
	const char *build_id = vmcoreinfo_get(kernel_vmcoreinfo(c->kernel), "BUILD-ID");

	print_name(c, "KERNEL");
	if (c->lines)
		fputs(c->lines->path, c->out);
	else
		fprintf(c->out, "as found in the dump%s%s", build_id ? ", build id " : "",
			build_id ? build_id : "");
	fputs(m->taints ? "  [TAINTED]\n" : "\n", c->out);
}

static void print_uptime(struct inspect *c, uint64_t seconds)
{
	print_name(c, "UPTIME");
	if (seconds >= 86400)
		fprintf(c->out, "%" PRIu64 " days, ", seconds / 86400);
	fprintf(c->out, "%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 "\n", seconds / 3600 % 24,
		seconds / 60 % 60, seconds % 60);
}

static void print_memory(struct inspect *c, uint64_t bytes)
{
	const bool big = bytes >= GIB(1);
	char number[32];
	char *point;

	snprintf(number, sizeof(number), "%.1f", (double)bytes / (big ? GIB(1) : MIB(1)));
	point = strstr(number, ".0");
	if (point)
		*point = '\0';
	print_name(c, "MEMORY");
	fprintf(c->out, "%s %s\n", number, big ? "GB" : "MB");
}

static void print_date(struct inspect *c, int64_t seconds)
{
	time_t at = seconds;
	char text[64];
	struct tm tm;

	if (gmtime_r(&at, &tm) && strftime(text, sizeof(text), "%a %b %e %H:%M:%S UTC %Y", &tm))
		print_row(c, "DATE", text);
}

static void print_panic_task(struct inspect *c, const struct task *task)
{
	char state[TASK_STATE_SIZE];

	task_state_words(task, state);
	print_name(c, "PID");
	fprintf(c->out, "%" PRIu32 "\n", task->pid);
	print_name(c, "COMMAND");
	fprintf(c->out, "\"%s\"\n", task->comm);
	print_name(c, "TASK");
	fprintf(c->out, "%" PRIx64 "  [THREAD_INFO: %" PRIx64 "]\n", task->addr,
		task_thread_info(c, task));
	print_name(c, "CPU");
	fprintf(c->out, "%" PRIu32 "\n", task->cpu);
	print_name(c, "STATE");
	fprintf(c->out, "%s (PANIC)\n", state);
}

static void print_tasks(struct inspect *c)
{
	const struct task *list;
	struct tasks *tasks;

	if (inspect_tasks(c, &tasks, NULL) < 0)
		return;
	print_name(c, "TASKS");
	fprintf(c->out, "%zu%s\n", tasks_list(tasks, &list),
		tasks_damage(tasks) ? "  [THE LIST IS DAMAGED]" : "");
}

static void print_machine(struct inspect *c, const struct machine *m)
{
	print_dumpfile(c);
	if (m->cpus) {
		print_name(c, "CPUS");
		fprintf(c->out, "%" PRIu32, m->cpus);
		if (m->offline)
			fprintf(c->out, " [OFFLINE: %" PRIu32 "]", m->offline);
		fputc('\n', c->out);
	}
	if (m->crash_time)
		print_date(c, m->crash_time);
	if (m->has_uptime)
		print_uptime(c, m->uptime);
	if (m->has_load) {
		print_name(c, "LOAD AVERAGE");
		fprintf(c->out, "%.2f, %.2f, %.2f\n", m->load[0], m->load[1], m->load[2]);
	}
	print_tasks(c);
	print_row(c, "NODENAME", m->nodename);
	print_row(c, "RELEASE", kernel_release(c->kernel));
	print_row(c, "VERSION", m->version);
	print_name(c, "MACHINE");
	fputs(m->machine, c->out);
	if (m->mhz)
		fprintf(c->out, "  (%" PRIu64 " Mhz)", m->mhz);
	fputc('\n', c->out);
	if (m->memory)
		print_memory(c, m->memory);
}

static int run_json(struct inspect *c, const struct machine *m, const char *panic,
		    const struct task *task, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	const struct dump_info *info = dumpfile_info(kernel_dump(c->kernel));
	const struct task *list;
	struct tasks *tasks;
	struct json j;

	inspect_json_begin(c, &j, &buf, "sys");
	json_put_string(&j, "dumpfile", dumpfile_name(kernel_dump(c->kernel)));
	json_put_int(&j, "dump_level", info->dump_level);
	json_put_uint(&j, "cpus", m->cpus);
	json_put_uint(&j, "cpus_offline", m->offline);
	json_put_int(&j, "crash_time", m->crash_time);
	if (m->has_uptime)
		json_put_uint(&j, "uptime", m->uptime);
	if (m->has_load) {
		json_put_array(&j, "load_average");
		for (size_t i = 0; i < ARRAY_SIZE(m->load); i++)
			json_double(&j, m->load[i]);
		json_array_end(&j);
	}
	if (inspect_tasks(c, &tasks, NULL) == 0)
		json_put_uint(&j, "tasks", tasks_list(tasks, &list));
	json_put_string(&j, "nodename", m->nodename);
	json_put_string(&j, "release", kernel_release(c->kernel));
	json_put_string(&j, "version", m->version);
	json_put_string(&j, "machine", m->machine);
	json_put_uint(&j, "mhz", m->mhz);
	json_put_uint(&j, "memory", m->memory);
	json_put_uint(&j, "taints", m->taints);
	json_put_string(&j, "panic", panic);
	if (task) {
		json_put_object(&j, "panic_task");
		json_put_uint(&j, "pid", task->pid);
		json_put_string(&j, "comm", task->comm);
		json_put_hex(&j, "address", task->addr);
		json_put_uint(&j, "cpu", task->cpu);
		json_object_end(&j);
	}
	return inspect_json_end(c, &j, e);
}

static int print_taints(struct inspect *c, const struct machine *m)
{
	char letters[INSPECT_TAINTS_SIZE];

	inspect_taints(m->taints, false, letters);
	fprintf(c->out, "TAINTED_MASK: %" PRIx64 "  %s\n", m->taints, m->taints ? letters : "");
	return 0;
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	char panic[PANIC_TEXT_SIZE];
	const struct task *panicked;
	struct tasks *tasks;
	struct machine m;
	bool taints = false, calls = false, dmi = false;
	int opt;

	while ((opt = getopt(argc, argv, "+cit")) != -1) {
		switch (opt) {
		case 'c':
			calls = true;
			break;
		case 'i':
			dmi = true;
			break;
		case 't':
			taints = true;
			break;
		default:
			return inspect_bad_option(argc, argv, e);
		}
	}
	if (calls)
		return sys_calls(c, argv[optind], e);
	if (dmi)
		return sys_dmi(c, e);
	if (argc > optind)
		return strcmp(argv[optind], "config") == 0
			       ? sys_config(c, e)
			       : error_set(e, -EINVAL, "%s makes no sense here", argv[optind]);
	machine_find(c, &m);
	if (taints && !c->json)
		return print_taints(c, &m);
	panic_find_text(c, panic);
	panicked = inspect_tasks(c, &tasks, NULL) == 0 ? tasks_panicked(tasks) : NULL;
	if (c->json)
		return run_json(c, &m, panic[0] ? panic : NULL, panicked, e);
	print_kernel(c, &m);
	print_machine(c, &m);
	if (panic[0]) {
		print_name(c, "PANIC");
		fprintf(c->out, "\"%s\"\n", panic);
	}
	if (panicked)
		print_panic_task(c, panicked);
	return 0;
}

const struct inspect_command inspect_sys = {
	.name = "sys",
	.usage = "[-t] [-i] [-c [name | number]] [config]",
	.summary = "the machine, its kernel and why it crashed",
	.details =
		"  -t      what taints the kernel\n"
		"  -i      what the firmware says of the machine (DMI)\n"
		"  -c      the system calls; those with a part of the name, or the one of a "
		"number\n"
		"  config  the configuration that the kernel was built with, where it keeps it\n",
	.run = run,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/choose.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <regex.h>
#include <string.h>

#define PF_KTHREAD 0x00200000 /* include/linux/sched.h */

void chosen_done(struct chosen *chosen)
{
	free(chosen->tasks);
	*chosen = (struct chosen){ 0 };
}

bool task_is_kernel(const struct task *task)
{
	return task->idle || (task->flags & PF_KTHREAD);
}

void print_task_line(FILE *out, const struct task *task)
{
	fprintf(out, "PID: %-8u TASK: %016" PRIx64 "  CPU: %-3u  COMMAND: \"%s\"\n", task->pid,
		task->addr, task->cpu, task->comm);
}

void json_task_line(struct json *j, const struct task *task)
{
	json_put_uint(j, "pid", task->pid);
	json_put_hex(j, "task", task->addr);
	json_put_uint(j, "cpu", task->cpu);
	json_put_string(j, "command", task->comm);
}

/* What a word may mean; the first meaning that a task fits is taken. */
enum meaning { MEANS_NUMBER, MEANS_NAME, MEANS_EXPRESSION, MEANINGS };

struct word {
	bool is_pid, is_addr, is_expression;
	uint64_t pid, addr;
	const char *name;
	regex_t expression;
};

/* 'expression' without its quotes; "\123" is a name made of digits. */
static int parse_word(const char *text, char name[TASK_COMM_SIZE * 16], struct word *ret,
		      struct error *e)
{
	struct word w = { .name = name };
	size_t len = strlen(text);

	if (len >= TASK_COMM_SIZE * 16)
		return error_set(e, -EINVAL, "%.40s…: too long for a task's name", text);
	if (len > 2 && text[0] == '\'' && text[len - 1] == '\'')
		snprintf(name, len - 1, "%s", text + 1);
	else
		strcpy(name, text + (text[0] == '\\'));
	if (text[0] != '\\' && text[0] != '\'') {
		w.is_pid = inspect_count(text, &w.pid, NULL) == 0;
		w.is_addr = inspect_hex(text, &w.addr);
	}
	w.is_expression =
		*name && !w.is_pid && regcomp(&w.expression, name, REG_EXTENDED | REG_NOSUB) == 0;
	*ret = w;
	return 0;
}

static bool fits(const struct word *w, enum meaning meaning, const struct task *task)
{
	switch (meaning) {
	case MEANS_NUMBER:
		return (w->is_pid && task->pid == w->pid) || (w->is_addr && task->addr == w->addr);
	case MEANS_NAME:
		/* longer names are cut by the kernel */
		return strncmp(task->comm, w->name, TASK_COMM_SIZE - 2) == 0;
	case MEANS_EXPRESSION:
		return w->is_expression && regexec(&w->expression, task->comm, 0, NULL, 0) == 0;
	case MEANINGS:
		break;
	}
	return false;
}

static int add(struct chosen *to, size_t *room, const struct task *task)
{
	if (to->count == *room) {
		size_t wider = *room ? *room * 2 : 16;
		const struct task **grown = reallocarray(to->tasks, wider, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		to->tasks = grown;
		*room = wider;
	}
	to->tasks[to->count++] = task;
	return 0;
}

static int add_word(const struct task *list, size_t n, const char *text, struct chosen *to,
		    size_t *room, struct error *e)
{
	char name[TASK_COMM_SIZE * 16];
	size_t before = to->count;
	struct word w;
	int err = parse_word(text, name, &w, e);

	if (err < 0)
		return err;
	for (unsigned m = MEANS_NUMBER; m < MEANINGS && to->count == before && err == 0; m++)
		for (size_t i = 0; i < n && err == 0; i++)
			if (fits(&w, m, &list[i]))
				err = add(to, room, &list[i]);
	if (w.is_expression)
		regfree(&w.expression);
	if (err < 0)
		return error_errno(e, err, "tasks");
	if (to->count == before)
		return error_set(e, -EINVAL, "no task has the pid, address or name %s", text);
	return 0;
}

int choose_by_words(const struct task *list, size_t n, int count, char **words, struct chosen *ret,
		    struct error *e)
{
	_cleanup_chosen_ struct chosen chosen = { 0 };
	size_t room = 0;

	for (int i = 0; i < count; i++) {
		int err = add_word(list, n, words[i], &chosen, &room, e);

		if (err < 0)
			return err;
	}
	*ret = chosen;
	chosen = (struct chosen){ 0 };
	return 0;
}

/* TASK_… of crash's ps; SW was a state of old kernels. */
static const char states[][3] = {
	"RU", "IN", "UN", "ST", "TR", "ZO", "DE", "PA", "WA", "ID", "NE"
};

bool choose_filter_word(const char *word, struct choose_filter *f)
{
	const struct {
		const char *word;
		bool *flag;
	} flags[] = {
		{ "kernel", &f->kernel },    { "user", &f->user },     { "gleader", &f->leaders },
		{ "gleaders", &f->leaders }, { "active", &f->active },
	};

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (strcmp(word, flags[i].word) == 0)
			return *flags[i].flag = true;
	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		if (strcasecmp(word, states[i]) == 0) {
			f->states |= UINT32_C(1) << i;
			return true;
		}
	return false;
}

bool choose_filter_fits(const struct choose_filter *f, const struct task *task)
{
	bool kernel = task_is_kernel(task);
	const char *state = task_state_name(task);

	if ((f->kernel && !kernel) || ((f->user || f->leaders) && kernel) ||
	    (f->leaders && task->pid != task->tgid) || (f->active && !task->current))
		return false;
	for (size_t i = 0; f->states && i < ARRAY_SIZE(states); i++)
		if (strcmp(state, states[i]) == 0)
			return f->states >> i & 1;
	return f->states == 0;
}

int choose_context(struct inspect *c, const struct task **ret, struct error *e)
{
	struct tasks *tasks;
	int err = inspect_tasks(c, &tasks, e);

	if (err < 0)
		return err;
	if (!c->context)
		c->context = tasks_panicked(tasks);
	for (unsigned cpu = 0; !c->context && cpu < tasks_cpus(tasks); cpu++)
		c->context = tasks_on_cpu(tasks, cpu);
	if (!c->context)
		return error_set(e, -ENOENT, "nothing tells which task panicked; give a pid");
	*ret = c->context;
	return 0;
}

int task_user_memory(const struct task *task, uint64_t *ret_mm, struct error *e)
{
	if (!task->mm)
		return error_set(e, -EINVAL, "%s is a kernel thread: it has no user memory",
				 task->comm);
	*ret_mm = task->mm;
	return 0;
}

int choose_user_memory(struct inspect *c, uint64_t *ret_mm, struct error *e)
{
	const struct task *task;
	int err = choose_context(c, &task, e);

	return err < 0 ? err : task_user_memory(task, ret_mm, e);
}

int choose_task(struct inspect *c, const char *word, const struct task **ret, struct error *e)
{
	return inspect_task(c, word, ret, e);
}

static int copy(const struct chosen *from, struct chosen *ret, struct error *e)
{
	struct chosen chosen = { calloc(from->count + 1, sizeof(*chosen.tasks)), from->count };

	if (!chosen.tasks)
		return error_errno(e, -ENOMEM, "tasks");
	memcpy(chosen.tasks, from->tasks, from->count * sizeof(*chosen.tasks));
	*ret = chosen;
	return 0;
}

int choose_tasks(struct inspect *c, int count, char **words, struct chosen *ret, struct error *e)
{
	const struct task *context, *list;
	struct tasks *tasks;
	size_t n;
	int err = inspect_tasks(c, &tasks, e);

	if (err < 0)
		return err;
	if (count == 0 && c->foreach)
		return copy(c->foreach, ret, e);
	if (count == 0) {
		err = choose_context(c, &context, e);
		return err < 0 ? err : copy(&(struct chosen){ &context, 1 }, ret, e);
	}
	n = tasks_list(tasks, &list);
	return choose_by_words(list, n, count, words, ret, e);
}

int choose_tasks_or_all(struct inspect *c, int count, char **words, struct chosen *ret,
			struct error *e)
{
	struct chosen all = { 0 };
	const struct task *list;
	struct tasks *tasks;
	int err;

	if (count > 0 || c->foreach)
		return choose_tasks(c, count, words, ret, e);
	err = inspect_tasks(c, &tasks, e);
	if (err < 0)
		return err;
	all.count = tasks_list(tasks, &list);
	all.tasks = calloc(all.count + 1, sizeof(*all.tasks));
	if (!all.tasks)
		return error_errno(e, -ENOMEM, "tasks");
	for (size_t i = 0; i < all.count; i++)
		all.tasks[i] = &list[i];
	*ret = all;
	return 0;
}

/* "3", "1-4": false where it is neither. */
static bool parse_range(const char *text, uint32_t *ret_first, uint32_t *ret_last)
{
	char *end;
	unsigned long first, last;

	if (!isdigit((unsigned char)*text))
		return false;
	first = last = strtoul(text, &end, 10);
	if (*end == '-' && isdigit((unsigned char)end[1]))
		last = strtoul(end + 1, &end, 10);
	*ret_first = MIN(first, (unsigned long)UINT32_MAX);
	*ret_last = MIN(last, (unsigned long)UINT32_MAX);
	return *end == '\0' && first <= last;
}

int choose_cpus(struct inspect *c, const char *words, bool **ret, uint32_t *ret_count,
		struct error *e)
{
	bool all = strcmp(words, "all") == 0 || strcmp(words, "a") == 0;
	_cleanup_free_ char *text = strdup(words);
	_cleanup_free_ bool *cpus = NULL;
	struct percpu *percpu;
	char *rest = NULL;
	int err = inspect_percpu(c, &percpu, e);

	if (err < 0)
		return err;
	cpus = calloc(percpu->count + 1, sizeof(*cpus));
	if (!cpus || !text)
		return error_errno(e, -ENOMEM, "CPUs");
	for (uint32_t i = 0; all && i < percpu->count; i++)
		cpus[i] = true;
	for (char *word = all ? NULL : strtok_r(text, ",", &rest); word;
	     word = strtok_r(NULL, ",", &rest)) {
		uint32_t first, last;

		if (!parse_range(word, &first, &last))
			return error_set(e, -EINVAL, "%s is no list of CPUs", words);
		if (last >= percpu->count)
			return error_set(e, -EINVAL, "there is no CPU %u: %u CPUs are possible",
					 last, percpu->count);
		for (uint32_t i = first; i <= last; i++)
			cpus[i] = true;
	}
	*ret = TAKE_PTR(cpus);
	*ret_count = percpu->count;
	return 0;
}

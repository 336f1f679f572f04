/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>

#include "inspect/runq.h"
#include "kernel/list.h"
#include "kernel/rbtree.h"

#define GROUP_DEPTH 32 /* of nested task groups */
#define RT_PRIORITIES 100
#define NAME_SIZE 128

/* What is gone through: entities of one class, perhaps of a group within others. */
struct queue {
	struct runq *r;
	uint32_t cpu;
	unsigned depth;
	bool real_time;
};

void runq_print_task(FILE *out, const struct task *task)
{
	fprintf(out, "PID: %-6u TASK: %016" PRIx64 "  COMMAND: \"%s\"", task->pid, task->addr,
		task->comm);
}

static void show_cfs(struct queue *q, const struct object *cfs_rq);
static void show_rt(struct queue *q, const struct object *rt_rq);

/* In the columns of -g each level stands three further to the right. */
static int indent(const struct queue *q)
{
	return q->r->groups ? 5 + 3 * (int)q->depth : 5;
}

static void show_task(struct queue *q, const struct task *task, uint64_t prio)
{
	struct json *j = q->r->j;
	bool current = tasks_on_cpu(q->r->tasks, q->cpu) == task;

	q->r->none = false;
	if (q->r->c->json) {
		json_object(j);
		json_task_line(j, task);
		json_put_uint(j, "priority", prio);
		json_put_uint(j, "depth", q->depth);
		json_put_bool(j, "current", current);
		json_object_end(j);
		return;
	}
	fprintf(q->r->c->out, "%*s[%3" PRIu64 "] ", indent(q), "", prio);
	runq_print_task(q->r->c->out, task);
	fputs(current && q->r->groups ? " [CURRENT]\n" : "\n", q->r->c->out);
}

static void show_group(struct queue *q, const struct object *group_rq)
{
	const struct object_source *s = &q->r->source;
	char name[NAME_SIZE] = "";
	struct object group;

	if (!q->r->groups || q->r->c->json)
		return;
	if (object_follow(s, group_rq, "tg->", &group, NULL) < 0)
		return;
	(void)object_text(s, &group, "css.cgroup->kn->name", name, sizeof(name), NULL);
	fprintf(q->r->c->out, "%*sTASK_GROUP: %016" PRIx64 "  %s_RQ: %016" PRIx64 "%s%s%s%s\n",
		indent(q), "", group.addr, q->real_time ? "RT" : "CFS", group_rq->addr,
		name[0] ? "  <" : "", name, name[0] ? ">" : "",
		object_number_or_0(s, group_rq, q->real_time ? "rt_throttled" : "throttled")
			? " (THROTTLED)"
			: "");
	q->r->none = false;
}

/* A task, or a group with a queue of its own. */
static void show_entity(struct queue *q, const struct object *entity, const char *member)
{
	const struct object_source *s = &q->r->source;
	struct object task, inner;
	const struct task *known;

	if (object_has(entity, "my_q") && object_follow(s, entity, "my_q->", &inner, NULL) == 0) {
		show_group(q, &inner);
		if (q->depth + 1 >= GROUP_DEPTH)
			return;
		q->depth++;
		if (q->real_time)
			show_rt(q, &inner);
		else
			show_cfs(q, &inner);
		q->depth--;
		return;
	}
	if (object_container(s, entity->addr, "task_struct", member, &task, NULL) < 0)
		return;
	known = tasks_by_addr(q->r->tasks, task.addr);
	if (known)
		show_task(q, known, object_number_or_0(s, &task, "prio"));
	else if (!q->r->c->json)
		fprintf(q->r->c->out, "%*s(%016" PRIx64 " is no task that is known)\n", indent(q),
			"", task.addr);
}

static int take_node(void *user, const struct tree_entry *entry)
{
	struct queue *q = user;
	struct object entity;

	if (object_container(&q->r->source, entry->value, "sched_entity", "run_node", &entity,
			     NULL) == 0)
		show_entity(q, &entity, "se");
	return 0;
}

static void say_damage(struct queue *q, const struct error *why)
{
	if (!q->r->c->json)
		fprintf(q->r->c->out, "%*s(%s)\n", indent(q), "", error_text(why));
}

/* What runs is not in the tree: -g shows it first. */
static void show_cfs(struct queue *q, const struct object *cfs_rq)
{
	const struct object_source *s = &q->r->source;
	struct error why = { 0 };
	struct object root, entity;
	int err;

	if (q->r->groups && object_follow(s, cfs_rq, "curr->", &entity, NULL) == 0)
		show_entity(q, &entity, "se");
	err = object_follow(s, cfs_rq, "tasks_timeline", &root, &why);
	if (err == 0)
		err = rbtree_each(q->r->c->reader, root.addr, take_node, q, &why);
	if (err < 0)
		say_damage(q, &why);
}

static int take_run_list(void *user, uint64_t node)
{
	struct queue *q = user;
	struct object entity;

	if (object_container(&q->r->source, node, "sched_rt_entity", "run_list", &entity, NULL) ==
	    0)
		show_entity(q, &entity, "rt");
	return 0;
}

static void show_rt(struct queue *q, const struct object *rt_rq)
{
	const struct object_source *s = &q->r->source;
	struct error why = { 0 };
	struct object queues, head;
	int err = object_follow(s, rt_rq, "active.queue", &queues, &why);

	for (unsigned prio = 0; prio < RT_PRIORITIES && err == 0; prio++) {
		if (!object_element(&queues, prio, &head))
			break;
		err = list_each(q->r->c->reader, head.addr, 0, take_run_list, q, &why);
	}
	if (err < 0)
		say_damage(q, &why);
}

static void begin_json(struct runq *r, const char *name)
{
	if (!r->c->json)
		return;
	json_put_array(r->j, name);
}

static void end_queue(struct runq *r)
{
	if (r->c->json)
		json_array_end(r->j);
	else if (r->none)
		fputs("     [no tasks queued]\n", r->c->out);
}

/* RT_RQ of a group appears where groups of real-time tasks are built in. */
static void head_rt(struct runq *r, const struct object *rt)
{
	struct object at;

	begin_json(r, "rt");
	if (r->c->json)
		return;
	if (!r->groups && object_follow(&r->source, rt, "active", &at, NULL) == 0)
		fprintf(r->c->out, "  RT PRIO_ARRAY: %016" PRIx64 "\n", at.addr);
	else if (r->groups)
		fprintf(r->c->out, "  ROOT_TASK_GROUP: %016" PRIx64 "  RT_RQ: %016" PRIx64 "\n",
			object_number_or_0(&r->source, rt, "tg"), rt->addr);
}

static void head_cfs(struct runq *r, const struct object *cfs)
{
	struct object at;

	begin_json(r, "cfs");
	if (r->c->json)
		return;
	if (!r->groups && object_follow(&r->source, cfs, "tasks_timeline", &at, NULL) == 0)
		fprintf(r->c->out, "  CFS RB_ROOT: %016" PRIx64 "\n", at.addr);
	else if (r->groups)
		fprintf(r->c->out, "  ROOT_TASK_GROUP: %016" PRIx64 "  CFS_RQ: %016" PRIx64 "\n",
			object_number_or_0(&r->source, cfs, "tg"), cfs->addr);
}

void runq_show_queues(struct runq *r, uint32_t cpu, const struct object *rq)
{
	struct object rt, cfs;

	if (object_follow(&r->source, rq, "rt", &rt, NULL) == 0 &&
	    (!r->groups || object_number_or_0(&r->source, &rt, "tg"))) {
		struct queue q = { .r = r, .cpu = cpu, .real_time = true };

		head_rt(r, &rt);
		r->none = true;
		show_rt(&q, &rt);
		end_queue(r);
	}
	if (object_follow(&r->source, rq, "cfs", &cfs, NULL) == 0) {
		struct queue q = { .r = r, .cpu = cpu };

		head_cfs(r, &cfs);
		r->none = true;
		show_cfs(&q, &cfs);
		end_queue(r);
	}
}

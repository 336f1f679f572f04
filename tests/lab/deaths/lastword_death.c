// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A kernel module that dies while it is loaded, in the way its parameter says: insmod lastword_death.ko kind=null
 *
 * Each kind has a function of its own, never inlined, which a backtrace must show.  The kinds that spin wait for someone else to
 * end them: the watchdog, or an NMI.  They spin on two CPUs, insmod on one and a kernel thread on the other, so that whichever
 * takes the blow there is one right answer.
 */
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

static char *kind = "";
module_param(kind, charp, 0444);

static noinline void death_null(void)
{
	*(volatile int *)8 = 1;
}

static void death_softirq(struct timer_list *timer)
{
	BUG();
}

static DEFINE_TIMER(death_timer, death_softirq);

/* Spins where the timer's softirq interrupts it. */
static noinline void death_bug(void)
{
	preempt_disable();
	death_timer.flags |= TIMER_PINNED;
	mod_timer(&death_timer, jiffies + 2);
	for (;;)
		cpu_relax();
}

static noinline void death_spin(void)
{
	for (;;)
		cpu_relax();
}

static noinline void death_spin_deaf(void)
{
	local_irq_disable();
	for (;;)
		cpu_relax();
}

static noinline void death_spin_unpreempted(void)
{
	preempt_disable();
	for (;;)
		cpu_relax();
}

static noinline void death_sleep(void)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule();
	barrier(); /* or it is a jump, and this function on no stack */
}

static noinline int death_recurse(int depth)
{
	volatile char room[512];

	if (depth == INT_MAX)
		return 0;
	room[depth % sizeof(room)] = depth;
	return death_recurse(depth + 1) + room[0];
}

static noinline void death_overflow(void)
{
	pr_info("death: %d\n", death_recurse(0));
}

static void death_work(struct work_struct *work)
{
	panic("death in a workqueue");
}

static DECLARE_WORK(death_item, death_work);

static noinline void death_warn(void)
{
	WARN(1, "death by warning\n");
}

static noinline void death_queue(void)
{
	schedule_work(&death_item);
	msleep(60000);
}

static const struct death {
	const char *kind;
	void (*die)(void);
	bool on_two_cpus;
} deaths[] = {
	{ "null", death_null },
	{ "softirq", death_bug },
	{ "busy", death_spin, true },
	{ "deaf", death_spin_deaf, true },
	{ "softlockup", death_spin_unpreempted },
	{ "hung", death_sleep },
	{ "overflow", death_overflow },
	{ "warn", death_warn },
	{ "workqueue", death_queue },
};

static int death_thread(void *data)
{
	const struct death *death = data;

	death->die();
	return 0;
}

static void start_on_other_cpu(const struct death *death)
{
	struct task_struct *task = kthread_create(death_thread, (void *)death, "death_thread");

	if (IS_ERR(task))
		return;
	kthread_bind(task, 1);
	wake_up_process(task);
}

static int __init death_init(void)
{
	const struct death *death;

	for (death = deaths; death < deaths + ARRAY_SIZE(deaths); death++) {
		if (strcmp(kind, death->kind))
			continue;
		if (death->on_two_cpus) {
			set_cpus_allowed_ptr(current, cpumask_of(0));
			start_on_other_cpu(death);
		}
		pr_emerg("death: %s\n", kind);
		death->die();
		return 0;
	}
	return -EINVAL;
}
module_init(death_init);

MODULE_DESCRIPTION("Dies as its parameter says");
MODULE_LICENSE("GPL");

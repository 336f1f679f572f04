// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A kernel module that holds locks, has others wait for them, and panics: what `lock` and `blocked` must tell of the dump.
 *
 *	mutex locks_a	held by locks_ab (waits for b), waited for by locks_ba and locks_a0, locks_a1, locks_a2
 *	mutex locks_b	held by locks_ba (waits for a): a deadlock
 *	rwsem locks_w	held for writing by locks_writer, which sleeps; locks_w_reader waits
 *	rwsem locks_r	held for reading by locks_reader, which sleeps; locks_r_writer waits, behind it locks_r_second, a writer too
 *			(before 5.13 a reader that comes later may spin past a writer that waits)
 *	semaphore locks_s	taken by locks_taker, which sleeps; locks_s_taker waits
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/semaphore.h>

#define LONG_MS 600000
#define STEP_MS 200

/* barrier() after a lock: a call in the last place would be a jump and leave no frame. */

static DEFINE_MUTEX(locks_a);
static DEFINE_MUTEX(locks_b);
static DECLARE_RWSEM(locks_w);
static DECLARE_RWSEM(locks_r);
static struct semaphore locks_s;

static noinline void locks_hold_a(void)
{
	mutex_lock(&locks_a);
	msleep(STEP_MS);
	mutex_lock(&locks_b);
	barrier();
}

static noinline void locks_hold_b(void)
{
	mutex_lock(&locks_b);
	msleep(STEP_MS);
	mutex_lock(&locks_a);
	barrier();
}

static noinline void locks_want_a(void)
{
	mutex_lock(&locks_a);
	barrier();
}

static noinline void locks_write_w(void)
{
	down_write(&locks_w);
	msleep_interruptible(LONG_MS);
}

static noinline void locks_read_w(void)
{
	down_read(&locks_w);
	barrier();
}

static noinline void locks_read_r(void)
{
	down_read(&locks_r);
	msleep_interruptible(LONG_MS);
}

static noinline void locks_write_r(void)
{
	down_write(&locks_r);
	barrier();
}

static noinline void locks_take_s(void)
{
	down(&locks_s);
	msleep_interruptible(LONG_MS);
}

static const struct {
	const char *name;
	void (*work)(void);
	bool later;
} threads[] = {
	{ "locks_ab", locks_hold_a },	    { "locks_ba", locks_hold_b },
	{ "locks_writer", locks_write_w },  { "locks_reader", locks_read_r },
	{ "locks_taker", locks_take_s },    { "locks_a0", locks_want_a, true },
	{ "locks_a1", locks_want_a },	    { "locks_a2", locks_want_a },
	{ "locks_w_reader", locks_read_w }, { "locks_r_writer", locks_write_r },
	{ "locks_s_taker", locks_take_s },  { "locks_r_second", locks_write_r, true },
};

static int locks_thread(void *data)
{
	void (*work)(void) = data;

	work();
	for (;;)
		msleep_interruptible(LONG_MS);
	return 0;
}

static noinline void locks_panic(void)
{
	panic("locks");
}

static int __init locks_init(void)
{
	int i;

	sema_init(&locks_s, 1);
	for (i = 0; i < ARRAY_SIZE(threads); i++) {
		if (threads[i].later)
			msleep(2 * STEP_MS);
		kthread_run(locks_thread, threads[i].work, "%s", threads[i].name);
	}
	msleep(1000);
	locks_panic();
	return 0;
}
module_init(locks_init);

MODULE_DESCRIPTION("Holds locks and has others wait for them");
MODULE_LICENSE("GPL");

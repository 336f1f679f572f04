/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "signature/oops.h"

#include <stdio.h>
#include <string.h>

#include "../test.h"

static void feed_text(struct oops_parser *p, struct oops_story *s, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		struct oops *o = NULL;

		assert_int_equal(oops_feed(p, text, len, &o), 0);
		if (o)
			oops_story_add(s, o);
		text += len + (text[len] == '\n');
	}
}

static void read_text(const char *text, struct oops_story *ret)
{
	_cleanup_(oops_parser_freep) struct oops_parser *p = NULL;
	struct oops *o;

	*ret = (struct oops_story){ 0 };
	assert_int_equal(oops_parser_new(&p), 0);
	feed_text(p, ret, text);
	while ((o = oops_end(p)))
		oops_story_add(ret, o);
}

static void read_log(const char *name, struct oops_story *ret)
{
	static char text[65536];
	char path[512];
	FILE *f;
	size_t len;

	snprintf(path, sizeof(path), "%s/%s.txt", LOGS, name);
	f = fopen(path, "re");
	assert_non_null(f);
	len = fread(text, 1, sizeof(text) - 1, f);
	text[len] = '\0';
	fclose(f);
	read_text(text, ret);
}

static void make_signature(const struct oops *o, struct signature *ret)
{
	struct signature_frame frames[OOPS_FRAMES + 1];
	struct signature_input in = { .words = o->words, .frames = frames };

	in.count = oops_signature_frames(o, frames);
	signature_make(&in, ret);
}

/* What real kernels wrote. */
static void test_real_logs(void **state)
{
	static const struct {
		const char *log, *kind, *title, *comm, *release, *taint, *ip;
		int64_t cpu, pid;
		const char *frame; /* the first of the trace */
	} cases[] = {
		{ "sysrq-5.10", "sysrq", "kernel panic: sysrq triggered crash", "init",
		  "5.10.0-32-amd64 #1 Debian 5.10.223-1", "Not tainted", NULL, 0, 1, "dump_stack" },
		{ "sysrq-7.2", "sysrq", "kernel panic: sysrq triggered crash", "init",
		  "7.2.13+deb14-amd64 #1 PREEMPT(lazy)  Debian 7.2.13-1", "Not tainted", NULL, 0, 1,
		  "dump_stack_lvl" },
		{ "null-5.10", "null-dereference",
		  "BUG: unable to handle kernel NULL pointer dereference in death_null", "insmod",
		  "5.10.0-32-amd64 #1 Debian 5.10.223-1", "Tainted: G           OE", "death_null",
		  1, 127, "__die_body.cold" },
		{ "softirq-6.12", "bug", "kernel BUG in death_softirq", "insmod",
		  "6.12.107+deb13-amd64 #1  Debian 6.12.107-1", "Tainted: G           OE",
		  "death_softirq", 1, 183, "call_timer_fn" },
		{ "softlockup-6.1", "soft-lockup", "BUG: soft lockup in death_init", "insmod",
		  "6.1.0-50-amd64 #1  Debian 6.1.176-1", "Tainted: G           OE",
		  "death_spin_unpreempted", 0, 140, "death_init" },
		{ "hung-6.12", "hung-task", "INFO: task hung in death_init", "insmod",
		  "6.12.107+deb13-amd64 #1 Debian 6.12.107-1", "Tainted: G           OE", NULL, -1,
		  185, "__schedule" },
		{ "nmi-6.1", "nmi", "kernel panic: NMI: Not continuing", "insmod",
		  "6.1.0-50-amd64 #1  Debian 6.1.176-1", "Tainted: G           OE", NULL, 0, 140,
		  "dump_stack_lvl" },
		{ "overflow-6.12", "stack-overflow", "kernel stack overflow in death_recurse",
		  "insmod", "6.12.107+deb13-amd64 #1  Debian 6.12.107-1", "Tainted: G           OE",
		  "death_recurse", 0, 188, "death_recurse" },
		{ "workqueue-6.1", "panic", "kernel panic: death in a workqueue", "kworker/0:1",
		  "6.1.0-50-amd64 #1  Debian 6.1.176-1", "Tainted: G           OE", NULL, 0, 17,
		  "dump_stack_lvl" },
		{ "oom-5.10", "out-of-memory", "kernel panic: Out of memory", "dd",
		  "5.10.0-32-amd64 #1 Debian 5.10.223-1", "Not tainted", NULL, 0, 127,
		  "dump_stack" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct oops_story s;
		struct signature sig;
		const struct oops *o;

		read_log(cases[i].log, &s);
		o = oops_story_death(&s);
		assert_non_null(o);
		make_signature(o, &sig);
		assert_string_equal(o->kind, cases[i].kind);
		assert_string_equal(sig.kind, cases[i].kind);
		assert_string_equal(sig.title, cases[i].title);
		assert_string_equal(o->comm, cases[i].comm);
		assert_string_equal(o->release, cases[i].release);
		assert_string_equal(o->taint, cases[i].taint);
		assert_int_equal(o->cpu, cases[i].cpu);
		assert_int_equal(o->pid, cases[i].pid);
		assert_int_equal(o->has_ip, cases[i].ip != NULL);
		if (cases[i].ip)
			assert_string_equal(o->ip.function, cases[i].ip);
		assert_true(o->count > 4);
		assert_string_equal(o->frames[0].function, cases[i].frame);
		assert_false(o->truncated);
		oops_story_done(&s);
	}
}

/* One death is the same on each kernel, and each build's own. */
static void test_hash_over_versions(void **state)
{
	static const char *const logs[] = { "sysrq-5.10", "sysrq-6.1", "sysrq-6.12", "sysrq-7.2" };
	struct signature sig[ARRAY_SIZE(logs)];

	for (size_t i = 0; i < ARRAY_SIZE(logs); i++) {
		struct oops_story s;

		read_log(logs[i], &s);
		assert_int_equal(s.count, 1);
		make_signature(s.blocks[0], &sig[i]);
		assert_string_equal(sig[i].hash, sig[0].hash);
		if (i > 0)
			assert_string_not_equal(sig[i].exact, sig[i - 1].exact);
		oops_story_done(&s);
	}
	assert_string_equal(sig[0].hash, "lw1:9a0cb58bbe52c6260d2b4ffa78463a93");
}

/* Values of satyr 0.43 for the same text. */
static void test_satyr(void **state)
{
	static const struct {
		const char *log, *abrt, *duphash;
	} cases[] = {
		{ "sysrq-5.10", "89af9d605b84e67ecad9435dcc9db01950b359cc",
		  "8a85c73b3c9991315a1d042510a6fda540a31522" },
		{ "sysrq-6.1", "16d17c541e030bd4d2fd1991a6b518db0f46f233",
		  "88cdf13485ccf1df3b62e69af13955cb809c482c" },
		{ "sysrq-7.2", "0e48e597c64b07f1352036d45b99006b17f36db0",
		  "69577cbcffb311dd7f473d17649b8ae7e0b4d1d5" },
	};
	struct signature_frame frames[OOPS_FRAMES + 1];
	char hash[SIGNATURE_SATYR_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct oops_story s;
		size_t count;

		read_log(cases[i].log, &s);
		count = oops_signature_frames(s.blocks[0], frames);
		assert_true(signature_satyr(SATYR_ABRT, frames, count, hash));
		assert_string_equal(hash, cases[i].abrt);
		assert_true(signature_satyr(SATYR_DUPHASH, frames, count, hash));
		assert_string_equal(hash, cases[i].duphash);
		oops_story_done(&s);
	}
}

static void test_facts(void **state)
{
	struct oops_story s;
	const struct oops *o;
	bool task = false;

	read_log("softirq-6.12", &s);
	o = oops_story_death(&s);
	assert_string_equal(o->words, "kernel BUG at /module/lastword_death.c:27!\n"
				      "Oops: invalid opcode: 0000 [#1] PREEMPT SMP NOPTI");
	assert_string_equal(o->hardware, "QEMU Standard PC (i440FX + PIIX, 1996), BIOS "
					 "1.16.2-debian-1.16.2-1 04/01/2014");
	assert_string_equal(o->ip.module, "lastword_death");
	assert_int_equal(strncmp(o->modules, "lastword_death(OE+) ", 20), 0);
	assert_non_null(strstr(o->code, " <0f> 0b "));
	assert_int_equal(o->frames[0].section, OOPS_IRQ);
	for (size_t i = 0; i < o->count; i++)
		task = task || o->frames[i].section == OOPS_TASK;
	assert_true(task);
	assert_string_equal(o->regs[0].name, "RSP");
	assert_true(o->reg_count >= 20);
	oops_story_done(&s);

	/* In the trace of a panic the code that the interrupt stopped has its place. */
	read_log("softlockup-6.1", &s);
	assert_int_equal(s.count, 2);
	assert_true(s.blocks[1]->panic);
	o = s.blocks[1];
	for (size_t i = 0; i + 1 < o->count; i++)
		if (strcmp(o->frames[i].function, "asm_sysvec_apic_timer_interrupt") == 0) {
			assert_string_equal(o->frames[i + 1].function, "death_spin_unpreempted");
			oops_story_done(&s);
			return;
		}
	fail();
}

/* Forms of lines that the logs at hand do not have. */
static void test_short_texts(void **state)
{
	static const struct {
		const char *text, *title, *module;
		int64_t cpu, pid;
	} cases[] = {
		{ "------------[ cut here ]------------\n"
		  "refcount_t: underflow; use-after-free.\n"
		  "WARNING: CPU: 3 PID: 77 at lib/refcount.c:28 refcount_warn_saturate+0xba/0x110\n"
		  "Modules linked in: a b\n"
		  "CPU: 3 PID: 77 Comm: two words Not tainted 6.1.0 #1\n"
		  "RIP: 0010:refcount_warn_saturate+0xba/0x110\n"
		  "Call Trace:\n <TASK>\n ? __warn+0x7d/0xc0\n put_thing+0x12/0x40 [thing]\n"
		  " vfs_read+0x1/0x2\n </TASK>\n---[ end trace 0000000000000000 ]---\n",
		  "WARNING: refcount bug in put_thing", "thing", 3, 77 },
		{ "[    5.0][T9] WARNING: mm/slub.c:123 at kfree_hook+0x1/0x2, CPU#1: cat/9\n"
		  "[    5.0][T9] RIP: 0010:kfree_hook+0x1/0x2 [m 0123456789abcdef]\n"
		  "[    5.0][T9] Call Trace:\n[    5.0][T9]  do_it+0x1/0x2\n",
		  "WARNING in kfree_hook", "m", 1, 9 },
		{ "BUG: KASAN: slab-use-after-free in reader+0x12/0x34 [thing]\n"
		  "Write of size 8 at addr ffff888012345678 by task cat/12\n\n"
		  "CPU: 0 UID: 0 PID: 12 Comm: cat Tainted: G    B               6.12.1 #1\n"
		  "Call Trace:\n <TASK>\n dump_stack_lvl+0x1/0x2\n print_report+0x1/0x2\n"
		  " kasan_report+0x1/0x2\n reader+0x12/0x34 [thing]\n </TASK>\n\n"
		  "Allocated by task 12:\n maker+0x1/0x2\n",
		  "KASAN: slab-use-after-free Write in reader", "thing", 0, 12 },
		{ "general protection fault, probably for non-canonical address 0xdead: 0000 [#1]\n"
		  "CPU: 0 PID: 5 Comm: x Not tainted 6.1 #1\n"
		  "RIP: 0010:memcpy_orig+0x1/0x2\nCall Trace:\n ? guess+0x1/0x2\n victim+0x1/0x2\n",
		  "general protection fault in victim", "", 0, 5 },
		{ "list_del corruption. prev->next should be ffff, but was dead\n"
		  "------------[ cut here ]------------\nkernel BUG at lib/list_debug.c:53!\n"
		  "invalid opcode: 0000 [#1] SMP\nCPU: 2 PID: 6 Comm: y Not tainted 5.10 #1\n"
		  "RIP: 0010:__list_del_entry_valid.cold+0xf/0x6f\nCall Trace:\n drop+0x1/0x2 "
		  "[l]\n",
		  "BUG: corrupted list in drop", "l", 2, 6 },
		{ "<3>[  100.5] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:\n"
		  "<3>[  100.5] rcu: \t1-...!: (1 GPs behind) idle=0\n"
		  "<6>[  100.5] Sending NMI from CPU 0 to CPUs 1:\n"
		  "<4>[  100.6] NMI backtrace for cpu 1\n"
		  "<4>[  100.6] CPU: 1 PID: 99 Comm: loop Not tainted 6.1 #1\n"
		  "<4>[  100.6] RIP: 0010:delay_tsc+0x1/0x2\n<4>[  100.6] Call Trace:\n"
		  "<4>[  100.6]  inner+0x1/0x2\n<4>[  100.6]  outer+0x1/0x2\n"
		  "<4>[  100.6]  process_one_work+0x1/0x2\n",
		  "INFO: rcu detected stall in outer", "", 1, 99 },
		{ "NMI watchdog: Watchdog detected hard LOCKUP on cpu 7\n"
		  "CPU: 7 PID: 8 Comm: z Not tainted 6.1 #1\nRIP: 0010:spin+0x1/0x2\n"
		  "Call Trace:\n __hrtimer_run_queues+0x1/0x2\n",
		  "Watchdog detected hard LOCKUP in spin", "", 7, 8 },
		{ "[Sat Nov 21 06:28:38 2026] Unable to handle kernel NULL pointer dereference at "
		  "virtual address 8\n[Sat Nov 21 06:28:38 2026] Internal error: Oops: 96 [#1] "
		  "SMP\n"
		  "[Sat Nov 21 06:28:38 2026] CPU: 0 PID: 3 Comm: arm Not tainted 6.1 #1\n"
		  "[Sat Nov 21 06:28:38 2026] pc : broken+0x1c/0x30 [arm_mod]\n"
		  "[Sat Nov 21 06:28:38 2026] lr : caller+0x1c/0x30\n"
		  "[Sat Nov 21 06:28:38 2026] x29: ffff8000 x28: 0000 x27: 00\n"
		  "[Sat Nov 21 06:28:38 2026] Call trace:\n"
		  "[Sat Nov 21 06:28:38 2026]  broken+0x1c/0x30 [arm_mod] (P)\n",
		  "BUG: unable to handle kernel NULL pointer dereference in broken", "arm_mod", 0,
		  3 },
		{ "WARNING: CPU: 1 PID: 21 at kernel/workqueue.c:3031 thing_do+0x2c/0x36\n"
		  "Kernel panic - not syncing: panic_on_warn set ...\n"
		  "CPU: 1 PID: 21 Comm: kworker/1:1 Not tainted 5.3.0 #25\n"
		  "Call Trace:\n dump_stack+0xca/0x13e\n panic+0x2a3/0x6da\n"
		  " __warn.cold+0x20/0x4a\n report_bug+0x262/0x2a0\n invalid_op+0x23/0x30\n"
		  "RIP: 0010:thing_do+0x2c/0x36 [thing]\n caller+0x1/0x2\n",
		  "WARNING in thing_do", "thing", 1, 21 },
		{ "BUG: KMSAN: uninit-value in reader+0x1/0x2\n reader+0x1/0x2\n vfs_read+0x1/0x2\n"
		  "\nUninit was created at:\n maker+0x1/0x2\n\n"
		  "CPU: 0 PID: 8 Comm: k Not tainted 6.1 #1\n",
		  "KMSAN: uninit-value in reader", "", 0, 8 },
		{ "rcu: INFO: rcu_preempt self-detected stall on CPU\n"
		  "rcu: \t2-....: (5249 ticks this GP) idle=1\n"
		  "rcu: rcu_preempt kthread starved for 5000 jiffies!\n"
		  "rcu: RCU grace-period kthread stack dump:\n"
		  "task:rcu_preempt state:R\nCall Trace:\n <TASK>\n rcu_gp_kthread+0x1/0x2\n"
		  " </TASK>\n"
		  "CPU: 2 PID: 31 Comm: busy Not tainted 6.1 #1\n"
		  "RIP: 0010:burner+0x1/0x2\nCall Trace:\n <TASK>\n kthread+0x1/0x2\n",
		  "INFO: rcu detected stall in burner", "", 2, 31 },
		{ "BUG: unable to handle page fault for address: ffffffffc0123456\n"
		  "CPU: 0 PID: 4 Comm: j Not tainted 6.1 #1\nRIP: 0010:0xffffffffc0123456\n"
		  "Code: Unable to access opcode bytes at 0xffffffffc012342c.\nCall Trace:\n"
		  " jumper+0x1/0x2\n",
		  "BUG: unable to handle kernel paging request in jumper", "", 0, 4 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct oops_story s;
		struct signature sig;
		const struct oops *o;

		read_text(cases[i].text, &s);
		assert_int_equal(s.count, 1);
		o = s.blocks[0];
		make_signature(o, &sig);
		assert_string_equal(sig.title, cases[i].title);
		assert_string_equal(sig.module, cases[i].module);
		assert_int_equal(o->cpu, cases[i].cpu);
		assert_int_equal(o->pid, cases[i].pid);
		oops_story_done(&s);
	}
}

/* Two CPUs speak at once. */
static void test_mixed_callers(void **state)
{
	struct oops_story s;

	read_text("[    1.0][   T10] BUG: kernel NULL pointer dereference, address: 0\n"
		  "[    1.0][   T20] kernel BUG at a.c:1!\n"
		  "[    1.0][   T10] CPU: 0 PID: 10 Comm: ten Not tainted 6.1 #1\n"
		  "[    1.0][   T20] CPU: 1 PID: 20 Comm: twenty Not tainted 6.1 #1\n"
		  "[    1.0][   T20] Call Trace:\n"
		  "[    1.0][   T10] Call Trace:\n"
		  "[    1.0][   T20]  of_twenty+0x1/0x2\n"
		  "[    1.0][   T10]  of_ten+0x1/0x2\n"
		  "[    1.0][   T20]  more_twenty+0x1/0x2\n"
		  "[    1.1][   T20] something else\n"
		  "[    1.1][   T20] and more\n"
		  "[    1.1][   T20] and yet more\n"
		  "[    1.1][   T20] enough\n",
		  &s);
	assert_int_equal(s.count, 2);
	assert_string_equal(s.blocks[0]->comm, "twenty");
	assert_int_equal(s.blocks[0]->count, 2);
	assert_string_equal(s.blocks[0]->frames[1].function, "more_twenty");
	/* Lines of others do not stay. */
	assert_null(strstr(s.blocks[0]->text, "something else"));
	assert_string_equal(s.blocks[1]->comm, "ten");
	assert_string_equal(s.blocks[1]->frames[0].function, "of_ten");
	oops_story_done(&s);
}

static void test_which_is_the_death(void **state)
{
	struct oops_story s;

	/* The oops that panicked is the last before the panic, and no warning is. */
	read_text("kernel BUG at a.c:1!\nCall Trace:\n first+0x1/0x2\n"
		  "kernel BUG at b.c:1!\nCall Trace:\n second+0x1/0x2\n"
		  "WARNING: CPU: 0 PID: 1 at c.c:1 third+0x1/0x2\nCall Trace:\n third+0x1/0x2\n"
		  "Kernel panic - not syncing: Fatal exception\n",
		  &s);
	assert_int_equal(s.count, 4);
	assert_ptr_equal(oops_story_death(&s), s.blocks[1]);
	oops_story_done(&s);

	/* A machine that was still alive: the gravest. */
	read_text("kernel BUG at a.c:1!\nCall Trace:\n first+0x1/0x2\n"
		  "WARNING: CPU: 0 PID: 1 at c.c:1 third+0x1/0x2\nCall Trace:\n third+0x1/0x2\n",
		  &s);
	assert_ptr_equal(oops_story_death(&s), s.blocks[0]);
	oops_story_done(&s);

	read_text("all is well\n[    1.000000] usb 1-1: new device\n", &s);
	assert_int_equal(s.count, 0);
	assert_null(oops_story_death(&s));
}

/* More than may be kept: the start stays, and it is said. */
static void test_limits(void **state)
{
	_cleanup_(oops_parser_freep) struct oops_parser *p = NULL;
	struct oops *o = NULL;
	char line[64];

	assert_int_equal(oops_parser_new(&p), 0);
	assert_int_equal(oops_feed(p, "kernel BUG at a.c:1!", 20, &o), 0);
	assert_int_equal(oops_feed(p, "Call Trace:", 11, &o), 0);
	for (unsigned i = 0; i < 1000; i++) {
		int len = snprintf(line, sizeof(line), " deep%u+0x1/0x2", i);

		assert_int_equal(oops_feed(p, line, (size_t)len, &o), 0);
		assert_null(o);
	}
	o = oops_end(p);
	assert_non_null(o);
	assert_int_equal(o->count, OOPS_FRAMES);
	assert_true(o->truncated);
	assert_string_equal(o->frames[0].function, "deep0");
	oops_free(o);
	assert_null(oops_end(p));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_real_logs),
		cmocka_unit_test(test_hash_over_versions),
		cmocka_unit_test(test_satyr),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_short_texts),
		cmocka_unit_test(test_mixed_callers),
		cmocka_unit_test(test_which_is_the_death),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

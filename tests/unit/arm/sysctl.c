/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/policy/sysctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arm/policy/sysctl_files.h"

#include "../made_root.h"
#include "../test.h"

static const struct sysctl_options nothing_special;

static void made_kernel(struct root *r)
{
	made_root(r);
	made_file(r, "/proc/cmdline", "root=/dev/vda1 quiet\n");
	made_file(r, "/proc/sys/kernel/panic_on_oops", "0\n");
	made_file(r, "/proc/sys/kernel/hardlockup_panic", "0\n");
	made_file(r, "/proc/sys/kernel/nmi_watchdog", "0\n");
	made_file(r, "/proc/sys/kernel/softlockup_panic", "0\n");
	made_file(r, "/proc/sys/kernel/unknown_nmi_panic", "0\n");
	made_file(r, "/proc/sys/kernel/panic", "0\n");
	made_file(r, "/proc/sys/kernel/panic_print", "0\n");
	made_file(r, "/proc/sys/kernel/panic_sys_info", "\n");
	made_file(r, "/proc/sys/kernel/sysrq", "438\n");
	made_file(r, "/proc/sys/vm/panic_on_oom", "0\n");
}

static void assert_running(const struct root *r, const char *name, const char *value)
{
	_cleanup_sysctl_state_ struct sysctl_state s = { 0 };

	assert_int_equal(sysctl_read(r, &s, NULL), 0);
	if (value)
		assert_string_equal(sysctl_find(&s, name)->running, value);
	else
		assert_null(sysctl_find(&s, name)->running);
}

static bool exists(const struct root *r, const char *path)
{
	return faccessat(r->fd, root_relative(path), F_OK, 0) == 0;
}

static int set(const struct root *r, const char *word)
{
	_cleanup_sysctl_changes_ struct sysctl_changes c = { 0 };

	return sysctl_set(r, &word, 1, &nothing_special, &c, NULL);
}

static const struct sysctl_change *change_of(const struct sysctl_changes *c, const char *name)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->items[i].about == policy_switch_find(name))
			return &c->items[i];
	fail_msg("no change of %s", name);
	return NULL;
}

static void values(void **state)
{
	static const struct {
		const char *name, *word, *value; /* NULL: refused */
	} cases[] = {
		{ "panic_on_oops", "1", "1" },
		{ "panic_on_oops", "01", "1" },
		{ "panic_on_oops", "2", NULL },
		{ "panic_on_oops", "yes", NULL },
		{ "panic_on_oops", "", NULL },
		{ "panic_on_oops", "1 ", NULL },
		{ "panic", "-1", "-1" },
		{ "panic", "2147483648", NULL },
		{ "panic", "99999999999999999999", NULL },
		{ "vm.panic_on_oom", "2", "2" },
		{ "vm.panic_on_oom", "3", NULL },
		{ "watchdog_thresh", "61", NULL },
		{ "panic_print", "tasks,locks", "9" },
		{ "panic_print", "0x1f", "31" },
		{ "panic_print", "256", NULL },
		{ "panic_print", "-1", NULL },
		{ "panic_print", "tasks,nonsense", NULL },
		{ "sysrq", "dump,sync", "24" },
		{ "sysrq", "438", "438" },
		{ "panic_sys_info", "locks,tasks", "tasks,locks" },
		{ "panic_sys_info", "", "" },
		{ "panic_sys_info", "replay", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *value = NULL;
		struct error e = { 0 };
		int r = policy_value_parse(policy_switch_find(cases[i].name), cases[i].word, &value,
					   &e);

		assert_int_equal(r, cases[i].value ? 0 : -EINVAL);
		if (cases[i].value)
			assert_string_equal(value, cases[i].value);
		else
			assert_non_null(strstr(e.text, cases[i].name));
	}
}

static void the_table_keeps_its_own_rules(void **state)
{
	char names[200];

	for (size_t i = 0; i < policy_switches_count; i++) {
		const struct policy_switch *s = &policy_switches[i];

		assert_ptr_equal(policy_switch_find(s->name), s);
		assert_true(s->kind == SWITCH_NUMBER ? s->max > s->min : s->bits != NULL);
		for (size_t p = 0; p < PRESETS; p++) {
			_cleanup_free_ char *value = NULL;

			if (!s->preset[p])
				continue;
			assert_int_equal(policy_value_parse(s, s->preset[p], &value, NULL), 0);
			assert_string_equal(value, s->preset[p]);
		}
	}
	assert_null(policy_switch_find("kernel.hostname"));
	assert_non_null(policy_switch_find("kernel/panic_on_oops"));
	policy_value_explain(policy_switch_find("sysrq"), "438", names, sizeof(names));
	assert_string_equal(names, "loglevel,keyboard,sync,remount,boot,nice");
}

static void set_and_undo(void **state)
{
	_cleanup_sysctl_changes_ struct sysctl_changes set_changes = { 0 }, undone = { 0 };
	const char *const words[] = { "panic_on_oops=1", "kernel.panic=-10" };
	_cleanup_buf_ struct buf file = { 0 };
	struct root r;

	made_kernel(&r);
	assert_int_equal(sysctl_set(&r, words, 2, &nothing_special, &set_changes, NULL), 0);
	assert_int_equal(set_changes.count, 2);
	assert_string_equal(change_of(&set_changes, "panic_on_oops")->before, "0");
	assert_running(&r, "panic_on_oops", "1");
	assert_running(&r, "panic", "-10");
	assert_int_equal(root_read_file(&r, SYSCTL_FILE, 4096, &file), 0);
	assert_non_null(strstr(file.data, "\nkernel.panic_on_oops = 1\nkernel.panic = -10\n"));
	/* A second set keeps the first, and the values of before. */
	assert_int_equal(set(&r, "panic=5"), 0);
	assert_int_equal(sysctl_undo(&r, &nothing_special, &undone, NULL), 0);
	assert_int_equal(undone.count, 2);
	assert_running(&r, "panic_on_oops", "0");
	assert_running(&r, "panic", "0");
	assert_false(exists(&r, SYSCTL_FILE));
	assert_false(exists(&r, SYSCTL_BEFORE));
	made_root_remove(&r);
}

static void undo_leaves_what_others_changed(void **state)
{
	_cleanup_sysctl_changes_ struct sysctl_changes c = { 0 };
	struct root r;

	made_kernel(&r);
	assert_int_equal(set(&r, "panic_on_oops=1"), 0);
	assert_int_equal(set(&r, "panic=5"), 0);
	made_file(&r, "/proc/sys/kernel/panic", "7\n");
	assert_int_equal(sysctl_undo(&r, &nothing_special, &c, NULL), 0);
	assert_int_equal(change_of(&c, "panic_on_oops")->outcome, SYSCTL_RESTORED);
	assert_int_equal(change_of(&c, "panic")->outcome, SYSCTL_LEFT);
	assert_running(&r, "panic", "7");
	made_root_remove(&r);
}

static void all_or_nothing(void **state)
{
	const char *const wrong_value[] = { "panic_on_oops=1", "panic=soon" };
	const char *const absent[] = { "panic_on_oops=1", "panic_on_warn=1" };
	const char *const refused[] = { "panic_on_oops=1", "softlockup_panic=1" };
	_cleanup_sysctl_changes_ struct sysctl_changes c = { 0 };
	struct error e = { 0 };
	struct root r;

	made_kernel(&r);
	assert_int_equal(sysctl_set(&r, wrong_value, 2, &nothing_special, &c, &e), -EINVAL);
	assert_int_equal(sysctl_set(&r, absent, 2, &nothing_special, &c, &e), -ENOENT);
	assert_string_equal(e.text, "kernel.panic_on_warn is absent on this kernel");
	assert_running(&r, "panic_on_oops", "0");
	/* What is written there does not stay. */
	made_link(&r, "/proc/sys/kernel/softlockup_panic", "/dev/null");
	assert_int_equal(sysctl_set(&r, refused, 2, &nothing_special, &c, &e), -EIO);
	assert_running(&r, "panic_on_oops", "0");
	assert_false(exists(&r, SYSCTL_FILE));
	made_root_remove(&r);
}

static void dry_run(void **state)
{
	static const struct sysctl_options o = { .dry_run = true };
	_cleanup_sysctl_changes_ struct sysctl_changes c = { 0 };
	struct root r;

	made_kernel(&r);
	assert_int_equal(sysctl_preset(&r, PRESET_STRICT, &o, &c, NULL), 0);
	assert_int_equal(change_of(&c, "panic_on_oops")->outcome, SYSCTL_CHANGED);
	assert_running(&r, "panic_on_oops", "0");
	assert_false(exists(&r, SYSCTL_FILE));
	assert_false(exists(&r, SYSCTL_BEFORE));
	made_root_remove(&r);
}

static void preset(void **state)
{
	_cleanup_sysctl_changes_ struct sysctl_changes strict = { 0 }, normal = { 0 };
	_cleanup_buf_ struct buf file = { 0 };
	struct root r;

	made_kernel(&r);
	assert_int_equal(sysctl_preset(&r, PRESET_STRICT, &nothing_special, &strict, NULL), 0);
	assert_running(&r, "vm.panic_on_oom", "1");
	assert_running(&r, "softlockup_panic", "1");
	assert_int_equal(change_of(&strict, "panic_on_warn")->outcome, SYSCTL_ABSENT);
	assert_int_equal(root_read_file(&r, SYSCTL_FILE, 4096, &file), 0);
	assert_non_null(strstr(file.data, "\n-kernel.panic_on_warn = 1\n"));
	/* The next takes back what it does not set itself. */
	assert_int_equal(sysctl_preset(&r, PRESET_DEFAULT, &nothing_special, &normal, NULL), 0);
	assert_int_equal(change_of(&normal, "vm.panic_on_oom")->outcome, SYSCTL_RESTORED);
	assert_int_equal(change_of(&normal, "panic_on_oops")->outcome, SYSCTL_SAME);
	assert_running(&r, "vm.panic_on_oom", "0");
	assert_running(&r, "softlockup_panic", "0");
	assert_running(&r, "panic_on_oops", "1");
	made_root_remove(&r);
}

static void a_persons_word_stays(void **state)
{
	static const struct sysctl_options force = { .force = true };
	_cleanup_sysctl_changes_ struct sysctl_changes kept = { 0 }, forced = { 0 };
	_cleanup_sysctl_state_ struct sysctl_state s = { 0 };
	struct root r;

	made_kernel(&r);
	made_file(&r, "/etc/sysctl.d/10-mine.conf", "# no\nkernel.unknown_nmi_panic = 0\n");
	made_file(&r, "/usr/lib/sysctl.d/50-vendor.conf", "kernel.panic_on_oops = 0\n");
	assert_int_equal(sysctl_preset(&r, PRESET_DEFAULT, &nothing_special, &kept, NULL), 0);
	assert_int_equal(change_of(&kept, "unknown_nmi_panic")->outcome, SYSCTL_KEPT);
	assert_string_equal(change_of(&kept, "unknown_nmi_panic")->why,
			    "/etc/sysctl.d/10-mine.conf:2 says 0");
	assert_int_equal(change_of(&kept, "panic_on_oops")->outcome, SYSCTL_CHANGED);
	assert_running(&r, "unknown_nmi_panic", "0");
	assert_int_equal(sysctl_preset(&r, PRESET_DEFAULT, &force, &forced, NULL), 0);
	assert_running(&r, "unknown_nmi_panic", "1");
	assert_int_equal(sysctl_read(&r, &s, NULL), 0);
	assert_true(sysctl_find(&s, "unknown_nmi_panic")->boot_ours);
	made_root_remove(&r);
}

static void who_has_the_last_word(void **state)
{
	_cleanup_sysctl_changes_ struct sysctl_changes c = { 0 };
	_cleanup_sysctl_state_ struct sysctl_state s = { 0 };
	const char *word = "panic=5";
	struct root r;

	made_kernel(&r);
	made_file(&r, "/usr/lib/sysctl.d/99-late.conf", "kernel.panic=1\n");
	made_file(&r, "/run/sysctl.d/99-late.conf", "\n; kernel.panic=2\nkernel/panic =  3 \n");
	made_file(&r, "/etc/sysctl.d/98-hidden.conf.dpkg-old", "kernel.panic=4\n");
	assert_int_equal(sysctl_set(&r, &word, 1, &nothing_special, &c, NULL), 0);
	assert_string_equal(c.items[0].why, "/run/sysctl.d/99-late.conf:3 sets 3 at the next boot");
	assert_int_equal(sysctl_read(&r, &s, NULL), 0);
	assert_string_equal(sysctl_find(&s, "panic")->boot, "3");
	assert_string_equal(sysctl_find(&s, "panic")->boot_place, "/run/sysctl.d/99-late.conf:3");
	assert_string_equal(sysctl_find(&s, "panic")->ours, "5");
	assert_false(sysctl_find(&s, "panic")->boot_ours);
	made_root_remove(&r);
}

static void patterns_and_exemptions(void **state)
{
	static const char text[] = "kernel.panic_on_* = 1\n"
				   "-kernel.panic_on_oops\n"
				   "kernel.panic_on_warn = 0\n"
				   "kernel.*_panic=2\n"
				   "no assignment\n"
				   "-kernel.panic = 4";
	_cleanup_sysctl_lines_ struct sysctl_lines l = { 0 };

	assert_int_equal(sysctl_lines_parse(&l, text, strlen(text), "/x", true), 0);
	assert_int_equal(l.count, 5);
	assert_null(sysctl_lines_find(&l, "kernel.panic_on_oops", NULL));
	assert_string_equal(sysctl_lines_find(&l, "kernel.panic_on_warn", NULL)->value, "0");
	assert_string_equal(sysctl_lines_find(&l, "kernel.panic_on_io_nmi", NULL)->value, "1");
	assert_string_equal(sysctl_lines_find(&l, "kernel.hung_task_panic", NULL)->value, "2");
	assert_string_equal(sysctl_lines_find(&l, "kernel.panic", NULL)->value, "4");
	assert_null(sysctl_lines_find(&l, "kernel.panic", "/x"));
}

static bool noted(const struct root *r, const char *words)
{
	_cleanup_sysctl_state_ struct sysctl_state s = { 0 };
	_cleanup_buf_ struct buf notes = { 0 };

	assert_int_equal(sysctl_read(r, &s, NULL), 0);
	assert_int_equal(sysctl_notes(&s, &notes), 0);
	return notes.data && strstr(notes.data, words);
}

static void notes(void **state)
{
	static const struct {
		const char *file, *quiet, *firing, *words;
	} cases[] = {
		{ "/proc/sys/kernel/panic", "0", "10", "kernel.panic: while a capture kernel" },
		{ "/proc/sys/kernel/panic_on_oops", "1", "0", "kernel.panic_on_oops is 0" },
		{ "/proc/sys/kernel/hardlockup_panic", "0", "1", "kernel.hardlockup_panic has no" },
		{ "/proc/sys/kernel/panic_print", "0", "9", "kernel.panic_print is moot" },
		{ "/proc/sys/kernel/panic_sys_info", "", "tasks", "kernel.panic_print is moot" },
		{ "/proc/sys/vm/panic_on_oom", "1", "2", "vm.panic_on_oom is 2" },
		{ "/proc/cmdline", "xcrash_kexec_post_notifiers quiet",
		  "quiet crash_kexec_post_notifiers", "crash_kexec_post_notifiers" },
	};
	struct root r;

	made_kernel(&r);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		made_file(&r, cases[i].file, cases[i].firing);
		assert_true(noted(&r, cases[i].words));
		made_file(&r, cases[i].file, cases[i].quiet);
		assert_false(noted(&r, cases[i].words));
	}
	made_root_remove(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(the_table_keeps_its_own_rules),
		cmocka_unit_test(set_and_undo),
		cmocka_unit_test(undo_leaves_what_others_changed),
		cmocka_unit_test(all_or_nothing),
		cmocka_unit_test(dry_run),
		cmocka_unit_test(preset),
		cmocka_unit_test(a_persons_word_stays),
		cmocka_unit_test(who_has_the_last_word),
		cmocka_unit_test(patterns_and_exemptions),
		cmocka_unit_test(notes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

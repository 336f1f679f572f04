/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "doctor_made.h"

#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arm/doctor/prometheus.h"

#include "../test.h"
#include "doctor_healthy.h"

#define CHECKS_MAX 200

struct answers answers;

void made_mode(const struct root *r, const char *path, unsigned mode)
{
	assert_int_equal(fchmodat(r->fd, root_relative(path), mode, 0), 0);
}

void made_edits(const struct root *r, const struct edit *edits)
{
	for (size_t i = 0; i < EDITS && edits[i].path; i++) {
		const char *path = edits[i].path, *text = edits[i].text;

		if (!text && unlinkat(r->fd, root_relative(path), 0) < 0)
			assert_int_equal(unlinkat(r->fd, root_relative(path), AT_REMOVEDIR), 0);
		if (!text)
			continue;
		if (strncmp(text, "-> ", 3) == 0)
			made_link(r, path, text + 3);
		else if (strcmp(text, "/") == 0)
			made_dir(r, path);
		else
			made_file(r, path, text);
	}
}

static int fake_place(const struct root *root, const struct config_target *c, struct names *names,
		      struct place *ret, struct error *e)
{
	bool ssh = c->kind == CONFIG_TARGET_SSH;

	if (!ssh && c->kind != CONFIG_TARGET_NFS)
		return place_find(root, c, names, ret, e);
	if (answers.place_r < 0)
		return error_set(e, answers.place_r, "%s", answers.place_words);
	*ret = (struct place){ .path_given = c->path_given, .sshkey = c->sshkey };
	ret->target = (struct plan_target){
		.kind = ssh ? PLAN_TARGET_SSH : PLAN_TARGET_NFS,
		.server = strdup("10.0.0.5"),
		.share = strdup("/dumps"),
		.host = strdup("storage"),
		.user = strdup("kdump"),
		.port = 22,
		.path = strdup(c->path),
		.mount_options = strdup(""),
	};
	return 0;
}

static int fake_room(const struct root *root, const char *dir, struct room *ret)
{
	*ret = answers.room;
	return answers.room_r;
}

static int fake_write(const struct root *root, const char *dir)
{
	return answers.write_r;
}

static int fake_connect(const char *address, unsigned port)
{
	return answers.connect_r;
}

static void fake_nfs(const struct plan_target *t, struct nfs_trial *ret)
{
	*ret = answers.nfs;
}

static int fake_ssh(const struct plan_target *t, const struct place *p, const char *command,
		    struct buf *ret, struct error *e)
{
	if (answers.ssh_r < 0)
		return error_set(e, answers.ssh_r, "%s", answers.ssh);
	return buf_printf(ret, "%s", answers.ssh);
}

static int fake_log(const struct root *root, struct buf *ret)
{
	return buf_printf(ret, "%s", answers.log);
}

static int fake_ask(const char *const argv[], struct buf *ret)
{
	return buf_printf(ret, "%s", answers.asked);
}

static bool fake_clock(bool *ret_known)
{
	*ret_known = true;
	return answers.synchronised;
}

static const struct trials trials = {
	.root = true,
	.place = fake_place,
	.room = fake_room,
	.write = fake_write,
	.connect = fake_connect,
	.nfs = fake_nfs,
	.ssh = fake_ssh,
	.log = fake_log,
	.ask = fake_ask,
	.clock_synchronised = fake_clock,
};

static void reset_answers(void)
{
	answers = (struct answers){
		.room = { .bytes = GIB(20),
			  .total = GIB(40),
			  .files = 1000,
			  .files_limited = true },
		.nfs = { .step = NFS_DONE, .version = "4.2", .room = { .bytes = GIB(20) } },
		.ssh = "df /dev/sda1 41943040 10485760 31457280 25% /\ndone\n",
		.log = "",
		.asked = "",
		.synchronised = true,
	};
}

/* The worst of a check's findings that has the words. */
static const struct finding *find(const struct doctor *d, const char *id, enum finding_level level,
				  const char *words)
{
	for (size_t i = 0; i < d->count; i++) {
		const struct finding *f = &d->findings[i];

		if (strcmp(f->check->id, id) == 0 && f->level == level &&
		    (strstr(f->text, words) || strstr(f->evidence, words) || strstr(f->fix, words)))
			return f;
	}
	return NULL;
}

/* No finding of it, and it could be looked for. */
static void assert_silent(const struct doctor *d, const char *id)
{
	bool seen = false;

	for (size_t i = 0; i < d->count; i++) {
		const struct finding *f = &d->findings[i];

		if (strcmp(f->check->id, id) != 0)
			continue;
		seen = true;
		if (f->level != FINDING_OK)
			fail_msg("%s is not silent: %s: %s (%s)", id, finding_level_name(f->level),
				 f->text, f->evidence);
	}
	if (!seen)
		fail_msg("there is no check %s", id);
}

static void examine(const struct root *r, const struct check *const families[],
		    void (*tweak)(struct facts *f), struct facts *f, struct doctor *d)
{
	struct error e = { 0 };

	if (facts_find(r, &trials, MADE_NOW, f, &e) < 0)
		fail_msg("%s", error_text(&e));
	if (tweak)
		tweak(f);
	assert_int_equal(doctor_run(families, f, d, &e), 0);
	for (size_t i = 0; i < d->count; i++)
		assert_true(d->findings[i].level <= d->findings[i].check->level);
}

static void run_case(const struct doctor_case *c, const struct check *const families[])
{
	_cleanup_doctor_ struct doctor before = { 0 }, after = { 0 };
	_cleanup_facts_ struct facts facts_before = { 0 }, facts_after = { 0 };
	struct root r;

	reset_answers();
	made_healthy(&r);
	made_edits(&r, c->base);
	if (c->prepare)
		c->prepare(&r);
	made_armed(&r);
	examine(&r, families, c->tweak_base, &facts_before, &before);
	assert_silent(&before, c->id);
	made_edits(&r, c->broken);
	if (c->break_it)
		c->break_it(&r);
	examine(&r, families, c->tweak ?: c->tweak_base, &facts_after, &after);
	if (!find(&after, c->id, c->level, c->words)) {
		for (size_t i = 0; i < after.count; i++)
			if (strcmp(after.findings[i].check->id, c->id) == 0)
				print_message("%s: %s (%s)\n",
					      finding_level_name(after.findings[i].level),
					      after.findings[i].text, after.findings[i].evidence);
		fail_msg("%s does not fire with '%s'", c->id, c->words);
	}
	made_root_remove(&r);
}

static void run_cases(const struct doctor_case *cases, const struct check *const families[])
{
	for (const struct doctor_case *c = cases; c->id; c++)
		run_case(c, families);
}

static void test_machine(void **state)
{
	run_cases(cases_machine, doctor_families);
}

static void test_target(void **state)
{
	run_cases(cases_target, doctor_families);
}

static void test_servers(void **state)
{
	run_cases(cases_servers, doctor_families);
}

static void test_rest(void **state)
{
	run_cases(cases_rest, doctor_families);
}

static void test_server_side(void **state)
{
	run_cases(cases_server_side, doctor_server_families);
}

/* The whole machine: no finding of any kind, and nothing that could not be looked for. */
static void test_healthy(void **state)
{
	_cleanup_doctor_ struct doctor d = { 0 };
	_cleanup_facts_ struct facts f = { 0 };
	struct root r;

	reset_answers();
	made_healthy(&r);
	made_armed(&r);
	examine(&r, doctor_families, NULL, &f, &d);
	for (size_t i = 0; i < d.count; i++)
		if (d.findings[i].level != FINDING_OK)
			fail_msg("%s: %s (%s)", d.findings[i].check->id, d.findings[i].text,
				 d.findings[i].evidence);
	assert_int_equal(doctor_worst(&d), FINDING_OK);
	made_root_remove(&r);
}

/* Nothing at all is there: no check falls over. */
static void test_empty(void **state)
{
	_cleanup_doctor_ struct doctor d = { 0 };
	_cleanup_facts_ struct facts f = { 0 };
	struct root r;

	reset_answers();
	made_root_in_memory(&r);
	examine(&r, doctor_families, NULL, &f, &d);
	assert_int_equal(doctor_worst(&d), FINDING_FAILURE);
	made_root_remove(&r);
}

/* The text format of Prometheus, as promtool would have it: HELP and TYPE before the samples of a metric, each series once. */
static void test_prometheus(void **state)
{
	static const char sample[] =
		"^lastword_[a-z_]+([{]check=\"[a-z0-9-]+\",level=\"[a-z]+\"[}])? [0-9]+$";
	_cleanup_doctor_ struct doctor d = { 0 };
	_cleanup_facts_ struct facts f = { 0 };
	_cleanup_buf_ struct buf text = { 0 };
	char *rest, *line, type[100] = "", seen[32768] = "";
	regex_t is_sample;
	struct root r;

	reset_answers();
	made_healthy(&r);
	made_armed(&r);
	made_file(&r, "/var/crash/127.0.0.1-2026/vmcore", "four");
	examine(&r, doctor_families, NULL, &f, &d);
	assert_int_equal(prometheus_format(&d, &text), 0);
	assert_non_null(strstr(text.data, "\nlastword_armed 1\n"));
	assert_non_null(strstr(text.data, "\nlastword_dumps 1\n"));
	assert_non_null(strstr(text.data, "\nlastword_last_dump_bytes 4\n"));
	assert_non_null(
		strstr(text.data,
		       "\nlastword_doctor_findings{check=\"target-full\",level=\"failure\"} 0\n"));
	assert_int_equal(text.data[text.len - 1], '\n');
	assert_int_equal(regcomp(&is_sample, sample, REG_EXTENDED | REG_NOSUB), 0);
	rest = text.data;
	while ((line = strsep(&rest, "\n")) && *line) {
		char name[100];

		if (sscanf(line, "# HELP %99s", name) == 1)
			continue;
		if (sscanf(line, "# TYPE %99s gauge", type) == 1)
			continue;
		if (regexec(&is_sample, line, 0, NULL, 0) != 0)
			fail_msg("no sample: %s", line);
		assert_int_equal(strncmp(line, type, strlen(type)), 0);
		*strrchr(line, ' ') = '\0';
		snprintf(name, sizeof(name), "\n%.90s\n", line);
		if (strstr(seen, name))
			fail_msg("twice: %s", line);
		strncat(seen, name, sizeof(seen) - strlen(seen) - 1);
	}
	regfree(&is_sample);
	made_root_remove(&r);
}

/* The worst that a case makes of a check; FINDING_OK without a case. What cannot be looked for has not fired. */
static enum finding_level worst_case(const char *id)
{
	const struct doctor_case *const all[] = { cases_machine, cases_target, cases_servers,
						  cases_rest, cases_server_side };
	enum finding_level worst = FINDING_OK;

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		for (const struct doctor_case *c = all[i]; c->id; c++)
			if (strcmp(c->id, id) == 0 && c->level != FINDING_SKIPPED)
				worst = MAX(worst, c->level);
	return worst;
}

static size_t checks_of(const struct check *const families[], const struct check *ret[CHECKS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; families[i]; i++)
		for (const struct check *c = families[i]; c->id; c++) {
			assert_true(n < CHECKS_MAX);
			ret[n++] = c;
		}
	return n;
}

/* A case makes each check fire, as badly as it may, on a machine on which it was silent; no id is there twice. */
static void test_all_have_cases(void **state)
{
	const struct check *checks[2 * CHECKS_MAX];
	size_t n = checks_of(doctor_families, checks);

	n += checks_of(doctor_server_families, checks + n);
	for (size_t i = 0; i < n; i++) {
		enum finding_level worst = worst_case(checks[i]->id);

		if (worst != checks[i]->level)
			fail_msg("%s: its cases find at worst a %s, its row says %s", checks[i]->id,
				 finding_level_name(worst), finding_level_name(checks[i]->level));
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(checks[k]->id, checks[i]->id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_healthy),	    cmocka_unit_test(test_empty),
		cmocka_unit_test(test_machine),	    cmocka_unit_test(test_target),
		cmocka_unit_test(test_servers),	    cmocka_unit_test(test_rest),
		cmocka_unit_test(test_server_side), cmocka_unit_test(test_all_have_cases),
		cmocka_unit_test(test_prometheus),  cmocka_unit_test(test_exports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

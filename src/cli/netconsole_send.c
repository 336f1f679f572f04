/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/netconsole_send.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "base/io.h"
#include "base/parse.h"
#include "cli/netconsole.h"
#include "netconsole/probe.h"
#include "netconsole/sender_boot.h"
#include "netconsole/sender_configfs.h"
#include "netconsole/sender_manager.h"
#include "netconsole/sender_receiver.h"
#include "netconsole/sender_watch.h"

/* The kernel tells when an address moves; who is never spoken to is asked now and then. */
#define WATCH_PAUSE (60 * USEC_PER_SEC)

/* ---- finding them ---- */

static void say_notes(const struct buf *notes)
{
	const char *at = notes->data ?: "";

	while (*at) {
		size_t len = strcspn(at, "\n");

		say_error("note: %.*s", (int)len, at);
		at += len + (at[len] == '\n');
	}
}

/* The same again is no news, for who watches. */
static void say_failure(struct send_receiver *to, const struct error *e)
{
	const char *text = e ? error_text(e) : "";

	if (*text && strcmp(to->failure, text) != 0)
		say_error("netconsole: %s", text);
	snprintf(to->failure, sizeof(to->failure), "%s", text);
}

static int find_one(struct send *s, struct send_receiver *to, bool quiet)
{
	_cleanup_buf_ struct buf notes = { 0 };
	struct sender_path path = { 0 };
	struct error e = { 0 };
	int r = sender_receiver_find(to->word, &s->path, &notes, &path, &e);

	to->found = r == 0;
	if (r == 0) {
		to->ever = true;
		to->target = (struct sender_target){
			.path = path, .port = s->port, .extended = !s->basic, .release = !s->basic
		};
	}
	if (!quiet)
		say_notes(&notes);
	say_failure(to, r < 0 ? &e : NULL);
	return r;
}

static int find_all(struct send *s, bool quiet)
{
	int r = 0;

	for (size_t i = 0; i < s->count; i++) {
		int one = find_one(s, &s->receivers[i], quiet);

		r = one < 0 ? one : r;
	}
	return r;
}

int send_find(struct send *s)
{
	return find_all(s, false);
}

/* ---- saying it ---- */

static void target_name(size_t i, char ret[32])
{
	snprintf(ret, 32, SENDER_OURS "%zu", i);
}

static void describe(const struct sender_target *t, const char *what)
{
	char from[ADDRESS_TEXT_SIZE], to[ADDRESS_TEXT_SIZE], hop[ADDRESS_TEXT_SIZE];
	char mac[SENDER_MAC_TEXT];
	const struct address a = { .ip = t->path.from }, b = { .ip = t->path.hop };

	address_text(&a, from);
	address_text(&t->path.to, to);
	address_text(&b, hop);
	sender_mac_text(t->path.mac, mac);
	printf("%s port %u: %s by %s from %s, %s%s%s %s\n", to, t->path.to.port, what,
	       t->path.device, from, t->path.gateway ? "gateway " : "", t->path.gateway ? hop : "",
	       t->path.gateway ? "," : "MAC", mac);
}

static struct sender_names names_of(const struct send *s)
{
	return (struct sender_names){ .host = *s->host ? s->host : NULL,
				      .boot = *s->boot_id ? s->boot_id : NULL };
}

int send_plan(const struct send *s, struct error *e)
{
	const struct sender_names names = names_of(s);

	for (size_t i = 0; i < s->count; i++) {
		_cleanup_buf_ struct buf b = { 0 };
		char name[32];

		target_name(i, name);
		if (sender_plan(name, &s->receivers[i].target, &names, &b) < 0)
			return error_errno(e, -ENOMEM, "plan");
		describe(&s->receivers[i].target, "would be sent to");
		fputs(b.data, stdout);
	}
	return 0;
}

static int make_string(const struct send *s, struct buf *ret, struct error *e)
{
	struct sender_target targets[SEND_RECEIVERS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < s->count; i++)
		if (s->receivers[i].found)
			targets[count++] = s->receivers[i].target;
	return sender_string(targets, count, ret, e);
}

int send_boot(const struct send *s, struct error *e)
{
	_cleanup_buf_ struct buf targets = { 0 }, text = { 0 }, notes = { 0 };
	const char *device = s->receivers[0].target.path.device;
	struct sender_boot boot;
	int r = make_string(s, &targets, e);

	for (size_t i = 0; i < s->count && r == 0; i++)
		r = sender_boot_look(&s->root, s->receivers[i].target.path.device, &boot, e);
	if (r == 0)
		r = sender_boot_look(&s->root, device, &boot, e);
	if (r < 0)
		return r;
	if (sender_boot_text(&boot, targets.data, &text) < 0 ||
	    sender_boot_notes(&boot, device, &notes) < 0)
		return error_errno(e, -ENOMEM, "netconsole=");
	fputs(text.data, stdout);
	say_notes(&notes);
	return 0;
}

void send_describe_keeping(const struct send *s, bool service)
{
	const char *last = "";

	for (size_t i = 0; i < s->count; i++) {
		const struct sender_path *p = &s->receivers[i].target.path;
		const struct sender_manager *m = sender_manager_find(&s->root, p->device, p->index);
		bool calls = m && sender_manager_calls(&s->root, m);

		if (strcmp(p->device, last) == 0)
			continue;
		last = p->device;
		printf("%s is brought up by %s%s%s%s\n", p->device,
		       m ? m->name : "nobody whom lastword knows", calls ? ", which calls " : "",
		       calls ? m->hook : "", calls ? " each time" : "");
		if (!calls && !service)
			say_error("note: nothing here sets it up at the next start: have `lastword "
				  "netconsole setup --kept` run when %s is up",
				  p->device);
	}
}

/* ---- doing it ---- */

static int enable_one(struct send *s, size_t i, bool quiet, struct error *e)
{
	const struct sender_names names = names_of(s);
	const struct sender_target *t = &s->receivers[i].target;
	bool changed = false;
	char name[32];
	int r;

	target_name(i, name);
	r = sender_enable(&s->root, name, t, &names, &changed, e);
	if (r == 0 && (changed || !quiet))
		describe(t, changed ? "sent to" : "was sent to already");
	return r;
}

/* Each that can be; the last failure is told. */
static int enable_all(struct send *s, bool quiet, struct error *e)
{
	int r = 0;

	for (size_t i = 0; i < s->count; i++) {
		int one = s->receivers[i].found ? enable_one(s, i, quiet, e) : 0;

		r = one < 0 ? one : r;
	}
	return r;
}

static int load_all(struct send *s, struct error *e)
{
	_cleanup_buf_ struct buf b = { 0 };
	int r = make_string(s, &b, e);

	if (r == 0)
		r = sender_kernel_load(b.data, e);
	for (size_t i = 0; r == 0 && i < s->count; i++)
		if (s->receivers[i].found)
			describe(&s->receivers[i].target, "sent to");
	return r;
}

/* Targets of ours behind the last one are of an earlier call. */
struct surplus {
	size_t count;
	char name[64];
};

static int find_surplus(void *user, const struct sender_shown *shown)
{
	struct surplus *s = user;
	uint64_t n;

	if (!shown->ours || parse_decimal(shown->name + strlen(SENDER_OURS), 1000000, &n) < 0 ||
	    n < s->count)
		return 0;
	strcpy(s->name, shown->name);
	return 1;
}

static int remove_surplus(struct send *s, struct error *e)
{
	struct surplus surplus = { .count = s->count };
	int r;

	while ((r = sender_each(&s->root, find_surplus, &surplus)) > 0) {
		r = sender_remove(&s->root, surplus.name, e);
		if (r < 0)
			return r;
	}
	return r < 0 ? error_errno(e, r, SENDER_CONFIGFS) : 0;
}

int send_apply(struct send *s, bool quiet, struct error *e)
{
	_cleanup_buf_ struct buf notes = { 0 };
	_cleanup_close_ int lock = -1;
	enum sender_kernel kernel = SENDER_DYNAMIC;
	int r = sender_kernel_prepare(&s->root, &kernel, e);

	if (r == 0 && kernel == SENDER_BUILT_IN) {
		r = send_boot(s, e);
		return r < 0 ? r
			     : error_set(e, -EOPNOTSUPP,
					 "netconsole is built into this kernel without "
					 "CONFIG_NETCONSOLE_DYNAMIC: "
					 "put that on the kernel's command line and start anew");
	}
	if (r < 0)
		return r;
	/* a hook of the network's and the service may come at once */
	lock = openat(s->root.fd, root_relative(SENDER_CONFIGFS),
		      O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock >= 0)
		(void)flock(lock, LOCK_EX);
	r = kernel == SENDER_DYNAMIC ? enable_all(s, quiet, e) : load_all(s, e);
	if (r == 0)
		r = remove_surplus(s, e);
	if (r == 0 && !quiet)
		r = sender_kernel_notes(&s->root, &notes);
	say_notes(&notes);
	return r;
}

int send_probe(const struct send *s, struct error *e)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct sender_target *t = &s->receivers[i].target;
		char to[ADDRESS_TEXT_SIZE];
		int r = probe_try(t, e);

		if (r < 0)
			return r;
		address_text(&t->path.to, to);
		printf("%s port %u: the test message was seen\n", to, t->path.to.port);
	}
	return 0;
}

/* ---- going on ---- */

static bool is_any_found(const struct send *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->receivers[i].found)
			return true;
	return false;
}

int send_again(struct send *s)
{
	struct error e = { 0 };
	int r = find_all(s, true), done = is_any_found(s) ? send_apply(s, true, &e) : r;

	if (done < 0 && is_any_found(s))
		say_error("netconsole: %s", error_text(&e));
	fflush(stdout);
	return done < 0 ? done : r;
}

int send_watch(struct send *s, struct error *e)
{
	_cleanup_sender_watch_ struct sender_watch w = SENDER_WATCH_NONE;
	int r = sender_watch_open(&w, e);

	while (r == 0 || r == -ETIMEDOUT) {
		struct sender_watched watched[SEND_RECEIVERS_MAX];

		(void)!send_again(s);
		for (size_t i = 0; i < s->count; i++)
			watched[i] = (struct sender_watched){
				.path = s->receivers[i].ever ? &s->receivers[i].target.path : NULL,
				.found = s->receivers[i].found
			};
		r = sender_watch_wait(&w, watched, s->count, clock_now() + WATCH_PAUSE);
	}
	return e->code ? r : error_errno(e, r, "the news of the network");
}

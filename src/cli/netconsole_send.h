/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* All receivers of one `lastword netconsole setup`, and what is done with them. Says what it finds and does. */
#include "base/root.h"
#include "netconsole/sender_kernel.h"
#include "netconsole/sender_path.h"
#include "netconsole/sender_target.h"

#define SEND_RECEIVERS_MAX 16

struct send_receiver {
	const char *word;
	struct sender_target target; /* of the last time that its way was found */
	bool ever, found;	     /* its way was, at some time and the last time */
	char failure[500];	     /* what was said about it last; "": nothing */
};

struct send {
	struct root root;
	struct sender_path_options path;
	bool basic;
	uint16_t port; /* ours */
	char host[SENDER_NAME_SIZE], boot_id[SENDER_NAME_SIZE];
	struct send_receiver receivers[SEND_RECEIVERS_MAX];
	size_t count;
};

/* The ways to all of them. What is wrong with each is said; the last code is returned. */
int send_find(struct send *s);

/* What would be written; the receivers have been found. */
int send_plan(const struct send *s, struct error *e) _must_check_;

/* The same for messages of the start. */
int send_boot(const struct send *s, struct error *e) _must_check_;

/* Tells the kernel of those that have been found. quiet: only changes are said. */
int send_apply(struct send *s, bool quiet, struct error *e) _must_check_;

/* Waits for the test message's answer of each. */
int send_probe(const struct send *s, struct error *e) _must_check_;

/* Who of the system brings their interfaces up, and what makes this last. service: systemd starts ours. */
void send_describe_keeping(const struct send *s, bool service);

/* Once, for what can be found. */
int send_again(struct send *s);

/* For ever: what changes is set up anew, what fails is tried again. */
int send_watch(struct send *s, struct error *e);

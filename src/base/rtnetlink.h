/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * rtnetlink(7), as much as it takes to read and to set up a machine's network: messages are built, sent and answered for one
 * at a time. No memory is allocated. What the kernel answers is measured before it is used.
 */
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "base/clock.h"
#include "base/error.h"

/* include/uapi/linux/if_link.h since 5.6, for headers that are older */
#ifndef IFLA_PERM_ADDRESS
#define IFLA_PERM_ADDRESS 54
#endif

struct rtnl {
	int fd;
	uint32_t sequence;
};

/* groups: RTMGRP_… to be told about, 0 for none. */
int rtnl_open(unsigned groups, struct rtnl *ret, struct error *e) _must_check_;
void rtnl_close(struct rtnl *n);

#define _cleanup_rtnl_ _cleanup_(rtnl_close)

#define RTNL_MESSAGE_MAX 2048

/* A request being built. What does not fit is remembered and told by rtnl_call(). */
struct rtnl_message {
	union {
		struct nlmsghdr header;
		char bytes[RTNL_MESSAGE_MAX];
	};
	bool overflow;
};

/* `fixed` is the type's own struct: ifinfomsg, ifaddrmsg, rtmsg. */
void rtnl_message_begin(struct rtnl_message *m, uint16_t type, uint16_t flags, const void *fixed,
			size_t len);
void rtnl_put(struct rtnl_message *m, uint16_t type, const void *data, size_t len);
void rtnl_put_u32(struct rtnl_message *m, uint16_t type, uint32_t value);
void rtnl_put_string(struct rtnl_message *m, uint16_t type, const char *value);

/* An attribute that holds others, until rtnl_nest_end() with what this returns. */
struct rtattr *rtnl_nest(struct rtnl_message *m, uint16_t type);
void rtnl_nest_end(struct rtnl_message *m, struct rtattr *nest);

/* Sends it; 0 or the kernel's own errno, without words. */
int rtnl_call(struct rtnl *n, struct rtnl_message *m) _must_check_;

/* One message of an answer or an event; returns a negative errno to stop. */
typedef int (*rtnl_emit)(void *user, const struct nlmsghdr *header);

/* Sends it and hands on the messages of the answer: those of a dump, or the one of a query. */
int rtnl_query(struct rtnl *n, struct rtnl_message *m, rtnl_emit emit, void *user) _must_check_;

/* The next events, waited for until the deadline of clock_now(). -ETIMEDOUT. */
int rtnl_wait(struct rtnl *n, usec_t deadline, rtnl_emit emit, void *user) _must_check_;

/* An attribute of a message whose fixed part is `fixed` bytes, or NULL: where it is absent or shorter than min. */
const struct rtattr *rtnl_attribute(const struct nlmsghdr *header, size_t fixed, uint16_t type,
				    size_t min);

/* An attribute inside another one. */
const struct rtattr *rtnl_nested(const struct rtattr *nest, uint16_t type, size_t min);

/* The fixed part, NULL where the message is shorter. */
const void *rtnl_fixed(const struct nlmsghdr *header, size_t len);

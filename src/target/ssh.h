/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Commands on a server through the distribution's own ssh, in both kernels: arm tries what capture will do. */
#include "base/process.h"
#include "plan/plan.h"

#define SSH_PROGRAM "/usr/bin/ssh"

/* "'it'\''s'": a word for the server's shell. Newly allocated. */
char *ssh_quote(const char *word);

/* Begins a command; its input and output are the process's. key and known_hosts: files in this kernel. */
int ssh_start(const struct plan_target *t, const char *key, const char *known_hosts,
	      const char *command, struct process *ret, struct error *e) _must_check_;

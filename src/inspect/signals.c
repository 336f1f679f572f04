/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/signals.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define RTMIN 32 /* arch/x86/include/uapi/asm/signal.h */

/* arch/x86/include/uapi/asm/signal.h */
static const struct {
	const char *name, *other;
} names[RTMIN] = {
	[1] = { "SIGHUP", NULL },     [2] = { "SIGINT", NULL },	      [3] = { "SIGQUIT", NULL },
	[4] = { "SIGILL", NULL },     [5] = { "SIGTRAP", NULL },      [6] = { "SIGABRT", "SIGIOT" },
	[7] = { "SIGBUS", NULL },     [8] = { "SIGFPE", NULL },	      [9] = { "SIGKILL", NULL },
	[10] = { "SIGUSR1", NULL },   [11] = { "SIGSEGV", NULL },     [12] = { "SIGUSR2", NULL },
	[13] = { "SIGPIPE", NULL },   [14] = { "SIGALRM", NULL },     [15] = { "SIGTERM", NULL },
	[16] = { "SIGSTKFLT", NULL }, [17] = { "SIGCHLD", "SIGCLD" }, [18] = { "SIGCONT", NULL },
	[19] = { "SIGSTOP", NULL },   [20] = { "SIGTSTP", NULL },     [21] = { "SIGTTIN", NULL },
	[22] = { "SIGTTOU", NULL },   [23] = { "SIGURG", NULL },      [24] = { "SIGXCPU", NULL },
	[25] = { "SIGXFSZ", NULL },   [26] = { "SIGVTALRM", NULL },   [27] = { "SIGPROF", NULL },
	[28] = { "SIGWINCH", NULL },  [29] = { "SIGIO", "SIGPOLL" },  [30] = { "SIGPWR", NULL },
	[31] = { "SIGSYS", NULL },
};

void signal_name(unsigned sig, bool both, char ret[SIGNAL_NAME_SIZE])
{
	const unsigned middle = (RTMIN + SIGNALS) / 2;

	if (sig < RTMIN)
		snprintf(ret, SIGNAL_NAME_SIZE, "%s%s%s", names[sig].name ? names[sig].name : "",
			 both && names[sig].other ? "/" : "",
			 both && names[sig].other ? names[sig].other : "");
	else if (sig == RTMIN || sig >= SIGNALS)
		snprintf(ret, SIGNAL_NAME_SIZE, "%s", sig == RTMIN ? "SIGRTMIN" : "SIGRTMAX");
	else if (sig <= middle)
		snprintf(ret, SIGNAL_NAME_SIZE, "SIGRTMIN+%u", sig - RTMIN);
	else
		snprintf(ret, SIGNAL_NAME_SIZE, "SIGRTMAX-%u", SIGNALS - sig);
}

void signals_set(uint64_t set, char ret[SIGNALS_SIZE])
{
	char name[SIGNAL_NAME_SIZE];
	size_t len = 0;

	ret[0] = '\0';
	for (unsigned sig = 1; sig <= SIGNALS && len < SIGNALS_SIZE; sig++) {
		if (!(set >> (sig - 1) & 1))
			continue;
		signal_name(sig, false, name);
		len += snprintf(ret + len, SIGNALS_SIZE - len, "%s%s", len ? " " : "", name);
	}
}

/* include/uapi/asm-generic/signal-defs.h, in crash's order */
static const struct {
	uint64_t bit;
	const char *name;
} flag_names[] = {
	{ 0x00000001, "SA_NOCLDSTOP" },	     { 0x00000002, "SA_NOCLDWAIT" },
	{ 0x00000004, "SA_SIGINFO" },	     { 0x00000400, "SA_UNSUPPORTED" },
	{ 0x00000800, "SA_EXPOSE_TAGBITS" }, { 0x04000000, "SA_RESTORER" },
	{ 0x08000000, "SA_ONSTACK" },	     { 0x10000000, "SA_RESTART" },
	{ 0x20000000, "SA_INTERRUPT" },	     { 0x40000000, "SA_NODEFER" },
	{ 0x80000000, "SA_RESETHAND" },
};

void signals_action_flags(uint64_t flags, char ret[SIGNALS_SIZE])
{
	size_t len = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(flag_names); i++)
		if (flags & flag_names[i].bit)
			len += snprintf(ret + len, SIGNALS_SIZE - len, "%s%s", len ? "|" : "",
					flag_names[i].name);
}

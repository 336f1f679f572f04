/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "signature/oops.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "signature/oops_block.h"

/* Blocks of as many callers may be open at once. */
#define OPEN_MAX 4

/* How many lines that say nothing to us may stand between a reason and its trace; a lockdep report has many. */
#define HEADER_LINES 40
#define HEADER_LINES_LOCKDEP 200
/* The same after a trace: "---[ end trace ]---" is followed by the registers again. */
#define TAIL_LINES 2

#define CUT_HERE "------------[ cut here ]"
#define NSEC_PER_SEC UINT64_C(1000000000)

enum phase {
	CUT,	/* "cut here": the words of a warning may come */
	HEADER, /* the reason is known, its trace is to come */
	TRACE,
	TAIL,	/* after the trace */
	SILENT, /* traces of others: their text is kept, their frames are not */
};

struct open {
	struct oops *o; /* NULL: free */
	char caller[OOPS_CALLER_SIZE];
	enum phase phase;
	enum oops_section section;
	bool user;	     /* the last RIP line was of user space: so are registers and code */
	bool others;	     /* the next trace is of the kthread that should have ended the stall */
	unsigned idle_lines; /* since a line that we know */
	uint64_t time_ns;    /* of that line */
	uint64_t order;
};

struct oops_parser {
	struct open open[OPEN_MAX];
	uint64_t order;
	char line[OOPS_LINE_SIZE];
};

int oops_parser_new(struct oops_parser **ret)
{
	struct oops_parser *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	*ret = p;
	return 0;
}

struct oops_parser *oops_parser_free(struct oops_parser *p)
{
	for (size_t i = 0; p && i < OPEN_MAX; i++)
		oops_free(p->open[i].o);
	free(p);
	return NULL;
}

static bool begins(const char *s, const char *start)
{
	return strncmp(s, start, strlen(start)) == 0;
}

static const char *skip_blanks(const char *s)
{
	return s + strspn(s, " \t");
}

/* ---- open blocks ---- */

/* The block as its user gets it; NULL where it turned out to be none. */
static struct oops *close_block(struct open *b)
{
	struct oops *o = TAKE_PTR(b->o);

	oops_block_finish(o);
	return b->phase == CUT ? oops_free(o) : o;
}

static struct open *find_open(struct oops_parser *p, const char *caller)
{
	for (size_t i = 0; i < OPEN_MAX; i++)
		if (p->open[i].o && strcmp(p->open[i].caller, caller) == 0)
			return &p->open[i];
	return NULL;
}

/* A free place, or that of the oldest block, which then is whole. */
static struct open *make_room(struct oops_parser *p, struct oops **ret_whole)
{
	struct open *oldest = &p->open[0];

	for (size_t i = 0; i < OPEN_MAX; i++) {
		if (!p->open[i].o)
			return &p->open[i];
		if (p->open[i].order < oldest->order)
			oldest = &p->open[i];
	}
	*ret_whole = close_block(oldest);
	return oldest;
}

static int open_block(struct oops_parser *p, const struct oops_prefix *at, enum phase phase,
		      struct open **ret_b, struct oops **ret_whole)
{
	struct open *b;
	struct oops *o;
	int err = oops_block_new(at->time_ns, &o);

	if (err < 0)
		return err;
	b = make_room(p, ret_whole);
	*b = (struct open){ .o = o, .phase = phase, .time_ns = at->time_ns, .order = p->order++ };
	snprintf(b->caller, sizeof(b->caller), "%s", at->caller);
	*ret_b = b;
	return 0;
}

/* ---- the reason ---- */

/* "INFO: task NAME:PID blocked for more than": a name may have colons. */
static void take_blocked_task(struct oops *o, const char *line)
{
	const char *start = strstr(line, "INFO: task "), *end = strstr(line, " blocked ");
	const char *colon = NULL;
	uint64_t pid;
	char name[64];

	if (!start || !end)
		return;
	start += strlen("INFO: task ");
	for (const char *s = start; s < end; s++)
		if (*s == ':')
			colon = s;
	if (!colon)
		return;
	snprintf(name, sizeof(name), "%.*s", (int)(end - colon - 1), colon + 1);
	if (parse_decimal(name, INT32_MAX, &pid) < 0)
		return;
	o->pid = (int64_t)pid;
	snprintf(name, sizeof(name), "%.*s", (int)MIN(colon - start, (ptrdiff_t)63), start);
	oops_block_set(o, &o->comm, name);
}

/* A number behind what; -1 where there is none. */
static int64_t number_after(const char *line, const char *what)
{
	const char *s = strstr(line, what);
	int64_t v = 0;

	if (!s)
		return -1;
	s = skip_blanks(s + strlen(what));
	if (!isdigit((unsigned char)*s))
		return -1;
	for (; isdigit((unsigned char)*s) && v < INT32_MAX; s++)
		v = v * 10 + (*s - '0');
	return v;
}

/* "BUG: soft lockup - CPU#0 stuck for 22s! [NAME:PID]" */
static void take_locked_task(struct oops *o, const char *line)
{
	const char *start = strrchr(line, '['), *colon = strrchr(line, ':');
	char name[64];

	o->cpu = number_after(line, "CPU#");
	if (!start || !colon || colon < start)
		return;
	o->pid = number_after(colon, ":");
	snprintf(name, sizeof(name), "%.*s", (int)MIN(colon - start - 1, (ptrdiff_t)63), start + 1);
	oops_block_set(o, &o->comm, name);
}

/* "WARNING: CPU: 0 PID: 1 at …", "WARNING: mm/slub.c:123 at f+0x1/0x2, CPU#0: NAME/1" */
static void take_warned(struct oops *o, const char *line)
{
	const char *slash = strrchr(line, '/');

	o->cpu = number_after(line, "CPU: ");
	o->pid = number_after(line, "PID: ");
	if (o->cpu >= 0 || !strstr(line, ", CPU#") || !slash)
		return;
	o->cpu = number_after(line, ", CPU#");
	o->pid = number_after(slash, "/");
}

static void take_subject(struct oops *o, const char *line)
{
	if (strcmp(o->kind, "hung-task") == 0)
		take_blocked_task(o, line);
	else if (strcmp(o->kind, "soft-lockup") == 0)
		take_locked_task(o, line);
	else if (strcmp(o->kind, "hard-lockup") == 0)
		o->cpu = number_after(line, "LOCKUP on cpu ");
	else if (strcmp(o->kind, "warning") == 0)
		take_warned(o, line);
}

static void add_reason(struct open *b, const struct death *d, const char *line)
{
	bool first = !oops_block_death(b->o);

	oops_block_add_words(b->o, d, line);
	if (first && d && !b->o->panic)
		take_subject(b->o, line);
	if (d)
		b->phase = HEADER;
}

/* More words of a reason, such as what KASAN saw. */
static bool is_detail(const char *line)
{
	static const char *const details[] = {
		"Read of size ", "Write of size ", "Invalid read at ", "Invalid write at ",
		"#PF: ",	 "KASAN: ",	   "Oops: ",	       "index ",
	};

	for (size_t i = 0; i < ARRAY_SIZE(details); i++)
		if (begins(line, details[i]))
			return true;
	return false;
}

/* ---- what a line of an open block says ---- */

/* After a trace of others comes that of the death. */
static void await_own_trace(struct open *b)
{
	b->others = false;
	if (b->o->count == 0)
		b->phase = HEADER;
}

static bool take_fact(struct open *b, const char *line)
{
	struct oops *o = b->o;
	struct oops_line_cpu cpu;
	struct oops_word taint, release;
	const char *s = skip_blanks(line);

	if (oops_line_is_cpu(s, &cpu)) {
		if (b->others && cpu.cpu == o->cpu)
			await_own_trace(b);
		oops_block_add_cpu(o, &cpu);
		return true;
	}
	if (begins(s, "Hardware name: ")) {
		oops_block_set(o, &o->hardware, s + strlen("Hardware name: "));
		return true;
	}
	if (begins(s, "Modules linked in: ")) {
		oops_block_set(o, &o->modules, s + strlen("Modules linked in: "));
		return true;
	}
	if (begins(s, "Modules linked in:"))
		return true;
	if (begins(s, "Code: ")) {
		if (!b->user && !begins(s, "Code: Unable to access") && !begins(s, "Code: Bad RIP"))
			oops_block_set(o, &o->code, s + strlen("Code: "));
		return true;
	}
	if (oops_line_is_taint(s, &taint, &release)) {
		/* "Tainted: [W]=WARN" explains the letters, and is none. */
		if (release.len > 0)
			oops_block_add_taint(o, taint, release);
		return true;
	}
	return false;
}

static bool take_ip(struct open *b, const char *line)
{
	struct oops_line_frame f;

	if (!oops_line_is_ip(line, &f, &b->user))
		return false;
	if (b->user)
		return true;
	if (b->phase == HEADER)
		oops_block_add_ip(b->o, &f);
	else if (b->phase == TRACE)
		/* An interrupt or exception stopped it: it stands in the trace nowhere else. */
		oops_block_add_frame(b->o, &f, b->section);
	return true;
}

static bool take_regs(struct open *b, const char *line)
{
	struct oops_line_reg regs[OOPS_LINE_REGS];
	size_t count = oops_line_regs(line, regs);

	/* User space's are of use where there are no others. */
	if (b->user && b->o->has_ip)
		return count > 0;
	for (size_t i = 0; i < count; i++)
		oops_block_add_reg(b->o, &regs[i]);
	return count > 0;
}

static bool is_trace_start(const char *line)
{
	return begins(line, "Call Trace:") || begins(line, "Call trace:") ||
	       begins(line, "Backtrace:");
}

/* A trace line. *ret_frame: it was a function, or the name of a stack. */
static bool take_trace(struct open *b, const char *line)
{
	struct oops_line_frame f;

	if (oops_line_is_section(line, &b->section))
		return true;
	if (!oops_line_is_frame(line, &f))
		return false;
	if (b->phase == TRACE)
		oops_block_add_frame(b->o, &f, b->section);
	return true;
}

/* The block's last line. */
static bool is_end(const char *line)
{
	static const char *const ends[] = {
		"---[ end Kernel panic",
		"Kernel Offset: ",
		"Rebooting in ",
		"==================",
		"Shutting down cpus with NMI",
	};

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (begins(line, ends[i]))
			return true;
	return false;
}

/*
 * "rcu: <tab>1-...!: (1 GPs behind)" is the CPU that stalls; the kthread that waits for it may be shown before, and the CPU where
 * that one ran.
 */
static bool take_stall(struct open *b, const char *line)
{
	const char *s = begins(line, "rcu: ") ? line + strlen("rcu: ") : line;
	int64_t cpu;

	if (begins(s, "RCU grace-period kthread stack dump") ||
	    begins(s, "Stack dump where RCU GP kthread last ran")) {
		b->others = true;
		return true;
	}
	cpu = number_after(line, "NMI backtrace for cpu ");
	if (cpu >= 0) {
		b->others = b->o->cpu >= 0 && b->o->cpu != cpu;
		if (!b->others)
			await_own_trace(b);
		return true;
	}
	s = skip_blanks(s);
	if (b->o->cpu == -1 && isdigit((unsigned char)*s) && s[strspn(s, "0123456789")] == '-')
		b->o->cpu = number_after(s, "");
	return b->o->cpu >= 0 && begins(s, "(");
}

/* Their traces begin without saying so. */
static bool has_bare_trace(const struct open *b)
{
	static const char *const kinds[] = { "kfence", "kmsan", "kcsan" };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(b->o->kind, kinds[i]) == 0)
			return true;
	return false;
}

/* False: the line is of no sort that a block is made of. */
static bool take_known(struct open *b, const char *line)
{
	const char *s = skip_blanks(line);
	struct oops_line_frame f;

	if (is_trace_start(s)) {
		/* Of several traces the first is that of the death. */
		b->phase = !b->others && b->o->count == 0 ? TRACE : SILENT;
		b->section = OOPS_TASK;
		return true;
	}
	if (b->phase == HEADER && *line == ' ' && has_bare_trace(b) && oops_line_is_frame(line, &f))
		b->phase = TRACE;
	if (b->phase != HEADER && take_trace(b, line))
		return true;
	if (take_ip(b, s) || take_regs(b, s) || take_fact(b, s))
		return true;
	if (begins(s, "---[ end trace ")) {
		b->phase = TAIL;
		return true;
	}
	if (b->phase == HEADER && is_detail(s)) {
		oops_block_add_words(b->o, NULL, s);
		return true;
	}
	if (strcmp(b->o->kind, "rcu-stall") == 0 && take_stall(b, s))
		return true;
	return begins(s, "note: ") || begins(s, "task:") || begins(s, "NMI backtrace for cpu ") ||
	       (b->phase == HEADER && begins(s, CUT_HERE));
}

static unsigned idle_limit(const struct open *b)
{
	switch (b->phase) {
	case CUT:
		return 8;
	case HEADER:
	case SILENT:
		return strcmp(b->o->kind, "lockdep") == 0 ? HEADER_LINES_LOCKDEP : HEADER_LINES;
	case TRACE:
	case TAIL:
		return TAIL_LINES;
	}
	return 0;
}

/* A reason ends what was open, unless it says more of the same death. */
static bool starts_anew(const struct open *b, const struct death *d, uint64_t time_ns)
{
	const struct death *of;

	if (!b)
		return true;
	if (b->phase == CUT)
		return false;
	of = oops_block_death(b->o);
	/* Before 5.11 a warning that panics has no trace of its own. */
	if (b->phase == HEADER && death_follows(d, of->kind))
		return false;
	return b->phase != HEADER || of->grave == GRAVE_GOES_ON || d->grave == GRAVE_GOES_ON ||
	       of == d || death_is_panic(of) || death_is_panic(d) ||
	       time_ns > b->time_ns + NSEC_PER_SEC;
}

/* An NMI makes another CPU show its stack: that is the trace which the block waits for. */
static struct open *find_waiting(struct oops_parser *p, const char *caller, const char *line)
{
	if (!begins(line, "NMI backtrace for cpu "))
		return NULL;
	for (size_t i = 0; i < OPEN_MAX; i++) {
		struct open *b = &p->open[i];

		if (b->o && b->phase == HEADER &&
		    (strcmp(b->o->kind, "rcu-stall") == 0 ||
		     strcmp(b->o->kind, "hard-lockup") == 0)) {
			snprintf(b->caller, sizeof(b->caller), "%s", caller);
			return b;
		}
	}
	return NULL;
}

/* d NULL: the words of a warning may come. b: what was open before, which is whole then. */
static int start_block(struct oops_parser *p, struct open *b, const struct oops_prefix *at,
		       const char *line, const struct death *d, struct oops **ret)
{
	int err;

	if (b)
		*ret = close_block(b);
	err = open_block(p, at, d ? HEADER : CUT, &b, ret);
	if (err < 0)
		return err;
	oops_block_add_text(b->o, line);
	oops_block_mark(b->o);
	if (d)
		add_reason(b, d, line);
	return 0;
}

/* A line that only stands between: a few may. */
static struct oops *take_other(struct open *b, const char *line)
{
	oops_block_add_text(b->o, line);
	/* What a warning says itself. */
	if (b->phase == CUT && *line)
		oops_block_add_words(b->o, NULL, line);
	if (b->phase == TRACE)
		b->phase = TAIL;
	return ++b->idle_lines > idle_limit(b) || is_end(line) ? close_block(b) : NULL;
}

static int feed(struct oops_parser *p, const struct oops_prefix *at, const char *line,
		struct oops **ret)
{
	struct open *b = find_open(p, at->caller);
	const struct death *d = NULL;

	if (!b)
		b = find_waiting(p, at->caller, line);
	if (!b || b->phase == CUT || !take_known(b, line)) {
		d = death_of_line(line, NULL);
		if (d ? starts_anew(b, d, at->time_ns) : begins(line, CUT_HERE))
			return start_block(p, b, at, line, d, ret);
		if (!b)
			return 0;
		if (!d) {
			*ret = take_other(b, line);
			return 0;
		}
		add_reason(b, d, line);
	}
	oops_block_add_text(b->o, line);
	oops_block_mark(b->o);
	b->idle_lines = 0;
	b->time_ns = at->time_ns;
	return 0;
}

int oops_feed_record(struct oops_parser *p, uint64_t time_ns, const char *caller, const char *text,
		     size_t len, struct oops **ret)
{
	struct oops_prefix at = { .time_ns = time_ns };
	struct oops *whole = NULL;
	int err;

	snprintf(at.caller, sizeof(at.caller), "%s", caller ? caller : "");
	len = MIN(len, sizeof(p->line) - 1);
	for (size_t i = 0; i < len; i++)
		p->line[i] = iscntrl((unsigned char)text[i]) && text[i] != '\t' ? '?' : text[i];
	while (len > 0 && (p->line[len - 1] == ' ' || p->line[len - 1] == '\t'))
		len--;
	p->line[len] = '\0';
	err = feed(p, &at, p->line, &whole);
	if (err == 0)
		*ret = whole;
	else
		oops_free(whole);
	return err;
}

int oops_feed(struct oops_parser *p, const char *line, size_t len, struct oops **ret)
{
	struct oops_prefix at;

	oops_line_prefix(line, len, &at);
	return oops_feed_record(p, at.time_ns, at.caller, at.text, at.len, ret);
}

struct oops *oops_end(struct oops_parser *p)
{
	for (size_t i = 0; i < OPEN_MAX; i++) {
		struct oops *o = p->open[i].o ? close_block(&p->open[i]) : NULL;

		if (o)
			return o;
	}
	return NULL;
}

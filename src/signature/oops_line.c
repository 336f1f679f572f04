/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "signature/oops_line.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#define NSEC_PER_SEC UINT64_C(1000000000)

static const char *skip_blanks(const char *s)
{
	return s + strspn(s, " \t");
}

/* Passes what stands there; false leaves *s. */
static bool pass(const char **s, const char *literal)
{
	size_t len = strlen(literal);

	if (strncmp(*s, literal, len) != 0)
		return false;
	*s += len;
	return true;
}

static bool pass_number(const char **s, unsigned base, uint64_t *ret)
{
	const char *p = *s;
	uint64_t v = 0;

	for (; base == 16 ? isxdigit((unsigned char)*p) : isdigit((unsigned char)*p); p++) {
		unsigned digit = isdigit((unsigned char)*p) ? (unsigned)(*p - '0')
							    : (unsigned)(tolower(*p) - 'a' + 10);

		if (mul_overflow(v, base, &v) || add_overflow(v, digit, &v))
			return false;
	}
	if (p == *s)
		return false;
	*s = p;
	*ret = v;
	return true;
}

/* ---- before the text ---- */

/* The lines come with a length: what is copied here is short enough for any prefix. */
#define PREFIX_MAX 64

static bool pass_time(const char **s, uint64_t *ret_ns)
{
	const char *p = *s;
	uint64_t sec, fraction;

	if (!pass(&p, "["))
		return false;
	p = skip_blanks(p);
	if (pass_number(&p, 10, &sec) && sec < UINT64_MAX / NSEC_PER_SEC - 1 && pass(&p, ".") &&
	    pass_number(&p, 10, &fraction) && fraction < 1000000 && pass(&p, "]")) {
		*ret_ns = sec * NSEC_PER_SEC + fraction * 1000;
		*s = p;
		return true;
	}
	/* A date, as dmesg -T writes it: "[Sat Nov 21 06:28:38 2026]". */
	p = *s + 1;
	if (!isupper((unsigned char)p[0]) || !islower((unsigned char)p[1]) ||
	    !islower((unsigned char)p[2]) || p[3] != ' ')
		return false;
	p += strcspn(p, "]");
	if (!pass(&p, "]"))
		return false;
	*ret_ns = 0;
	*s = p;
	return true;
}

/* "[  T123]", "[    C0]"; printk writes it at once behind the time, those who read a dump's log after a blank */
static bool pass_caller(const char **s, char ret[OOPS_CALLER_SIZE])
{
	const char *p = *s, *start;
	size_t len;

	(void)pass(&p, " ");
	if (!pass(&p, "["))
		return false;
	start = skip_blanks(p);
	len = strcspn(start, "]");
	if ((*start != 'T' && *start != 'C') || !isdigit((unsigned char)start[1]) ||
	    start[len] != ']' || len >= OOPS_CALLER_SIZE || memchr(start, ' ', len))
		return false;
	memcpy(ret, start, len);
	ret[len] = '\0';
	*s = start + len + 1;
	return true;
}

void oops_line_prefix(const char *line, size_t len, struct oops_prefix *ret)
{
	struct oops_prefix p = { 0 };
	char start[PREFIX_MAX + 1];
	const char *s = start;
	uint64_t level;
	size_t used;

	used = MIN(len, (size_t)PREFIX_MAX);
	memcpy(start, line, used);
	start[used] = '\0';
	if (*s == '<') {
		s++;
		if (!pass_number(&s, 10, &level) || !pass(&s, ">"))
			s = start;
	}
	if (pass_time(&s, &p.time_ns)) {
		(void)pass_caller(&s, p.caller);
		(void)pass(&s, " ");
	}
	used = (size_t)(s - start);
	p.text = line + used;
	p.len = len - used;
	while (p.len > 0 && strchr("\r\n \t", p.text[p.len - 1]))
		p.len--;
	*ret = p;
}

/* ---- frames ---- */

/* "foo+0x12/0x34" */
static bool pass_symbol(const char **s, struct oops_line_frame *f)
{
	const char *p = *s;
	size_t len = strcspn(p, "+ \t[]()<>:");

	f->function = (struct oops_word){ p, len };
	p += len;
	if (len == 0 || !pass(&p, "+0x") || !pass_number(&p, 16, &f->offset) || !pass(&p, "/0x") ||
	    !pass_number(&p, 16, &f->size))
		return false;
	*s = p;
	return true;
}

/* " [module]", " [module 0123abcd…]" with a build id; " (P)" of arm64 says what the unwinder thought of it */
static bool pass_module(const char **s, struct oops_line_frame *f)
{
	const char *p = skip_blanks(*s);
	size_t len;

	if (*p == '[') {
		len = strcspn(++p, "] ");
		if (len == 0 || p[strcspn(p, "]")] != ']')
			return false;
		f->module = (struct oops_word){ p, len };
		p = skip_blanks(p + strcspn(p, "]") + 1);
	}
	if (*p == '(') {
		p += strcspn(p, ")");
		if (!pass(&p, ")"))
			return false;
	}
	*s = skip_blanks(p);
	return true;
}

static bool is_symbol_to_the_end(const char *s, struct oops_line_frame *f)
{
	return pass_symbol(&s, f) && pass_module(&s, f) && *s == '\0';
}

/* A symbol, or an address with none: a call through a bad pointer, or user space. */
static bool is_place_to_the_end(const char *s, struct oops_line_frame *f)
{
	if (pass(&s, "0x"))
		return pass_number(&s, 16, &f->addr) && !*skip_blanks(s);
	return is_symbol_to_the_end(s, f);
}

bool oops_line_is_frame(const char *s, struct oops_line_frame *ret)
{
	struct oops_line_frame f = { 0 };

	s = skip_blanks(s);
	if (pass(&s, "[<")) {
		(void)pass(&s, "0x");
		if (!pass_number(&s, 16, &f.addr) || !pass(&s, ">]"))
			return false;
		s = skip_blanks(s);
	}
	f.uncertain = pass(&s, "? ");
	if (!is_place_to_the_end(s, &f))
		return false;
	*ret = f;
	return true;
}

bool oops_line_is_ip(const char *s, struct oops_line_frame *ret, bool *ret_user)
{
	struct oops_line_frame f = { 0 };
	uint64_t selector;
	bool user = false;

	s = skip_blanks(s);
	if (pass(&s, "RIP: ")) {
		if (!pass_number(&s, 16, &selector) || !pass(&s, ":"))
			return false;
		user = (selector & 3) == 3;
	} else if (!pass(&s, "pc : ")) {
		return false;
	}
	if (!is_place_to_the_end(s, &f))
		return false;
	*ret = f;
	*ret_user = user;
	return true;
}

bool oops_line_is_section(const char *s, enum oops_section *ret)
{
	static const struct {
		const char *name;
		enum oops_section section;
	} sections[] = {
		{ "IRQ>", OOPS_IRQ },
		{ "SOFTIRQ>", OOPS_SOFTIRQ },
		{ "NMI>", OOPS_NMI },
		{ "#", OOPS_EXCEPTION },
	};
	size_t len;

	s = skip_blanks(s);
	len = strlen(s);
	if (len < 3 || len > 24 || s[0] != '<' || s[len - 1] != '>' || memchr(s, ' ', len))
		return false;
	*ret = OOPS_TASK;
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		if (strncmp(s + 1, sections[i].name, strlen(sections[i].name)) == 0)
			*ret = sections[i].section;
	return true;
}

/* ---- registers ---- */

static bool is_register(const char *name, size_t len)
{
	static const char *const known[] = {
		"EFLAGS", "ORIG_RAX", "FS", "GS", "knlGS", "CS", "DS", "ES", "SS", "PKRU", "sp",
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strlen(known[i]) == len && memcmp(known[i], name, len) == 0)
			return true;
	if (len == 3 && (name[0] == 'R' || name[0] == 'C' || name[0] == 'D'))
		return isupper((unsigned char)name[1]) || isdigit((unsigned char)name[1]);
	return (len == 2 || len == 3) && name[0] == 'x' && isdigit((unsigned char)name[1]);
}

size_t oops_line_regs(const char *s, struct oops_line_reg ret[OOPS_LINE_REGS])
{
	size_t count = 0;

	for (s = skip_blanks(s); *s; s = skip_blanks(s)) {
		struct oops_line_reg *r = &ret[count];
		size_t len = strcspn(s, ": ");

		if (count == OOPS_LINE_REGS || !is_register(s, len))
			return 0;
		r->name = (struct oops_word){ s, len };
		s = skip_blanks(s + len);
		if (!pass(&s, ":"))
			return 0;
		s = skip_blanks(s);
		if (!pass_number(&s, 16, &r->value))
			return 0;
		/* Of "0018:ffffc90000013e48" the selector is not kept; "(0000)" is one too. */
		if (*s == ':') {
			s++;
			if (!pass_number(&s, 16, &r->value))
				return 0;
		}
		if (*s == '(') {
			s += strcspn(s, ")");
			if (!pass(&s, ")"))
				return 0;
		}
		if (*s && *s != ' ')
			return 0;
		count++;
	}
	return count;
}

/* ---- who ---- */

static struct oops_word word_until(const char *start, const char *end)
{
	while (end > start && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return (struct oops_word){ start, (size_t)(end - start) };
}

bool oops_line_is_taint(const char *s, struct oops_word *ret_taint, struct oops_word *ret_release)
{
	const char *release;

	s = skip_blanks(s);
	release = s;
	if (pass(&release, "Tainted: "))
		release += strspn(release, " ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	else if (!pass(&release, "Not tainted "))
		return false;
	release = skip_blanks(release);
	*ret_taint = word_until(s, release);
	*ret_release = word_until(release, release + strlen(release));
	return true;
}

bool oops_line_is_cpu(const char *s, struct oops_line_cpu *ret)
{
	static const char *const after_comm[] = { " Kdump: ", " Not tainted ", " Tainted: " };
	struct oops_line_cpu c = { .cpu = -1, .pid = -1 };
	const char *end = NULL, *at;
	uint64_t n;

	s = skip_blanks(s);
	if (!pass(&s, "CPU: ") || !pass_number(&s, 10, &n) || n > INT32_MAX)
		return false;
	c.cpu = (int64_t)n;
	if (pass(&s, " UID: ") && !pass_number(&s, 10, &n))
		return false;
	if (!pass(&s, " PID: ") || !pass_number(&s, 10, &n) || n > INT32_MAX ||
	    !pass(&s, " Comm: "))
		return false;
	c.pid = (int64_t)n;
	for (size_t i = 0; i < ARRAY_SIZE(after_comm); i++) {
		at = strstr(s, after_comm[i]);
		if (at && (!end || at < end))
			end = at;
	}
	if (!end)
		end = s + strlen(s);
	c.comm = word_until(s, end);
	at = strstr(end, " Not tainted ");
	if (!at)
		at = strstr(end, " Tainted: ");
	if (at)
		(void)oops_line_is_taint(at, &c.taint, &c.release);
	*ret = c;
	return true;
}

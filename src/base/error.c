/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void append(struct error *e, size_t at, const char *fmt, ...) _printf_(3, 4);

static void append(struct error *e, size_t at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e->text + at, sizeof(e->text) - at, fmt, ap);
	va_end(ap);
}

int error_set(struct error *e, int code, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return code;
	e->code = code;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return code;
}

int error_errno(struct error *e, int code, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return code;
	e->code = code;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	append(e, strlen(e->text), ": %s", strerror(-code));
	return code;
}

int error_prefix(struct error *e, int code, const char *fmt, ...)
{
	char inner[sizeof(e->text)];
	va_list ap;

	if (!e)
		return code;
	if (!e->text[0])
		append(e, 0, "%s", strerror(-code));
	memcpy(inner, e->text, sizeof(inner));
	e->code = code;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	append(e, strlen(e->text), ": %s", inner);
	return code;
}

const char *error_text(const struct error *e)
{
	return e->text[0] ? e->text : strerror(-e->code);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"

const struct output_ops *const output_table[] = {
	&output_file,	&output_text,	 &output_json, &output_journal,
	&output_syslog, &output_program, NULL,
};

int output_open(const char *spec, struct output *ret, struct error *e)
{
	const char *colon = strchr(spec, ':');
	size_t len = colon ? (size_t)(colon - spec) : strlen(spec);
	int r;

	*ret = (struct output){ 0 };
	for (size_t i = 0; output_table[i] && !ret->ops; i++)
		if (strlen(output_table[i]->name) == len &&
		    memcmp(output_table[i]->name, spec, len) == 0)
			ret->ops = output_table[i];
	if (!ret->ops)
		return error_set(e, -EINVAL, "output '%s': there is no kind '%.*s'", spec, (int)len,
				 spec);
	ret->spec = strdup(spec);
	if (!ret->spec)
		return error_errno(e, -ENOMEM, "output '%s'", spec);
	r = ret->ops->open(colon ? colon + 1 : "", &ret->stats, &ret->state, e);
	if (r < 0) {
		free(TAKE_PTR(ret->spec));
		ret->ops = NULL;
		return error_prefix(e, r, "output '%s'", spec);
	}
	return 0;
}

void output_close(struct output *o, usec_t deadline)
{
	if (o->ops)
		o->ops->close(o->state, deadline);
	free(o->spec);
	*o = (struct output){ 0 };
}

void output_failed(struct output_stats *s, int err, const char *what)
{
	s->errors++;
	snprintf(s->last_error, sizeof(s->last_error), "%s: %s", what, strerror(-err));
}

size_t output_cut_half_line(int fd, const char *data, size_t done)
{
	const char *newline = done ? memrchr(data, '\n', done) : NULL;
	size_t half = newline ? done - (size_t)(newline + 1 - data) : done;
	struct stat st;

	if (half && fstat(fd, &st) == 0 && (uint64_t)st.st_size >= half)
		(void)!ftruncate(fd, st.st_size - (off_t)half);
	return done - half;
}

uint64_t output_count_lines(const char *data, size_t len)
{
	uint64_t lines = 0;

	for (size_t i = 0; i < len; i++)
		lines += data[i] == '\n';
	return lines;
}

/* ---- arguments ---- */

void output_options_done(struct output_option *options, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(TAKE_PTR(options[i].value));
}

static int take_option(const char *word, size_t len, struct output_option *options, size_t count,
		       struct error *e)
{
	for (size_t i = 0; i < count; i++) {
		size_t key = strlen(options[i].key);

		if (len <= key || memcmp(word, options[i].key, key) != 0 || word[key] != '=')
			continue;
		free(options[i].value);
		options[i].value = strndup(word + key + 1, len - key - 1);
		return options[i].value ? 0 : error_errno(e, -ENOMEM, "%s", options[i].key);
	}
	return error_set(e, -EINVAL, "there is no option '%.*s' here", (int)len, word);
}

int output_split(const char *argument, char **ret_argument, struct output_option *options,
		 size_t count, struct error *e)
{
	size_t len = strcspn(argument, ",");
	_cleanup_free_ char *first = strndup(argument, len);
	int r = first ? 0 : error_errno(e, -ENOMEM, "%s", argument);

	while (r == 0 && argument[len]) {
		argument += len + 1;
		len = strcspn(argument, ",");
		r = take_option(argument, len, options, count, e);
	}
	if (r < 0)
		output_options_done(options, count);
	else
		*ret_argument = TAKE_PTR(first);
	return r;
}

int output_size(const struct output_option *o, uint64_t *ret, struct error *e)
{
	if (o->value && parse_scaled(o->value, "KMGT", UINT64_MAX, ret) < 0)
		return error_set(e, -EINVAL, "%s=%s: a size is wanted, such as 64M", o->key,
				 o->value);
	return 0;
}

int output_number(const struct output_option *o, uint64_t max, uint64_t *ret, struct error *e)
{
	if (o->value && parse_decimal(o->value, max, ret) < 0)
		return error_set(e, -EINVAL, "%s=%s: a number up to %llu is wanted", o->key,
				 o->value, (unsigned long long)max);
	return 0;
}

int output_seconds(const struct output_option *o, uint64_t *ret, struct error *e)
{
	if (o->value && parse_seconds(o->value, UINT32_MAX, ret) < 0)
		return error_set(e, -EINVAL, "%s=%s: a time is wanted, such as 1d", o->key,
				 o->value);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A configuration of the receiver: a mistake is named with its line; what was taken is within limits. */
#include "netconsole/listen_options.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_output(const char *spec)
{
	const char *argument = strchr(spec, ':');
	struct output_option o[] = { { "size", NULL }, { "age", NULL }, { "keep", NULL } };
	uint64_t bytes = 1, seconds = 1, number = 1;
	char *first = NULL;

	if (!argument || output_split(argument + 1, &first, o, ARRAY_SIZE(o), NULL) < 0)
		return;
	if (output_size(&o[0], &bytes, NULL) == 0 && !o[0].value && bytes != 1)
		abort();
	if (output_seconds(&o[1], &seconds, NULL) == 0 && seconds > UINT32_MAX)
		abort();
	if (output_number(&o[2], 1000, &number, NULL) == 0 && number > 1000)
		abort();
	if (strchr(first, ','))
		abort();
	free(first);
	output_options_done(o, ARRAY_SIZE(o));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_listen_options_ struct listen_options o;
	char *text = malloc(size + 1);
	struct error e = { 0 };

	memcpy(text, data, size);
	text[size] = '\0';
	listen_options_init(&o);
	if (listen_options_parse(&o, text, "conf", &e) < 0 && !strstr(error_text(&e), "conf:"))
		abort();
	if (o.listen_count > OPTIONS_LISTEN || o.output_count > OUTPUTS_MAX ||
	    o.allow.count > ALLOW_MAX || o.sources < 16 || o.receive_buffer > MIB(512))
		abort();
	for (size_t i = 0; i < o.output_count; i++)
		check_output(o.outputs[i]);
	free(text);
	return 0;
}

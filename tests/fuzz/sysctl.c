/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of sysctl.d: every line that counts has a value; what a switch takes as its value it takes again as it printed it. */
#include "arm/policy/switches.h"
#include "arm/policy/sysctl_files.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse_value(const struct policy_switch *s, const char *word)
{
	_cleanup_free_ char *value = NULL, *again = NULL;
	char names[200];

	if (policy_value_parse(s, word, &value, NULL) < 0)
		return;
	if (policy_value_parse(s, value, &again, NULL) < 0 || strcmp(value, again) != 0)
		abort();
	policy_value_explain(s, value, names, sizeof(names));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_sysctl_lines_ struct sysctl_lines l = { 0 };

	if (sysctl_lines_parse(&l, (const char *)data, size, "/etc/sysctl.d/x.conf", true) < 0)
		return 0;
	for (size_t i = 0; i < policy_switches_count; i++) {
		const struct sysctl_line *line =
			sysctl_lines_find(&l, policy_switches[i].name, NULL);

		if (!line)
			continue;
		if (!line->value || !line->number)
			abort();
		parse_value(&policy_switches[i], line->value);
	}
	return 0;
}

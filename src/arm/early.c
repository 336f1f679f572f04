/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/early.h"

#include <errno.h>
#include <string.h>

#include "arm/config/config.h"
#include "arm/image/compose.h"
#include "arm/image/image.h"
#include "arm/kexec/kernel_file.h"
#include "arm/machine.h"

static const char *const sources[] = { CONFIG_PATH, "/etc/sysconfig/kdump" };

int early_configuration(const struct root *root, struct digest *ret, struct error *e)
{
	_cleanup_buf_ struct buf all = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		_cleanup_buf_ struct buf text = { 0 };
		int r = root_read_file(root, sources[i], CONFIG_SIZE_MAX, &text);

		if (r < 0 && r != -ENOENT)
			return error_errno(e, r, "%s", sources[i]);
		r = buf_printf(&all, "%s %zu\n", sources[i], text.len);
		if (r == 0)
			r = buf_append(&all, text.data, text.len);
		if (r < 0)
			return error_errno(e, r, "%s", sources[i]);
	}
	digest_bytes(all.data, all.len, ret);
	return 0;
}

static int check_kernel(const struct root *root, const struct record *rec, struct error *e)
{
	_cleanup_free_ char *release = NULL;
	_cleanup_buf_ struct buf file = { 0 };
	const struct digest *then = record_digest(rec, RECORD_KERNEL_IMAGE);
	struct digest now;
	int r = machine_release(root, &release, e);

	if (r < 0)
		return r;
	if (strcmp(release, rec->release) != 0)
		return error_set(e, -ESTALE, "the capture image is for kernel %s, this is %s",
				 rec->release, release);
	r = kernel_file_read(root, rec->kernel, &file, e);
	if (r < 0)
		return r;
	digest_bytes(file.data, file.len, &now);
	if (!then || strcmp(then->hex, now.hex) != 0)
		return error_set(e, -ESTALE, "%s changed since the capture image was made",
				 rec->kernel);
	return 0;
}

int early_check(const struct root *root, const struct record *rec, struct error *e)
{
	struct digest configuration;
	int r = early_configuration(root, &configuration, e);

	if (r < 0)
		return r;
	if (strcmp(configuration.hex, rec->configuration) != 0)
		return error_set(e, -ESTALE, "%s changed since the capture image was made",
				 CONFIG_PATH);
	return check_kernel(root, rec, e);
}

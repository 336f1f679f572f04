/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/image/erase.h"

#include <errno.h>

#include "dumpfile/dumpfile.h"
#include "save/erase_find.h"

#define SIZE_MAX_TEXT ((size_t)MIB(1))
#define LIVE "/proc/kcore"
#define WORDS "core_collector: makedumpfile --config"

int erase_read(const struct root *root, const char *path, struct buf *ret, struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct erase_config config = { 0 };
	int r = root_read_file(root, path, SIZE_MAX_TEXT, &text);

	r = r < 0 ? error_errno(e, r, "%s", path)
		  : erase_config_parse(text.data ?: "", text.len, &config, e);
	erase_config_done(&config);
	if (r < 0)
		return error_prefix(e, r, WORDS);
	*ret = text;
	text = (struct buf){ 0 };
	return 0;
}

static int find(struct kernel *k, uint32_t page_size, const char *text, size_t len, struct error *e)
{
	_cleanup_(eraser_freep) struct eraser *x = eraser_new(page_size);
	struct erase_config config = { 0 };
	int r;

	if (!x)
		return error_set(e, -ENOMEM, "out of memory");
	r = erase_config_parse(text, len, &config, e);
	if (r == 0)
		r = erase_find(k, &config, x, e);
	erase_config_done(&config);
	return r;
}

int erase_check(const char *text, size_t len, struct buf *notes, struct error *e)
{
	_cleanup_(dumpfile_closep) struct dumpfile *d = NULL;
	_cleanup_(kernel_closep) struct kernel *k = NULL;
	struct error why = { 0 };
	int r = dumpfile_open(LIVE, &d, &why);

	if (r == 0)
		r = kernel_open(d, &k, &why);
	if (r < 0)
		return buf_printf(notes,
				  WORDS
				  ": whether the kernel has what is to be erased could not be "
				  "checked: %s\n",
				  error_text(&why)) < 0
			       ? error_errno(e, -ENOMEM, WORDS)
			       : 0;
	r = find(k, dumpfile_info(d)->page_size, text, len, e);
	return r < 0 ? error_prefix(e, r, WORDS ": not in the running kernel") : 0;
}

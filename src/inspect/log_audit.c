/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>

#include "base/bytes.h"
#include "inspect/log.h"
#include "kernel/fields.h"
#include "kernel/list.h"

/* struct nlmsghdr: u32 length, u16 type, …; the audit code writes a length without the header, and not in each kernel */
#define HEADER 16
#define HEADER_TYPE 4
#define TEXT_MAX 8970 /* MAX_AUDIT_MESSAGE_LENGTH */

enum { SKB_DATA, SKB_LEN, SKB_FIELDS };

static const char *const skb_fields[SKB_FIELDS] = { [SKB_DATA] = "data", [SKB_LEN] = "len" };

struct printer {
	struct inspect *c;
	struct fields skb;
	struct json json;
	uint64_t printed, damaged;
	char text[TEXT_MAX + 1];
};

static void print(struct printer *p, uint16_t type)
{
	p->printed++;
	if (p->c->json) {
		json_object(&p->json);
		json_put_uint(&p->json, "type", type);
		json_put_string(&p->json, "text", p->text);
		json_object_end(&p->json);
		return;
	}
	fprintf(p->c->out, "type=%" PRIu16 " ", type);
	for (const char *s = p->text; *s; s++)
		fputc((unsigned char)*s < 0x20 || (unsigned char)*s >= 0x7f ? '?' : *s, p->c->out);
	fputc('\n', p->c->out);
}

/* A message that cannot be read is counted: the others are still shown. */
static int print_skb(void *user, uint64_t addr)
{
	struct printer *p = user;
	struct kernel_reader *r = p->c->reader;
	struct fields_of skb;
	uint8_t header[HEADER];
	uint64_t data, len;

	if (fields_read(&p->skb, r, addr, &skb, NULL) < 0) {
		p->damaged++;
		return 0;
	}
	data = fields_number(&skb, SKB_DATA);
	len = fields_number(&skb, SKB_LEN);
	if (len < HEADER || kernel_read(r, data, header, sizeof(header), NULL) < 0) {
		p->damaged++;
		return 0;
	}
	len = MIN(len - HEADER, (uint64_t)TEXT_MAX);
	if (kernel_read(r, data + HEADER, p->text, len, NULL) < 0) {
		p->damaged++;
		return 0;
	}
	p->text[len] = '\0';
	print(p, le16_get(header + HEADER_TYPE));
	return ferror(p->c->out) ? -EPIPE : 0;
}

static int print_queues(struct printer *p, struct error *e)
{
	/* audit_skb_queue and audit_skb_hold_queue until 4.10 */
	static const char *const queues[] = { "audit_queue", "audit_retry_queue",
					      "audit_hold_queue", "audit_skb_queue",
					      "audit_skb_hold_queue" };
	struct symbols *symbols;
	struct type_member next;
	struct types *types;
	bool any = false;
	uint64_t head;
	int err = inspect_symbols(p->c, &symbols, e);

	if (err == 0)
		err = inspect_types(p->c, &types, e);
	if (err == 0)
		err = fields_resolve(types, "sk_buff", skb_fields, SKB_FIELDS, &p->skb, e);
	if (err < 0)
		return err;
	if (!types_member(types, "sk_buff.next", &next))
		return error_set(e, -ENOENT, "BTF has no sk_buff.next");
	for (size_t i = 0; err == 0 && i < ARRAY_SIZE(queues); i++) {
		if (!symbols_find(symbols, queues[i], &head))
			continue;
		any = true;
		err = list_each(p->c->reader, head, next.offset, print_skb, p, e);
	}
	return any ? err : error_set(e, -ENOENT, "this kernel has no audit queues");
}

int log_audit(struct inspect *c, struct error *e)
{
	_cleanup_free_ struct printer *p = calloc(1, sizeof(*p));
	_cleanup_buf_ struct buf buf = { 0 };
	int err, ended;

	if (!p)
		return error_errno(e, -ENOMEM, "audit messages");
	p->c = c;
	if (c->json) {
		inspect_json_begin(c, &p->json, &buf, "log");
		json_put_array(&p->json, "audit");
	}
	err = print_queues(p, e);
	if (c->json) {
		json_array_end(&p->json);
		ended = inspect_json_end(c, &p->json, e);
		return err < 0 ? err : ended;
	}
	if (err == 0 && p->damaged)
		return error_set(e, -ENODATA, "%" PRIu64 " audit messages are not in the dump",
				 p->damaged);
	if (err == 0 && !p->printed)
		return error_set(e, -ENODATA, "kernel audit log is empty");
	return err;
}

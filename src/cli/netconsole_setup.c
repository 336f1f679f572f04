/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "cli/command_line.h"
#include "cli/netconsole.h"
#include "cli/netconsole_send.h"
#include "netconsole/sender_keep.h"

#define MAC_PATIENCE (3 * USEC_PER_SEC)
#define WORDS_MAX 64

static int run(const struct cli *cli, int argc, char **argv);

const struct command command_netconsole_setup = {
	.name = "netconsole setup",
	.arguments = "[OPTIONS] RECEIVER[:PORT] …",
	.summary = "send this kernel's messages to receivers",
	.run = run,
};

struct setup {
	struct send send;
	bool dry_run, probe, keep, kept, watch, boot;
};

static int take_port(void *port, const char *word, struct error *e)
{
	uint64_t n;

	if (parse_decimal(word, UINT16_MAX, &n) < 0 || n == 0)
		return error_set(e, -EINVAL, "--local-port: '%s' is no port", word);
	*(uint16_t *)port = (uint16_t)n;
	return 0;
}

static const struct option_row rows[] = {
	FLAG_ROW(struct setup, dry_run, 'n', "dry-run",
		 "say what would be written, and do nothing"),
	FLAG_ROW(struct setup, probe, 0, "probe",
		 "send a test message, and wait for `lastword netconsole listen` to answer"),
	FLAG_ROW(struct setup, send.basic, 0, "basic",
		 "text lines, as syslog servers want them, not records"),
	WORD_ROW(struct setup, send.path.device, 0, "device", "NAME",
		 "the interface, where it is not the routed one"),
	WORD_ROW(struct setup, send.path.from, 0, "from", "ADDRESS",
		 "the source address, where it is not the routed one"),
	TAKE_ROW(struct setup, send.port, take_port, 0, "local-port", "N", "ours (6665)"),
	FLAG_ROW(struct setup, send.path.broadcast, 0, "broadcast",
		 "to every MAC address of the network: where the receiver's cannot be had"),
	FLAG_ROW(struct setup, keep, 0, "keep",
		 "and after each start, following what becomes of the network: "
		 "writes " SENDER_KEEP_PATH ", and enables " SENDER_KEEP_UNIT
		 " where there is systemd"),
	FLAG_ROW(struct setup, kept, 0, "kept",
		 "set up what is kept, once: for hooks of what brings the network up"),
	FLAG_ROW(struct setup, watch, 0, "watch",
		 "what that service does: the same, and go on watching"),
	FLAG_ROW(struct setup, boot, 0, "boot",
		 "say what to write, and where, for messages of the start"),
};

static const struct command_line usage = {
	.command = &command_netconsole_setup,
	.rows = rows,
	.count = ARRAY_SIZE(rows),
	.most = SEND_RECEIVERS_MAX,
	.operands = "at most " STRINGIFY(SEND_RECEIVERS_MAX) " receivers",
	.about = "Sends this kernel's messages to the receivers, by UDP (port 6666). The way there "
		 "is "
		 "looked up now: interface, source address, and the MAC address of the receiver or "
		 "of "
		 "the gateway.",
};

/* -1 to go on, else the exit status. */
static int take_words(struct setup *s, int argc, char **argv)
{
	int status;

	optind = 0;
	status = command_line_read(&usage, argc, argv, s);
	for (s->send.count = 0; status < 0 && optind < argc; optind++)
		s->send.receivers[s->send.count++].word = argv[optind];
	return status;
}

/* ---- for the next start ---- */

/* The words that say the same again. */
static int write_kept(const struct send *s, struct error *e)
{
	const char *words[WORDS_MAX];
	char port[8];
	size_t count = 0;

	if (s->basic)
		words[count++] = "--basic";
	if (s->path.broadcast)
		words[count++] = "--broadcast";
	if (s->path.device) {
		words[count++] = "--device";
		words[count++] = s->path.device;
	}
	if (s->path.from) {
		words[count++] = "--from";
		words[count++] = s->path.from;
	}
	if (s->port != SENDER_PORT) {
		snprintf(port, sizeof(port), "%u", s->port);
		words[count++] = "--local-port";
		words[count++] = port;
	}
	for (size_t i = 0; i < s->count; i++)
		words[count++] = s->receivers[i].word;
	return sender_keep_write(&s->root, words, count, e);
}

static int keep(const struct send *s, struct error *e)
{
	bool service = false;
	int r = write_kept(s, e);

	if (r < 0)
		return r;
	puts("kept in " SENDER_KEEP_PATH);
	r = sender_keep_enable(&s->root, &service, e);
	if (r == 0 && service)
		puts(SENDER_KEEP_UNIT " is enabled: it does this at each start, and follows the "
				      "network");
	send_describe_keeping(s, service);
	return r;
}

/* The words of the file as if they had been given. 1: there are none. */
static int take_kept(struct setup *s, struct buf *text, struct error *e)
{
	char *words[WORDS_MAX + 1] = { (char *)"setup" }, *save = NULL;
	int count = 1, r = sender_keep_read(&s->send.root, text, e);

	if (r < 0)
		return r == -ENOENT && s->kept ? 1 : r;
	for (char *w = strtok_r(text->data, "\n", &save); w && count < WORDS_MAX;
	     w = strtok_r(NULL, "\n", &save))
		words[count++] = w;
	if (take_words(s, count, words) >= 0 || s->send.count == 0)
		return error_set(e, -EINVAL, SENDER_KEEP_PATH ": no receivers, or unknown options");
	return 0;
}

static int run_kept(struct setup *s, struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	int r = take_kept(s, &text, e);

	if (r != 0)
		return r < 0 ? r : 0;
	if (s->watch)
		return send_watch(&s->send, e);
	r = send_again(&s->send);
	return r < 0 ? error_set(e, r, "not all receivers are sent to") : 0;
}

/* ---- now ---- */

static int set_up(struct setup *s, struct error *e)
{
	int r = send_find(&s->send);

	if (r < 0)
		return error_set(e, r, "nothing was changed");
	if (s->boot)
		return send_boot(&s->send, e);
	if (s->dry_run)
		return send_plan(&s->send, e);
	r = send_apply(&s->send, false, e);
	if (r == 0 && s->probe)
		r = send_probe(&s->send, e);
	if (r < 0 || s->keep)
		return r < 0 ? r : keep(&s->send, e);
	if (sender_keep_exists(&s->send.root))
		say_error("note: " SENDER_KEEP_PATH " says what is set up again as the network "
			  "changes: --keep writes this there");
	else
		puts("until the next start; --keep makes it last");
	return 0;
}

static int run(const struct cli *cli, int argc, char **argv)
{
	struct setup s = { .send = { .port = SENDER_PORT, .path.patience = MAC_PATIENCE } };
	struct error e = { 0 };
	int r = take_words(&s, argc, argv);

	if (r >= 0)
		return r;
	if ((s.watch || s.kept) != (s.send.count == 0))
		return usage_error(usage.command, s.send.count
							  ? "--kept and --watch take no receivers"
							  : "it needs a receiver");
	if (root_open(cli->root, &s.send.root) < 0) {
		say_error("%s is no directory", cli->root);
		return EXIT_FAILURE;
	}
	sender_kernel_names(&s.send.root, s.send.host, s.send.boot_id);
	r = s.watch || s.kept ? run_kept(&s, &e) : set_up(&s, &e);
	if (r < 0)
		say_error("netconsole setup: %s", error_text(&e));
	root_done(&s.send.root);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

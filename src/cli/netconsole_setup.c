/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "cli/netconsole.h"
#include "cli/netconsole_send.h"
#include "netconsole/sender_keep.h"

#define MAC_PATIENCE (3 * USEC_PER_SEC)
#define WORDS_MAX 64

static const char help_text[] =
	"usage: lastword netconsole setup [OPTIONS] RECEIVER[:PORT] …\n"
	"\n"
	"Sends this kernel's messages to the receivers, by UDP (port 6666). The way there is "
	"looked up now:\n"
	"interface, source address, and the MAC address of the receiver or of the gateway.\n"
	"\n"
	"      --dry-run        say what would be written, and do nothing\n"
	"      --probe          send a test message, and wait for `lastword netconsole listen` to "
	"answer\n"
	"      --basic          text lines, as syslog servers want them, not records\n"
	"      --device NAME    the interface, where it is not the routed one\n"
	"      --from ADDRESS   the source address, where it is not the routed one\n"
	"      --local-port N   ours (6665)\n"
	"      --broadcast      to every MAC address of the network: where the receiver's cannot "
	"be had\n"
	"      --keep           and after each start, following what becomes of the network: "
	"writes\n"
	"                       " SENDER_KEEP_PATH ", and enables\n"
	"                       " SENDER_KEEP_UNIT " where there is systemd\n"
	"      --kept           set up what is kept, once: for hooks of what brings the network "
	"up\n"
	"      --watch          what that service does: the same, and go on watching\n"
	"      --boot           say what to write, and where, for messages of the start\n"
	"  -h, --help           this text\n";

struct setup {
	struct send send;
	bool dry_run, probe, keep, kept, watch, boot;
};

static int usage(void)
{
	return usage_error(&command_netconsole, "see lastword netconsole setup --help");
}

static const struct option options[] = {
	{ "basic", no_argument, NULL, 'b' },
	{ "boot", no_argument, NULL, 'B' },
	{ "broadcast", no_argument, NULL, 'c' },
	{ "device", required_argument, NULL, 'd' },
	{ "dry-run", no_argument, NULL, 'n' },
	{ "from", required_argument, NULL, 'f' },
	{ "help", no_argument, NULL, 'h' },
	{ "keep", no_argument, NULL, 'k' },
	{ "kept", no_argument, NULL, 'K' },
	{ "local-port", required_argument, NULL, 'l' },
	{ "probe", no_argument, NULL, 'p' },
	{ "watch", no_argument, NULL, 'w' },
	{ 0 },
};

/* False: it is no good. */
static bool take_option(struct setup *s, int c)
{
	uint64_t port = 0;

	switch (c) {
	case 'd':
		s->send.path.device = optarg;
		return true;
	case 'f':
		s->send.path.from = optarg;
		return true;
	case 'l':
		if (parse_decimal(optarg, UINT16_MAX, &port) < 0 || port == 0)
			return false;
		s->send.port = (uint16_t)port;
		return true;
	case '?':
		return false;
	}
	s->send.basic |= c == 'b';
	s->boot |= c == 'B';
	s->send.path.broadcast |= c == 'c';
	s->dry_run |= c == 'n';
	s->keep |= c == 'k';
	s->kept |= c == 'K';
	s->probe |= c == 'p';
	s->watch |= c == 'w';
	return true;
}

/* 1: the help was asked for. */
static int take_words(struct setup *s, int argc, char **argv)
{
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h') {
			fputs(help_text, stdout);
			return 1;
		}
		if (!take_option(s, c))
			return -EINVAL;
	}
	for (s->send.count = 0; optind < argc; optind++) {
		if (s->send.count == SEND_RECEIVERS_MAX) {
			say_error("netconsole setup: at most %d receivers", SEND_RECEIVERS_MAX);
			return -E2BIG;
		}
		s->send.receivers[s->send.count++].word = argv[optind];
	}
	return 0;
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
	if (take_words(s, count, words) != 0 || s->send.count == 0)
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

int netconsole_setup(const struct cli *cli, int argc, char **argv)
{
	struct setup s = { .send = { .port = SENDER_PORT, .path.patience = MAC_PATIENCE } };
	struct error e = { 0 };
	int r = take_words(&s, argc, argv);

	if (r != 0)
		return r > 0 ? EXIT_SUCCESS : usage();
	if ((s.watch || s.kept) != (s.send.count == 0))
		return usage();
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

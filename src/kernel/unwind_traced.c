/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tracing of returns (kretprobes, function graphs) puts the address of a trampoline where a return address was, and keeps
 * that in a list of the task's: with the place it was taken from, so that it can be found again.
 */
#include "base/bytes.h"
#include "kernel/unwind_impl.h"

#define NODES_MAX 1024
#define GRAPH_SIZE 4096 /* of what a task keeps for function graphs */

void unwind_find_traced(struct unwinder *u, struct types *types)
{
	static const char *const probes[] = { "arch_rethook_trampoline", "__kretprobe_trampoline",
					      "kretprobe_trampoline" };
	struct traced *t = &u->traced;

	for (size_t i = 0; i < ARRAY_SIZE(probes) && !t->probe; i++)
		(void)symbols_find(u->symbols, probes[i], &t->probe);
	/* until 5.17 the members were kretprobe_instance's; until 5.10 there was a hash table */
	if (!types_member(types, "task_struct.rethooks", &t->nodes) ||
	    !types_member(types, "rethook_node.llist", &t->link) ||
	    !types_member(types, "rethook_node.frame", &t->slot) ||
	    !types_member(types, "rethook_node.ret_addr", &t->address))
		t->nodes.size = 0;
	if (!t->nodes.size && (!types_member(types, "task_struct.kretprobe_instances", &t->nodes) ||
			       !types_member(types, "kretprobe_instance.llist", &t->link) ||
			       !types_member(types, "kretprobe_instance.fp", &t->slot) ||
			       !types_member(types, "kretprobe_instance.ret_addr", &t->address)))
		t->probe = 0;
	if (!symbols_find(u->symbols, "return_to_handler", &t->graph) ||
	    !types_member(types, "task_struct.ret_stack", &t->entries) ||
	    !types_member(types, "ftrace_ret_stack.retp", &t->entry_slot) ||
	    !types_member(types, "ftrace_ret_stack.ret", &t->entry_address))
		t->graph = 0;
}

/* Of several that were taken from one place the last but one's is a trampoline too. */
static bool from_probes(struct unwinder *u, uint64_t slot, uint64_t *ret)
{
	const struct traced *t = &u->traced;
	uint64_t node, from, address;

	if (!unwind_word(u, u->task + t->nodes.offset, &node))
		return false;
	for (unsigned i = 0; i < NODES_MAX && node; i++) {
		uint64_t start = node - t->link.offset;

		if (!unwind_word(u, start + t->slot.offset, &from) ||
		    !unwind_word(u, start + t->address.offset, &address))
			return false;
		if (from == slot && address != t->probe) {
			*ret = address;
			return true;
		}
		if (!unwind_word(u, node, &node))
			return false;
	}
	return false;
}

/* Entries lie in a stack of words whose other content differs from kernel to kernel. */
static bool from_graph(struct unwinder *u, uint64_t slot, uint64_t *ret)
{
	const struct traced *t = &u->traced;
	uint64_t entries, from;

	if (!unwind_word(u, u->task + t->entries.offset, &entries) || entries == 0)
		return false;
	for (uint64_t at = 0; at + WORD <= GRAPH_SIZE; at += WORD)
		if (unwind_word(u, entries + at, &from) && from == slot &&
		    unwind_word(u, entries + at - t->entry_slot.offset + t->entry_address.offset,
				ret))
			return true;
	return false;
}

uint64_t unwind_return_address(struct unwinder *u, uint64_t pc, uint64_t slot)
{
	uint64_t real = pc;

	/* one may have been put over the other */
	for (unsigned i = 0; i < 2 && u->task && pc; i++) {
		if (pc == u->traced.probe && from_probes(u, slot, &real))
			pc = real;
		if (pc == u->traced.graph && from_graph(u, slot, &real))
			pc = real;
	}
	return pc;
}

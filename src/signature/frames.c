/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "signature/frames.h"

#include <string.h>

#include "signature/pattern.h"

/* On the stack of many deaths and the cause of none: what reports them. A death has no name rather than one of these. */
static const char *const reporting[] = {
	/* panic, oops and their printing */
	"panic",
	"vpanic",
	"nmi_panic",
	"die",
	"die_addr",
	"die_kernel_fault",
	"__die*",
	"oops_begin",
	"oops_end",
	"*crash_kexec*",
	"machine_kexec*",
	"*crash_shutdown*",
	"crash_nmi_callback",
	"crash_save_cpu",
	"dump_stack*",
	"dump_backtrace*",
	"arch_stack_walk*",
	"stack_trace_*",
	"register_lock_class",
	"refcount_warn_saturate",
	"bad_page",
	"__dump_stack",
	"show_stack*",
	"show_regs*",
	"sched_show_task",
	"*printk*",
	"__warn*",
	"warn_slowpath*",
	"report_bug*",
	"__report_bug",
	"handle_bug",
	"handle_invalid_op",
	"fixup_bug",
	"bust_spinlocks",
	"*notifier_call_chain*",
	"notify_die",
	/* faults on their way to it */
	"no_context",
	"page_fault*",
	"kernelmode_fixup_or_oops",
	"*bad_area*",
	"do_user_addr_fault",
	"do_kern_addr_fault",
	"do_page_fault",
	"__do_page_fault",
	"do_trap*",
	"do_error_trap",
	"do_invalid_op",
	"do_general_protection",
	"do_double_fault",
	"fault_in_kernel_space",
	"exc_*",
	"asm_*",
	"sysvec_*",
	"__sysvec_*",
	"invalid_op",
	"general_protection",
	"double_fault",
	"error_entry",
	"nmi",
	"do_nmi",
	"default_do_nmi",
	"unknown_nmi_error",
	"end_repeat_nmi",
	"nmi_handle*",
	"nmi_cpu_backtrace*",
	"nmi_trigger_cpumask_backtrace",
	"arch_trigger_cpumask_backtrace",
	"el1_*",
	"el1h_*",
	"el0_*",
	"el0t_*",
	"do_mem_abort",
	"do_translation_fault",
	/* those who watch */
	"check_hung_uninterruptible_tasks",
	"hung_task_*",
	"watchdog",
	"watchdog_timer_fn",
	"watchdog_overflow_callback",
	"watchdog_hardlockup_*",
	"perf_event_overflow",
	"__perf_event_overflow",
	"handle_pmi_common",
	"intel_pmu_handle_irq",
	"perf_event_nmi_handler",
	"rcu_sched_clock_irq",
	"rcu_check_callbacks",
	"rcu_dump_cpu_stacks",
	"rcu_pending",
	"print_cpu_stall*",
	"print_other_cpu_stall",
	"check_cpu_stall",
	/* sanitizers, hardening, debugging of locks */
	"*kasan*",
	"__asan_*",
	"check_memory_region*",
	"print_report",
	"print_address_description*",
	"*kmsan*",
	"*kcsan*",
	"__tsan_*",
	"*ubsan_*",
	"*fortify_*",
	"__stack_chk_fail",
	"usercopy_abort",
	"*check_heap_object",
	"__check_object_size",
	"*lockdep_*",
	"lock_acquire*",
	"__lock_acquire",
	"lock_release*",
	"print_circular_bug*",
	"validate_chain",
	"check_prev_add*",
	"check_noncircular",
	"__might_*",
	"might_*",
	"___might_sleep",
	"__schedule_bug",
	"debug_object_*",
	"debug_print_object",
	"debug_check_no_*",
	"debug_mutex_*",
	"__debug_check_*",
	"check_preemption_disabled",
	"debug_smp_processor_id",
	"__this_cpu_preempt_check",
	"should_fail*",
	"__sanitizer_cov_*",
};

/* What waits, what copies, what is on the way in: one of these gives its name where there is nothing else. */
static const char *const helpers[] = {
	/* waiting and locks */
	"schedule",
	"schedule_timeout*",
	"schedule_hrtimeout*",
	"schedule_preempt_disabled",
	"schedule_rtlock*",
	"__schedule*",
	"io_schedule*",
	"preempt_schedule*",
	"__cond_resched*",
	"*raw_spin_*",
	"*spin_lock*",
	"*spin_dump",
	"spin_bug",
	"*read_lock*",
	"*write_lock*",
	"*mutex_*lock*",
	"*rwsem_*",
	"rwbase_*",
	"rwlock_bug*",
	"down",
	"down_read*",
	"down_write*",
	"down_interruptible",
	"down_killable",
	"down_timeout",
	"__down*",
	"up",
	"up_read",
	"up_write",
	"percpu_down*",
	"percpu_rwsem*",
	"__switch_to*",
	"finish_wait",
	"__wait_on_buffer",
	"osq_lock",
	"ldsem_*",
	"ww_mutex_*",
	"lock_sock_nested",
	"console_lock",
	"console_trylock",
	"kthread_stop",
	"*flush_work*",
	"*cancel_work*",
	"drain_workqueue",
	"*filemap_fdatawait*",
	"*wait_for_common*",
	"wait_for_completion*",
	"*bit_wait*",
	"*wait_on_bit*",
	"folio_wait_*",
	"wait_on_page_*",
	"__lock_page*",
	"__folio_lock*",
	"msleep*",
	"usleep*",
	"do_nanosleep",
	"hrtimer_nanosleep",
	"synchronize_*",
	"__synchronize_*",
	"__wait_rcu_gp",
	"delay_*",
	"__delay",
	"*_udelay",
	/* memory, strings, lists, counts */
	"*memcpy*",
	"*memmove*",
	"*memset*",
	"memcmp",
	"memchr*",
	"rep_movs*",
	"rep_stos*",
	"strlen",
	"strnlen*",
	"strcpy",
	"strncpy*",
	"*strscpy*",
	"strlcpy",
	"strcat",
	"strncat",
	"strcmp",
	"strncmp",
	"strcasecmp",
	"strncasecmp",
	"strchr*",
	"strrchr",
	"strstr",
	"strnstr",
	"strsep",
	"__list_*_valid*",
	"list_sort",
	"rb_insert_color*",
	"rb_erase*",
	"rb_next*",
	"rb_first*",
	"__rb_*",
	"*copy_to_user*",
	"*copy_from_user*",
	"copy_user_*",
	"clear_page*",
	"copy_page*",
	"kfree",
	"kfree_sensitive",
	"kvfree*",
	"*kmalloc*",
	"*kmem_cache_*",
	"__slab_*",
	"___slab_*",
	"slab_*",
	"*alloc_pages*",
	"free_unref_*",
	"*get_page_from_freelist",
	"*refcount_*",
	"_atomic_dec_and_lock*",
	"string",
	"hex_string",
	"hex_dump_to_buffer",
	"vsnprintf",
	"memdup_user*",
	"*kvmalloc*",
	"*vmalloc*",
	"__alloc_frozen_pages*",
	"crc*",
	"lock_timer_base*",
	"skb_pull*",
	"skb_push*",
	"skb_put*",
	"__skb_put*",
	"skb_panic",
	"skb_over_panic",
	"skb_under_panic",
	"kref_*",
	"kobject_get*",
	"kobject_put*",
	"native_*",
	"__pv_*",
	"pv_*",
	"smp_call_function*",
	"on_each_cpu*",
	/* entry */
	"entry_SYSCALL_*",
	"entry_SYSENTER_*",
	"entry_INT80_*",
	"do_syscall_*",
	"do_fast_syscall_*",
	"__do_fast_syscall_*",
	"x64_sys_call",
	"ia32_sys_call",
	"__x64_sys_*",
	"__ia32_sys_*",
	"__se_sys_*",
	"__do_sys_*",
	"invoke_syscall*",
	"do_el0_svc",
	"syscall_enter_*",
	"syscall_exit_*",
	"syscall_trace_*",
	"exit_to_user_mode*",
	"__x86_indirect_thunk_*",
	"retint_*",
	"irqentry_*",
	"irq_exit*",
	"__irq_exit_rcu",
	"common_interrupt",
	"apic_timer_interrupt",
	"smp_apic_timer_interrupt",
	"ret_from_*",
	"kthread",
	"worker_thread",
	"process_one_work",
	"process_scheduled_works",
	"start_secondary",
	"secondary_startup*",
	"cpu_startup_entry",
	"do_idle",
	"default_idle*",
	"arch_cpu_idle",
};

/* They call what others gave them: the function below is what was asked for. */
static const char *const dispatchers[] = {
	"do_syscall_*",
	"x64_sys_call",
	"__x64_sys_*",
	"__do_sys_*",
	"__se_sys_*",
	"ksys_*",
	"vfs_*",
	"do_one_initcall",
	"do_init_module",
	"process_one_work",
	"kthread",
	"call_timer_fn*",
	"expire_timers*",
	"__run_timers*",
	"__run_timer_base*",
	"__hrtimer_run_queues*",
	"hrtimer_run_queues*",
	"__do_softirq",
	"handle_softirqs*",
	"do_softirq*",
	"run_ksoftirqd",
	"tasklet_action*",
	"__handle_irq_event*",
	"handle_irq_event*",
	"irq_thread*",
	"rcu_do_batch*",
	"*notifier_call_chain*",
	"do_idle",
	"generic_handle_irq*",
	"__flush_smp_call_function_queue*",
	"task_work_run",
	"smpboot_thread_fn",
	"do_exit",
	"ret_from_fork*",
	"__vfs_*",
	"do_iter_*",
	"do_vfs_ioctl",
	"__sys_*",
	"___sys_*",
	"____sys_*",
	"sock_sendmsg*",
	"__sock_sendmsg*",
	"__fput",
	"____fput",
};

/* They look at what an interrupt stopped, from above it. */
static const char *const watchers[] = {
	"watchdog_timer_fn",
	"watchdog_overflow_callback",
	"watchdog_hardlockup_check",
	"rcu_sched_clock_irq",
	"rcu_check_callbacks",
	"exc_nmi",
	"do_nmi",
	"default_do_nmi",
};

/* Here an interrupt or exception came from the kernel. */
static const char *const entries[] = {
	"asm_*", "nmi", "end_repeat_nmi", "apic_timer_interrupt", "el1h_*",
};

static bool is_one_of(const char *const *patterns, size_t count, const char *function)
{
	char plain[SIGNATURE_NAME_SIZE];

	signature_plain_name(function, plain);
	for (size_t i = 0; i < count; i++)
		if (pattern_is(patterns[i], plain))
			return true;
	return false;
}

#define IS_ONE_OF(patterns, function) is_one_of(patterns, ARRAY_SIZE(patterns), function)

bool signature_skips(const char *function)
{
	return IS_ONE_OF(reporting, function) || IS_ONE_OF(helpers, function);
}

void signature_plain_name(const char *function, char ret[SIGNATURE_NAME_SIZE])
{
	/* .isra.0, .part.1, .constprop.2, .cold, .llvm.123, and the __pfx_ of padding before a function */
	size_t len = strcspn(function, ".");

	/* A name that begins with a dot is ppc64's function descriptor's. */
	if (len == 0)
		len = 1 + strcspn(function + (*function == '.'), ".");
	len = MIN(MIN(len, strlen(function)), (size_t)SIGNATURE_NAME_SIZE - 1);
	memcpy(ret, function, len);
	ret[len] = '\0';
}

static bool is_certain(const struct signature_frame *f)
{
	return !f->uncertain && f->function && *f->function;
}

/* Behind what an interrupt put on top, where that found the death out. */
static size_t below_watchers(const struct signature_frame *frames, size_t count)
{
	bool watched = false;

	for (size_t i = 0; i < count; i++) {
		if (!is_certain(&frames[i]))
			continue;
		watched = watched || IS_ONE_OF(watchers, frames[i].function);
		if (watched && IS_ONE_OF(entries, frames[i].function))
			return i + 1;
	}
	return 0;
}

bool frames_is_dispatcher(const char *function)
{
	return IS_ONE_OF(dispatchers, function);
}

size_t frames_find(const struct signature_frame *frames, size_t count, enum frames_anchor anchor)
{
	size_t first = count, last = count, any = count;

	if (anchor == FRAMES_NONE)
		return count;
	for (size_t i = below_watchers(frames, count); i < count; i++) {
		if (!is_certain(&frames[i]))
			continue;
		if (first < count &&
		    (anchor == FRAMES_FIRST || frames_is_dispatcher(frames[i].function)))
			return anchor == FRAMES_FIRST ? first : last;
		if (IS_ONE_OF(reporting, frames[i].function))
			continue;
		any = MIN(any, i);
		if (IS_ONE_OF(helpers, frames[i].function))
			continue;
		first = MIN(first, i);
		last = i;
	}
	return first < count ? first : any;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The end: the kernel says why on the UART, then switches the machine off. What it says begins with PANIC. */
#ifndef ARCH_AARCH64_PANIC_H
#define ARCH_AARCH64_PANIC_H

#include "arch/aarch64/trap_frame.h"

/** The kernel cannot go on. */
__attribute__((format(printf, 1, 2))) _Noreturn void panic(const char *format, ...);

/** The kernel itself took an exception; from trap_el2.S, on the panic stack. */
_Noreturn void panic_exception(const struct kernel_trap_frame *frame);

/** If set, names the calling core's current thread; may return null. Called during a panic: must not touch what may be broken. */
extern const char *(*panic_thread_name)(void);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GPI_STACK_GUARD_H
#define GPI_STACK_GUARD_H

extern unsigned long __stack_chk_guard;
_Noreturn void __stack_chk_fail(void);

#endif

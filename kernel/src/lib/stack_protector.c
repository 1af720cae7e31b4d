/* SPDX-License-Identifier: BSD-2-Clause */
/* Debian compiles libfdt with stack protection and expects these two of the C library. */
#include "arch/aarch64/panic.h"
#include <stdint.h>

extern const uintptr_t __stack_chk_guard;
_Noreturn void __stack_chk_fail(void);

/* A constant with a zero byte: what overflows by a string cannot rewrite it. */
const uintptr_t __stack_chk_guard = 0x5ec1e0ff00d0ca11ull;

void __stack_chk_fail(void)
{
    panic("libfdt wrote past an array on its stack");
}

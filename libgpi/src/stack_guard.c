/* SPDX-License-Identifier: BSD-2-Clause */
/* For Debian libraries that are compiled with stack protection. */
#include "stack_guard.h"

#include <sel4/debug.h>
#include <unistd.h>

unsigned long __stack_chk_guard = 0x5e1f9a3bd1ce00afUL;

_Noreturn void __stack_chk_fail(void)
{
    seL4_DebugPutString("stack overflow\n");
    _exit(127);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "clock.h"

#include "bootinfo.h"

bool clock_is_exact(void)
{
    return bootinfo_argument("exact-time", 0); /* tests/qemu/machine.py */
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "power.h"

#include "vmm/text.h"

#include <gpi/console.h>
#include <gpi/power.h>
#include <sel4/sel4.h>

#define LINE_SIZE 160

_Noreturn void power_end(int status)
{
    char line[LINE_SIZE];
    text_format(line, sizeof line, "vesicle: system ended, status %d\n", status);
    gpi_console_puts(line);
    gpi_power_off();
    seL4_TCB_Suspend(seL4_CapInitThreadTCB);
    for (;;) {
        seL4_Yield();
    }
}

_Noreturn void power_fail(const char *format, ...)
{
    char line[LINE_SIZE];
    va_list args;
    va_start(args, format);
    text_vformat(line, sizeof line, format, args);
    va_end(args);
    gpi_console_puts("vesicle: ");
    gpi_console_puts(line);
    gpi_console_puts("\n");
    power_end(1);
}

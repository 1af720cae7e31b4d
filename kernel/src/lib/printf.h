/* SPDX-License-Identifier: BSD-2-Clause */
/* Text for the UART. Formats: %s %c %d %u %x %p %%, `l` and `ll`, a width, padding by 0 or (%-) to the right. */
#ifndef LIB_PRINTF_H
#define LIB_PRINTF_H

#include <stdarg.h>

__attribute__((format(printf, 1, 2))) void kprintf(const char *format, ...);
__attribute__((format(printf, 1, 0))) void kvprintf(const char *format, va_list args);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Formatting for reports, free of floating point: it may be used while a guest's FP state is live. */
#ifndef VMM_TEXT_H
#define VMM_TEXT_H

#include <stdarg.h>
#include <stddef.h>

/**
 * Formats like snprintf, always ending the string when `size` > 0. Knows %s %c %d %u %x %p %%, the length `l`, a width and
 * a leading 0 to pad with. Returns the characters stored, without the end.
 */
size_t text_vformat(char *buffer, size_t size, const char *format, va_list args);
size_t text_format(char *buffer, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif

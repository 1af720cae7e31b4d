/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/printf.h"

#include "arch/aarch64/uart.h"
#include "lib/string.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAX_DIGITS = 20 };

struct spec {
    unsigned width, longs;
    bool zero, left;
};

static void pad(unsigned count, char c)
{
    while (count-- > 0) {
        uart_putc(c);
    }
}

static void put_text(const struct spec *spec, const char *text, size_t length)
{
    unsigned padding = length < spec->width ? spec->width - (unsigned)length : 0;

    if (!spec->left) {
        pad(padding, spec->zero ? '0' : ' ');
    }
    for (size_t i = 0; i < length; i++) {
        uart_putc(text[i]);
    }
    if (spec->left) {
        pad(padding, ' ');
    }
}

static void put_number(const struct spec *spec, uint64_t value, unsigned base)
{
    char digits[MAX_DIGITS];
    unsigned at = MAX_DIGITS;

    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    put_text(spec, &digits[at], MAX_DIGITS - at);
}

static const char *parse_spec(const char *f, struct spec *spec)
{
    *spec = (struct spec){0};
    for (; *f == '0' || *f == '-'; f++) {
        spec->zero |= *f == '0';
        spec->left |= *f == '-';
    }
    for (; *f >= '0' && *f <= '9'; f++) {
        spec->width = spec->width * 10 + (unsigned)(*f - '0');
    }
    for (; *f == 'l' || *f == 'z'; f++) {
        spec->longs++;
    }
    return f;
}

void kvprintf(const char *f, va_list args)
{
    struct spec spec;

    for (; *f; f++) {
        if (*f != '%') {
            uart_putc(*f);
            continue;
        }
        f = parse_spec(f + 1, &spec);
        switch (*f) {
        case 'c': {
            char c = (char)va_arg(args, int);
            put_text(&spec, &c, 1);
            break;
        }
        case 's': {
            const char *s = va_arg(args, const char *);
            s = s ? s : "(null)";
            put_text(&spec, s, strlen(s));
            break;
        }
        case 'd': {
            int64_t v = spec.longs ? va_arg(args, long) : va_arg(args, int);
            if (v < 0) {
                uart_putc('-');
            }
            put_number(&spec, v < 0 ? -(uint64_t)v : (uint64_t)v, 10);
            break;
        }
        case 'u':
            put_number(&spec, spec.longs ? va_arg(args, unsigned long) : va_arg(args, unsigned), 10);
            break;
        case 'x':
            put_number(&spec, spec.longs ? va_arg(args, unsigned long) : va_arg(args, unsigned), 16);
            break;
        case 'p':
            uart_putc('0');
            uart_putc('x');
            put_number(&spec, (uintptr_t)va_arg(args, void *), 16);
            break;
        case '\0':
            return;
        default:
            uart_putc(*f);
            break;
        }
    }
}

void kprintf(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    kvprintf(format, args);
    va_end(args);
}

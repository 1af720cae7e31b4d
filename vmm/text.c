/* SPDX-License-Identifier: BSD-2-Clause */
#include "text.h"

#include <stdbool.h>
#include <stdint.h>

struct sink {
    char *buffer;
    size_t size;
    size_t used;
};

static void put(struct sink *sink, char c)
{
    if (sink->used + 1 < sink->size) {
        sink->buffer[sink->used++] = c;
    }
}

static void put_number(struct sink *sink, uint64_t value, unsigned base, unsigned width, char pad)
{
    char digits[20];
    unsigned count = 0;
    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    for (; width > count; width--) {
        put(sink, pad);
    }
    while (count > 0) {
        put(sink, digits[--count]);
    }
}

static void put_signed(struct sink *sink, int64_t value, unsigned width, char pad)
{
    uint64_t magnitude = (uint64_t)value;
    if (value < 0) {
        put(sink, '-');
        magnitude = 0 - magnitude;
    }
    put_number(sink, magnitude, 10, width, pad);
}

size_t text_vformat(char *buffer, size_t size, const char *format, va_list args)
{
    struct sink sink = {buffer, size, 0};
    for (const char *p = format; *p != '\0'; p++) {
        if (*p != '%') {
            put(&sink, *p);
            continue;
        }
        p++;
        char pad = ' ';
        unsigned width = 0;
        bool is_long = false;
        if (*p == '0') {
            pad = '0';
            p++;
        }
        for (; *p >= '0' && *p <= '9'; p++) {
            width = width * 10 + (unsigned)(*p - '0');
        }
        for (; *p == 'l' || *p == 'z'; p++) {
            is_long = true;
        }
        switch (*p) {
        case 's':
            for (const char *s = va_arg(args, const char *); *s != '\0'; s++) {
                put(&sink, *s);
            }
            break;
        case 'c':
            put(&sink, (char)va_arg(args, int));
            break;
        case 'd':
            put_signed(&sink, is_long ? va_arg(args, long) : va_arg(args, int), width, pad);
            break;
        case 'u':
            put_number(&sink, is_long ? va_arg(args, unsigned long) : va_arg(args, unsigned), 10, width, pad);
            break;
        case 'x':
            put_number(&sink, is_long ? va_arg(args, unsigned long) : va_arg(args, unsigned), 16, width, pad);
            break;
        case 'p':
            put_number(&sink, (uintptr_t)va_arg(args, void *), 16, width, pad);
            break;
        case '\0':
            p--; /* a lone % ends the format */
            break;
        default:
            put(&sink, *p);
            break;
        }
    }
    if (size > 0) {
        buffer[sink.used] = '\0';
    }
    return sink.used;
}

size_t text_format(char *buffer, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    size_t used = text_vformat(buffer, size, format, args);
    va_end(args);
    return used;
}

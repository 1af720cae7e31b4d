/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The C library's functions on memory that all programs call, libfdt for them too, in general registers only: the
 * library's own would take the floating-point registers away from whoever has state in them.
 */
#include <stdint.h>
#include <string.h>

typedef uint64_t __attribute__((may_alias)) word;

/* Lowest address first: also right for overlapping blocks of which the target is the lower. */
static void copy_up(char *d, const char *s, size_t n)
{
    if ((((uintptr_t)d | (uintptr_t)s) & 7) == 0) {
        for (; n >= 32; n -= 32, d += 32, s += 32) {
            word a = ((const word *)s)[0], b = ((const word *)s)[1];
            word c = ((const word *)s)[2], e = ((const word *)s)[3];
            ((word *)d)[0] = a;
            ((word *)d)[1] = b;
            ((word *)d)[2] = c;
            ((word *)d)[3] = e;
        }
        for (; n >= 8; n -= 8, d += 8, s += 8) {
            *(word *)d = *(const word *)s;
        }
    }
    for (; n; n--) {
        *d++ = *s++;
    }
}

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
    copy_up(to, from, n);
    return to;
}

void *memmove(void *to, const void *from, size_t n)
{
    char *d = to;
    const char *s = from;
    if ((uintptr_t)d - (uintptr_t)s >= n) {
        copy_up(d, s, n);
        return to;
    }
    while (n) {
        n--;
        d[n] = s[n];
    }
    return to;
}

void *memset(void *to, int value, size_t n)
{
    char *d = to;
    uint64_t pattern = (uint8_t)value * 0x0101010101010101ul;
    for (; n && ((uintptr_t)d & 7); n--) {
        *d++ = (char)value;
    }
    for (; n >= 32; n -= 32, d += 32) {
        ((word *)d)[0] = pattern;
        ((word *)d)[1] = pattern;
        ((word *)d)[2] = pattern;
        ((word *)d)[3] = pattern;
    }
    for (; n >= 8; n -= 8, d += 8) {
        *(word *)d = pattern;
    }
    for (; n; n--) {
        *d++ = (char)value;
    }
    return to;
}

int memcmp(const void *left, const void *right, size_t n)
{
    const uint8_t *a = left;
    const uint8_t *b = right;
    for (; n; n--, a++, b++) {
        if (*a != *b) {
            return *a - *b;
        }
    }
    return 0;
}

void *memchr(const void *in, int value, size_t n)
{
    const uint8_t *p = in;
    for (; n; n--, p++) {
        if (*p == (uint8_t)value) {
            return (void *)p;
        }
    }
    return 0;
}

char *strchr(const char *in, int value)
{
    for (; *in != (char)value; in++) {
        if (*in == '\0') {
            return 0;
        }
    }
    return (char *)in;
}

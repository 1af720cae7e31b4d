/* SPDX-License-Identifier: BSD-2-Clause */
/* Compiled with -fno-tree-loop-distribute-patterns: the loops here must not become calls of themselves. */
#include "lib/string.h"

#include "arch/aarch64/sysreg.h"
#include "arch/memory.h"
#include <stdbool.h>
#include <stdint.h>

/* A word anywhere in memory, of whatever type. */
typedef uint64_t any_word __attribute__((aligned(1), may_alias));

enum { WORD = sizeof(any_word), CHUNK = 4 * WORD, ZERO_BLOCK_MIN = 512, BLOCKS = 16 /* at a time */ };

static void copy_up(char *to, const char *from, size_t size)
{
    for (; size >= CHUNK; size -= CHUNK, to += CHUNK, from += CHUNK) {
        uint64_t a = *(const any_word *)from, b = *(const any_word *)(from + WORD);
        uint64_t c = *(const any_word *)(from + 2 * WORD), d = *(const any_word *)(from + 3 * WORD);
        *(any_word *)to = a;
        *(any_word *)(to + WORD) = b;
        *(any_word *)(to + 2 * WORD) = c;
        *(any_word *)(to + 3 * WORD) = d;
    }
    for (; size >= WORD; size -= WORD, to += WORD, from += WORD) {
        *(any_word *)to = *(const any_word *)from;
    }
    for (; size > 0; size--) {
        *to++ = *from++;
    }
}

static void copy_down(char *to, const char *from, size_t size)
{
    for (; size >= WORD; size -= WORD) {
        *(any_word *)(to + size - WORD) = *(const any_word *)(from + size - WORD);
    }
    for (; size > 0; size--) {
        to[size - 1] = from[size - 1];
    }
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    copy_up(to, from, size);
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    if ((uintptr_t)to - (uintptr_t)from < size) {
        copy_down(to, from, size);
    } else {
        copy_up(to, from, size);
    }
    return to;
}

static void fill(char *to, uint64_t pattern, size_t size)
{
    for (; size >= 2 * WORD; size -= 2 * WORD, to += 2 * WORD) {
        *(any_word *)to = pattern;
        *(any_word *)(to + WORD) = pattern;
    }
    for (; size > 0; size--) {
        *to++ = (char)pattern;
    }
}

/* DCZID_EL0, DDI 0487 D19.2.36: log2 of words in a block, or a bit that forbids the instruction. */
static size_t zero_block_size(void)
{
    uint64_t dczid = read_sysreg(dczid_el0);
    return dczid & DCZID_DZP ? 0 : (size_t)4 << (dczid & DCZID_BS_MASK);
}

/* Clears a block; returns where the next one begins. */
static inline char *zero_block(char *to, size_t block)
{
    __asm__ volatile("dc zva, %0\n\tadd %0, %0, %1" : "+r"(to) : "r"(block) : "memory");
    return to;
}

static void zero(char *to, size_t size)
{
    size_t block = size >= ZERO_BLOCK_MIN ? zero_block_size() : 0;

    if (block && size >= 2 * block) {
        size_t head = -(uintptr_t)to % block;
        if (head > 0) {
            fill(to, 0, head);
            to += head;
            size -= head;
        }
        for (; size >= BLOCKS * block; size -= BLOCKS * block) {
#pragma GCC unroll 16
            for (int i = 0; i < BLOCKS; i++) {
                to = zero_block(to, block);
            }
        }
        for (; size >= block; size -= block) {
            to = zero_block(to, block);
        }
    }
    fill(to, 0, size);
}

void *memset(void *to, int value, size_t size)
{
    const uint64_t each_byte = 0x0101010101010101ull;

    if (value == 0) {
        zero(to, size);
    } else {
        fill(to, (unsigned char)value * each_byte, size);
    }
    return to;
}

void zero_memory(void *start, size_t size)
{
    zero(start, size);
}

int memcmp(const void *a, const void *b, size_t size)
{
    const unsigned char *x = a, *y = b;

    for (size_t i = 0; i < size; i++) {
        if (x[i] != y[i]) {
            return x[i] - y[i];
        }
    }
    return 0;
}

void *memchr(const void *start, int value, size_t size)
{
    const unsigned char *p = start;

    for (size_t i = 0; i < size; i++) {
        if (p[i] == (unsigned char)value) {
            return (void *)(uintptr_t)&p[i];
        }
    }
    return NULL;
}

size_t strlen(const char *s)
{
    size_t n = 0;
    while (s[n]) {
        n++;
    }
    return n;
}

size_t strnlen(const char *s, size_t max)
{
    size_t n = 0;
    while (n < max && s[n]) {
        n++;
    }
    return n;
}

int strncmp(const char *a, const char *b, size_t max)
{
    for (size_t i = 0; i < max; i++) {
        unsigned char x = (unsigned char)a[i], y = (unsigned char)b[i];
        if (x != y || !x) {
            return x - y;
        }
    }
    return 0;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, SIZE_MAX);
}

static char *find(const char *s, int c, bool last)
{
    const char *found = NULL;

    for (;; s++) {
        if (*s == (char)c) {
            found = s;
        }
        if (!*s || (found && !last)) {
            return (char *)(uintptr_t)found;
        }
    }
}

char *strchr(const char *s, int c)
{
    return find(s, c, false);
}

char *strrchr(const char *s, int c)
{
    return find(s, c, true);
}

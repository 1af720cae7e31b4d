/* SPDX-License-Identifier: BSD-2-Clause */
#define _DEFAULT_SOURCE 1 /* MAP_ANONYMOUS */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 4096, GUARDED_MAX = 4 << 20 };

_Noreturn void fuzz_fail(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: %s\n", file, line, what);
    abort();
}

uint8_t input_byte(struct input *in)
{
    if (in->left == 0) {
        return 0;
    }
    in->left--;
    return *in->at++;
}

uint64_t input_bytes(struct input *in, unsigned count)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < count; i++) {
        value |= (uint64_t)input_byte(in) << (8 * i);
    }
    return value;
}

/*
 * First byte: 0..159 the number itself; 160..191 a power of two or one less; 192..239 a page or a large page by number; then so many
 * bytes follow.
 */
enum { WORD_POWER = 160, WORD_PAGE = 192, WORD_LARGE = 224, WORD_SHORT = 240, WORD_LONG = 248 };

uint64_t input_word(struct input *in)
{
    uint8_t kind = input_byte(in);

    if (kind < WORD_POWER) {
        return kind;
    }
    if (kind < WORD_PAGE) {
        unsigned n = kind - WORD_POWER;
        return (1ull << (n * 2 + 1)) - (n % 2);
    }
    if (kind < WORD_LARGE) {
        return 0x1000ull * (kind - WORD_PAGE + 1);
    }
    if (kind < WORD_SHORT) {
        return 0x200000ull * (kind - WORD_LARGE);
    }
    return input_bytes(in, kind < WORD_LONG ? 2 : 8);
}

void *fuzz_guarded(const uint8_t *data, size_t size, size_t align)
{
    static char *room;

    MUST(size <= GUARDED_MAX);
    if (!room) {
        room = mmap(0, GUARDED_MAX + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        MUST(room != MAP_FAILED && mprotect(room + GUARDED_MAX, PAGE, PROT_NONE) == 0);
    }
    return memcpy(room + GUARDED_MAX - ((size + align - 1) & ~(align - 1)), data, size);
}

void fuzz_touch(const void *data, size_t size)
{
    const volatile uint8_t *bytes = data;

    for (size_t i = 0; i < size; i++) {
        (void)bytes[i];
    }
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* What the fuzzers share: reading the input piece by piece, and properties whose violation ends the run. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** libFuzzer's entry point. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Must hold whatever the input is. */
#define MUST(condition) ((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #condition))
_Noreturn void fuzz_fail(const char *file, int line, const char *what);

/** The bytes of an input that are not used yet. Behind the end come zeros. */
struct input {
    const uint8_t *at;
    size_t left;
};
uint8_t input_byte(struct input *in);
/** So many bytes, least significant first. */
uint64_t input_bytes(struct input *in, unsigned count);
/** A number in few bytes if it is a small or a likely one: see the table in fuzz.c. */
uint64_t input_word(struct input *in);

/**
 * A copy of the input whose end is the end of a page before one that must not be touched, up to `align`. For code that is not instrumented
 * itself. Good until the next call.
 */
void *fuzz_guarded(const uint8_t *data, size_t size, size_t align);

/** Reads all bytes: they must be there. */
void fuzz_touch(const void *data, size_t size);

#endif

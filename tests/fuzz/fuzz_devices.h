/* SPDX-License-Identifier: BSD-2-Clause */
/* The VMM's half of the fuzzer `devices`: both halves have a structure of the same name. */
#ifndef FUZZ_DEVICES_H
#define FUZZ_DEVICES_H

/** The VMM reads what init tells it, so much of each, and makes a guest of it if it can. */
void fuzz_told(const void *tree, unsigned memory_count, unsigned irq_count, unsigned rest_count);

#endif

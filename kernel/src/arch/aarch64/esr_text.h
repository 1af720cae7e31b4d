/* SPDX-License-Identifier: BSD-2-Clause */
/* Exception syndromes in words. */
#ifndef ARCH_AARCH64_ESR_TEXT_H
#define ARCH_AARCH64_ESR_TEXT_H

#include <stdbool.h>
#include <stdint.h>

/** What kind of exception it was. */
const char *esr_class_text(uint64_t esr);
/** Is it an abort: with a fault status, and (unless FnV) an address in FAR? */
bool esr_is_abort(uint64_t esr);
/** What went wrong in an abort, without the level. */
const char *esr_fault_text(uint64_t esr);
/** The level of the translation it went wrong at; -1 if that does not apply. */
int esr_fault_level(uint64_t esr);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Who holds what: the kernel's objects as text, for people. */
#ifndef TRACE_DUMP_H
#define TRACE_DUMP_H

#include "types.h"

/**
 * Prints a few of all capabilities, from number `from` on in the order of the derivation tree; before an object's first one, what the
 * object is and does. Before number 0, what the cores do. Returns the number to go on with, 0 at the end. A part is printed at a time because
 * interrupts are masked meanwhile; what happens between two parts may make the text inconsistent.
 */
word_t dump_objects(word_t from);

#endif

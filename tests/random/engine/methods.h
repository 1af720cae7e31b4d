/* SPDX-License-Identifier: BSD-2-Clause */
/* The methods of all objects, and what a sensible call of each looks like. */
#ifndef METHODS_H
#define METHODS_H

#include "engine.h"

/**
 * Words and capabilities by one letter each.
 *
 *   words                                             capabilities
 *   i slot   e empty slot   d depth of the one before  T TCB   C CNode   E endpoint   N notification   Y reply
 *   j d of a CNode for Retype, o offset in it          S scheduling context   F frame   P page table   V VSpace
 *   t type   z its size     n count                    A ASID pool   K VCPU   U untyped   B TCB or notification
 *   v address   a attributes   r rights   s offset
 *   p priority   m time   f flags   b badge   g guard
 *   q interrupt   h PPI   k register   l function id
 *   x registers, as many as the word before says       y number of a breakpoint   u IPC buffer   w anything
 */
struct method {
    seL4_Uint8 label, kind;
    const char *words, *caps;
};

/** Sorted by kind. */
extern const struct method methods[];
extern const unsigned method_count;

#endif

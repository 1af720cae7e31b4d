/* SPDX-License-Identifier: BSD-2-Clause */
/* Untyped memory: the source of all objects. */
#ifndef OBJECT_UNTYPED_H
#define OBJECT_UNTYPED_H

#include "syscall.h"

/** Size in bits of an object of `type`, given the caller's `size_bits`; 0 if the type does not exist. */
unsigned untyped_object_bits(word_t type, word_t size_bits);
/** Initialises cleared memory as an object and returns its first capability. */
struct cap untyped_make_object(word_t type, paddr_t where, word_t size_bits, bool device);
/** Methods of seL4_Untyped. */
int untyped_invoke(struct invocation *inv);

#endif

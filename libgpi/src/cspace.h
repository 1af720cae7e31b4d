/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the cspace library share. */
#ifndef CSPACE_H
#define CSPACE_H

#include <gpi/cspace.h>

/** Records for `slots` slots, those in use in the present map included; false if there is no memory. */
bool cspace_new_records(cspace_t *c, size_t slots);
/** An untyped becomes a CNode, guarded so that all bits lead to a slot's number; its capability in a new slot. */
seL4_Error cspace_make_cnode(cspace_t *bootstrap, ut_t *ut, unsigned radix, unsigned guard_bits, seL4_CPtr *cnode);
/** Makes room for `count` slots side by side in a one-level space. */
bool cspace_grow(cspace_t *c, size_t count);

#endif

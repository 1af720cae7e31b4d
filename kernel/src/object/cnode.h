/* SPDX-License-Identifier: BSD-2-Clause */
/* CNodes: tables of slots; looking addresses up in them; their methods. */
#ifndef OBJECT_CNODE_H
#define OBJECT_CNODE_H

#include "object/slot.h"
#include "object/tcb.h"
#include "syscall.h"

static inline struct slot *cnode_slots(struct cap c)
{
    return cap_object(c);
}

/** Is the slot one of `fast_slots`? Address 0 never is: where there are no fast slots the limit is 0. */
static inline bool cspace_is_near(const struct tcb *t, word_t cptr)
{
    return cptr - 1 < t->fast_limit;
}
struct slot *cspace_resolve(const struct tcb *t, word_t cptr, struct lookup_failure *failure);
/** Resolves all 64 bits of `cptr` in the thread's CSpace. Null with `*failure` filled in if that fails. */
static inline struct slot *cspace_lookup(const struct tcb *t, word_t cptr, struct lookup_failure *failure)
{
    return cspace_is_near(t, cptr) ? &t->fast_slots[cptr] : cspace_resolve(t, cptr, failure);
}
/** Resolves the low `depth` bits of `index` in the tree below `root`, as the methods' (root, index, depth) do. */
struct slot *cnode_lookup(struct cap root, word_t index, word_t depth, struct lookup_failure *failure);
/**
 * The empty slot named by (root, index, depth). Returns a seL4_Error: FailedLookup (reported into inv), or DeleteFirst.
 */
int cnode_lookup_empty(struct invocation *inv, struct cap root, word_t index, word_t depth, struct slot **out);
/** Where the receiver wants capabilities: the empty slot of its receive path, or null. */
struct slot *cnode_receive_slot(const struct tcb *receiver);

/** Methods of seL4_CNode. */
int cnode_invoke(struct invocation *inv);

#endif

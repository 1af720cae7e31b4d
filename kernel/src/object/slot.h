/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Slots and the derivation tree. All capabilities of the system stand in one doubly linked list, in preorder of the
 * derivation tree: a capability's children follow it directly. Parenthood is not stored: it follows from
 * what the two capabilities name, and from two flags.
 *   REVOCABLE     the original of its object (or of its badge): copies made from it are its children
 *   FIRST_BADGED  the first capability with this badge: not a child of an equally badged one before it
 */
#ifndef OBJECT_SLOT_H
#define OBJECT_SLOT_H

#include "object/cap.h"

struct slot {
    struct cap cap;
    word_t prev;
    word_t next; /* flags in the low bits */
};
_Static_assert(sizeof(struct slot) == 1u << seL4_SlotBits, "slot size");

#define SLOT_REVOCABLE    1ul
#define SLOT_FIRST_BADGED 2ul
#define SLOT_FLAGS        3ul

static inline struct slot *slot_prev(const struct slot *s)
{
    return (struct slot *)s->prev;
}
static inline struct slot *slot_next(const struct slot *s)
{
    return (struct slot *)(s->next & ~SLOT_FLAGS);
}
static inline bool slot_is_empty(const struct slot *s)
{
    return cap_type(s->cap) == CAP_NULL;
}

/** Stands before all others in the list, and holds nothing. */
extern struct slot slot_list;

/** Puts `cap` into the empty slot `dest`, as a derivation of what is in `src`. */
void slot_insert_derived(struct cap cap, struct slot *src, struct slot *dest);
/** Puts a new object's first capability into `dest`, as a child of `parent` (an untyped or a control capability). */
void slot_insert_child(struct cap cap, struct slot *parent, struct slot *dest);
/** The same of `count` objects side by side in memory, `step` bytes each, into as many slots. */
void slot_insert_children(struct cap cap, word_t step, struct slot *parent, struct slot *dest, word_t count);
/** Puts a capability without parent into `dest` (boot only). */
void slot_insert_root(struct cap cap, struct slot *dest);
/** Moves what is in `src` to the empty slot `dest`, as `cap`. */
void slot_move(struct cap cap, struct slot *src, struct slot *dest);
/** Exchanges two slots' contents and places in the tree. */
void slot_swap(struct slot *a, struct slot *b);
/** Takes the capability out of its slot and the tree. The object behind it is not touched. */
void slot_clear(struct slot *s);
/** Takes what stands between the two out of the list (either may be null: an end); who calls empties those slots. */
void slot_close(struct slot *prev, struct slot *next);
/** Is `b` a child of `a`? True only for nodes where b follows a in the list. */
bool slot_is_parent(const struct slot *a, const struct slot *b);
/** Does `s` have children? */
bool slot_has_children(const struct slot *s);
/** Is this the only capability of its object? */
bool slot_is_final(const struct slot *s);

/** seL4_NoError, or seL4_RevokeFirst if an untyped with children, is copied. On success `*out` is the capability to insert. */
seL4_Error slot_derive(const struct slot *src, struct cap cap, struct cap *out);

/**
 * Deletes what is in `s` and, if it was the last capability of its object, the object. Returns false if it was preempted:
 * the rest must be done by calling again.
 */
bool slot_delete(struct slot *s);
/** Deletes all derived from `s`, not `s` itself. Returns false if preempted. */
bool slot_revoke(struct slot *s);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#include "object/slot.h"

struct slot slot_list;

static void link_set_next(struct slot *s, struct slot *next)
{
    s->next = (word_t)next | (s->next & SLOT_FLAGS);
}

static void link_after(struct slot *s, struct slot *after, word_t flags)
{
    struct slot *next = slot_next(after);

    s->prev = (word_t)after;
    s->next = (word_t)next | flags;
    link_set_next(after, s);
    if (next) {
        next->prev = (word_t)s;
    }
}

/* Does a copy that becomes `cap` start a family of its own below `src`? */
static bool starts_family(struct cap cap, struct cap src)
{
    switch (cap_type(cap)) {
    case CAP_ENDPOINT:
    case CAP_NOTIFICATION:
        return cap_badge(cap) != cap_badge(src);
    case CAP_IRQ_HANDLER:
    case CAP_SGI_SIGNAL:
        return cap_type(src) == CAP_IRQ_CONTROL;
    case CAP_UNTYPED:
        return true;
    default:
        return false;
    }
}

void slot_insert_derived(struct cap cap, struct slot *src, struct slot *dest)
{
    bool family = starts_family(cap, src->cap);
    word_t flags = family ? SLOT_REVOCABLE | SLOT_FIRST_BADGED : 0;

    if (cap_type(cap) == CAP_UNTYPED && cap_type(src->cap) == CAP_UNTYPED) {
        /* Two capabilities, one watermark: the memory is the copy's until the copy is gone. */
        unsigned bits = cap_untyped_bits(src->cap);
        src->cap = cap_untyped_make(cap_paddr(src->cap), bits, cap_untyped_device(src->cap), 1ull << bits);
    }
    dest->cap = cap;
    link_after(dest, src, flags);
}

void slot_insert_child(struct cap cap, struct slot *parent, struct slot *dest)
{
    dest->cap = cap;
    link_after(dest, parent, SLOT_REVOCABLE | SLOT_FIRST_BADGED);
}

void slot_insert_children(struct cap cap, word_t step, struct slot *parent, struct slot *dest, word_t count)
{
    struct slot *next = slot_next(parent);

    /* Each comes before the one made before it, as by slot_insert_child(). */
    for (word_t i = 0; i < count; i++, cap.w0 += step) {
        struct slot *s = &dest[i];
        s->cap = cap;
        s->next = (word_t)next | SLOT_REVOCABLE | SLOT_FIRST_BADGED;
        if (next) {
            next->prev = (word_t)s;
        }
        next = s;
    }
    next->prev = (word_t)parent;
    link_set_next(parent, next);
}

void slot_insert_root(struct cap cap, struct slot *dest)
{
    dest->cap = cap;
    link_after(dest, &slot_list, SLOT_REVOCABLE | SLOT_FIRST_BADGED);
}

/* Neighbours of s point to s again, after s took over another's links. */
static void link_adopt(struct slot *s)
{
    if (slot_prev(s)) {
        link_set_next(slot_prev(s), s);
    }
    if (slot_next(s)) {
        slot_next(s)->prev = (word_t)s;
    }
}

void slot_move(struct cap cap, struct slot *src, struct slot *dest)
{
    dest->cap = cap;
    dest->prev = src->prev;
    dest->next = src->next;
    *src = (struct slot){0};
    link_adopt(dest);
}

void slot_swap(struct slot *a, struct slot *b)
{
    struct slot parked;

    if (a == b) {
        return;
    }
    /* Through a third place, so that neighbours in the list need no special case. */
    slot_move(a->cap, a, &parked);
    slot_move(b->cap, b, a);
    slot_move(parked.cap, &parked, b);
}

void slot_close(struct slot *prev, struct slot *next)
{
    if (prev) {
        link_set_next(prev, next);
    }
    if (next) {
        next->prev = (word_t)prev;
    }
}

void slot_clear(struct slot *s)
{
    slot_close(slot_prev(s), slot_next(s));
    *s = (struct slot){0};
}

/* Is `b` one of those made from the original `a`, which is not memory? */
static __attribute__((noinline)) bool is_copy(const struct slot *a, const struct slot *b)
{
    if (!cap_same_region(a->cap, b->cap)) {
        return false;
    }
    switch (cap_type(a->cap)) {
    case CAP_ENDPOINT:
    case CAP_NOTIFICATION:
        /* An unbadged original is the parent of all; a badged one of its own badge's copies only. */
        return cap_badge(a->cap) == 0 || (cap_badge(a->cap) == cap_badge(b->cap) && !(b->next & SLOT_FIRST_BADGED));
    default:
        return true;
    }
}

bool slot_is_parent(const struct slot *a, const struct slot *b)
{
    if (!(a->next & SLOT_REVOCABLE)) {
        return false;
    }
    return cap_type(a->cap) == CAP_UNTYPED ? cap_untyped_holds(a->cap, b->cap) : is_copy(a, b);
}

bool slot_has_children(const struct slot *s)
{
    const struct slot *next = slot_next(s);

    return next && slot_is_parent(s, next);
}

bool slot_is_final(const struct slot *s)
{
    const struct slot *prev = slot_prev(s), *next = slot_next(s);

    /* Capabilities of one object stand next to each other in the list. */
    return !(prev && cap_same_object(prev->cap, s->cap)) && !(next && cap_same_object(next->cap, s->cap));
}

seL4_Error slot_derive(const struct slot *src, struct cap cap, struct cap *out)
{
    *out = cap;
    switch (cap_type(cap)) {
    case CAP_UNTYPED:
        *out = cap_with_info(cap, 0); /* what is known of the memory is not known of a copy's */
        return slot_has_children(src) ? seL4_RevokeFirst : seL4_NoError;
    case CAP_ZOMBIE:
    case CAP_IRQ_CONTROL:
        *out = cap_null();
        return seL4_NoError;
    case CAP_FRAME:
        /* A copy is not mapped, and serves no VCPU. */
        *out = cap_with_info(cap, cap_info(cap) & ~FRAME_HELD);
        out->w1 = 0;
        return seL4_NoError;
    case CAP_PAGE_TABLE:
    case CAP_VSPACE:
        /* An unassigned space or unmapped table cannot be named twice: there would be two places to record it. */
        if (cap_type(cap) == CAP_VSPACE) {
            *out = cap_with_info(cap, cap_info(cap) & ~VSPACE_IN_TCB);
        }
        return cap_mapped_asid(cap) == 0 ? seL4_IllegalOperation : seL4_NoError;
    case CAP_CNODE:
        *out = cap_with_info(cap, cap_info(cap) & ~CNODE_IN_TCB);
        return seL4_NoError;
    default:
        return seL4_NoError;
    }
}

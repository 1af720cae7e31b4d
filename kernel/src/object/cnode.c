/* SPDX-License-Identifier: BSD-2-Clause */
#include "object/cnode.h"

#include "object/endpoint.h"
#include "object/tcb.h"
#include <sel4/invocation.h>

/*
 * One step per CNode: compare the guard, index by the radix. `bits` is what is left of the address. Where something else stands in the
 * way before all are used, *left says how many, and *failure is a depth mismatch.
 */
static struct slot *resolve(struct cap root, word_t cptr, word_t bits, word_t *left, struct lookup_failure *failure)
{
    if (cap_type(root) != CAP_CNODE) {
        *failure = (struct lookup_failure){.type = seL4_InvalidRoot};
        return 0;
    }
    for (;;) {
        unsigned radix = cap_cnode_radix(root), guard_size = cap_cnode_guard_size(root);
        unsigned level = radix + guard_size;
        word_t guard = guard_size && bits >= guard_size
                           ? cptr >> (bits - guard_size) & (~0ull >> (seL4_WordBits - guard_size))
                           : 0;

        if (guard_size > bits || guard != cap_cnode_guard(root)) {
            *failure = (struct lookup_failure){.type = seL4_GuardMismatch,
                                               .bits_left = (uint8_t)bits,
                                               .bits_found = (uint8_t)guard_size,
                                               .guard = cap_cnode_guard(root)};
            return 0;
        }
        if (level > bits) {
            *failure = (struct lookup_failure){
                .type = seL4_DepthMismatch, .bits_left = (uint8_t)bits, .bits_found = (uint8_t)level};
            return 0;
        }
        bits -= level;
        struct slot *s = cnode_slots(root) + (cptr >> bits & ((1ull << radix) - 1));
        if (bits == 0 || cap_type(s->cap) != CAP_CNODE) {
            *left = bits;
            if (bits != 0) {
                *failure = (struct lookup_failure){
                    .type = seL4_DepthMismatch, .bits_left = (uint8_t)bits, .bits_found = (uint8_t)level};
            }
            return s;
        }
        root = s->cap;
    }
}

struct slot *cspace_resolve(const struct tcb *t, word_t cptr, struct lookup_failure *failure)
{
    word_t left;
    struct slot *s = resolve(t->slots[TCB_CSPACE].cap, cptr, seL4_WordBits, &left, failure);

    if (s && left != 0) {
        /* A capability that is no CNode stands in the way; an empty slot is the more telling error. */
        if (slot_is_empty(s)) {
            *failure = (struct lookup_failure){.type = seL4_MissingCapability, .bits_left = (uint8_t)left};
        }
        return 0;
    }
    return s;
}

struct slot *cnode_lookup(struct cap root, word_t index, word_t depth, struct lookup_failure *failure)
{
    word_t left;

    if (depth < 1 || depth > seL4_WordBits) {
        *failure = (struct lookup_failure){.type = seL4_InvalidRoot};
        return 0;
    }
    struct slot *s = resolve(root, index, depth, &left, failure);
    return s && left == 0 ? s : 0;
}

/* depth out of range is a RangeError of the method; everything else a failed lookup. */
static int lookup_for(struct invocation *inv, struct cap root, word_t index, word_t depth, bool source,
                      struct slot **out)
{
    struct lookup_failure failure;

    if (cap_type(root) == CAP_CNODE && (depth < 1 || depth > seL4_WordBits)) {
        return inv_range_error(inv, 1, seL4_WordBits);
    }
    *out = cnode_lookup(root, index, depth, &failure);
    return *out ? seL4_NoError : inv_failed_lookup(inv, source, &failure);
}

int cnode_lookup_empty(struct invocation *inv, struct cap root, word_t index, word_t depth, struct slot **out)
{
    int error = lookup_for(inv, root, index, depth, false, out);

    return error ? error : slot_is_empty(*out) ? seL4_NoError : seL4_DeleteFirst;
}

struct slot *cnode_receive_slot(const struct tcb *receiver)
{
    struct lookup_failure failure;
    const seL4_IPCBuffer *buffer = receiver->buffer;

    if (!buffer) {
        return 0;
    }
    struct slot *root = cspace_lookup(receiver, buffer->receiveCNode, &failure);
    if (!root) {
        return 0;
    }
    struct slot *s = cnode_lookup(root->cap, buffer->receiveIndex, buffer->receiveDepth, &failure);
    return s && slot_is_empty(s) ? s : 0;
}

static int revoke(struct invocation *inv, struct slot *s)
{
    (void)inv;
    return slot_revoke(s) ? seL4_NoError : INVOKE_PREEMPTED;
}

static int delete (struct invocation *inv, struct slot *s)
{
    (void)inv;
    return slot_delete(s) ? seL4_NoError : INVOKE_PREEMPTED;
}

static int cancel_badged_sends(struct invocation *inv, struct slot *s)
{
    struct cap c = s->cap;

    /* Only who could have given the badge away, with all rights, may take what was sent with it back. */
    if (cap_type(c) != CAP_ENDPOINT || cap_info(c) != CAP_RIGHTS_ALL) {
        return seL4_IllegalOperation;
    }
    if (cap_badge(c) != 0 && !endpoint_cancel_badged(cap_object(c), cap_badge(c), inv->caller)) {
        return INVOKE_PREEMPTED;
    }
    return seL4_NoError;
}

/* What `s` becomes when it is moved with new data. An original with children keeps its badge, or they would be nobody's. */
static struct cap mutated(const struct slot *s, word_t data)
{
    return cap_type(s->cap) != CAP_CNODE && slot_has_children(s) ? cap_null() : cap_set_data(s->cap, data);
}

/* Copy, Mint, Move, Mutate: the arguments after the destination are src_index, src_depth, then what the method adds. */
static int copy_or_move(struct invocation *inv, struct slot *dest)
{
    bool moves = inv->label == vesicle_CNodeMove || inv->label == vesicle_CNodeMutate;
    struct slot *src;
    struct cap cap;

    if (!slot_is_empty(dest)) {
        return seL4_DeleteFirst;
    }
    int error = lookup_for(inv, inv_extra(inv, 0), inv_word(inv, 2), inv_word(inv, 3), true, &src);
    if (error) {
        return error;
    }
    if (slot_is_empty(src) || cap_type(src->cap) == CAP_ZOMBIE) {
        struct lookup_failure missing = {.type = seL4_MissingCapability, .bits_left = (uint8_t)inv_word(inv, 3)};
        return inv_failed_lookup(inv, true, &missing);
    }
    cap = src->cap;
    switch (inv->label) {
    case vesicle_CNodeCopy:
        cap = cap_mask_rights(cap, inv_word(inv, 4));
        break;
    case vesicle_CNodeMint:
        cap = cap_set_data(cap_mask_rights(cap, inv_word(inv, 4)), inv_word(inv, 5));
        break;
    case vesicle_CNodeMutate:
        cap = mutated(src, inv_word(inv, 4));
        break;
    default:
        break;
    }
    if (!moves && cap_type(cap) != CAP_NULL) {
        error = (int)slot_derive(src, cap, &cap);
        if (error) {
            return error;
        }
    }
    if (cap_type(cap) == CAP_NULL) {
        return seL4_IllegalOperation;
    }
    if (moves) {
        slot_move(cap, src, dest);
    } else {
        slot_insert_derived(cap, src, dest);
    }
    return seL4_NoError;
}

static int rotate(struct invocation *inv, struct slot *dest)
{
    struct slot *pivot, *src;
    struct lookup_failure missing = {.type = seL4_MissingCapability};

    int error = lookup_for(inv, inv_extra(inv, 0), inv_word(inv, 3), inv_word(inv, 4), true, &pivot);
    if (error) {
        return error;
    }
    error = lookup_for(inv, inv_extra(inv, 1), inv_word(inv, 6), inv_word(inv, 7), true, &src);
    if (error) {
        return error;
    }
    if (pivot == src || pivot == dest) {
        return seL4_IllegalOperation;
    }
    if (src != dest && !slot_is_empty(dest)) {
        return seL4_DeleteFirst;
    }
    if (slot_is_empty(src) || cap_type(src->cap) == CAP_ZOMBIE) {
        missing.bits_left = (uint8_t)inv_word(inv, 7);
        return inv_failed_lookup(inv, true, &missing);
    }
    if (slot_is_empty(pivot) || cap_type(pivot->cap) == CAP_ZOMBIE) {
        missing.bits_left = (uint8_t)inv_word(inv, 4);
        return inv_failed_lookup(inv, true, &missing);
    }
    struct cap moved_src = inv_word(inv, 5) ? mutated(src, inv_word(inv, 5)) : src->cap;
    struct cap moved_pivot = inv_word(inv, 2) ? mutated(pivot, inv_word(inv, 2)) : pivot->cap;
    if (cap_type(moved_src) == CAP_NULL || cap_type(moved_pivot) == CAP_NULL) {
        return seL4_IllegalOperation;
    }
    /* dest <- pivot <- src */
    if (src == dest) {
        slot_swap(src, pivot);
        src->cap = moved_pivot;
        pivot->cap = moved_src;
    } else {
        slot_move(moved_pivot, pivot, dest);
        slot_move(moved_src, src, pivot);
    }
    return seL4_NoError;
}

int cnode_invoke(struct invocation *inv)
{
    static int (*const methods[])(struct invocation *, struct slot *) = {
        [vesicle_CNodeRevoke] = revoke,
        [vesicle_CNodeDelete] = delete,
        [vesicle_CNodeCancelBadgedSends] = cancel_badged_sends,
        [vesicle_CNodeCopy] = copy_or_move,
        [vesicle_CNodeMint] = copy_or_move,
        [vesicle_CNodeMove] = copy_or_move,
        [vesicle_CNodeMutate] = copy_or_move,
        [vesicle_CNodeRotate] = rotate,
    };
    static const struct {
        uint8_t words, caps;
    } needs[] = {
        [vesicle_CNodeRevoke] = {2, 0}, [vesicle_CNodeDelete] = {2, 0}, [vesicle_CNodeCancelBadgedSends] = {2, 0},
        [vesicle_CNodeCopy] = {5, 1},   [vesicle_CNodeMint] = {6, 1},   [vesicle_CNodeMove] = {4, 1},
        [vesicle_CNodeMutate] = {5, 1}, [vesicle_CNodeRotate] = {8, 2},
    };
    struct slot *s;

    if (inv->label >= sizeof methods / sizeof *methods || !methods[inv->label]) {
        return seL4_IllegalOperation;
    }
    if (inv->length < needs[inv->label].words || inv->extra_count < needs[inv->label].caps) {
        return seL4_TruncatedMessage;
    }
    int error = lookup_for(inv, inv->cap, inv_word(inv, 0), inv_word(inv, 1), false, &s);
    return error ? error : methods[inv->label](inv, s);
}

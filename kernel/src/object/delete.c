/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deleting capabilities and, with the last one, objects.
 *
 * CNodes and TCBs contain slots, which may hold the last capabilities of further containers, to any depth and in circles. There
 * is no stack to follow them with, and the work must be able to stop for an interrupt and go on later. So the way back is kept in
 * the containers themselves. A container that is being cleared is named by a *zombie* in the slot it is deleted from (the root).
 * When a slot of container P holds the last capability of container C, we go down: C's zombie goes into the root, P's
 * zombie into a slot of C, marked as the link up, and what was in that slot of C goes to the slot of P. When only the link is left
 * in C, it is moved back into the root, and C is gone. All state is in slots: who calls again goes on where it stopped.
 *
 * Other objects' ends may take long too: thousands of threads that wait, hundreds of spaces. Such an object, if it cannot be
 * finished at once, becomes a *leaf* zombie, so that nobody can use it any more; what is left of it says how far it came.
 */
#include "object/slot.h"

#include "arch/preempt.h"
#include "object/endpoint.h"
#include "object/irq.h"
#include "object/notification.h"
#include "object/reply.h"
#include "object/schedcontext.h"
#include "object/tcb.h"
#include "object/vcpu.h"
#include "object/vspace.h"
#include "trace/trace.h"

/* A frame's capability: what the kernel or a space shares by it. Nothing more ends with the last one. */
static void release_frame(const struct slot *s)
{
    struct cap c = s->cap;
    struct tcb *holder = (struct tcb *)((word_t)s & ~((1ull << seL4_TCBBits) - 1));

    if (!(cap_info(c) & FRAME_HELD)) {
        if (cap_mapped_asid(c) != 0) {
            frame_unmap(c);
        }
    } else if (cap_info(c) & FRAME_EXIT) {
        vcpu_detach_exit_frame(phys_to_virt((paddr_t){c.w1}));
    } else if (cap_info(c) & FRAME_IPC_BUFFER) {
        holder->buffer = 0;
    } else {
        trace_detach(&cpus[c.w1]);
    }
}

/* What ends with this one capability, others to the object or not. */
static void release_cap(struct slot *s)
{
    struct cap c = s->cap;
    struct tcb *holder = (struct tcb *)((word_t)s & ~((1ull << seL4_TCBBits) - 1));

    if (cap_type(c) == CAP_VSPACE && cap_info(c) & VSPACE_IN_TCB) {
        tcb_forget_vspace(holder);
    } else if (cap_type(c) == CAP_CNODE && cap_info(c) & CNODE_IN_TCB) {
        tcb_forget_cspace(holder);
    }
}

/* What ends with the last capability. False if preempted. */
static bool finalise_object(struct cap c)
{
    switch (cap_type(c)) {
    case CAP_ENDPOINT:
        return endpoint_finalise(cap_object(c));
    case CAP_NOTIFICATION:
        return notification_finalise(cap_object(c));
    case CAP_SCHED_CONTEXT:
        return sc_finalise(cap_object(c));
    case CAP_ASID_POOL:
        return asid_pool_finalise(c);
    case CAP_IRQ_HANDLER:
        return irq_finalise((unsigned)c.w1);
    case CAP_REPLY:
        reply_release(cap_object(c));
        break;
    case CAP_TCB:
        tcb_finalise(cap_object(c));
        break;
    case CAP_PAGE_TABLE:
        page_table_unmap(c);
        break;
    case CAP_VSPACE:
        vspace_finalise(c);
        break;
    case CAP_VCPU:
        vcpu_finalise(cap_object(c));
        break;
    default:
        break;
    }
    return true;
}

static bool is_container(struct cap c)
{
    return cap_type(c) == CAP_CNODE || cap_type(c) == CAP_TCB;
}

static struct cap make_zombie(struct cap c)
{
    return cap_make(CAP_ZOMBIE, cap_paddr(c), cap_type(c) == CAP_TCB ? CAP_ZOMBIE_TCB : cap_cnode_radix(c), 0);
}

static word_t zombie_slots(struct cap z)
{
    return cap_info(z) & CAP_ZOMBIE_TCB ? TCB_NUM_SLOTS : 1ull << cap_cnode_radix(z);
}

/* Handlers of interrupts stay what they are: what is left of them is a zombie elsewhere. */
static struct cap make_leaf(struct cap c)
{
    return cap_type(c) == CAP_IRQ_HANDLER ? c : cap_make_leaf(c);
}

static bool is_link(struct cap c)
{
    return cap_type(c) == CAP_ZOMBIE && cap_info(c) & CAP_ZOMBIE_LINK;
}
static void set_link(struct slot *s, bool link)
{
    s->cap = cap_with_info(s->cap, (cap_info(s->cap) & ~CAP_ZOMBIE_LINK) | (link ? CAP_ZOMBIE_LINK : 0));
}

enum { EMPTY_STEP = 16 };
enum reduced { EMPTY, CONTAINER, PREEMPTED };

static enum reduced reduce_cap(struct slot *s)
{
    struct cap c = s->cap;

    if (cap_type(c) == CAP_ZOMBIE) {
        if (!cap_is_leaf(c)) {
            return CONTAINER;
        }
        if (!finalise_object(cap_of_leaf(c))) {
            return PREEMPTED;
        }
    } else if (cap_type(c) == CAP_FRAME) {
        release_frame(s);
    } else {
        bool final = slot_is_final(s);
        release_cap(s);
        if (final) {
            if (!finalise_object(c)) {
                s->cap = make_leaf(c);
                return PREEMPTED;
            }
            if (is_container(c)) {
                s->cap = make_zombie(c);
                return CONTAINER;
            }
        }
    }
    slot_clear(s);
    return EMPTY;
}

/*
 * A zombie's w1: how many of its slots are passed, that is empty for good. The root may be among them; then the mark says so, for
 * another deletion that comes across this zombie has another root, and must clear that one.
 */
#define PASSED_ROOT (1ull << 63)

/* Deletes what is in s unless it is a container's last capability, which becomes a zombie. */
static inline enum reduced reduce(struct slot *s)
{
    return slot_is_empty(s) ? EMPTY : reduce_cap(s);
}

static word_t passed(struct cap zombie)
{
    return zombie.w1 & ~PASSED_ROOT;
}

/* Where a container's link belongs: in its last slot, unless that is the root. */
static struct slot *link_place(struct cap zombie, const struct slot *root)
{
    struct slot *last = (struct slot *)cap_object(zombie) + zombie_slots(zombie) - 1;

    return last == root ? last - 1 : last;
}

/* From the container of the root's zombie down into the one of `down`, a zombie in it. */
static void descend(struct slot *root, struct slot *down)
{
    struct slot *inner = cap_object(down->cap);
    struct slot *link = link_place(down->cap, root);

    set_link(down, false);
    slot_swap(root, down); /* down's place holds the outer zombie now */
    slot_swap(down, link); /* the outer zombie is in the inner container, what was there is in the outer */
    set_link(link, true);
    /* The link's place must not count as passed. The outer's progress holds: `down` lies beyond it. */
    word_t index = (word_t)(link - inner);
    if (passed(root->cap) > index) {
        root->cap.w1 = index | (root->cap.w1 & PASSED_ROOT);
    }
}

/* The next slot from i on that has something or is the root, but not so far that an interrupt would have to wait for it. */
static word_t skip_empty(const struct slot *slots, const struct slot *root, word_t i, word_t count)
{
    for (word_t end = i + EMPTY_STEP; i < end && i < count && &slots[i] != root && slot_is_empty(&slots[i]); i++) {
    }
    return i;
}

/*
 * One pass over the container of the root's zombie. Leaves the root with what to do next, empty if all is done; false if preempted.
 * However early it is preempted, it has come further: what counts as passed grows with every step.
 */
static bool clear_container(struct slot *root)
{
    struct slot *slots = cap_object(root->cap), *place = link_place(root->cap, root), *link = 0, *down = 0;
    word_t count = zombie_slots(root->cap);
    bool inside = root >= slots && root < slots + count;

    if (root->cap.w1 & PASSED_ROOT && !(inside && root < slots + passed(root->cap))) {
        root->cap.w1 = 0;
    }
    for (word_t i = passed(root->cap); i < count && !down;) {
        word_t from = i;
        i = skip_empty(slots, root, i, count);
        if (i > from) {
            root->cap.w1 = i | (inside && root < slots + i ? PASSED_ROOT : 0);
            if (preempt_point()) {
                return false;
            }
            continue;
        }
        struct slot *s = &slots[i];
        if (s == root) {
            i++;
            continue;
        }
        switch (reduce(s)) {
        case EMPTY:
            i++;
            root->cap.w1 = i | (inside && root < slots + i ? PASSED_ROOT : 0);
            if (preempt_point()) {
                return false;
            }
            break;
        case CONTAINER:
            if (s == place && is_link(s->cap)) {
                link = s;
                i++; /* nothing follows but, perhaps, the root */
            } else {
                down = s; /* perhaps a link elsewhere: what another deletion left is cleared as if it were below */
            }
            break;
        case PREEMPTED:
            return false;
        }
    }
    if (!down && link && inside) {
        down = link; /* the root lies in here: this container must be the last to go */
    }
    if (down) {
        descend(root, down);
    } else if (link) {
        set_link(link, false);
        struct cap up = link->cap;
        /* The root's zombie ends here; the link takes its place. */
        slot_clear(root);
        slot_move(up, link, root);
    } else {
        slot_clear(root);
    }
    return true;
}

bool slot_delete(struct slot *s)
{
    enum reduced r = reduce(s);

    if (r != CONTAINER) {
        return r == EMPTY;
    }
    set_link(s, false);
    while (!slot_is_empty(s)) {
        if (!clear_container(s) || (!slot_is_empty(s) && preempt_point())) {
            return false;
        }
    }
    return true;
}

/* Frames between two looks for interrupts. */
enum { FRAMES_PER_STEP = 32 };

static inline bool holds_frame(struct cap untyped, struct cap c)
{
    unsigned bits = cap_untyped_bits(untyped);

    return cap_type(c) == CAP_FRAME && (cap_paddr(c).raw - cap_paddr(untyped).raw) >> bits == 0 &&
           cap_frame_bits(c) <= bits;
}

/*
 * Memory has frames by the hundred: those that come next go in one step, and the list is closed behind them. A mapped one of 2 MiB is
 * the last of its step: it may have a table's entries to be cleared.
 */
static void revoke_frames(struct slot *untyped)
{
    struct slot *child = slot_next(untyped);
    struct cap memory = untyped->cap;
    word_t gone = 0; /* an ASID without space: of many frames of a space that ended it is asked once */

    for (unsigned i = 0; i < FRAMES_PER_STEP && child && holds_frame(memory, child->cap); i++) {
        struct slot *next = slot_next(child);
        word_t asid = cap_info(child->cap) & FRAME_HELD ? 0 : cap_mapped_asid(child->cap);
        bool stage2;
        if (asid != 0 && asid != gone && !asid_find(asid, &stage2)) {
            gone = asid;
        }
        if (cap_info(child->cap) & FRAME_HELD || asid != gone) {
            release_frame(child);
            i = cap_frame_bits(child->cap) == seL4_LargePageBits ? FRAMES_PER_STEP : i;
        }
        *child = (struct slot){0};
        child = next;
    }
    slot_close(untyped, child);
}

bool slot_revoke(struct slot *s)
{
    while (slot_has_children(s)) {
        struct slot *child = slot_next(s);
        if (cap_type(s->cap) == CAP_UNTYPED && cap_type(child->cap) == CAP_FRAME) {
            revoke_frames(s);
        } else if (!slot_delete(child)) {
            return false;
        }
        if (preempt_point()) {
            return false;
        }
    }
    return true;
}

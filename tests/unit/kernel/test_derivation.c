/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random operations on capabilities in four CNodes, against a model: the list of all capabilities with the depth
 * of each in the derivation tree. What is revoked is what follows at greater depth.
 */
#include "lib/machine.h"
#include "lib/unit.h"
#include "object/cnode.h"
#include "object/untyped.h"
#include <string.h>

enum { NODES = 4, RADIX = 5, SLOTS_PER_NODE = 1 << RADIX, SLOTS = NODES * SLOTS_PER_NODE, OPERATIONS = 100000 };
enum { CPTR_NODES = 9, ROOT_BITS = 17 };

static struct entry {
    struct slot *slot;
    unsigned depth;
} model[SLOTS + 1];
static unsigned count;
static word_t next_badge;
static seL4_CPtr root;            /* the untyped that all comes from: model[0] */
static seL4_CPtr scratch;         /* an empty slot of the CSpace */
static const struct slot *behind; /* what follows in the list: other roots */
static _Alignas(1 << ROOT_BITS) char memory[1 << ROOT_BITS];

static unsigned find(const struct slot *s)
{
    for (unsigned i = 0; i < count; i++) {
        if (model[i].slot == s) {
            return i;
        }
    }
    CHECK(!"a capability of the model");
    return 0;
}

static void add_after(unsigned at, struct slot *s, unsigned depth)
{
    memmove(&model[at + 2], &model[at + 1], (count - at - 1) * sizeof *model);
    model[at + 1] = (struct entry){s, depth};
    count++;
}

static void drop(unsigned at, unsigned how_many)
{
    memmove(&model[at], &model[at + how_many], (count - at - how_many) * sizeof *model);
    count -= how_many;
}

static unsigned descendants(unsigned at)
{
    unsigned n = 0;

    while (at + 1 + n < count && model[at + 1 + n].depth > model[at].depth) {
        n++;
    }
    return n;
}

/* A slot's address for methods: the node's capability and the index in it. */
struct place {
    seL4_CPtr node;
    word_t index;
};

static struct slot *slot_at(struct place p)
{
    return cnode_slots(machine_cap(p.node)) + p.index;
}

static struct place any_place(void)
{
    return (struct place){CPTR_NODES + unit_random(NODES), unit_random(SLOTS_PER_NODE)};
}

static struct place place_of(const struct slot *s)
{
    for (unsigned i = 0; i < NODES; i++) {
        const struct slot *first = cnode_slots(machine_cap(CPTR_NODES + i));
        if (s >= first && s < first + SLOTS_PER_NODE) {
            return (struct place){CPTR_NODES + i, (word_t)(s - first)};
        }
    }
    CHECK(!"a slot of the nodes");
    return (struct place){0, 0};
}

/* Any capability but the root. */
static struct place any_capability(void)
{
    return count > 1 ? place_of(model[1 + unit_random(count - 1)].slot) : any_place();
}

static struct place any_empty(void)
{
    for (unsigned tries = 0; tries < 20; tries++) {
        struct place p = any_place();
        if (slot_is_empty(slot_at(p))) {
            return p;
        }
    }
    return any_place();
}

static void check_list(void)
{
    const struct slot *s = model[0].slot;

    for (unsigned i = 0; i < count; i++) {
        CHECK(s == model[i].slot);
        CHECK(!slot_is_empty(s));
        CHECK(i == 0 || slot_prev(s) == model[i - 1].slot);
        CHECK_EQ(slot_has_children(s), descendants(i) > 0);
        s = slot_next(s);
    }
    CHECK(s == behind);
}

static void check_finality(unsigned at)
{
    unsigned same = 0;

    for (unsigned i = 0; i < count; i++) {
        same += cap_same_object(model[i].slot->cap, model[at].slot->cap);
    }
    CHECK_EQ(slot_is_final(model[at].slot), same <= 1);
}

/* Whose copies are its children: what was retyped, badged anew, or copied from untyped memory. */
static bool is_original(const struct slot *s)
{
    return s->next & SLOT_REVOCABLE;
}

static void mint(void)
{
    struct place from = any_capability(), to = any_empty();
    struct slot *src = slot_at(from), *dest = slot_at(to);
    bool empty = slot_is_empty(src), occupied = !slot_is_empty(dest);
    struct cap c = src->cap;
    bool takes_badge = cap_type(c) == CAP_ENDPOINT || cap_type(c) == CAP_NOTIFICATION;

    struct answer r = invoke(to.node, CNodeMint, CAPS(from.node),
                             WORDS(to.index, RADIX, from.index, RADIX, CAP_RIGHTS_ALL, ++next_badge));
    if (occupied) {
        CHECK_EQ(r.error, seL4_DeleteFirst);
    } else if (empty) {
        CHECK_EQ(r.error, seL4_FailedLookup);
    } else if (takes_badge && c.w1) {
        CHECK_EQ(r.error, seL4_IllegalOperation);
    } else if (cap_type(c) == CAP_UNTYPED && descendants(find(src))) {
        CHECK_EQ(r.error, seL4_RevokeFirst);
    } else {
        CHECK_EQ(r.error, seL4_NoError);
        unsigned at = find(src);
        CHECK_EQ(is_original(dest), cap_type(c) == CAP_UNTYPED || takes_badge);
        add_after(at, dest, model[at].depth + is_original(src));
    }
}

static void plain_copy(void)
{
    struct place from = any_capability(), to = any_empty();
    struct slot *src = slot_at(from), *dest = slot_at(to);
    bool possible =
        !slot_is_empty(src) && slot_is_empty(dest) && !(cap_type(src->cap) == CAP_UNTYPED && descendants(find(src)));

    struct answer r =
        invoke(to.node, CNodeCopy, CAPS(from.node), WORDS(to.index, RADIX, from.index, RADIX, CAP_RIGHTS_ALL));
    CHECK_EQ(r.error == seL4_NoError, possible);
    if (possible) {
        unsigned at = find(src);
        CHECK_EQ(dest->cap.w0, src->cap.w0);
        CHECK_EQ(is_original(dest), cap_type(src->cap) == CAP_UNTYPED);
        add_after(at, dest, model[at].depth + is_original(src));
    }
}

static void move(void)
{
    struct place from = any_capability(), to = any_empty();
    struct slot *src = slot_at(from), *dest = slot_at(to);
    bool possible = !slot_is_empty(src) && slot_is_empty(dest);

    struct answer r = invoke(to.node, CNodeMove, CAPS(from.node), WORDS(to.index, RADIX, from.index, RADIX));
    CHECK_EQ(r.error == seL4_NoError, possible);
    if (possible) {
        model[find(src)].slot = dest;
    }
}

static void rotate(void)
{
    struct place from = any_capability(), pivot = any_capability(), to = unit_random(2) ? any_empty() : from;
    struct slot *src = slot_at(from), *mid = slot_at(pivot), *dest = slot_at(to);
    bool possible =
        !slot_is_empty(src) && !slot_is_empty(mid) && src != mid && mid != dest && (src == dest || slot_is_empty(dest));

    struct answer r = invoke(to.node, CNodeRotate, CAPS(pivot.node, from.node),
                             WORDS(to.index, RADIX, 0, pivot.index, RADIX, 0, from.index, RADIX));
    CHECK_EQ(r.error == seL4_NoError, possible);
    if (possible) {
        unsigned s = find(src), m = find(mid);
        model[m].slot = dest;
        model[s].slot = mid;
    }
}

static void delete (void)
{
    struct slot *s = slot_at(any_capability());

    if (slot_is_empty(s)) {
        return;
    }
    struct place p = place_of(s);
    unsigned at = find(s), below = descendants(at);
    check_finality(at);
    CHECK_EQ(invoke(p.node, CNodeDelete, WORDS(p.index, RADIX)).error, seL4_NoError);
    for (unsigned i = 0; i < below; i++) {
        model[at + 1 + i].depth--;
    }
    drop(at, 1);
}

static void revoke(void)
{
    struct slot *s = slot_at(any_capability());

    if (slot_is_empty(s)) {
        return;
    }
    struct place p = place_of(s);
    unsigned at = find(s);
    CHECK_EQ(invoke(p.node, CNodeRevoke, WORDS(p.index, RADIX)).error, seL4_NoError);
    drop(at + 1, descendants(at));
}

static bool overlap(struct cap a, struct cap b)
{
    word_t a_start = cap_paddr(a).raw, b_start = cap_paddr(b).raw;

    return a_start < b_start + (1ull << cap_object_bits(b)) && b_start < a_start + (1ull << cap_object_bits(a));
}

/* What was just made lies in no object, and in no untyped but those above it. */
static void check_fresh(unsigned parent, unsigned first, unsigned how_many)
{
    for (unsigned i = first; i < first + how_many; i++) {
        unsigned depth = model[parent].depth;
        CHECK(cap_same_region(model[parent].slot->cap, model[i].slot->cap));
        for (unsigned j = count; j-- > 0;) {
            if (j == i || (j <= parent && model[j].depth <= depth && (j == parent || model[j].depth < depth))) {
                depth = j <= parent ? model[j].depth : depth;
                continue; /* itself, or above */
            }
            CHECK(!overlap(model[i].slot->cap, model[j].slot->cap));
        }
    }
}

/* Makes some objects, most often where there is memory. */
static void retype(void)
{
    static const struct {
        word_t type, bits;
    } kinds[] = {
        {seL4_UntypedObject, 4},      {seL4_UntypedObject, 8}, {seL4_UntypedObject, 11},      {seL4_EndpointObject, 0},
        {seL4_NotificationObject, 0}, {seL4_ReplyObject, 0},   {seL4_ARM_SmallPageObject, 0},
    };
    unsigned kind = (unsigned)unit_random(UNIT_COUNT(kinds));
    unsigned n = 1 + (unsigned)unit_random(3), at = 0;
    struct place to = any_empty();

    for (unsigned tries = 0; tries < 8 && unit_random(3); tries++) {
        unsigned i = (unsigned)unit_random(count);
        at = cap_type(model[i].slot->cap) == CAP_UNTYPED ? i : at;
    }
    if (to.index + n > SLOTS_PER_NODE) {
        return;
    }
    for (unsigned i = 0; i < n; i++) {
        if (!slot_is_empty(slot_at((struct place){to.node, to.index + i}))) {
            return;
        }
    }
    seL4_CPtr untyped = root;
    if (at) {
        /* Addressed through the node: it must be named in the CSpace to be invoked. */
        untyped = scratch;
        slot_move(model[at].slot->cap, model[at].slot, machine_slot(untyped));
    }
    struct answer r =
        invoke(untyped, UntypedRetype, CAPS(to.node), WORDS(kinds[kind].type, kinds[kind].bits, 0, 0, to.index, n));
    if (at) {
        slot_move(machine_cap(untyped), machine_slot(untyped), model[at].slot);
    }
    CHECK(r.error == seL4_NoError || r.error == seL4_NotEnoughMemory);
    if (r.error == seL4_NoError) {
        for (unsigned i = 0; i < n; i++) {
            struct slot *s = slot_at((struct place){to.node, to.index + i});
            CHECK(is_original(s));
            add_after(at, s, model[at].depth + 1);
        }
        check_fresh(at, at + 1, n);
    } else if (!descendants(at)) {
        CHECK(n << untyped_object_bits(kinds[kind].type, kinds[kind].bits) >
              1u << cap_untyped_bits(model[at].slot->cap));
    } else if (at == 0 && unit_random(20) == 0) {
        CHECK_EQ(invoke(CPTR_CNODE, CNodeRevoke, WORDS(root, seL4_WordBits)).error, seL4_NoError);
        count = 1;
    }
}

/* Between a quarter and three quarters full, so that all finds room and company. */
static void step(bool fill)
{
    static void (*const filling[])(void) = {plain_copy, plain_copy, mint, mint, move, rotate, delete, retype, retype};
    static void (*const emptying[])(void) = {plain_copy, mint, move, rotate, delete, delete, delete, revoke, retype};

    fill ? filling[unit_random(UNIT_COUNT(filling))]() : emptying[unit_random(UNIT_COUNT(emptying))]();
}

static void random_operations(void)
{
    bool fill = true;
    unsigned most = 0;

    root = machine_empty_slot();
    scratch = machine_empty_slot();
    slot_insert_root(cap_untyped_make(virt_to_phys(memory), ROOT_BITS, false, 0), machine_slot(root));
    for (unsigned i = 0; i < NODES; i++) {
        seL4_CPtr node = machine_retype(CPTR_UNTYPED, seL4_CapTableObject, RADIX, 1);
        slot_move(machine_cap(node), machine_slot(node), machine_slot(CPTR_NODES + i));
    }
    model[0] = (struct entry){machine_slot(root), 0};
    behind = slot_next(machine_slot(root));
    count = 1;
    for (unsigned i = 0; i < OPERATIONS; i++) {
        fill = count < SLOTS / 4 || (fill && count < SLOTS * 3 / 4);
        step(fill);
        check_list();
        most = count > most ? count : most;
    }
    CHECK(most >= SLOTS * 3 / 4);
    CHECK_EQ(invoke(CPTR_CNODE, CNodeRevoke, WORDS(root, seL4_WordBits)).error, seL4_NoError);
    count = 1;
    check_list();
}

int main(void)
{
    static const struct unit_case cases[] = {{"random_operations", random_operations}};

    return unit_run("derivation", cases, UNIT_COUNT(cases), machine_setup);
}

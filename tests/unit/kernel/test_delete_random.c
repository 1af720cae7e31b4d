/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deletions in random graphs of CNodes and threads, preempted and interleaved, against a model that counts references: an
 * object goes with its last capability, and with it what it holds.
 */
#include "../../../kernel/src/arch/fake/fake.h"
#include "arch/preempt.h"
#include "lib/unit.h"
#include "object/tcb.h"
#include <string.h>

enum { NODES = 12, RADIX = 2, THREADS = 4, OBJECTS = NODES + THREADS, OUTSIDE = OBJECTS, SLOTS = TCB_NUM_SLOTS };
enum { GRAPHS = 2000, NOTHING = -1 };

static _Alignas(1 << seL4_TCBBits) char memory[OBJECTS][1 << seL4_TCBBits];
static struct slot outside[SLOTS], everything;

/* The model: which object each slot names; holder OUTSIDE has slots, too. */
static int names[OBJECTS + 1][SLOTS];
static unsigned references[OBJECTS];
static bool alive[OBJECTS + 1];

static unsigned slots_of(unsigned holder)
{
    return holder < NODES ? 1u << RADIX : SLOTS;
}

static struct slot *slot_of(unsigned holder, unsigned i)
{
    return holder == OUTSIDE ? &outside[i] : (struct slot *)memory[holder] + i;
}

static struct cap first_cap(unsigned object)
{
    return object < NODES ? cap_make(CAP_CNODE, virt_to_phys(memory[object]), RADIX, 0)
                          : cap_make(CAP_TCB, virt_to_phys(memory[object]), 0, 0);
}

static bool any_empty(unsigned *holder, unsigned *i)
{
    for (unsigned tries = 0; tries < 30; tries++) {
        *holder = (unsigned)unit_random(OBJECTS + 1);
        *i = (unsigned)unit_random(slots_of(*holder));
        if (names[*holder][*i] == NOTHING) {
            return true;
        }
    }
    return false;
}

static void name(unsigned object)
{
    unsigned holder, i;

    if (!any_empty(&holder, &i)) {
        return;
    }
    struct slot *s = slot_of(holder, i);
    if (references[object] == 0) {
        slot_insert_child(first_cap(object), &everything, s);
    } else {
        /* A copy of any: the first found. */
        for (unsigned h = 0; h <= OBJECTS; h++) {
            for (unsigned k = 0; k < slots_of(h); k++) {
                if (slot_is_empty(s) && names[h][k] == (int)object) {
                    slot_insert_derived(slot_of(h, k)->cap, slot_of(h, k), s);
                }
            }
        }
    }
    names[holder][i] = (int)object;
    references[object]++;
    alive[object] = true;
}

static void make_graph(void)
{
    memset(memory, 0, sizeof memory);
    memset(outside, 0, sizeof outside);
    memset(references, 0, sizeof references);
    memset(alive, 0, sizeof alive);
    memset(&everything, 0, sizeof everything);
    slot_list = (struct slot){0};
    alive[OUTSIDE] = true;
    for (unsigned h = 0; h <= OBJECTS; h++) {
        for (unsigned i = 0; i < SLOTS; i++) {
            names[h][i] = NOTHING;
        }
    }
    for (unsigned i = NODES; i < OBJECTS; i++) {
        tcb_init((struct tcb *)memory[i]);
    }
    slot_insert_root(cap_untyped_make((paddr_t){0}, seL4_MaxUntypedBits, false, 0), &everything);
    for (unsigned object = 0; object < OBJECTS; object++) {
        name(object);
    }
    for (unsigned copies = (unsigned)unit_random(OBJECTS); copies-- > 0;) {
        name((unsigned)unit_random(OBJECTS));
    }
}

static void model_delete(unsigned holder, unsigned i)
{
    int object = names[holder][i];

    if (object == NOTHING) {
        return;
    }
    names[holder][i] = NOTHING;
    if (--references[object] == 0) {
        alive[object] = false;
        for (unsigned k = 0; k < slots_of((unsigned)object); k++) {
            model_delete((unsigned)object, k);
        }
    }
}

static unsigned check_links(void)
{
    unsigned n = 0;

    for (const struct slot *s = &everything; slot_next(s); s = slot_next(s)) {
        CHECK(slot_prev(slot_next(s)) == s);
        CHECK(!slot_is_empty(slot_next(s)));
        n++;
    }
    return n;
}

/* No capability stands in a container that has none: its memory could be something else by now. */
static void check_containers(void)
{
    for (unsigned h = 0; h < OBJECTS; h++) {
        bool named = false, used = false;
        for (unsigned i = 0; i < slots_of(h); i++) {
            used = used || !slot_is_empty(slot_of(h, i));
        }
        for (const struct slot *s = slot_next(&everything); used && s; s = slot_next(s)) {
            named = named || cap_object(s->cap) == memory[h];
        }
        CHECK(!used || named);
    }
}

static void check_against_model(void)
{
    unsigned n = 0;

    for (unsigned h = 0; h <= OBJECTS; h++) {
        for (unsigned i = 0; i < slots_of(h); i++) {
            struct cap c = slot_of(h, i)->cap;
            int object = names[h][i];
            if (object == NOTHING) {
                CHECK_EQ(cap_type(c), CAP_NULL);
            } else {
                CHECK_EQ(cap_paddr(c).raw, virt_to_phys(memory[object]).raw);
                CHECK(cap_type(c) != CAP_ZOMBIE);
                n++;
            }
        }
    }
    CHECK_EQ(check_links(), n);
}

/* Deletes some slots in turns, each preempted after a random number of steps, until all are done. */
static void delete_some(unsigned turns_at_once)
{
    struct slot *started[8];
    unsigned pending = 0;

    for (unsigned deletions = 0; deletions < 6 || pending > 0;) {
        if (deletions < 6 && pending < turns_at_once) {
            unsigned holder = (unsigned)unit_random(OBJECTS + 1), i = (unsigned)unit_random(slots_of(holder));
            deletions++;
            if (alive[holder] && names[holder][i] != NOTHING) {
                model_delete(holder, i);
                started[pending++] = slot_of(holder, i);
            }
        }
        if (pending > 0) {
            unsigned k = (unsigned)unit_random(pending);
            fake_preempt_after = (long)unit_random(7) - 1;
            if (slot_delete(started[k])) {
                started[k] = started[--pending];
            }
            check_links();
            check_containers();
        }
    }
    fake_preempt_after = -1;
}

static void revoke_everything(void)
{
    do {
        check_containers();
        fake_preempt_after = (long)unit_random(7) - 1;
    } while (!slot_revoke(&everything));
    fake_preempt_after = -1;
    CHECK_EQ(check_links(), 0);
    for (unsigned h = 0; h <= OBJECTS; h++) {
        for (unsigned i = 0; i < slots_of(h); i++) {
            CHECK(slot_is_empty(slot_of(h, i)));
        }
    }
}

static void one_after_the_other(void)
{
    for (unsigned n = 0; n < GRAPHS; n++) {
        make_graph();
        delete_some(1);
        check_against_model();
        revoke_everything();
    }
}

static void interleaved(void)
{
    for (unsigned n = 0; n < GRAPHS; n++) {
        make_graph();
        delete_some(4);
        check_against_model();
        revoke_everything();
    }
}

/* All is revoked while deletions stand half-way. */
static void revoke_in_between(void)
{
    for (unsigned n = 0; n < GRAPHS; n++) {
        make_graph();
        for (unsigned i = 0; i < 4; i++) {
            fake_preempt_after = (long)unit_random(6);
            slot_delete(&outside[unit_random(SLOTS)]);
        }
        revoke_everything();
    }
}

int main(void)
{
    static const struct unit_case cases[] = {
        {"one_after_the_other", one_after_the_other},
        {"interleaved", interleaved},
        {"revoke_in_between", revoke_in_between},
    };

    return unit_run("delete_random", cases, UNIT_COUNT(cases), fake_reset);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages and signals have a short way through the kernel, for threads whose CSpace is one CNode, and a long one. Threads that do what
 * comes into their heads must get the same from both: same results, in the same order.
 */
#include "cases.h"
#include "lib/objects.h"
#include "lib/print.h"
#include "lib/worker.h"
#include <sel4/sel4.h>

enum {
    ACTORS = 5,
    SERVERS = 3,
    NOTIFICATIONS = 3,
    EVENTS = 400,
    TURNS = 60,      /* of the one with the lowest priority, who ends it */
    SLICE = 9000000, /* microseconds: nobody's ends */
};

/* What all in one world share. */
static struct world {
    seL4_CPtr ntfn[NOTIFICATIONS], ep[SERVERS], finished;
    seL4_Word log[EVENTS];
    unsigned count;
} worlds[2];

static seL4_Word random(seL4_Word *state)
{
    *state = *state * 6364136223846793005ul + 1442695040888963407ul;
    return *state >> 33;
}

static void note(struct world *world, seL4_Word who, seL4_Word what, seL4_Word result)
{
    if (world->count < EVENTS) {
        world->log[world->count++] = who << 48 | what << 40 | (result & 0xffffffffff);
    }
}

/* Arguments: the world, a number, and the state of the random numbers. */
enum { WORLD, WHO, STATE, REPLY };

static void act(struct worker *w, seL4_Word *state)
{
    struct world *world = (struct world *)w->arg[WORLD];
    seL4_Word what = random(state) % 10, n = world->ntfn[random(state) % NOTIFICATIONS], result = 0;
    seL4_Word words[4] = {random(state), random(state), random(state), random(state)};
    seL4_MessageInfo_t info = seL4_MessageInfo_new(random(state) % 1000, 0, 0, random(state) % 5);
    note(world, w->arg[WHO], what, 0);
    switch (what) {
    case 0:
    case 1:
    case 2:
        seL4_Signal(n);
        break;
    case 3:
        seL4_Send(n, info);
        break;
    case 4:
    case 5:
        seL4_Wait(n, &result);
        break;
    case 6:
        seL4_Poll(n, &result);
        break;
    default:
        info = seL4_CallWithMRs(world->ep[what - 7], info, &words[0], &words[1], &words[2], &words[3]);
        result = info.words[0] ^ words[0];
        break;
    }
    note(world, w->arg[WHO], what + 16, result);
}

static void actor(struct worker *w)
{
    seL4_Word state = w->arg[STATE];
    for (;;) {
        act(w, &state);
    }
}

/* The last to run. It waits for nobody but servers, which always answer. */
static void prompter(struct worker *w)
{
    struct world *world = (struct world *)w->arg[WORLD];
    seL4_Word state = w->arg[STATE];
    for (unsigned i = 0; i < TURNS; i++) {
        seL4_Signal(world->ntfn[random(&state) % NOTIFICATIONS]);
        note(world, w->arg[WHO], 32, i);
        seL4_Call(world->ep[random(&state) % SERVERS], seL4_MessageInfo_new(i, 0, 0, 0));
        note(world, w->arg[WHO], 33, i);
    }
    seL4_Signal(world->finished);
}

/* Serves endpoint number WHO, with a signal now and then. */
static void server(struct worker *w)
{
    struct world *world = (struct world *)w->arg[WORLD];
    seL4_Word state = w->arg[STATE], badge, words[4];
    seL4_CPtr ep = world->ep[w->arg[WHO]];
    seL4_MessageInfo_t info = seL4_RecvWithMRs(ep, &badge, &words[0], &words[1], &words[2], &words[3], w->arg[REPLY]);
    for (;;) {
        note(world, ACTORS + 1 + w->arg[WHO], info.words[0] & 0x7f, words[0]);
        if (random(&state) % 4 == 0) {
            seL4_Signal(world->ntfn[random(&state) % NOTIFICATIONS]);
        }
        words[0] += badge + w->arg[WHO];
        info = seL4_ReplyRecvWithMRs(ep, info, &badge, &words[0], &words[1], &words[2], &words[3], w->arg[REPLY]);
    }
}

/* The same addresses as in the root task's CSpace, by way of two CNodes. */
static seL4_CPtr far_cspace(void)
{
    seL4_CPtr far = new_cnode(1);
    seL4_Word radix = seL4_GetBootInfo()->initThreadCNodeSizeBits;
    REQUIRE_OK(seL4_CNode_Mint(far, 0, 1, ROOT_CNODE, ROOT_CNODE, DEPTH, seL4_AllRights,
                               seL4_CNode_CapData_new(0, seL4_WordBits - 1 - radix).words[0]));
    return far;
}

static struct worker *new_thread(worker_fn fn, seL4_Word priority, seL4_CPtr cspace, struct world *world, seL4_Word who,
                                 seL4_Word seed)
{
    struct worker *w = worker_new_budget(fn, priority, SLICE, SLICE);
    if (cspace) {
        REQUIRE_OK(seL4_TCB_SetSpace(w->tcb, 0, cspace, 0, seL4_CapInitThreadVSpace, 0));
    }
    w->arg[WORLD] = (seL4_Word)world;
    w->arg[WHO] = who;
    w->arg[STATE] = seed * 1000 + who;
    return w;
}

/* Priorities and which servers have time of their own are at random too. Some are equal. */
static void play(struct world *world, seL4_CPtr cspace, seL4_Word seed)
{
    seL4_Word state = seed;
    *world = (struct world){.finished = new_notification()};
    for (unsigned i = 0; i < NOTIFICATIONS; i++) {
        world->ntfn[i] = new_badged(new_notification(), 1ul << i);
    }
    for (unsigned i = 0; i < SERVERS; i++) {
        world->ep[i] = new_badged(new_endpoint(), i + 1);
    }
    for (unsigned i = 0; i < SERVERS; i++) {
        struct worker *w =
            new_thread(server, MAIN_PRIORITY + 2 + random(&state) % 6, cspace, world, i, seed + ACTORS + 1);
        w->arg[REPLY] = new_reply();
        worker_run(w);
        if (random(&state) % 2) {
            REQUIRE_OK(seL4_SchedContext_Unbind(w->sc));
        }
    }
    struct worker *actors[ACTORS];
    for (unsigned i = 0; i < ACTORS; i++) {
        actors[i] = new_thread(actor, MAIN_PRIORITY + 2 + random(&state) % 6, cspace, world, i, seed);
    }
    struct worker *last = new_thread(prompter, MAIN_PRIORITY + 1, cspace, world, ACTORS, seed);
    REQUIRE_OK(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, seL4_MaxPrio));
    for (unsigned i = 0; i < ACTORS; i++) {
        worker_run(actors[i]);
    }
    worker_run(last);
    seL4_Wait(world->finished, 0);
    REQUIRE_OK(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, MAIN_PRIORITY));
    workers_destroy();
    objects_free();
}

static bool same(const struct world *a, const struct world *b)
{
    bool equal = a->count == b->count;
    for (unsigned i = 0; i < a->count && equal; i++) {
        equal = a->log[i] == b->log[i];
        if (!equal) {
            print_text("differ from event ");
            print_decimal(i);
            print_text("\n");
        }
    }
    return equal;
}

static void agree(void)
{
    for (seL4_Word seed = 1; seed <= 40; seed++) {
        play(&worlds[0], 0, seed);
        play(&worlds[1], far_cspace(), seed);
        if (!same(&worlds[0], &worlds[1])) {
            print_text("random numbers from ");
            print_decimal(seed);
            print_text("\n");
            test_fail("the short way and the long way differ");
        }
    }
}

const struct test_case ways_cases[] = {
    {"ways_agree", agree},
    {0, 0},
};

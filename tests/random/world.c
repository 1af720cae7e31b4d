/* SPDX-License-Identifier: BSD-2-Clause */
#include "world.h"

#include "kernel/lib/objects.h"
#include "kernel/lib/print.h"
#include "kernel/lib/test.h"
#include <string.h>

/* Where the root task sees the worlds' data. */
#define DATA_WINDOW (WINDOW + 0x30000000ul)
#define PSTATE_EL1H 0x3c5ul /* interrupts masked */
#define NORMAL      (seL4_ARM_Default_VMAttributes | seL4_ARM_ExecuteNever)

enum {
    PAGE = 1 << seL4_PageBits,
    DATA_PAGES = 1 << (WORLD_DATA_BITS - seL4_PageBits),
    IMAGE_PAGES_MAX = 16,
    /* Looks at a thread that has made no call since. One while its core has nothing to do counts more. */
    IDLE_RESTART = 2,
    IDLE_REPAIR = 5,
    IDLE_ALL = 10,
    IDLE_ONE = 40,
    IDLE_CORE = 4,
    /* Calls made in a world. */
    LIFE_MIN = 500,
    LIFE_RANGE = 4000,
    SPARE_SPI = 200,
    SPARE_SGI = 8,
    /* Times, in microseconds. */
    TURN_US = 1000,
    LOOP_BUDGET_US = 100,
    LOOP_PERIOD_US = 10000,
};

extern char engine_image_start[], engine_image_end[], __executable_start[];

struct world {
    seL4_CPtr ut, cnode, vspace, stage2, fault_ep, scratch, scratch2;
    seL4_CPtr tcb[WORLD_THREADS], context[WORLD_THREADS], buffer[WORLD_ENGINES];
    seL4_CPtr data[DATA_PAGES], there; /* frames of the data; copies of them and of the image, mapped in the world */
    struct world_data *page;
    seL4_Word counted[WORLD_ENGINES];
    unsigned idle[WORLD_ENGINES], age, life, turn;
    seL4_Word generation;
};

static struct world worlds[MAX_WORLDS];
static unsigned world_count;
static seL4_Word world_seed;
static seL4_CPtr shared_pool, irq_handlers[2], sgis[2];
static seL4_Uint8 kind_of_type[64];
static struct world_totals totals;

const struct world_totals *world_totals(void)
{
    return &totals;
}

static unsigned core_of(unsigned world, unsigned thread)
{
    return (unsigned)((world + thread) % seL4_GetBootInfo()->numNodes);
}

/* Shared by all */

static void know(enum kind kind, seL4_CPtr example)
{
    kind_of_type[seL4_DebugCapIdentify(example) % 64] = (seL4_Uint8)kind;
}

static void learn_kinds(void)
{
    memset(kind_of_type, KIND_OTHER, sizeof kind_of_type);
    kind_of_type[0] = KIND_EMPTY;
    know(KIND_UNTYPED, seL4_GetBootInfo()->untyped.start);
    know(KIND_TCB, seL4_CapInitThreadTCB);
    know(KIND_CNODE, seL4_CapInitThreadCNode);
    know(KIND_ENDPOINT, new_endpoint());
    know(KIND_NOTIFICATION, new_notification());
    know(KIND_REPLY, new_reply());
    know(KIND_SCHED_CONTEXT, seL4_CapInitThreadSC);
    know(KIND_FRAME, seL4_CapInitThreadIPCBuffer);
    know(KIND_TABLE, new_object(seL4_ARM_PageTableObject, 0));
    know(KIND_VSPACE, seL4_CapInitThreadVSpace);
    know(KIND_ASID_POOL, seL4_CapInitThreadASIDPool);
    know(KIND_VCPU, new_object(seL4_ARM_VCPUObject, 0));
    know(KIND_IRQ_HANDLER, irq_handlers[0]);
    know(KIND_SGI_SIGNAL, sgis[0]);
    know(KIND_SCHED_CONTROL, sched_control(0));
    know(KIND_ASID_CONTROL, seL4_CapASIDControl);
    know(KIND_DOMAIN, seL4_CapDomain);
}

static void make_shared(void)
{
    for (unsigned i = 0; i < 2; i++) {
        irq_handlers[i] = new_slot();
        REQUIRE_OK(seL4_IRQControl_Get(seL4_CapIRQControl, SPARE_SPI + i, ROOT_CNODE, irq_handlers[i], DEPTH));
        sgis[i] = new_slot();
        REQUIRE_OK(
            seL4_IRQControl_IssueSGISignal(seL4_CapIRQControl, SPARE_SGI, core_of(0, i), ROOT_CNODE, sgis[i], DEPTH));
    }
    shared_pool = new_slot();
    REQUIRE_OK(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, new_untyped(seL4_ASIDPoolBits), ROOT_CNODE,
                                             shared_pool, DEPTH));
}

static unsigned image_pages(void)
{
    return (unsigned)((engine_image_end - engine_image_start) / PAGE);
}

void worlds_init(seL4_Word seed, unsigned count)
{
    world_seed = seed;
    world_count = count;
    totals = (struct world_totals){0};
    REQUIRE(image_pages() <= IMAGE_PAGES_MAX);
    make_shared();
    learn_kinds();
    for (unsigned i = 0; i < count; i++) {
        struct world *w = &worlds[i];
        *w = (struct world){.ut = new_untyped(WORLD_BITS), .page = (void *)(DATA_WINDOW + i * 0x100000ul)};
        w->cnode = new_slot();
        w->vspace = new_slot();
        w->stage2 = new_slot();
        w->scratch = new_slot();
        w->scratch2 = new_slot();
        w->fault_ep = new_slot();
        for (unsigned k = 0; k < WORLD_THREADS; k++) {
            w->tcb[k] = new_slot();
            w->context[k] = new_slot();
        }
        for (unsigned k = 0; k < WORLD_ENGINES; k++) {
            w->buffer[k] = new_slot();
        }
        for (unsigned k = 0; k < DATA_PAGES; k++) {
            w->data[k] = new_page_at((seL4_Word)w->page + k * PAGE);
        }
        w->there = new_slots(DATA_PAGES + 2 * IMAGE_PAGES_MAX);
    }
}

/* Building */

/* Objects made of the world's memory, into its slots. */
static void make(const struct world *w, seL4_Word type, unsigned bits, seL4_Word slot, unsigned count)
{
    REQUIRE_OK(seL4_Untyped_Retype(w->ut, type, bits, ROOT_CNODE, w->cnode, DEPTH, slot, count));
}

static void make_here(const struct world *w, seL4_Word type, unsigned bits, seL4_CPtr slot)
{
    REQUIRE_OK(seL4_Untyped_Retype(w->ut, type, bits, ROOT_CNODE, 0, 0, slot, 1));
}

static seL4_Error give_copy(const struct world *w, seL4_Word slot, seL4_CPtr what)
{
    return seL4_CNode_Copy(w->cnode, slot, WORLD_RADIX, ROOT_CNODE, what, DEPTH, seL4_AllRights);
}

static void give(const struct world *w, seL4_Word slot, seL4_CPtr what)
{
    REQUIRE_OK(seL4_CNode_Move(w->cnode, slot, WORLD_RADIX, ROOT_CNODE, what, DEPTH));
}

static void keep_copy(const struct world *w, seL4_CPtr here, seL4_Word slot)
{
    if (!slot_is_empty(here)) {
        print_text("random: left over from the last world: a capability of type ");
        print_decimal(seL4_DebugCapIdentify(here));
        print_text(" beside slot ");
        print_decimal(slot);
        print_text("\n");
    }
    REQUIRE_OK(seL4_CNode_Copy(ROOT_CNODE, here, DEPTH, w->cnode, slot, WORLD_RADIX, seL4_AllRights));
}

static void make_untypeds(const struct world *w)
{
    static const seL4_Uint8 bits[WORLD_UNTYPEDS] = {12, 12, 12, 12, 12, 14, 14, 16, 16, 16, 19, 21};

    for (unsigned i = 0; i < WORLD_UNTYPEDS; i++) {
        make(w, seL4_UntypedObject, bits[i], SLOT_UNTYPEDS + i, 1);
    }
}

/* A frame mapped in the world, its capability in `slot` of it. */
static void make_mapped(const struct world *w, seL4_CPtr vspace, seL4_Word vaddr, seL4_Word slot)
{
    make_here(w, seL4_ARM_SmallPageObject, 0, w->scratch);
    REQUIRE_OK(seL4_ARM_Page_Map(w->scratch, vspace, vaddr, seL4_ReadWrite, NORMAL));
    give(w, slot, w->scratch);
}

static void make_tables(const struct world *w, seL4_CPtr vspace, seL4_Word vaddr, seL4_Word slot, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        make_here(w, seL4_ARM_PageTableObject, 0, w->scratch);
        REQUIRE_OK(seL4_ARM_PageTable_Map(w->scratch, vspace, vaddr, seL4_ARM_Default_VMAttributes));
        give(w, slot + i, w->scratch);
    }
}

/* Pages that the world may use but has no capability of. */
static void lend(seL4_CPtr slot, seL4_CPtr frame, seL4_CPtr vspace, seL4_Word vaddr, seL4_CapRights_t rights,
                 seL4_ARM_VMAttributes attributes)
{
    seL4_CNode_Delete(ROOT_CNODE, slot, DEPTH);
    REQUIRE_OK(seL4_CNode_Copy(ROOT_CNODE, slot, DEPTH, ROOT_CNODE, frame, DEPTH, seL4_AllRights));
    REQUIRE_OK(seL4_ARM_Page_Map(slot, vspace, vaddr, rights, attributes));
}

static void lend_image(seL4_CPtr slot, seL4_CPtr vspace, seL4_Word vaddr)
{
    seL4_CPtr first =
        seL4_GetBootInfo()->userImageFrames.start + (seL4_CPtr)(engine_image_start - __executable_start) / PAGE;

    for (unsigned i = 0; i < image_pages(); i++) {
        lend(slot + i, first + i, vspace, vaddr + i * PAGE, seL4_CanRead, seL4_ARM_Default_VMAttributes);
    }
}

static void make_spaces(struct world *w)
{
    make_here(w, vesicle_Stage2VSpaceObject, 0, w->stage2);
    make(w, vesicle_Stage2VSpaceObject, 0, SLOT_SPARE_STAGE2, 1);
    make_here(w, seL4_ARM_VSpaceObject, 0, w->vspace);
    make(w, seL4_ARM_VSpaceObject, 0, SLOT_SPARE_VSPACE, 1);
    REQUIRE_OK(seL4_ARM_ASIDPool_Assign(seL4_CapInitThreadASIDPool, w->stage2));
    REQUIRE_OK(seL4_ARM_ASIDPool_Assign(seL4_CapInitThreadASIDPool, w->vspace));
    make_tables(w, w->vspace, ENGINE_CODE, SLOT_TABLES, 3);
    make_tables(w, w->stage2, GUEST_CODE, SLOT_GUEST_TABLES, 2);
    make(w, seL4_ARM_PageTableObject, 0, SLOT_SPARE_TABLES, 3);

    lend_image(w->there, w->vspace, ENGINE_CODE);
    lend_image(w->there + IMAGE_PAGES_MAX, w->stage2, GUEST_CODE);
    for (unsigned i = 0; i < DATA_PAGES; i++) {
        lend(w->there + 2 * IMAGE_PAGES_MAX + i, w->data[i], w->vspace, ENGINE_DATA + i * PAGE, seL4_ReadWrite, NORMAL);
    }
    for (unsigned i = 0; i < WORLD_ENGINES; i++) {
        make_mapped(w, w->vspace, ENGINE_STACKS + i * PAGE, SLOT_STACKS + i);
        make_mapped(w, w->vspace, ENGINE_BUFFERS + i * PAGE, SLOT_BUFFERS + i);
        keep_copy(w, w->buffer[i], SLOT_BUFFERS + i);
    }
    make_mapped(w, w->stage2, GUEST_DATA, SLOT_FRAMES);
    make_mapped(w, w->vspace, ENGINE_PLAY, SLOT_FRAMES + 1);
    make(w, seL4_ARM_SmallPageObject, 0, SLOT_FRAMES + 2, WORLD_FRAMES - 2);

    /* The originals are the world's. */
    give(w, SLOT_VSPACE, w->vspace);
    keep_copy(w, w->vspace, SLOT_VSPACE);
    give(w, SLOT_STAGE2, w->stage2);
    keep_copy(w, w->stage2, SLOT_STAGE2);
}

static void make_objects(struct world *w)
{
    make(w, seL4_ARM_VCPUObject, 0, SLOT_VCPUS, WORLD_GUESTS + 1);
    make(w, seL4_ARM_SmallPageObject, 0, SLOT_EXIT_FRAMES, WORLD_GUESTS);
    make(w, seL4_TCBObject, 0, SLOT_TCBS, WORLD_THREADS + 1);
    make(w, seL4_CapTableObject, NODE_RADIX, SLOT_NODES, 2);
    make(w, seL4_SchedContextObject, seL4_MinSchedContextBits + 1, SLOT_CONTEXTS, WORLD_THREADS + 1);
    make(w, seL4_NotificationObject, 0, SLOT_NOTIFICATIONS, WORLD_EACH);
    make(w, seL4_ReplyObject, 0, SLOT_REPLIES, WORLD_EACH);
    make(w, seL4_EndpointObject, 0, SLOT_ENDPOINTS, WORLD_EACH);
    for (unsigned i = 0; i < WORLD_THREADS; i++) {
        keep_copy(w, w->tcb[i], SLOT_TCBS + i);
        keep_copy(w, w->context[i], SLOT_CONTEXTS + i);
    }
    keep_copy(w, w->fault_ep, SLOT_ENDPOINTS);
    for (unsigned i = 0; i < 2 * WORLD_EACH; i++) {
        REQUIRE_OK(seL4_CNode_Mint(w->cnode, SLOT_BADGED + i, WORLD_RADIX, w->cnode, SLOT_ENDPOINTS + i, WORLD_RADIX,
                                   seL4_AllRights, 1 + i % 3));
    }
}

static void give_shared(const struct world *w)
{
    REQUIRE_OK(seL4_CNode_Mint(w->cnode, SLOT_SELF, WORLD_RADIX, ROOT_CNODE, w->cnode, DEPTH, seL4_AllRights,
                               seL4_CNode_CapData_new(0, seL4_WordBits - WORLD_RADIX).words[0]));
    REQUIRE_OK(give_copy(w, SLOT_SHARED_POOL, shared_pool));
    REQUIRE_OK(give_copy(w, SLOT_ASID_CONTROL, seL4_CapASIDControl));
    REQUIRE_OK(give_copy(w, SLOT_DOMAIN, seL4_CapDomain));
    for (unsigned i = 0; i < 2; i++) {
        REQUIRE_OK(give_copy(w, SLOT_IRQ_HANDLERS + i, irq_handlers[i]));
        REQUIRE_OK(give_copy(w, SLOT_SGIS + i, sgis[i]));
    }
    for (unsigned i = 0; i < MAX_CORES; i++) {
        REQUIRE_OK(give_copy(w, SLOT_SCHED_CONTROLS + i, sched_control(core_of(0, i))));
    }
}

/* What the threads guess that the slots hold. */
static void fill_guesses(struct world_data *d)
{
    static const struct {
        seL4_Uint8 kind;
        seL4_Word first, end;
    } known[] = {
        {KIND_CNODE, SLOT_SELF, SLOT_TCBS},
        {KIND_TCB, SLOT_TCBS, SLOT_CONTEXTS},
        {KIND_SCHED_CONTEXT, SLOT_CONTEXTS, SLOT_VSPACE},
        {KIND_VSPACE, SLOT_VSPACE, SLOT_TABLES},
        {KIND_TABLE, SLOT_TABLES, SLOT_STACKS},
        {KIND_FRAME, SLOT_STACKS, SLOT_ENDPOINTS},
        {KIND_ENDPOINT, SLOT_ENDPOINTS, SLOT_NOTIFICATIONS},
        {KIND_NOTIFICATION, SLOT_NOTIFICATIONS, SLOT_BADGED},
        {KIND_ENDPOINT, SLOT_BADGED, SLOT_BADGED + WORLD_EACH},
        {KIND_NOTIFICATION, SLOT_BADGED + WORLD_EACH, SLOT_REPLIES},
        {KIND_REPLY, SLOT_REPLIES, SLOT_VCPUS},
        {KIND_VCPU, SLOT_VCPUS, SLOT_UNTYPEDS},
        {KIND_UNTYPED, SLOT_UNTYPEDS, SLOT_POOL},
        {KIND_ASID_POOL, SLOT_SHARED_POOL, SLOT_ASID_CONTROL},
        {KIND_ASID_CONTROL, SLOT_ASID_CONTROL, SLOT_DOMAIN},
        {KIND_DOMAIN, SLOT_DOMAIN, SLOT_IRQ_HANDLERS},
        {KIND_IRQ_HANDLER, SLOT_IRQ_HANDLERS, SLOT_SGIS},
        {KIND_SGI_SIGNAL, SLOT_SGIS, SLOT_SCHED_CONTROLS},
        {KIND_SCHED_CONTROL, SLOT_SCHED_CONTROLS, SLOT_IMPORTS},
    };

    for (unsigned i = 0; i < sizeof known / sizeof *known; i++) {
        for (seL4_Word slot = known[i].first; slot < known[i].end; slot++) {
            d->guess[slot] = known[i].kind;
        }
    }
}

static void fill_data(struct world *w, unsigned index)
{
    struct world_data *d = w->page;

    memset(d, 0, sizeof *d);
    memcpy(d->kind_of_type, kind_of_type, sizeof kind_of_type);
    d->cores = seL4_GetBootInfo()->numNodes;
    fill_guesses(d);
    for (unsigned i = 0; i < WORLD_ENGINES; i++) {
        d->engine[i].random = world_seed ^ w->generation << 32 ^ (index * WORLD_ENGINES + i + 1ul) << 56;
        d->engine[i].stack = ENGINE_STACKS + (i + 1) * PAGE;
        d->engine[i].buffer = (seL4_IPCBuffer *)(ENGINE_BUFFERS + i * PAGE);
        d->engine[i].world = (struct world_data *)ENGINE_DATA;
        w->counted[i] = 0;
        w->idle[i] = 0;
    }
}

/*
 * A method of a thread in a running world. It may be gone at any moment, and who calls what is not there faults; so the call is a send that
 * nobody hears of, unless `certain`. Words from 4 on and capabilities are in the IPC buffer.
 */
static seL4_Error invoke(bool certain, seL4_CPtr service, seL4_Word label, seL4_Word caps, seL4_Word length,
                         const seL4_Word words[4])
{
    seL4_Word mr[4] = {words[0], words[1], words[2], words[3]};

    if (certain) {
        return vesicle_invoke(service, label, caps, length, mr);
    }
    seL4_NBSendWithMRs(service, seL4_MessageInfo_new(label, 0, caps, length), &mr[0], &mr[1], &mr[2], &mr[3]);
    return seL4_NoError;
}

static void start_at(seL4_CPtr tcb, enum engine_entry entry, seL4_Word x0, seL4_Word x1)
{
    bool guest = entry >= ENTRY_GUEST_HVC;
    const seL4_Word words[4] = {1, 5, (guest ? GUEST_CODE : ENGINE_CODE) + 4 * entry, 0};

    seL4_SetMR(4, guest ? PSTATE_EL1H : 0);
    seL4_SetMR(5, x0);
    seL4_SetMR(6, x1);
    invoke(false, tcb, vesicle_TCBWriteRegisters, 0, 7, words);
}

static void start_engine(const struct world *w, unsigned i)
{
    start_at(w->tcb[i], ENTRY_ENGINE, ENGINE_DATA + offsetof(struct world_data, engine[i]), 0);
}

/* What a thread has and may do. */
static void configure(const struct world *w, unsigned index, unsigned thread, bool certain)
{
    seL4_Word guard = seL4_CNode_CapData_new(0, seL4_WordBits - WORLD_RADIX).words[0];
    bool engine = thread < WORLD_ENGINES, guest = thread >= WORLD_ENGINES + WORLD_LOOPS;
    seL4_Word buffer = engine ? ENGINE_BUFFERS + thread * PAGE : 0;
    seL4_Word budget = engine ? TURN_US : LOOP_BUDGET_US, period = engine ? TURN_US : LOOP_PERIOD_US;

    seL4_SetCap(0, w->cnode);
    seL4_SetCap(1, guest ? w->stage2 : w->vspace);
    seL4_SetCap(2, engine ? w->buffer[thread] : 0);
    REQUIRE_OK(invoke(certain, w->tcb[thread], vesicle_TCBConfigure, 3, 3, (const seL4_Word[4]){guard, 0, buffer, 0}));
    seL4_SetCap(0, w->context[thread]);
    seL4_SetMR(4, 0);
    REQUIRE_OK(invoke(certain, sched_control(core_of(index, thread)), vesicle_SchedControlConfigureFlags, 1, 5,
                      (const seL4_Word[4]){budget, period, 0, 0}));
    seL4_SetCap(0, seL4_CapInitThreadTCB);
    seL4_SetCap(1, w->context[thread]);
    seL4_SetCap(2, w->fault_ep);
    REQUIRE_OK(invoke(certain, w->tcb[thread], vesicle_TCBSetSchedParams, 3, 2,
                      (const seL4_Word[4]){RANDOM_MCP, RANDOM_PRIORITY, 0, 0}));
}

static void make_guests(const struct world *w)
{
    for (unsigned i = 0; i < WORLD_GUESTS; i++) {
        seL4_CPtr vcpu = w->scratch, frame = w->scratch2;
        keep_copy(w, vcpu, SLOT_VCPUS + i);
        keep_copy(w, frame, SLOT_EXIT_FRAMES + i);
        REQUIRE_OK(seL4_ARM_VCPU_SetTCB(vcpu, w->tcb[WORLD_ENGINES + WORLD_LOOPS + i]));
        REQUIRE_OK(vesicle_VCPU_SetExitFrame(vcpu, frame));
        REQUIRE_OK(vesicle_VCPU_SetVPPI(vcpu, VESICLE_VTIMER_PPI, 1, 0x80, 1));
        REQUIRE_OK(seL4_CNode_Delete(ROOT_CNODE, vcpu, DEPTH));
        REQUIRE_OK(seL4_CNode_Delete(ROOT_CNODE, frame, DEPTH));
    }
}

/* What others get of a world, as far as they have room. */
static void exchange(unsigned from, unsigned to, unsigned place)
{
    static const seL4_Uint8 wares[WORLD_IMPORTS] = {
        SLOT_LOOPS,     SLOT_LOOPS + 1,     SLOT_GUESTS,     SLOT_CONTEXTS + WORLD_ENGINES,
        SLOT_ENDPOINTS, SLOT_NOTIFICATIONS, SLOT_REPLIES,    SLOT_FRAMES + 2,
        SLOT_VCPUS,     SLOT_NODES,         SLOT_BADGED + 1, SLOT_TCBS + 1,
    };

    for (unsigned i = 0; i < WORLD_IMPORTS; i++) {
        seL4_CNode_Copy(worlds[to].cnode, SLOT_IMPORTS + place * WORLD_IMPORTS + i, WORLD_RADIX, worlds[from].cnode,
                        wares[i], WORLD_RADIX, seL4_AllRights);
    }
}

static void trade(unsigned index)
{
    for (unsigned other = 0; other < world_count; other++) {
        if (other != index && worlds[other].generation) {
            exchange(index, other, (index + world_count - other - 1) % world_count);
            exchange(other, index, (other + world_count - index - 1) % world_count);
        }
    }
}

/* A loop or a guest; `turn` varies what guests do. */
static void start_other(const struct world *w, unsigned thread, unsigned turn)
{
    static const struct {
        seL4_Uint8 entry;
        seL4_Word x0, x1;
    } loops[WORLD_LOOPS] = {
        {ENTRY_SERVE, SLOT_ENDPOINTS, SLOT_REPLIES}, {ENTRY_SERVE, SLOT_ENDPOINTS + 1, SLOT_REPLIES + 1},
        {ENTRY_CALL, SLOT_ENDPOINTS + 1, 0},         {ENTRY_SIGNAL, SLOT_BADGED + WORLD_EACH, 0},
        {ENTRY_WAIT, SLOT_NOTIFICATIONS, 0},         {ENTRY_FP, 0, 0},
    };
    unsigned i = thread - WORLD_ENGINES;

    if (i < WORLD_LOOPS) {
        start_at(w->tcb[thread], loops[i].entry, loops[i].x0, loops[i].x1);
    } else {
        start_at(w->tcb[thread], ENTRY_GUEST_HVC + (turn + i) % (ENTRIES - ENTRY_GUEST_HVC), 0, 0);
    }
}

static void start_all(const struct world *w)
{
    for (unsigned i = WORLD_ENGINES; i < WORLD_THREADS; i++) {
        start_other(w, i, (unsigned)w->generation);
    }
    for (unsigned i = 0; i < WORLD_ENGINES; i++) {
        start_engine(w, i);
    }
}

/* What was counted since the last time. Threads that went astray may have written anything there. */
static seL4_Word take_count(struct world *w, unsigned i)
{
    enum { PLAUSIBLE = 100000 };
    seL4_Word now = w->page->engine[i].count, since = now - w->counted[i];

    w->counted[i] = now;
    since = since < PLAUSIBLE ? since : 0;
    totals.calls += since;
    return since;
}

static void take_statistics(struct world *w)
{
    for (unsigned i = 0; i < WORLD_ENGINES; i++) {
        take_count(w, i);
    }
    for (unsigned i = 0; i < vesicle_NumInvocations; i++) {
        totals.invocations[i] += w->page->calls[i];
        totals.successes[i] += w->page->successes[i];
    }
}

/*
 * A deletion that an engine began in one of our slots, and that nobody went on with since, can have left there what it was just
 * at: a container of another world, which was in the container that it was to delete.
 */
static void empty(seL4_CPtr here)
{
    seL4_Uint8 kind = kind_of_type[seL4_DebugCapIdentify(here) % 64];

    REQUIRE(kind == KIND_EMPTY || kind == KIND_OTHER);
    REQUIRE_OK(seL4_CNode_Delete(ROOT_CNODE, here, DEPTH));
}

void world_end(unsigned index)
{
    const struct world *w = &worlds[index];

    REQUIRE_OK(seL4_CNode_Revoke(ROOT_CNODE, w->ut, DEPTH));
    take_statistics(&worlds[index]);
    for (unsigned i = 0; i < WORLD_THREADS; i++) {
        empty(w->tcb[i]);
        empty(w->context[i]);
    }
    for (unsigned i = 0; i < WORLD_ENGINES; i++) {
        empty(w->buffer[i]);
    }
    empty(w->cnode);
    empty(w->vspace);
    empty(w->stage2);
    empty(w->fault_ep);
}

void world_build(unsigned index)
{
    struct world *w = &worlds[index];

    if (w->generation) {
        world_end(index);
    }
    w->generation++;
    totals.built++;
    w->age = 0;
    w->life = LIFE_MIN + (unsigned)(world_seed + w->generation * 7919) % LIFE_RANGE;
    make_here(w, seL4_CapTableObject, WORLD_RADIX, w->cnode);
    make_spaces(w);
    make_objects(w);
    make_untypeds(w); /* the largest last: it takes the upper half */
    give_shared(w);
    fill_data(w, index);
    make_guests(w);
    for (unsigned i = 0; i < WORLD_THREADS; i++) {
        configure(w, index, i, true);
    }
    trade(index);
    start_all(w);
}

/* Does this thread get on? */
static void look_at(struct world *w, unsigned index, unsigned i, unsigned weight)
{
    seL4_Word calls = take_count(w, i);

    w->age += (unsigned)calls;
    w->idle[i] = calls ? 0 : w->idle[i] + weight;
    if (w->idle[i] >= IDLE_REPAIR) {
        totals.repairs++;
        configure(w, index, i, false);
    }
    if (w->idle[i] >= IDLE_RESTART || weight == IDLE_CORE) {
        totals.restarts++;
        start_engine(w, i);
    }
}

void world_tend(unsigned index)
{
    struct world *w = &worlds[index];
    unsigned other = WORLD_ENGINES + w->turn % (WORLD_LOOPS + WORLD_GUESTS);

    for (unsigned i = 0; i < WORLD_ENGINES; i++) {
        look_at(w, index, i, 1);
    }
    if (w->turn++ % 4 == 0) {
        configure(w, index, other, false);
    }
    start_other(w, other, w->turn);
}

void worlds_wake(unsigned core)
{
    for (unsigned index = 0; index < world_count; index++) {
        for (unsigned i = 0; i < WORLD_ENGINES; i++) {
            if (core_of(index, i) == core) {
                look_at(&worlds[index], index, i, IDLE_CORE);
            }
        }
    }
}

bool world_is_over(unsigned index)
{
    const struct world *w = &worlds[index];
    unsigned idle = 0;

    for (unsigned i = 0; i < WORLD_ENGINES; i++) {
        idle += w->idle[i] >= IDLE_ALL;
        if (w->idle[i] >= IDLE_ONE) {
            return true;
        }
    }
    return idle == WORLD_ENGINES || w->age >= w->life;
}

void worlds_print_calls(void)
{
    for (unsigned index = 0; index < world_count; index++) {
        for (unsigned i = 0; i < WORLD_ENGINES; i++) {
            const struct engine *e = &worlds[index].page->engine[i];
            for (unsigned n = 0; n < RECORDS; n++) {
                const seL4_Word *words = (const seL4_Word *)&e->record[(e->count + n) % RECORDS];
                print_text("random: world ");
                print_decimal(index);
                print_text(" thread ");
                print_decimal(i);
                print_text(" call");
                for (unsigned k = 0; k < sizeof e->record[0] / sizeof *words; k++) {
                    print_text(" ");
                    print_hex(words[k]);
                }
                print_text("\n");
            }
        }
    }
}

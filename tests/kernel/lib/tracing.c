/* SPDX-License-Identifier: BSD-2-Clause */
#include "tracing.h"

#include "bootinfo.h"
#include "objects.h"
#include "test.h"
#include <sel4/sel4.h>

enum { MAX_CORES = 8 };
#define DATA (seL4_ARM_Default_VMAttributes | seL4_ARM_ExecuteNever)
/* Beyond what cases use. */
#define CASE_WINDOW   (WINDOW + (2ul << seL4_HugePageBits))
#define ALWAYS_WINDOW (WINDOW + (3ul << seL4_HugePageBits))

struct reader {
    const struct vesicle_trace_ring *ring;
    seL4_CPtr frame;
    seL4_Word next, lost;
};

static struct reader of_case[MAX_CORES], always[MAX_CORES];
static bool traced, counted;

static unsigned core_count(void)
{
    return (unsigned)seL4_GetBootInfo()->numNodes;
}

static struct reader new_ring(unsigned core, unsigned size_bits, seL4_Word window)
{
    struct reader r = {0};
    seL4_Word vaddr = window + core * (1ul << seL4_LargePageBits);

    r.frame = new_frame(size_bits);
    REQUIRE_OK(
        map_with_tables(new_copy(r.frame, seL4_AllRights), seL4_CapInitThreadVSpace, vaddr, seL4_ReadWrite, DATA));
    r.ring = (const struct vesicle_trace_ring *)vaddr;
    return r;
}

static bool read(struct reader *r, struct vesicle_trace_record *record)
{
    return r->ring && vesicle_trace_read(r->ring, &r->next, &r->lost, record);
}

static seL4_Error begin(unsigned core, struct reader *r, seL4_Word events)
{
    seL4_Error error = vesicle_Trace_SetBuffer(vesicle_CapTrace, core, r->frame);

    r->next = r->lost = 0;
    return error ? error : vesicle_Trace_SetEvents(vesicle_CapTrace, core, events);
}

void tracing_start(unsigned core, unsigned size_bits, seL4_Word events)
{
    tracing_stop(core); /* exits that began before are not seen */
    of_case[core] = new_ring(core, size_bits, CASE_WINDOW);
    REQUIRE_OK(begin(core, &of_case[core], events));
}

void tracing_stop(unsigned core)
{
    REQUIRE_OK(vesicle_Trace_SetEvents(vesicle_CapTrace, core, 0));
}

const struct vesicle_trace_ring *tracing_ring(unsigned core)
{
    return of_case[core].ring;
}

bool tracing_next(unsigned core, struct vesicle_trace_record *r)
{
    return read(&of_case[core], r);
}

struct vesicle_trace_record tracing_next_of(unsigned core, seL4_CPtr tcb)
{
    seL4_Uint32 number = tracing_number(tcb);
    struct vesicle_trace_record r;
    bool interrupted = false;

    while (tracing_next(core, &r)) {
        if (r.thread != number) {
            continue;
        }
        if ((r.kind == vesicle_Trace_Exit || r.kind == vesicle_Trace_Trap) && r.reason == vesicle_Exit_IRQ) {
            interrupted = true;
        } else if (interrupted && (r.kind == vesicle_Trace_Entry || r.kind == vesicle_Trace_Return)) {
            interrupted = false;
        } else if (r.kind != vesicle_Trace_IRQ && r.kind != vesicle_Trace_Switch) {
            return r;
        }
    }
    test_fail("a record is missing");
}

seL4_Word tracing_lost(unsigned core)
{
    return of_case[core].lost;
}

seL4_Uint32 tracing_number(seL4_CPtr tcb)
{
    vesicle_Trace_GetThread_t r = vesicle_Trace_GetThread(vesicle_CapTrace, tcb);

    REQUIRE_OK(r.error);
    return r.thread;
}

/* Who runs on a core as its records say, where that is known. */
struct story {
    seL4_Word time;
    seL4_Uint32 thread;
    bool known, in_kernel;
};

static void follow(struct story *s, const struct vesicle_trace_record *r)
{
    bool in = r->kind == vesicle_Trace_Exit || r->kind == vesicle_Trace_Trap;
    bool out = r->kind == vesicle_Trace_Entry || r->kind == vesicle_Trace_Return;
    bool constant = r->kind == vesicle_Trace_Exit && r->reason == vesicle_Exit_ConstCall;

    CHECK(r->kind >= vesicle_Trace_Exit && r->kind < vesicle_NumTraceKinds);
    CHECK(r->time >= s->time);
    s->time = r->time;
    if (s->known) {
        CHECK(r->kind == vesicle_Trace_Fault || s->thread == (r->kind == vesicle_Trace_Switch ? r->a : r->thread));
        CHECK(!in || !s->in_kernel);
        CHECK(!out || s->in_kernel);
    }
    if (r->kind != vesicle_Trace_Fault) {
        s->thread = r->thread;
    }
    if (in && !constant) {
        s->in_kernel = s->known = true;
    } else if (out) {
        s->in_kernel = false;
    }
}

static void check_story(struct reader *r)
{
    struct story s = {0};
    struct vesicle_trace_record record;
    seL4_Word lost = 0;

    while (read(r, &record)) {
        if (r->lost != lost) {
            lost = r->lost;
            s.known = false;
        }
        follow(&s, &record);
    }
}

static void resume_always(void)
{
    for (unsigned core = 0; core < core_count(); core++) {
        if (traced) {
            CHECK_OK(begin(core, &always[core], VESICLE_TRACE_ALL));
        } else if (counted) {
            CHECK_OK(vesicle_Trace_SetEvents(vesicle_CapTrace, core, VESICLE_TRACE_COUNT));
        }
    }
}

void tracing_init(void)
{
    traced = bootinfo_argument("traced", 0);
    counted = bootinfo_argument("counted", 0);
    for (unsigned core = 0; core < core_count() && traced; core++) {
        always[core] = new_ring(core, seL4_LargePageBits, ALWAYS_WINDOW);
    }
    objects_keep();
    resume_always();
}

void tracing_end_case(void)
{
    for (unsigned core = 0; core < core_count(); core++) {
        of_case[core] = (struct reader){0};
        if (vesicle_Trace_GetEvents(vesicle_CapTrace, core).events != 0) {
            vesicle_Trace_SetEvents(vesicle_CapTrace, core, 0);
        }
        if (traced) {
            check_story(&always[core]);
        }
        vesicle_Trace_SetBuffer(vesicle_CapTrace, core, 0);
    }
    resume_always();
}

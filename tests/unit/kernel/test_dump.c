/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's objects as text. */
#include "core_fixture.h"

#include "arch/fake/fake.h"
#include "lib/unit.h"
#include "trace/dump.h"
#include <stdio.h>
#include <string.h>

/* Prints everything; returns in how many parts. */
static unsigned dump(void)
{
    word_t next = 0;
    unsigned parts = 0;

    fake_console[0] = 0;
    do {
        word_t last = next;
        next = dump_objects(last);
        CHECK(next == 0 || next > last);
        parts++;
    } while (next);
    CHECK(strlen(fake_console) < sizeof fake_console - 1);
    return parts;
}

static unsigned count(const char *text)
{
    unsigned n = 0;

    for (const char *at = fake_console; (at = strstr(at, text)) != 0; at++) {
        n++;
    }
    return n;
}

static bool printed(const char *text)
{
    return count(text) == 1;
}

/* Every capability has a line, wherever it stands. */
static void capabilities(void)
{
    unsigned all = 0;

    (void)core_active_thread(10);
    for (const struct slot *s = slot_next(&slot_list); s; s = slot_next(s)) {
        all++;
    }
    unsigned parts = dump();
    CHECK_EQ(count("  slot "), all);
    CHECK(parts > all / 4);
    CHECK_EQ(dump_objects(~0ull), 0);
    CHECK_EQ(dump_objects(all), 0);
}

static void threads(void)
{
    struct tcb *t = core_active_thread(42), *server = core_active_thread(7);
    seL4_CPtr ep = machine_new(seL4_EndpointObject);
    seL4_CPtr badged = core_mint(ep, seL4_CapRights_new(0, 0, 0, 1), 0xbad9e);
    char text[160];

    (void)badged;
    strcpy(t->name, "forty-two");
    t->pc = 0xabc0;
    server->state = THREAD_BLOCKED_ON_RECEIVE;
    server->blocking_object = core_endpoint(ep);
    dump();
    snprintf(text, sizeof text, "thread %u \"forty-two\": runnable, core 0, priority 42, ", t->number);
    CHECK(printed(text));
    CHECK(printed("pc abc0, ASID "));
    snprintf(text, sizeof text, "thread %u \"\": receives at %lx, core 0, priority 7", server->number,
             cap_paddr(machine_cap(ep)).raw);
    CHECK(printed(text));
    CHECK(printed(" -w-- badge bad9e"));
    CHECK(printed("core 0: thread"));
    snprintf(text, sizeof text, "endpoint %lx: idle", cap_paddr(machine_cap(ep)).raw);
    CHECK(printed(text)); /* once, though it has two capabilities */
    server->state = THREAD_INACTIVE;
}

static void spaces(void)
{
    seL4_CPtr page = machine_new(seL4_ARM_SmallPageObject);

    struct cap c = machine_cap(page);
    machine_slot(page)->cap = cap_with_mapping(cap_with_info(c, FRAME_READ), 5, 0x7000);
    dump();
    CHECK(printed("of 2^12 r--- at 7000 of ASID 5"));
    machine_slot(page)->cap = c;
    seL4_CPtr vspace = machine_new(vesicle_Stage2VSpaceObject);
    dump();
    char text[80];
    snprintf(text, sizeof text, "space %lx: VMID 0\n", cap_paddr(machine_cap(vspace)).raw);
    CHECK(printed(text));
}

int main(void)
{
    static const struct unit_case cases[] = {
        {"capabilities", capabilities},
        {"threads", threads},
        {"spaces", spaces},
    };

    return unit_run("dump", cases, UNIT_COUNT(cases), core_setup);
}

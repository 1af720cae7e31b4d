/* SPDX-License-Identifier: BSD-2-Clause */
/* What CPUs and PDs count. Instructions are counted where the machine can. */
#include "lib/test.h"

#include <sel4/vesicle.h>
#include <sel4gpi/pd_utils.h>

enum { ROUNDS = 1000000, LEAST = 2 * ROUNDS, MOST = LEAST + LEAST / 100 };
enum { INST_RETIRED = 8, NOT_AN_EVENT = 0x3f, NO_COUNTER = 30 };

/* Two instructions a round. */
static int spend(int argc, char **argv)
{
    unsigned long rounds = ROUNDS;
    (void)argc;
    (void)argv;
    __asm__ volatile("1: subs %0, %0, #1\n b.ne 1b" : "+r"(rounds) : : "cc");
    return 0;
}

/* A CPU of one's own, by whoever may manage it. */
static void of_a_cpu(void)
{
    cpu_client_context_t self = sel4gpi_get_cpu_conn();
    uint64_t before, after;
    CHECK_EQ(cpu_client_set_counter(&self, VESICLE_COUNTER_CYCLES, 0), GPI_OK);
    CHECK_EQ(cpu_client_read_counter(&self, VESICLE_COUNTER_CYCLES, &before), GPI_OK);
    spend(0, NULL);
    CHECK_EQ(cpu_client_read_counter(&self, VESICLE_COUNTER_CYCLES, &after), GPI_OK);
    CHECK(after > before);
    int error = cpu_client_set_counter(&self, 1, INST_RETIRED);
    CHECK(error == GPI_OK || error == GPI_ERR_BAD_ARGUMENT);
    if (error == GPI_OK) {
        CHECK_EQ(cpu_client_read_counter(&self, 1, &before), GPI_OK);
        spend(0, NULL);
        CHECK_EQ(cpu_client_read_counter(&self, 1, &after), GPI_OK);
        CHECK(after - before >= LEAST && after - before <= MOST);
        CHECK_EQ(cpu_client_set_counter(&self, 1, VESICLE_COUNTER_OFF), GPI_OK);
    }
    CHECK_EQ(cpu_client_set_counter(&self, VESICLE_COUNTER_CYCLES, VESICLE_COUNTER_OFF), GPI_OK);
    CHECK_EQ(cpu_client_read_counter(&self, VESICLE_COUNTER_CYCLES, &before), GPI_OK);
    spend(0, NULL);
    CHECK_EQ(cpu_client_read_counter(&self, VESICLE_COUNTER_CYCLES, &after), GPI_OK);
    CHECK_EQ(before, after);
}

static void refused(void)
{
    cpu_client_context_t self = sel4gpi_get_cpu_conn();
    pd_client_context_t pd = sel4gpi_get_pd_conn();
    uint64_t value;
    seL4_CPtr slot;
    CHECK_EQ(cpu_client_set_counter(&self, NO_COUNTER, INST_RETIRED), GPI_ERR_BAD_ARGUMENT);
    CHECK_EQ(cpu_client_read_counter(&self, NO_COUNTER, &value), GPI_ERR_BAD_ARGUMENT);
    CHECK_EQ(cpu_client_set_counter(&self, 0, NOT_AN_EVENT), GPI_ERR_BAD_ARGUMENT);
    CHECK_EQ(cpu_client_set_counter(&self, 0, 0x10000), GPI_ERR_BAD_ARGUMENT);
    /* Who may only look at a CPU learns nothing of what it does. */
    cpu_client_context_t cpu;
    if (CHECK_EQ(cpu_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_CPU), &cpu), GPI_OK) &&
        CHECK_EQ(pd_client_send_cap_rights(&pd, cpu.ep, GPI_RIGHT_READ, &slot), GPI_OK)) {
        cpu_client_context_t look = {slot, cpu.id};
        CHECK_EQ(cpu_client_set_counter(&cpu, VESICLE_COUNTER_CYCLES, 0), GPI_OK);
        if (slot != cpu.ep) {
            CHECK_EQ(cpu_client_set_counter(&look, VESICLE_COUNTER_CYCLES, 0), GPI_ERR_RIGHTS);
            CHECK_EQ(cpu_client_read_counter(&look, VESICLE_COUNTER_CYCLES, &value), GPI_ERR_RIGHTS);
            cpu_component_client_disconnect(&look);
        }
        cpu_component_client_disconnect(&cpu);
    }
}

/* The program ends before anybody asks. */
static void of_one_that_ended(void)
{
    sel4gpi_runnable_t r;
    struct pd_counts counts;
    struct pd_end end;
    for (int i = 0; i < 3; i++) {
        if (i == 1) { /* what is kept for the next time is there */
            test_memory_mark();
        }
        pd_config_t *cfg = sel4gpi_configure_thread((void *)spend, NULL, &r);
        if (!CHECK(cfg) || !CHECK_EQ(sel4gpi_prepare_pd(cfg, &r, 0, NULL), GPI_OK)) {
            return;
        }
        sel4gpi_config_destroy(cfg);
        CHECK_EQ(pd_client_count(&r.pd), GPI_OK);
        CHECK_EQ(pd_client_count(&r.pd), GPI_ERR_STATE);
        CHECK_EQ(pd_client_counts(&r.pd, &counts), GPI_OK);
        CHECK_EQ(counts.cycles, 0);
        CHECK_EQ(sel4gpi_start_pd(&r), GPI_OK);
        CHECK_EQ(pd_client_wait(&r.pd, &end), GPI_OK);
        CHECK_EQ(pd_client_counts(&r.pd, &counts), GPI_OK);
        CHECK(counts.counted & PD_COUNTED_CYCLES);
        CHECK(counts.cycles > 0);
        CHECK(counts.consumed > 0);
        if (counts.counted & PD_COUNTED_INSTRUCTIONS) {
            CHECK(counts.instructions >= LEAST && counts.instructions <= MOST);
        } else {
            CHECK_EQ(counts.instructions, 0);
        }
        CHECK_EQ(pd_client_count(&r.pd), GPI_ERR_STATE);
        sel4gpi_destroy_runnable(&r);
    }
    test_memory_check("a thread that was counted");
}

/* Threads of who is counted, while they run and when they have ended. This PD stays counted. */
static void with_threads(void)
{
    pd_client_context_t self = sel4gpi_get_pd_conn();
    struct pd_counts before, after;
    test_thread((void *)spend, 0, NULL);
    CHECK_EQ(pd_client_count(&self), GPI_OK);
    CHECK_EQ(pd_client_counts(&self, &before), GPI_OK);
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(test_thread((void *)spend, 0, NULL), 0);
    }
    CHECK_EQ(pd_client_counts(&self, &after), GPI_OK);
    CHECK(after.cycles > before.cycles);
    CHECK(after.consumed >= before.consumed);
    if (after.counted & PD_COUNTED_INSTRUCTIONS) {
        CHECK(after.instructions - before.instructions >= 3 * LEAST);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        {"count_of_a_cpu", of_a_cpu},
        {"count_refused", refused},
        {"count_of_one_that_ended", of_one_that_ended},
        {"count_with_threads", with_threads},
    };
    return TEST_MAIN(cases);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults, ends, and what the end of one PD means for others. */
#include "kinds.h"

#include <sel4/sel4.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOWHERE 0x7654321000ul

static volatile int shared;

static int touch_nowhere(int argc, char **argv)
{
    (void)argv;
    *(volatile int *)NOWHERE = argc;
    return 5;
}

static int exit_with(int argc, char **argv)
{
    return argc > 0 ? (int)strtol(argv[0], NULL, 10) : 0;
}

/* Runs for ever, and shows that it does. */
static _Noreturn void run_on(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    for (;;) {
        shared++;
        seL4_Yield();
    }
}

static ep_client_context_t new_reply(void)
{
    ep_client_context_t reply = {0, 0};
    CHECK_EQ(ep_client_connect_kind(sel4gpi_get_rde(GPICAP_TYPE_EP), EP_KIND_REPLY, &reply), GPI_OK);
    return reply;
}

/* Receives the fault of touch_nowhere; its badge. */
static seL4_Word receive_fault(ep_client_context_t *ep, ep_client_context_t *reply)
{
    seL4_Word badge = 0;
    seL4_MessageInfo_t info = seL4_Recv(ep->raw_endpoint, &badge, reply->raw_endpoint);
    CHECK_EQ(seL4_MessageInfo_get_label(info), seL4_Fault_VMFault);
    CHECK_EQ(seL4_GetMR(seL4_VMFault_Addr), NOWHERE);
    CHECK(seL4_GetMR(seL4_VMFault_IP) != 0);
    return badge;
}

/* The handler lets it go on behind the instruction. */
static void skip(sel4gpi_runnable_t *r, ep_client_context_t *reply)
{
    seL4_UserContext regs;
    CHECK_EQ(cpu_client_read_registers(&r->cpu, &regs), GPI_OK);
    regs.pc += 4;
    CHECK_EQ(cpu_client_write_registers(&r->cpu, &regs, sizeof regs / sizeof(seL4_Word), false), GPI_OK);
    seL4_Send(reply->raw_endpoint, seL4_MessageInfo_new(0, 0, 0, 0));
}

static void given_endpoint(void)
{
    sel4gpi_runnable_t r;
    ep_client_context_t ep, reply = new_reply();
    CHECK_EQ(sel4gpi_alloc_endpoint(&ep), GPI_OK);
    pd_config_t *cfg = sel4gpi_configure_thread((void *)touch_nowhere, &ep, &r);
    cfg->fault_ep_badge = 99;
    CHECK_EQ(sel4gpi_prepare_pd(cfg, &r, 0, NULL), GPI_OK);
    sel4gpi_config_destroy(cfg);
    CHECK_EQ(sel4gpi_start_pd(&r), GPI_OK);
    CHECK_EQ(receive_fault(&ep, &reply), 99);
    skip(&r, &reply);
    CHECK_EQ(test_finish(&r), 5);
    CHECK_EQ(ep_component_client_disconnect(&ep), GPI_OK);
    CHECK_EQ(ep_component_client_disconnect(&reply), GPI_OK);
}

/* None is given: the creator asks for the PD's own. */
static void allocated_endpoint(void)
{
    sel4gpi_runnable_t r;
    ep_client_context_t ep, again, reply = new_reply();
    CHECK_EQ(make_thread(&r, (void *)touch_nowhere, 0, NULL), GPI_OK);
    CHECK_EQ(pd_client_get_fault_ep(&r.pd, &ep), GPI_OK);
    CHECK_EQ(pd_client_get_fault_ep(&r.pd, &again), GPI_OK);
    CHECK_EQ(sel4gpi_start_pd(&r), GPI_OK);
    CHECK_EQ(receive_fault(&again, &reply), r.pd.id); /* the badge tells whose fault it is */
    skip(&r, &reply);
    CHECK_EQ(test_finish(&r), 5);
    CHECK_EQ(ep_component_client_disconnect(&again), GPI_OK);
    CHECK_EQ(ep_component_client_disconnect(&ep), GPI_OK);
    CHECK_EQ(ep_component_client_disconnect(&reply), GPI_OK);
}

/* The root task's handler: the PD ends, and how is told. What it prints is looked at by people. */
static void default_handler(void)
{
    sel4gpi_runnable_t r;
    struct pd_end end = {0, 0};
    struct pd_info info;
    CHECK_EQ(make_thread(&r, (void *)touch_nowhere, 0, NULL), GPI_OK);
    CHECK_EQ(pd_client_set_name(&r.pd, (char *)"clumsy"), GPI_OK);
    CHECK_EQ(sel4gpi_start_pd(&r), GPI_OK);
    CHECK_EQ(pd_client_wait(&r.pd, &end), GPI_OK);
    CHECK_EQ(end.reason, PD_FAULTED);
    CHECK_EQ(end.code, seL4_Fault_VMFault);
    CHECK_EQ(pd_client_get_info(&r.pd, &info), GPI_OK);
    CHECK(strcmp(info.name.text, "clumsy") == 0);
    CHECK_EQ(info.state, PD_ENDED);
    CHECK_EQ(sel4gpi_destroy_runnable(&r), GPI_OK);
}

/* Whoever handles the faults of others and ends: they are not stuck. */
static int handle_faults(int argc, char **argv)
{
    seL4_Word badge;
    (void)argc;
    shared = 1;
    seL4_Recv(strtoul(argv[0], NULL, 10), &badge, strtoul(argv[1], NULL, 10));
    shared = 2;
    return 0; /* with the fault in its hands */
}

static void fault_handler_ends(void)
{
    sel4gpi_runnable_t handler, r;
    ep_client_context_t ep, reply = new_reply();
    struct pd_end end = {0, 0};
    CHECK_EQ(sel4gpi_alloc_endpoint(&ep), GPI_OK);
    shared = 0;
    CHECK_EQ(make_thread(&handler, (void *)handle_faults, 2, (seL4_Word[]){ep.raw_endpoint, reply.raw_endpoint}),
             GPI_OK);
    CHECK_EQ(sel4gpi_start_pd(&handler), GPI_OK);
    pd_config_t *cfg = sel4gpi_configure_thread((void *)touch_nowhere, &ep, &r);
    CHECK_EQ(sel4gpi_prepare_pd(cfg, &r, 0, NULL), GPI_OK);
    sel4gpi_config_destroy(cfg);
    CHECK_EQ(sel4gpi_start_pd(&r), GPI_OK);
    CHECK_EQ(test_finish(&handler), 0);
    CHECK_EQ(shared, 2);
    /* Its creator ends it, as the handler cannot any more; the handler's objects are this process's. */
    CHECK_EQ(pd_client_terminate(&r.pd), GPI_OK);
    CHECK_EQ(pd_client_wait(&r.pd, &end), GPI_OK);
    CHECK_EQ(end.reason, PD_TERMINATED);
    CHECK_EQ(sel4gpi_destroy_runnable(&r), GPI_OK);
    CHECK_EQ(ep_component_client_disconnect(&ep), GPI_OK);
    CHECK_EQ(ep_component_client_disconnect(&reply), GPI_OK);
}

static void exit_codes(void)
{
    static const long codes[] = {0, 1, 255, 256, -1, 123456789};
    sel4gpi_runnable_t r;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        char text[24];
        snprintf(text, sizeof text, "%ld", codes[i]);
        CHECK_EQ(test_run_probe(2, (char *[]){"exit", text}), codes[i]);
        pd_config_t *cfg = sel4gpi_configure_thread((void *)exit_with, NULL, &r);
        CHECK_EQ(test_run_strings(cfg, &r, 1, (char *[]){text}), codes[i]);
    }
}

/* A thread ends, by return, exit or a fault: its process and other threads go on. */
static void thread_ends_alone(void)
{
    sel4gpi_runnable_t other;
    shared = 0;
    CHECK_EQ(make_thread(&other, (void *)run_on, 0, NULL), GPI_OK);
    CHECK_EQ(sel4gpi_start_pd(&other), GPI_OK);
    CHECK_EQ(test_thread((void *)exit_with, 1, (seL4_Word[]){3}), 3);
    CHECK_EQ(test_thread((void *)touch_nowhere, 0, NULL), FAULTED);
    int before = shared;
    for (int i = 0; i < 100 && shared == before; i++) {
        seL4_Yield();
    }
    CHECK(shared != before);
    CHECK_EQ(sel4gpi_destroy_runnable(&other), GPI_OK);
}

/* A process ends with threads of its own running: they end, too, and all is given back. */
static void linked_end_with_their_parent(void)
{
    CHECK_EQ(test_run_probe(1, (char *[]){"leave-threads"}), 3);
    test_memory_mark();
    for (int i = 0; i < 5; i++) {
        CHECK_EQ(test_run_probe(1, (char *[]){"leave-threads"}), 3);
    }
    test_memory_check("threads left behind");
}

/* By hand: a PD that ends with another one. */
static void linked_by_hand(void)
{
    sel4gpi_runnable_t parent, child;
    pd_client_context_t self = sel4gpi_get_pd_conn();
    struct pd_end end = {0, 0};
    CHECK_EQ(make_process(&child, NULL, 0, NULL), GPI_OK); /* never started */
    pd_config_t *cfg = test_probe(&parent);
    pd_client_context_t *linked = malloc(sizeof *linked);
    *linked = child.pd;
    cfg->linked_pds = linked_list_new();
    linked_list_insert(cfg->linked_pds, linked);
    CHECK_EQ(sel4gpi_prepare_pd_strings(cfg, &parent, 2, (char *[]){"exit", "9"}), GPI_OK);
    sel4gpi_config_destroy(cfg);
    CHECK_EQ(pd_client_link_child(&child.pd, &parent.pd), GPI_ERR_BAD_ARGUMENT); /* would be a circle */
    CHECK_EQ(pd_client_link_child(&self, &child.pd), GPI_ERR_STATE);             /* has one */
    CHECK_EQ(sel4gpi_start_pd(&parent), GPI_OK);
    CHECK_EQ(test_finish(&parent), 9);
    CHECK_EQ(pd_client_wait(&child.pd, &end), GPI_OK);
    CHECK_EQ(end.reason, PD_PARENT_ENDED);
    CHECK_EQ(sel4gpi_destroy_runnable(&child), GPI_OK);
}

static pd_client_context_t waited;

static int wait_for_it(int argc, char **argv)
{
    struct pd_end end = {77, 0};
    (void)argc;
    (void)argv;
    shared = 1;
    int error = pd_client_wait(&waited, &end);
    return error ? -error : (int)end.reason;
}

/* A client that waits in the root task ends there; later what it waited for ends. */
static void killed_in_mid_call(void)
{
    sel4gpi_runnable_t r, waiter;
    test_thread((void *)exit_with, 0, NULL);
    test_memory_mark();
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(make_process(&r, NULL, 0, NULL), GPI_OK);
        waited = r.pd;
        shared = 0;
        CHECK_EQ(make_thread(&waiter, (void *)wait_for_it, 0, NULL), GPI_OK);
        CHECK_EQ(sel4gpi_start_pd(&waiter), GPI_OK);
        CHECK(test_wait_for(&shared, 1));
        for (int k = 0; k < 20; k++) {
            seL4_Yield();
        }
        if (i > 0) {
            CHECK_EQ(sel4gpi_destroy_runnable(&waiter), GPI_OK); /* in mid-call */
        }
        CHECK_EQ(pd_client_terminate(&r.pd), GPI_OK);
        if (i == 0) {
            CHECK_EQ(test_finish(&waiter), PD_TERMINATED);
        }
        CHECK_EQ(sel4gpi_destroy_runnable(&r), GPI_OK);
    }
    test_memory_check("callers killed in mid-call");
}

/* Ending oneself through one's own capability, in the middle of an answer. */
static int end_itself(int argc, char **argv)
{
    pd_client_context_t self = sel4gpi_get_pd_conn();
    (void)argc;
    (void)argv;
    pd_client_terminate(&self);
    return 1;
}

static void ends_itself(void)
{
    CHECK_EQ(test_thread((void *)end_itself, 0, NULL), -1 - PD_TERMINATED);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        {"faults_given_endpoint", given_endpoint},
        {"faults_allocated_endpoint", allocated_endpoint},
        {"faults_default_handler", default_handler},
        {"faults_handler_ends", fault_handler_ends},
        {"faults_exit_codes", exit_codes},
        {"faults_thread_ends_alone", thread_ends_alone},
        {"faults_linked_end_with_their_parent", linked_end_with_their_parent},
        {"faults_linked_by_hand", linked_by_hand},
        {"faults_killed_in_mid_call", killed_in_mid_call},
        {"faults_ends_itself", ends_itself},
    };
    return TEST_MAIN(cases);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The timer server: lets its clients sleep. It uses the timer of the core it runs on (vesicle_IRQHandler_SetDeadline), whose deadline is
 * that of the earliest sleeper: while nobody has to be woken nothing happens.
 */
#include "sleepers.h"

#include <gpi/proto/timer.h>
#include <gpi/timer.h>
#include <sel4/sel4.h>
#include <sel4gpi/pd_clientapi.h>
#include <sel4gpi/pd_utils.h>
#include <sel4gpi/resource_server_utils.h>
#include <stdlib.h>

enum { SIGNAL_TIMER };
#define NEVER UINT64_MAX

/* What is kept of a client. */
struct waiting {
    struct sleeper *sleeper; /* of TIMER_WAIT_UNTIL; null: nobody waits so */
    bool interrupted;        /* the next one does not wait */
};

static struct {
    resource_server_context_t context;
    struct sleepers sleepers;
    seL4_CPtr irq;
    uint64_t deadline; /* as the hardware has it */
    struct timer_stats stats;
} server = {.deadline = NEVER};

/* The deadline of the hardware becomes the first sleeper's. */
static void arm(void)
{
    const struct sleeper *first = sleepers_first(&server.sleepers);
    uint64_t deadline = first ? first->deadline : NEVER;
    if (deadline != server.deadline) {
        server.deadline = deadline;
        vesicle_IRQHandler_SetDeadline(server.irq, deadline);
    }
}

static void wake(struct sleeper *sleeper)
{
    resource_server_deferred_t *deferred = sleeper->data;
    struct waiting *waiting = deferred->client->state;
    if (waiting->sleeper == sleeper) {
        waiting->sleeper = NULL;
    }
    sleepers_remove(&server.sleepers, sleeper);
    resource_server_answer(&server.context, deferred, GPI_OK, NULL, 0);
    free(sleeper);
}

static void wake_due(void)
{
    struct sleeper *first;
    while ((first = sleepers_first(&server.sleepers)) != NULL && first->deadline <= gpi_time_ticks()) {
        wake(first);
    }
}

/* `added`: who sleeps now; null if the time has passed. */
static int sleep(resource_server_call_t *call, struct sleeper **added)
{
    *added = NULL;
    if (call->in[0] <= gpi_time_ticks()) {
        return GPI_OK;
    }
    struct sleeper *sleeper = malloc(sizeof *sleeper);
    if (!sleeper) {
        return GPI_ERR_NO_MEMORY;
    }
    *sleeper = (struct sleeper){.deadline = call->in[0]};
    if (!sleepers_add(&server.sleepers, sleeper)) {
        free(sleeper);
        return GPI_ERR_NO_MEMORY;
    }
    resource_server_deferred_t *deferred = resource_server_defer(call);
    if (!deferred) {
        sleepers_remove(&server.sleepers, sleeper);
        free(sleeper);
        return GPI_ERR_NO_MEMORY;
    }
    sleeper->data = deferred;
    deferred->data = sleeper;
    server.stats.slept++;
    arm();
    *added = sleeper;
    return GPI_OK;
}

static int sleep_until(resource_server_call_t *call)
{
    struct sleeper *sleeper;
    return sleep(call, &sleeper);
}

static int wait_until(resource_server_call_t *call)
{
    struct waiting *waiting = call->client->state;
    if (waiting->sleeper != NULL) {
        return GPI_ERR_STATE;
    }
    if (waiting->interrupted) {
        waiting->interrupted = false;
        return GPI_OK;
    }
    return sleep(call, &waiting->sleeper);
}

static int interrupt(resource_server_call_t *call)
{
    struct waiting *waiting = call->client->state;
    if (waiting->sleeper == NULL) {
        waiting->interrupted = true;
        return GPI_OK;
    }
    wake(waiting->sleeper);
    arm();
    return GPI_OK;
}

static int stats(resource_server_call_t *call)
{
    server.stats.sleepers = server.sleepers.count;
    *(struct timer_stats *)call->out = server.stats;
    return GPI_OK;
}

static void signalled(resource_server_context_t *context, seL4_Word signals)
{
    (void)context;
    (void)signals;
    server.stats.interrupts++;
    wake_due();
    arm(); /* first: or the interrupt would come again at once */
    seL4_IRQHandler_Ack(server.irq);
}

static void client_gone(resource_server_context_t *context, resource_server_client_t *client)
{
    (void)context;
    for (resource_server_deferred_t *deferred = client->deferred; deferred; deferred = deferred->next) {
        sleepers_remove(&server.sleepers, deferred->data);
        free(deferred->data);
    }
    arm();
}

static const resource_server_method_t methods[] = {
    [GPI_METHOD_NUMBER(TIMER_SLEEP_UNTIL)] = {sleep_until, RESOURCE_SERVER_ON_RDE, 0, 1, 0},
    [GPI_METHOD_NUMBER(TIMER_STATS)] = {stats, RESOURCE_SERVER_ON_RDE, 0, 0, GPI_WORDS(struct timer_stats)},
    [GPI_METHOD_NUMBER(TIMER_WAIT_UNTIL)] = {wait_until, RESOURCE_SERVER_ON_RDE, 0, 1, 0},
    [GPI_METHOD_NUMBER(TIMER_INTERRUPT)] = {interrupt, RESOURCE_SERVER_ON_RDE, 0, 0, 0},
};

static const resource_server_config_t config = {
    .type = GPI_TIMER_TYPE,
    .methods = methods,
    .method_count = sizeof methods / sizeof methods[0],
    .client_size = sizeof(struct waiting),
    .client_gone = client_gone,
    .signalled = signalled,
};

static int take_timer(void)
{
    pd_client_context_t self = sel4gpi_get_pd_conn();
    struct pd_irq_bind bind = {VESICLE_TIMER_PPI, server.context.notification.ep,
                               RESOURCE_SERVER_SIGNAL_BADGE(SIGNAL_TIMER), 0};
    struct pd_irq_bound bound = {0, 0};
    int error = pd_client_irq_bind(&self, &bind, &bound);
    server.irq = bound.handler;
    if (error == GPI_OK && vesicle_IRQHandler_SetDeadline(server.irq, NEVER) != seL4_NoError) {
        error = GPI_ERR_STATE; /* it runs on another core than the first */
    }
    if (error == GPI_OK) {
        seL4_IRQHandler_Ack(server.irq); /* of somebody's earlier deadline */
    }
    return error;
}

int main(void)
{
    int error = resource_server_init(&server.context, &config, NULL);
    error = error ? error : take_timer();
    return error ? error : resource_server_run(&server.context);
}

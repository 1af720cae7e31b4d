/* SPDX-License-Identifier: BSD-2-Clause */
#include "wake.h"

#include "guest.h"

#include <gpi/timer.h>
#include <sel4/sel4.h>
#include <sel4gpi/ep_clientapi.h>
#include <sel4gpi/pd_utils.h>

static uint64_t load(const uint64_t *from)
{
    return __atomic_load_n(from, __ATOMIC_SEQ_CST);
}

static void store(uint64_t *to, uint64_t value)
{
    __atomic_store_n(to, value, __ATOMIC_SEQ_CST);
}

void guest_wake_init(struct guest_wake *wake)
{
    *wake = (struct guest_wake){.at = DEADLINE_NEVER, .waits = DEADLINE_NEVER};
}

/* Later than it waits for: that it finds when it wakes. */
void guest_wake_at(struct guest_wake *wake, uint64_t counter)
{
    store(&wake->at, counter);
    if (counter < load(&wake->waits)) {
        seL4_Signal(wake->changed);
    }
}

bool guest_wake_is_due(const struct guest_wake *wake)
{
    return gpi_time_ticks() >= load(&wake->at);
}

/* Without a timer server the next deadline is the next try. */
static void wait_on(void *argument)
{
    struct guest_wake *wake = argument;
    seL4_Word badge;
    for (;;) {
        uint64_t at = load(&wake->at);
        store(&wake->waits, at);
        if (load(&wake->at) < at) {
            continue;
        }
        int error = gpi_wait_until_ticks(at);
        store(&wake->waits, error ? DEADLINE_NEVER : 0);
        if (error != GPI_OK) {
            seL4_Wait(wake->again.raw_endpoint, &badge);
        } else if (guest_wake_is_due(wake)) {
            seL4_Signal(wake->changed);
            seL4_Wait(wake->again.raw_endpoint, &badge);
        }
    }
}

static int start(struct guest_wake *wake)
{
    sel4gpi_runnable_t thread;
    int error = ep_client_connect_kind(sel4gpi_get_rde(GPICAP_TYPE_EP), EP_KIND_NOTIFICATION, &wake->again);
    wake->started = true;
    return error ? error : guest_thread("wake", wait_on, wake, &thread);
}

int guest_wake_again(struct guest_wake *wake)
{
    if (!wake->started) {
        return load(&wake->at) == DEADLINE_NEVER ? GPI_OK : start(wake);
    }
    if (load(&wake->at) < load(&wake->waits)) {
        gpi_wait_interrupt();
    }
    seL4_Signal(wake->again.raw_endpoint);
    return GPI_OK;
}

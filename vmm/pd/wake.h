/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wakes the main thread when the first of the guest's deadlines has come (vmm/deadline.h), by the timer server. A thread waits there, as
 * soon as the guest has a deadline at all: most never have one, for the virtual timer is the kernel's.
 */
#ifndef VMM_PD_WAKE_H
#define VMM_PD_WAKE_H

#include <sel4gpi/gpi_types.h>
#include <stdbool.h>
#include <stdint.h>

struct guest_wake {
    uint64_t at;               /* the counter's value */
    uint64_t waits;            /* until when the thread waits; 0: it is on its way to look at `at` */
    seL4_CPtr changed;         /* to be signalled when the main thread has to call the two below */
    ep_client_context_t again; /* a notification: the thread goes on */
    bool started;
};

void guest_wake_init(struct guest_wake *wake);

/** As vm_host.wake_at. Any thread. */
void guest_wake_at(struct guest_wake *wake, uint64_t counter);

/** The deadline has come. */
bool guest_wake_is_due(const struct guest_wake *wake);

/** After that, the thread waits for what the deadline is now. A gpi_error_t if there can be no thread; once. */
int guest_wake_again(struct guest_wake *wake);

#endif

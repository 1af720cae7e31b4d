/* SPDX-License-Identifier: BSD-2-Clause */
/* One guest and everything that belongs to it: its PD, made by pd_creation, and what this PD has to serve it. */
#ifndef VMM_PD_GUEST_H
#define VMM_PD_GUEST_H

#include "console.h"
#include "node.h"
#include "served.h"
#include "wake.h"

#include "vmm/vm.h"

#include <gpi/proto/vm.h>
#include <gpi/random.h>
#include <sel4gpi/pd_creation.h>

enum { GUEST_DUMP_SIZE = 1 << 16 };

/* A piece of its RAM, and where that is mapped here. */
struct guest_ram {
    uint64_t base, size;
    uint8_t *here;
};

struct guest {
    struct vm vm; /* first: the host's calls find the guest by it */
    struct guest_node node;
    struct guest_console console;
    struct served served;
    struct vm_config config;

    sel4gpi_runnable_t runnable;
    bool started; /* its PD */
    cpu_config_t cpu[VM_MAX_VCPUS];
    struct vcpu_ops ops;
    struct guest_ram ram[1 + NODE_MORE_RAM];
    unsigned ram_count;
    ep_client_context_t replies[VM_MAX_VCPUS];
    mo_client_context_t ram_mo; /* of RAM that is where the machine has it */
    uint64_t held_irqs;         /* that came while it was paused: a bit for each of vm.passthrough.irqs */
    ep_client_context_t ready;  /* a notification: an exit thread waits for exits */
    seL4_CPtr ended;            /* to be signalled when it has ended: see `end` */
    bool has_ended;             /* and nobody has looked after that yet */
    enum vm_end end;
    struct guest_wake wake;
    enum gpi_vm_exit reason; /* why it crashed */
    seL4_Word resets;
    uint64_t paused_at, paused_us; /* for who asks how long it stood still */

    char *dump; /* where what is logged goes while it is being described; null: to the console */
    size_t dumped;

    seL4_CPtr watchdog; /* to be signalled when a vCPU hangs */
    unsigned hangs;     /* which */

    uint64_t boot_time; /* seconds since 1970 when the system counter was 0; 0: nobody knows */
    struct lock random_lock;
    struct gpi_random random;
};

extern const struct vm_host guest_host;

/** Makes the guest that the node describes, ready for vm_load. False, with a line on the console, if it cannot. */
bool guest_create(struct guest *guest);

/** It has ended: nothing of it runs any more after this. How it ended. */
enum vm_end guest_settle(struct guest *guest);

/** Starts a thread of this PD, at its own priority, to be seen as PD.NAME: `entry` is called with `argument`. A gpi_error_t. */
int guest_thread(const char *name, void (*entry)(void *argument), void *argument, sel4gpi_runnable_t *thread);

#endif

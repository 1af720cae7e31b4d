/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads and a guest that keep all their registers, and count when they find one changed. */
#ifndef BYSTANDER_ASM_H
#define BYSTANDER_ASM_H

#include <sel4/types.h>

/** A thread's or guest's notes. Offsets stand in bystander.S. */
struct notes {
    seL4_Word ep, reply;
    volatile seL4_Word rounds, wrong;
    volatile seL4_Word info, syndrome; /* of the guest's last exit */
};

/** Call a server and check the answer; answer. x0: struct notes */
void bystander_client(void);
void bystander_server(void);
/** Serves the guest's exits, all HVC #1 or what says that a register changed (HVC #2). x0: struct notes */
void bystander_vmm(void);
/** The guest, position-independent. x0 counts. */
extern const char bystander_guest[], bystander_guest_end[];

#endif

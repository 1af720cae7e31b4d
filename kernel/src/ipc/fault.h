/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults: what a thread did, and the message its handler gets. */
#ifndef IPC_FAULT_H
#define IPC_FAULT_H

#include "types.h"
#include <sel4/types.h>
#include <stdbool.h>

struct tcb;
struct sched_context;

/** Why a capability address did not lead to a slot. */
struct lookup_failure {
    uint8_t type; /* seL4_LookupFailureType */
    uint8_t bits_left;
    uint8_t bits_found; /* DepthMismatch: bits resolved so far; GuardMismatch: guard size */
    word_t guard;
};

struct fault {
    uint8_t type; /* seL4_FaultType */
    bool in_receive;
    struct lookup_failure lookup;
    word_t word
        [4]; /* CapFault: address. UnknownSyscall: number. UserException: number, code. VMFault: address, prefetch, FSR.
                       Timeout: data, consumed. VGICMaintenance: IDX. VCPUFault: HSR. VPPIEvent: irq. DebugException: reason, address,
                       number */
};

/**
 * Sends `t->fault` to the thread's fault handler and blocks it; without a valid handler the thread stops.
 * Returns true if a handler took it or will.
 */
bool fault_send(struct tcb *t);
/** Sends a Timeout fault for `t` to its timeout handler, if it has one. */
bool fault_send_timeout(struct tcb *t, struct sched_context *sc);
/** Has `t` a timeout handler that can be called now or later? */
bool fault_has_timeout_handler(const struct tcb *t);

/** Writes the message of `sender`'s fault into `receiver`'s message; returns the info word. */
seL4_MessageInfo_t fault_message(struct tcb *sender, struct tcb *receiver);
/** Applies a handler's reply to the thread that faulted. Returns true if the thread is to go on. */
bool fault_reply(struct tcb *faulted, struct tcb *handler, seL4_MessageInfo_t info);

#endif

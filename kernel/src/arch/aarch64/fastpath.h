/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The three trips that must be short: Call to a passive server that waits, its ReplyRecv, and a guest's exit to a VMM thread that
 * waits (whose ReplyRecv is the second). Each checks that nothing unusual is about it and then does what the long way would have
 * done; otherwise it changes nothing and returns false.
 */
#ifndef AARCH64_FASTPATH_H
#define AARCH64_FASTPATH_H

#include "cpu.h"
#include "object/tcb.h"

bool fastpath_call(struct cpu *cpu, struct tcb *caller);
bool fastpath_reply_recv(struct cpu *cpu, struct tcb *server);
/** A guest with an exit frame; `abort` as for vcpu_exit. */
bool fastpath_exit(struct cpu *cpu, struct tcb *guest, uint64_t esr, uint64_t far, uint64_t ipa, uint64_t flags);

#endif

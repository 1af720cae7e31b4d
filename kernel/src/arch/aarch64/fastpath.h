/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trips that must be short: Call to a passive server that waits, its ReplyRecv, and a guest's exit to a VMM thread that
 * waits (whose answer is the second). Each checks that nothing unusual is about it and then does what the long way would have
 * done; otherwise it changes nothing.
 */
#ifndef ARCH_AARCH64_FASTPATH_H
#define ARCH_AARCH64_FASTPATH_H

#include "cpu.h"
#include "object/tcb.h"

/**
 * Called by vectors.S with the running thread `t` saved, and some of its registers still at hand. Returns the thread to go on with, or
 * null if the trap is to be handled the long way.
 */
struct tcb *fastpath_trap(word_t x0, word_t x1, uint64_t esr, struct tcb *t, struct cpu *cpu, word_t x5, word_t x6,
                          word_t x7);

/** Where a guest's data or instruction abort was; `flags` as in the exit frame. */
struct guest_abort_address {
    uint64_t far, ipa, flags;
};
struct guest_abort_address guest_abort_address(uint64_t esr);

#endif

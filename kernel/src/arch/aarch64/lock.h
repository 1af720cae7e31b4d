/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's lock: whoever is in the kernel holds it, first come first served. A core that waits has saved its thread's registers and
 * done nothing else; it serves requests of the holder (arch/remote.h). With one core nobody takes it. Most of it is in vectors.S.
 */
#ifndef ARCH_AARCH64_LOCK_H
#define ARCH_AARCH64_LOCK_H

#include "cpu.h"

/* Low half: the ticket whose turn it is. High half: the next ticket. */
union kernel_lock {
    uint32_t word;
    struct {
        uint16_t turn, next;
    };
};
/** Starts out taken by the core that boots. */
extern union kernel_lock kernel_lock_word;

/** Takes and gives back the lock where vectors.S did not: the idle loop, and the start of a core. */
void lock_take(struct cpu *cpu);
void lock_release(void);

/**
 * vectors.S: waits for `ticket`'s turn. `esr`: of the trap that brought the thread here, 0 for interrupts. True if meanwhile the thread
 * was taken off the core, as though it had been interrupted just before the trap.
 */
bool lock_wait(struct cpu *cpu, uint32_t ticket, uint64_t esr);

/** Does anybody wait for it? */
static inline bool lock_is_wanted(void)
{
    union kernel_lock now = {.word = __atomic_load_n(&kernel_lock_word.word, __ATOMIC_RELAXED)};

    return (uint16_t)(now.next - now.turn) > 1;
}

#endif

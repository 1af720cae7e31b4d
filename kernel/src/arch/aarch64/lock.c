/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/aarch64/lock.h"

#include "arch/aarch64/gicv3.h"
#include "arch/remote.h"

union kernel_lock kernel_lock_word = {.next = 1};

/* The turn, watched: a change ends the next WFE. DDI 0487 D1.6.1, B2.12 */
static uint16_t watch_turn(void)
{
    uint32_t turn;

    __asm__ volatile("ldaxrh %w0, %1" : "=r"(turn) : "Q"(kernel_lock_word.turn) : "memory");
    return (uint16_t)turn;
}

static void tell(void)
{
    __asm__ volatile("dsb ish\n\tsev" ::: "memory");
}

static void serve(struct cpu *cpu, remote_fn *request)
{
    request(cpu, cpu->request_argument);
    __atomic_store_n(&cpu->request, (remote_fn *)0, __ATOMIC_RELEASE);
    tell();
}

bool lock_wait(struct cpu *cpu, uint32_t ticket, uint64_t esr)
{
    const struct tcb *waiting = cpu->current;

    cpu->entry_esr = esr;
    for (;;) {
        remote_fn *request = __atomic_load_n(&cpu->request, __ATOMIC_ACQUIRE);
        if (request) {
            serve(cpu, request);
        } else if (watch_turn() == ticket) {
            return cpu->current != waiting;
        } else {
            __asm__ volatile("wfe" ::: "memory");
        }
    }
}

void lock_take(struct cpu *cpu)
{
    if (cpu_count > 1) {
        union kernel_lock before = {.word = __atomic_fetch_add(&kernel_lock_word.word, 1u << 16, __ATOMIC_ACQUIRE)};
        if (before.turn != before.next) {
            lock_wait(cpu, before.next, 0);
        }
    }
}

void lock_release(void)
{
    if (cpu_count > 1) {
        __atomic_fetch_add(&kernel_lock_word.turn, 1, __ATOMIC_RELEASE);
    }
}

void remote_kick(struct cpu *cpu)
{
    gic_send_sgi(1ull << cpu->index, GIC_INTID_KICK);
}

void remote_call(struct cpu *cpu, remote_fn *request, void *argument)
{
    if (cpu == cpu_this()) {
        request(cpu, argument);
        return;
    }
    cpu->request_argument = argument;
    __atomic_store_n(&cpu->request, request, __ATOMIC_RELEASE);
    remote_kick(cpu);
    tell();
    while (__atomic_load_n(&cpu->request, __ATOMIC_ACQUIRE)) {
        __asm__ volatile("wfe" ::: "memory");
    }
}

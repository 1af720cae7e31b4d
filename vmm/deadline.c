/* SPDX-License-Identifier: BSD-2-Clause */
#include "deadline.h"

#include "pause.h"
#include "vm.h"

/* Tells the host what is new, or what is so `anyway`. Lock held, so that it hears of them in their order. */
static void tell(struct vm *vm, bool anyway)
{
    struct deadlines *d = &vm->deadlines;
    uint64_t first = DEADLINE_NEVER;
    for (unsigned i = 0; i < DEADLINE_COUNT; i++) {
        first = d->at[i] < first ? d->at[i] : first;
    }
    if (first != d->told || anyway) {
        d->told = first;
        bool never = first > DEADLINE_NEVER - vm->counter_offset || vm->paused; /* the sum is to wrap for no guest */
        vm->host->wake_at(vm, never ? DEADLINE_NEVER : first + vm->counter_offset);
    }
}

void deadline_init(struct vm *vm)
{
    struct deadlines *d = &vm->deadlines;
    lock_acquire(&d->lock);
    for (unsigned i = 0; i < DEADLINE_COUNT; i++) {
        d->at[i] = DEADLINE_NEVER;
    }
    if (vm->host->wake_at != NULL) {
        tell(vm, true);
    }
    lock_release(&d->lock);
}

void deadline_set(struct vm *vm, unsigned who, uint64_t counter)
{
    struct deadlines *d = &vm->deadlines;
    if (vm->host->wake_at == NULL) {
        return;
    }
    lock_acquire(&d->lock);
    if (d->at[who] != counter) {
        d->at[who] = counter;
        tell(vm, false);
    }
    lock_release(&d->lock);
}

void deadline_retell(struct vm *vm)
{
    struct deadlines *d = &vm->deadlines;
    if (vm->host->wake_at != NULL) {
        lock_acquire(&d->lock);
        tell(vm, true);
        lock_release(&d->lock);
    }
}

uint32_t deadline_take_passed(struct vm *vm)
{
    struct deadlines *d = &vm->deadlines;
    uint32_t passed = 0;
    lock_acquire(&d->lock);
    uint64_t now = vm_counter(vm);
    for (unsigned i = 0; i < DEADLINE_COUNT; i++) {
        if (d->at[i] <= now && d->at[i] != DEADLINE_NEVER) {
            d->at[i] = DEADLINE_NEVER;
            passed |= 1u << i;
        }
    }
    tell(vm, true);
    lock_release(&d->lock);
    return passed;
}

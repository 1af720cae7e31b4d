/* SPDX-License-Identifier: BSD-2-Clause */
#include "vgic.h"

#include "../vcpu.h"
#include "../vm.h"

/* Fields of ICC_SGI1R_EL1, ICC_ASGI1R_EL1 and ICC_SGI0R_EL1 (IHI 0069, 12.2.18). */
struct sgi {
    uint16_t targets; /* of affinity level 0, from 16 * range on */
    uint8_t intid;
    uint8_t range;
    bool all_others; /* IRM */
    uint64_t affinity;
};

static struct sgi decode(uint64_t value)
{
    return (struct sgi){
        .targets = (uint16_t)bits_of(value, 15, 0),
        .intid = (uint8_t)bits_of(value, 27, 24),
        .range = (uint8_t)bits_of(value, 47, 44),
        .all_others = bits_of(value, 40, 40),
        .affinity = bits_of(value, 55, 48) << 32 | bits_of(value, 39, 32) << 16 | bits_of(value, 23, 16) << 8,
    };
}

static bool is_target(const struct sgi *sgi, const struct vcpu *vcpu, const struct vcpu *from)
{
    if (sgi->all_others) {
        return vcpu != from;
    }
    uint64_t affinity = vcpu_affinity(vcpu->id);
    uint64_t index = (affinity & 0xff) - sgi->range * 16ull;
    return (affinity & ~0xffull) == sgi->affinity && index < 16 && sgi->targets >> index & 1;
}

/* One of the other group than its target's is not generated (IHI 0069, 4.5.2). */
static inline void send(struct vm *vm, struct vcpu *to, unsigned intid, bool group1)
{
    struct virq *irq = &to->local[intid];
    if (irq->group1 == group1) {
        virq_send(&vm->vgic, irq);
    }
}

_Static_assert(VM_MAX_VCPUS <= 16, "all vCPUs are of one cluster");

/* Nearly all are for CPUs of the first cluster, by a bit for each: nothing but these and the number is in the register. */
static inline bool is_plain(uint64_t value)
{
    return (value & ~(0xffffull | 0xfull << 24)) == 0;
}

static void send_plain(struct vm *vm, uint64_t value, bool group1)
{
    for (uint64_t left = value & 0xffff; left != 0; left &= left - 1) {
        unsigned id = (unsigned)__builtin_ctzll(left);
        if (id < vm->vcpu_count) {
            send(vm, &vm->vcpus[id], value >> 24 & 15, group1);
        }
    }
}

static __attribute__((noinline)) void send_any(struct vcpu *from, uint64_t value, bool group1)
{
    struct vm *vm = from->vm;
    struct sgi sgi = decode(value);
    for (unsigned i = 0; i < vm->vcpu_count; i++) {
        if (is_target(&sgi, &vm->vcpus[i], from)) {
            send(vm, &vm->vcpus[i], sgi.intid, group1);
        }
    }
}

void vgic_sgi(struct vcpu *from, uint64_t value, bool group1)
{
    struct vm *vm = from->vm;
    lock_acquire(&vm->vgic.lock);
    if (is_plain(value)) {
        send_plain(vm, value, group1);
    } else {
        send_any(from, value, group1);
    }
    lock_release(&vm->vgic.lock);
}

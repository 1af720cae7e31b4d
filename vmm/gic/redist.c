/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The redistributors' registers (IHI 0069, 12.10 and 12.11): for each vCPU a frame RD_base and a frame SGI_base, in the order
 * of the vCPUs. What is not there reads as zero and ignores writes.
 */
#include "vgic.h"

#include "../vcpu.h"
#include "../vm.h"
#include "banks.h"

#define FRAME_SIZE 0x10000ull

enum {
    GICR_CTLR = 0x0000,
    GICR_IIDR = 0x0004,
    GICR_TYPER = 0x0008, /* 64 bits */
    GICR_TYPER_HIGH = 0x000c,
    GICR_WAKER = 0x0014,
};

/* GICR_TYPER (IHI 0069, 12.11.39) */
#define GICR_TYPER_LAST            (1ull << 4)
#define GICR_TYPER_PROCESSOR_SHIFT 8
#define GICR_TYPER_AFFINITY_SHIFT  32

/* GICR_WAKER (IHI 0069, 12.11.42) */
#define GICR_WAKER_PROCESSOR_SLEEP (1u << 1)
#define GICR_WAKER_CHILDREN_ASLEEP (1u << 2)

/* Affinity levels 0..2 of MPIDR_EL1 are the low 24 bits of the field, Aff3 its top byte. */
static uint64_t typer_of(const struct vcpu *vcpu)
{
    uint64_t mpidr = vcpu_affinity(vcpu->id);
    uint64_t affinity = (mpidr & 0xffffff) | (mpidr >> 32 & 0xff) << 24;
    bool last = vcpu->id + 1 == vcpu->vm->vcpu_count;
    return affinity << GICR_TYPER_AFFINITY_SHIFT | (uint64_t)vcpu->id << GICR_TYPER_PROCESSOR_SHIFT |
           (last ? GICR_TYPER_LAST : 0);
}

static uint64_t read_rd(const struct vcpu *vcpu, uint64_t offset, unsigned width)
{
    if (offset == GICR_TYPER && width == 8) {
        return typer_of(vcpu);
    }
    if (width != 4) {
        return 0;
    }
    switch (offset) {
    case GICR_IIDR:
        return VGIC_IIDR;
    case GICR_TYPER:
        return typer_of(vcpu) & 0xffffffff;
    case GICR_TYPER_HIGH:
        return typer_of(vcpu) >> 32;
    case GICR_WAKER:
        return vcpu->gicr_sleeps ? GICR_WAKER_PROCESSOR_SLEEP | GICR_WAKER_CHILDREN_ASLEEP : 0;
    case GIC_PIDR2:
        return VGIC_PIDR2;
    default:
        return 0;
    }
}

/* The vCPU whose frames an offset is in. The region is as large as there are vCPUs. */
static struct vcpu *owner_of(struct vgic *vgic, uint64_t offset)
{
    uint64_t id = offset / GICR_SIZE;
    return id < vgic->vm->vcpu_count ? &vgic->vm->vcpus[id] : NULL;
}

static enum mmio_result redist_read(void *device, struct vcpu *vcpu, uint64_t offset, unsigned width, uint64_t *value)
{
    (void)vcpu;
    struct vgic *vgic = device;
    struct vcpu *owner = owner_of(vgic, offset);
    *value = 0;
    if (owner == NULL) {
        return MMIO_UNKNOWN;
    }
    uint64_t in_frame = offset % FRAME_SIZE;
    lock_acquire(&vgic->lock);
    if (offset % GICR_SIZE < FRAME_SIZE) {
        *value = read_rd(owner, in_frame, width);
    } else {
        banks_read(vgic, owner, in_frame, width, value);
    }
    lock_release(&vgic->lock);
    return MMIO_DONE;
}

static enum mmio_result redist_write(void *device, struct vcpu *vcpu, uint64_t offset, unsigned width, uint64_t value)
{
    (void)vcpu;
    struct vgic *vgic = device;
    struct vcpu *owner = owner_of(vgic, offset);
    if (owner == NULL) {
        return MMIO_UNKNOWN;
    }
    uint64_t in_frame = offset % FRAME_SIZE;
    lock_acquire(&vgic->lock);
    if (offset % GICR_SIZE >= FRAME_SIZE) {
        banks_write(vgic, owner, in_frame, width, value);
    } else if (in_frame == GICR_WAKER && width == 4) {
        owner->gicr_sleeps = value & GICR_WAKER_PROCESSOR_SLEEP;
    }
    lock_release(&vgic->lock);
    return MMIO_DONE;
}

const struct mmio_ops vgic_redist_ops = {.read = redist_read, .write = redist_write};

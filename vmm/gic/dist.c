/* SPDX-License-Identifier: BSD-2-Clause */
/* The distributor's registers (IHI 0069, 12.9). What is not there reads as zero and ignores writes. */
#include "vgic.h"

#include "../vcpu.h"
#include "../vm.h"
#include "banks.h"

enum {
    GICD_CTLR = 0x0000,
    GICD_TYPER = 0x0004,
    GICD_IIDR = 0x0008,
    GICD_IROUTER = 0x6000, /* of interrupt 0; those of SPIs are there */
    GICD_IROUTER_END = 0x8000,
};

/* GICD_TYPER (IHI 0069, 12.9.39) */
#define GICD_TYPER_ITLINES ((VGIC_SPI_BASE + VGIC_SPIS) / 32 - 1)
#define GICD_TYPER_IDBITS  (9u << 19) /* 10 bits of interrupt id */
#define GICD_TYPER_NO1N    (1u << 25)

/* GICD_IROUTER: Aff3 and Aff2..Aff0; Interrupt_Routing_Mode is RES0 where No1N says so. */
#define IROUTER_AFFINITY 0xff00ffffffull

static void set_route(struct vgic *vgic, struct virq *irq, uint64_t route)
{
    irq->route = route & IROUTER_AFFINITY;
    virq_set_target(vgic, irq, vm_vcpu_by_affinity(vgic->vm, irq->route));
}

/* A 64-bit register, accessed whole or by halves. False if `offset` is not in it. */
static bool access_router(struct vgic *vgic, uint64_t offset, unsigned width, bool write, uint64_t *value)
{
    if (offset < GICD_IROUTER || offset >= GICD_IROUTER_END || width < 4 || offset % width != 0) {
        return false;
    }
    struct virq *irq = vgic_irq(vgic, NULL, (unsigned)(offset - GICD_IROUTER) / 8);
    unsigned shift = (unsigned)(offset % 8) * 8;
    uint64_t mask = width == 8 ? ~0ull : 0xffffffffull << shift;
    if (irq == NULL) {
        *value = write ? *value : 0;
    } else if (write) {
        set_route(vgic, irq, (irq->route & ~mask) | (*value << shift & mask));
    } else {
        *value = (irq->route & mask) >> shift;
    }
    return true;
}

/* What never changes. */
static bool read_constant(uint64_t offset, uint64_t *value)
{
    switch (offset) {
    case GICD_TYPER:
        *value = GICD_TYPER_ITLINES | GICD_TYPER_IDBITS | GICD_TYPER_NO1N;
        return true;
    case GICD_IIDR:
        *value = VGIC_IIDR;
        return true;
    case GIC_PIDR2:
        *value = VGIC_PIDR2;
        return true;
    default:
        return false;
    }
}

static __attribute__((noinline)) enum mmio_result read_locked(struct vgic *vgic, uint64_t offset, unsigned width,
                                                              uint64_t *value)
{
    lock_acquire(&vgic->lock);
    if (offset == GICD_CTLR && width == 4) {
        *value = vgic->ctlr | GICD_CTLR_ARE | GICD_CTLR_DS;
    } else if (!banks_read(vgic, NULL, offset, width, value) && !access_router(vgic, offset, width, false, value)) {
        *value = 0;
    }
    lock_release(&vgic->lock);
    return MMIO_DONE;
}

static enum mmio_result dist_read(void *device, struct vcpu *vcpu, uint64_t offset, unsigned width, uint64_t *value)
{
    (void)vcpu;
    return width == 4 && read_constant(offset, value) ? MMIO_DONE : read_locked(device, offset, width, value);
}

static enum mmio_result dist_write(void *device, struct vcpu *vcpu, uint64_t offset, unsigned width, uint64_t value)
{
    (void)vcpu;
    struct vgic *vgic = device;
    lock_acquire(&vgic->lock);
    if (!banks_write(vgic, NULL, offset, width, value) && !access_router(vgic, offset, width, true, &value) &&
        offset == GICD_CTLR && width == 4) {
        vgic_set_ctlr(vgic, (uint32_t)value);
    }
    lock_release(&vgic->lock);
    return MMIO_DONE;
}

const struct mmio_ops vgic_dist_ops = {.read = dist_read, .write = dist_write};

/* SPDX-License-Identifier: BSD-2-Clause */
#include "banks.h"

/* ICFGR: bit 1 of the field says edge-triggered, bit 0 is RES0 (IHI 0069, 12.9.9). */
#define ICFGR_EDGE 2u

/* Priority bits that are there: five, as the hardware's list registers keep at least (IHI 0069, 4.8). */
#define PRIORITY_MASK 0xf8u

static uint32_t get_group(struct virq *irq)
{
    return irq->group1;
}

static void set_group(struct vgic *vgic, struct virq *irq, uint32_t field)
{
    virq_set_group1(vgic, irq, field != 0);
}

static uint32_t get_enabled(struct virq *irq)
{
    return irq->enabled;
}

static void set_enable(struct vgic *vgic, struct virq *irq, uint32_t field)
{
    if (field != 0) {
        virq_set_enabled(vgic, irq, true);
    }
}

static void clear_enable(struct vgic *vgic, struct virq *irq, uint32_t field)
{
    if (field != 0) {
        virq_set_enabled(vgic, irq, false);
    }
}

static uint32_t get_pending(struct virq *irq)
{
    return virq_is_pending(irq);
}

static void set_pending(struct vgic *vgic, struct virq *irq, uint32_t field)
{
    if (field != 0) {
        virq_set_pending(vgic, irq);
    }
}

static void clear_pending(struct vgic *vgic, struct virq *irq, uint32_t field)
{
    if (field != 0) {
        virq_clear_pending(vgic, irq);
    }
}

static uint32_t get_active(struct virq *irq)
{
    return virq_is_active(irq);
}

static void set_active(struct vgic *vgic, struct virq *irq, uint32_t field)
{
    if (field != 0) {
        virq_set_active(vgic, irq);
    }
}

static void clear_active(struct vgic *vgic, struct virq *irq, uint32_t field)
{
    if (field != 0) {
        virq_clear_active(vgic, irq);
    }
}

static uint32_t get_priority(struct virq *irq)
{
    return irq->priority;
}

static void set_priority(struct vgic *vgic, struct virq *irq, uint32_t field)
{
    virq_set_priority(vgic, irq, (uint8_t)(field & PRIORITY_MASK));
}

static uint32_t get_config(struct virq *irq)
{
    return irq->edge ? ICFGR_EDGE : 0;
}

static void set_config(struct vgic *vgic, struct virq *irq, uint32_t field)
{
    /* SGIs are edge-triggered for good; so is the virtual timer level-sensitive. */
    if (irq->intid >= VIRQ_SGIS && !irq->direct) {
        virq_set_edge(vgic, irq, field & ICFGR_EDGE);
    }
}

/* Offsets are those of the distributor (IHI 0069, table 12-25) and of SGI_base (table 12-29) alike. */
static const struct bank {
    uint16_t base;
    uint16_t size; /* room for 1024 interrupts */
    uint8_t bits;  /* of one interrupt's field */
    bool bytes;    /* byte accesses are allowed */
    uint32_t (*get)(struct virq *irq);
    void (*set)(struct vgic *vgic, struct virq *irq, uint32_t field);
} banks[] = {
    {0x080, 0x080, 1, false, get_group, set_group},       /* IGROUPR */
    {0x100, 0x080, 1, false, get_enabled, set_enable},    /* ISENABLER */
    {0x180, 0x080, 1, false, get_enabled, clear_enable},  /* ICENABLER */
    {0x200, 0x080, 1, false, get_pending, set_pending},   /* ISPENDR */
    {0x280, 0x080, 1, false, get_pending, clear_pending}, /* ICPENDR */
    {0x300, 0x080, 1, false, get_active, set_active},     /* ISACTIVER */
    {0x380, 0x080, 1, false, get_active, clear_active},   /* ICACTIVER */
    {0x400, 0x400, 8, true, get_priority, set_priority},  /* IPRIORITYR */
    {0xc00, 0x100, 2, false, get_config, set_config},     /* ICFGR */
};

static const struct bank *find(uint64_t offset, unsigned width)
{
    for (size_t i = 0; i < sizeof banks / sizeof banks[0]; i++) {
        const struct bank *bank = &banks[i];
        if (offset - bank->base < bank->size) {
            bool fits = offset % width == 0 && (width == 4 || (width == 1 && bank->bytes));
            return fits ? bank : NULL;
        }
    }
    return NULL;
}

/*
 * The interrupts whose fields an access touches: `count` side by side, or none. Local ones only where the registers are a vCPU's, the
 * others only where not; each kind is a multiple of what one register has.
 */
static struct virq *fields(struct vgic *vgic, struct vcpu *vcpu, const struct bank *bank, uint64_t offset,
                           unsigned width, unsigned *count)
{
    unsigned first = (unsigned)(offset - bank->base) * 8 / bank->bits;
    *count = width * 8 / bank->bits;
    return (vcpu != NULL) == (first < VIRQ_LOCALS) ? vgic_irq(vgic, vcpu, first) : NULL;
}

_Static_assert(VIRQ_LOCALS % 32 == 0 && VGIC_SPIS % 32 == 0, "registers are all there or not at all");

bool banks_read(struct vgic *vgic, struct vcpu *vcpu, uint64_t offset, unsigned width, uint64_t *value)
{
    const struct bank *bank = find(offset, width);
    if (bank == NULL) {
        return false;
    }
    unsigned count;
    uint32_t result = 0;
    struct virq *irq = fields(vgic, vcpu, bank, offset, width, &count);
    for (unsigned i = 0; irq != NULL && i < count; i++) {
        result |= bank->get(&irq[i]) << (i * bank->bits);
    }
    *value = result;
    return true;
}

bool banks_write(struct vgic *vgic, struct vcpu *vcpu, uint64_t offset, unsigned width, uint64_t value)
{
    const struct bank *bank = find(offset, width);
    if (bank == NULL) {
        return false;
    }
    unsigned count;
    struct virq *irq = fields(vgic, vcpu, bank, offset, width, &count);
    for (unsigned i = 0; irq != NULL && i < count; i++) {
        bank->set(vgic, &irq[i], (uint32_t)bits_of(value, (i + 1) * bank->bits - 1, i * bank->bits));
    }
    return true;
}

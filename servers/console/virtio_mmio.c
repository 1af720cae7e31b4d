/* SPDX-License-Identifier: BSD-2-Clause */
#include "virtio_mmio.h"

#include "barrier.h"

/* Registers, by word (4.2.2). */
enum {
    MAGIC_VALUE = 0x000 / 4,
    VERSION = 0x004 / 4,
    DEVICE_ID = 0x008 / 4,
    DEVICE_FEATURES = 0x010 / 4,
    DEVICE_FEATURES_SEL = 0x014 / 4,
    DRIVER_FEATURES = 0x020 / 4,
    DRIVER_FEATURES_SEL = 0x024 / 4,
    QUEUE_SEL = 0x030 / 4,
    QUEUE_NUM_MAX = 0x034 / 4,
    QUEUE_NUM = 0x038 / 4,
    QUEUE_READY = 0x044 / 4,
    QUEUE_NOTIFY = 0x050 / 4,
    INTERRUPT_STATUS = 0x060 / 4,
    INTERRUPT_ACK = 0x064 / 4,
    STATUS = 0x070 / 4,
    QUEUE_DESC = 0x080 / 4,
    QUEUE_DRIVER = 0x090 / 4,
    QUEUE_DEVICE = 0x0a0 / 4,
    CONFIG_GENERATION = 0x0fc / 4,
    CONFIG = 0x100 / 4,
};
enum { STATUS_ACKNOWLEDGE = 1, STATUS_DRIVER = 2, STATUS_DRIVER_OK = 4, STATUS_FEATURES_OK = 8, STATUS_FAILED = 128 };
#define MAGIC 0x74726976u

uint32_t virtio_mmio_identify(virtio_mmio_t regs, bool *legacy)
{
    *legacy = regs[MAGIC_VALUE] == MAGIC && regs[VERSION] == 1 && regs[DEVICE_ID] != 0;
    return regs[MAGIC_VALUE] == MAGIC && regs[VERSION] == 2 ? regs[DEVICE_ID] : 0;
}

static void add_status(virtio_mmio_t regs, uint32_t bits)
{
    regs[STATUS] |= bits;
}

uint64_t virtio_mmio_begin(virtio_mmio_t regs, uint64_t wanted)
{
    uint64_t agreed = 0;
    regs[STATUS] = 0;
    add_status(regs, STATUS_ACKNOWLEDGE);
    add_status(regs, STATUS_DRIVER);
    wanted |= 1ull << VIRTIO_F_VERSION_1;
    for (uint32_t half = 0; half < 2; half++) {
        regs[DEVICE_FEATURES_SEL] = half;
        uint32_t features = regs[DEVICE_FEATURES] & (uint32_t)(wanted >> (32 * half));
        regs[DRIVER_FEATURES_SEL] = half;
        regs[DRIVER_FEATURES] = features;
        agreed |= (uint64_t)features << (32 * half);
    }
    add_status(regs, STATUS_FEATURES_OK);
    if (!(regs[STATUS] & STATUS_FEATURES_OK) || !(agreed >> VIRTIO_F_VERSION_1 & 1)) {
        virtio_mmio_stop(regs);
        return 0;
    }
    return agreed;
}

uint32_t virtio_mmio_queue_max(virtio_mmio_t regs, uint32_t queue)
{
    regs[QUEUE_SEL] = queue;
    return regs[QUEUE_NUM_MAX];
}

static void write_address(virtio_mmio_t regs, unsigned reg, uint64_t address)
{
    regs[reg] = (uint32_t)address;
    regs[reg + 1] = (uint32_t)(address >> 32);
}

void virtio_mmio_set_queue(virtio_mmio_t regs, uint32_t queue, uint32_t size, uint64_t desc, uint64_t avail,
                           uint64_t used)
{
    regs[QUEUE_SEL] = queue;
    regs[QUEUE_NUM] = size;
    write_address(regs, QUEUE_DESC, desc);
    write_address(regs, QUEUE_DRIVER, avail);
    write_address(regs, QUEUE_DEVICE, used);
    device_barrier();
    regs[QUEUE_READY] = 1;
}

void virtio_mmio_go(virtio_mmio_t regs)
{
    device_barrier();
    add_status(regs, STATUS_DRIVER_OK);
}

void virtio_mmio_stop(virtio_mmio_t regs)
{
    add_status(regs, STATUS_FAILED);
    regs[STATUS] = 0;
}

void virtio_mmio_notify(virtio_mmio_t regs, uint32_t queue)
{
    device_barrier();
    regs[QUEUE_NOTIFY] = queue;
}

uint32_t virtio_mmio_take_interrupt(virtio_mmio_t regs)
{
    uint32_t why = regs[INTERRUPT_STATUS];
    regs[INTERRUPT_ACK] = why;
    device_barrier(); /* queues are looked at after that: what is used from now on interrupts again */
    return why;
}

uint32_t virtio_mmio_config(virtio_mmio_t regs, unsigned offset)
{
    uint32_t before, value;
    do {
        before = regs[CONFIG_GENERATION];
        value = regs[CONFIG + offset / 4];
    } while (before != regs[CONFIG_GENERATION]);
    return value;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "fake_device.h"

#include "lib/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fake_port fake_port[VCON_PORTS];
struct vcon_memory fake_memory;

static struct {
    struct virtq_memory *memory;
    uint16_t size, seen;
} queues[VCON_QUEUES];
static unsigned port_count;
static struct {
    const unsigned char *begin;
    size_t size;
} allowed[VCON_PORTS];

uint64_t virtio_mmio_begin(virtio_mmio_t regs, uint64_t wanted)
{
    (void)regs;
    return wanted | 1ull << VIRTIO_F_VERSION_1;
}

uint32_t virtio_mmio_queue_max(virtio_mmio_t regs, uint32_t queue)
{
    (void)regs;
    return queue < 2 * (port_count + 2) ? 32 : 0;
}

void virtio_mmio_set_queue(virtio_mmio_t regs, uint32_t queue, uint32_t size, uint64_t desc, uint64_t avail,
                           uint64_t used)
{
    (void)regs;
    queues[queue].memory = (struct virtq_memory *)(uintptr_t)desc;
    queues[queue].size = (uint16_t)size;
    queues[queue].seen = 0;
    CHECK_EQ(avail, (uintptr_t)&queues[queue].memory->avail);
    CHECK_EQ(used, (uintptr_t)&queues[queue].memory->used);
}

void virtio_mmio_go(virtio_mmio_t regs)
{
    (void)regs;
}

void virtio_mmio_stop(virtio_mmio_t regs)
{
    (void)regs;
}

void virtio_mmio_notify(virtio_mmio_t regs, uint32_t queue)
{
    (void)regs;
    CHECK(queue < 2 * (port_count + 2));
}

uint32_t virtio_mmio_config(virtio_mmio_t regs, unsigned offset)
{
    (void)regs;
    return offset == 4 ? port_count + 1 : 0;
}

void fake_begin(unsigned ports)
{
    port_count = ports;
    memset(queues, 0, sizeof queues);
    memset(&fake_memory, 0, sizeof fake_memory);
    memset(allowed, 0, sizeof allowed);
    for (unsigned i = 0; i < VCON_PORTS; i++) {
        free(fake_port[i].log);
        fake_port[i] = (struct fake_port){.log = NULL};
    }
}

void fake_allow(unsigned port, const void *begin, size_t size)
{
    allowed[port].begin = begin;
    allowed[port].size = size;
}

/* The next buffer that the driver made available in a queue; null: none. */
static struct virtq_desc *next(unsigned queue, uint16_t *id)
{
    struct virtq_memory *memory = queues[queue].memory;
    if (!memory || queues[queue].seen == memory->avail.index) {
        return NULL;
    }
    *id = memory->avail.ring[queues[queue].seen++ % queues[queue].size];
    CHECK(*id < queues[queue].size);
    return &memory->desc[*id];
}

static void give_back(unsigned queue, uint16_t id, uint32_t length)
{
    struct virtq_used *used = &queues[queue].memory->used;
    used->ring[used->index % queues[queue].size].id = id;
    used->ring[used->index % queues[queue].size].length = length;
    used->index++;
}

struct control {
    uint32_t id;
    uint16_t event, value;
};

/* As QEMU does, it drops what there is no buffer for. */
static void tell(uint32_t id, uint16_t event, uint16_t value, const char *text)
{
    uint16_t buffer;
    struct virtq_desc *desc = next(2, &buffer);
    struct control message = {id, event, value};
    if (desc) {
        CHECK(desc->length >= sizeof message + strlen(text));
        memcpy((void *)(uintptr_t)desc->address, &message, sizeof message);
        memcpy((char *)(uintptr_t)desc->address + sizeof message, text, strlen(text));
        give_back(2, buffer, (uint32_t)(sizeof message + strlen(text)));
    }
}

static void hear(const struct control *message)
{
    char name[32];
    if (message->event == 0) {
        for (unsigned i = 1; i <= port_count; i++) {
            tell(i, 1, 1, "");
        }
    } else if (message->event == 3) {
        snprintf(name, sizeof name, message->id == port_count ? "vesicle.control.%u" : "vesicle.console.%u",
                 message->id == port_count ? port_count - 1 : message->id);
        tell(message->id, 7, 1, name);
        tell(message->id, 6, 1, "");
    }
}

static void take_output(unsigned port, unsigned queue, unsigned buffers, bool shuffle)
{
    uint16_t ids[VIRTQ_MAX], count = 0;
    struct virtq_desc *desc;
    while (count < buffers && count < VIRTQ_MAX && (desc = next(queue, &ids[count])) != NULL) {
        const unsigned char *bytes = (const unsigned char *)(uintptr_t)desc->address;
        struct fake_port *to = &fake_port[port];
        CHECK(desc->flags == 0 && desc->length > 0);
        CHECK(!allowed[port].begin || (bytes >= allowed[port].begin && desc->length <= allowed[port].size &&
                                       bytes + desc->length <= allowed[port].begin + allowed[port].size));
        to->log = to->log ? to->log : malloc(FAKE_LOG);
        for (uint32_t i = 0; i < desc->length; i++) {
            to->log[to->length++ % FAKE_LOG] = bytes[i];
        }
        count++;
    }
    while (count > 0) {
        unsigned which = shuffle ? (unsigned)unit_random(count) : 0;
        give_back(queue, ids[which], 0);
        memmove(&ids[which], &ids[which + 1], (count - which - 1) * sizeof ids[0]);
        count--;
    }
}

static void give_input(unsigned port, unsigned queue, unsigned buffers)
{
    struct fake_port *from = &fake_port[port];
    uint16_t id;
    for (unsigned i = 0; i < buffers && from->input_length > 0; i++) {
        struct virtq_desc *desc = next(queue, &id);
        if (!desc) {
            return;
        }
        uint32_t length = desc->length < from->input_length ? desc->length : (uint32_t)from->input_length;
        length = 1 + (uint32_t)unit_random(length);
        CHECK(desc->flags == 2);
        memcpy((void *)(uintptr_t)desc->address, from->input, length);
        from->input += length;
        from->input_length -= length;
        give_back(queue, id, length);
    }
}

void fake_work(unsigned buffers, bool shuffle)
{
    uint16_t id;
    struct virtq_desc *desc;
    while ((desc = next(3, &id)) != NULL) {
        struct control message;
        memcpy(&message, (const void *)(uintptr_t)desc->address, sizeof message);
        hear(&message);
        give_back(3, id, 0);
    }
    for (unsigned port = 1; port <= port_count; port++) {
        take_output(port, 2 * port + 3, buffers, shuffle);
        give_input(port, 2 * port + 2, buffers);
    }
}

void fake_start(struct vcon *vcon, unsigned ports)
{
    fake_begin(ports);
    CHECK(vcon_start(vcon, NULL, &fake_memory, (uintptr_t)&fake_memory));
    for (unsigned i = 0; i < 40; i++) {
        fake_work(VIRTQ_MAX, false);
        vcon_control(vcon);
    }
    CHECK_EQ(vcon_named(vcon), ports);
    for (unsigned i = 1; i <= ports; i++) {
        vcon_open(vcon, i);
    }
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "vcon.h"

#include <string.h>

/* Feature bit, configuration (5.3.4), control messages (5.3.6.2), and which queue is what (5.3.2). */
enum { F_MULTIPORT = 1, CONFIG_MAX_NR_PORTS = 4 };
enum {
    DEVICE_READY = 0,
    DEVICE_ADD = 1,
    DEVICE_REMOVE = 2,
    PORT_READY = 3,
    CONSOLE_PORT = 4,
    RESIZE = 5,
    PORT_OPEN = 6,
    PORT_NAME = 7
};
enum { QUEUE_CONTROL_IN = 2, QUEUE_CONTROL_OUT = 3 };
enum { MESSAGES = 4 }; /* at a time */

struct control {
    uint32_t id;
    uint16_t event, value;
};
#define NOBODY 0xffffffffu

static uint32_t queue_of(unsigned port, bool out)
{
    return (port == 0 ? 0 : 2 * port + 2) + out;
}

static uint64_t paddr_of(const struct vcon *vcon, const void *place)
{
    return vcon->paddr + (uint64_t)((const char *)place - (const char *)vcon->memory);
}

static bool make_queue(struct vcon *vcon, struct virtq *queue, uint32_t number)
{
    struct virtq_memory *memory = &vcon->memory->queue[number];
    uint32_t max = virtio_mmio_queue_max(vcon->regs, number), size = VIRTQ_MAX;
    while (size > max) {
        size /= 2;
    }
    if (size == 0) {
        return false;
    }
    virtq_init(queue, memory, (uint16_t)size);
    virtio_mmio_set_queue(vcon->regs, number, size, paddr_of(vcon, memory->desc), paddr_of(vcon, &memory->avail),
                          paddr_of(vcon, &memory->used));
    return true;
}

static void notify(struct vcon *vcon, struct virtq *queue, uint32_t number)
{
    if (virtq_wants_notice(queue)) {
        virtio_mmio_notify(vcon->regs, number);
    }
}

static void give_control_buffer(struct vcon *vcon, uint16_t which)
{
    virtq_add(&vcon->control_in, paddr_of(vcon, vcon->memory->control_in[which]), VCON_CONTROL_SIZE, true);
}

/* False if there is no room for a message now. */
static bool say(struct vcon *vcon, uint32_t id, uint16_t event, uint16_t value)
{
    uint16_t which = vcon->control_out.added % vcon->control_out.size;
    if (virtq_in_flight(&vcon->control_out) == vcon->control_out.size) {
        return false;
    }
    struct control message = {id, event, value};
    memcpy(vcon->memory->control_out[which], &message, sizeof message);
    return virtq_add(&vcon->control_out, paddr_of(vcon, vcon->memory->control_out[which]), sizeof message, false);
}

/*
 * Sends what is to be sent, a few messages at a time: devices answer with several, and may drop those for which there is no
 * buffer. The next ones go when these have come back.
 */
static void say_some(struct vcon *vcon)
{
    uint16_t which;
    uint32_t length;
    while (virtq_take(&vcon->control_out, &which, &length)) {
    }
    unsigned room = virtq_in_flight(&vcon->control_out) == 0 ? MESSAGES : 0;
    for (unsigned i = 0; i < vcon->ports && room > 0; i++) {
        struct vcon_port *port = &vcon->port[i];
        if (port->ready && say(vcon, i, PORT_READY, 1)) {
            port->ready = false;
            room--;
        } else if (!port->ready && port->opened && say(vcon, i, PORT_OPEN, 1)) {
            port->opened = false;
            room--;
        }
    }
    notify(vcon, &vcon->control_out, QUEUE_CONTROL_OUT);
}

bool vcon_start(struct vcon *vcon, virtio_mmio_t regs, struct vcon_memory *memory, uint64_t paddr)
{
    *vcon = (struct vcon){.regs = regs, .memory = memory, .paddr = paddr};
    uint64_t features = virtio_mmio_begin(regs, 1ull << F_MULTIPORT);
    if (!(features >> F_MULTIPORT & 1)) {
        return false;
    }
    uint32_t ports = virtio_mmio_config(regs, CONFIG_MAX_NR_PORTS);
    vcon->ports = ports < VCON_PORTS ? ports : VCON_PORTS;
    bool good = make_queue(vcon, &vcon->control_in, QUEUE_CONTROL_IN) &&
                make_queue(vcon, &vcon->control_out, QUEUE_CONTROL_OUT);
    for (unsigned i = 0; good && i < vcon->ports; i++) {
        good = make_queue(vcon, &vcon->port[i].in, queue_of(i, false)) &&
               make_queue(vcon, &vcon->port[i].out, queue_of(i, true));
    }
    if (!good) {
        virtio_mmio_stop(regs);
        return false;
    }
    virtio_mmio_go(regs);
    for (uint16_t i = 0; i < vcon->control_in.size; i++) {
        give_control_buffer(vcon, i);
    }
    notify(vcon, &vcon->control_in, QUEUE_CONTROL_IN);
    say(vcon, NOBODY, DEVICE_READY, 1);
    notify(vcon, &vcon->control_out, QUEUE_CONTROL_OUT);
    return true;
}

static void hear(struct vcon *vcon, const unsigned char *bytes, uint32_t length)
{
    struct control message;
    if (length < sizeof message) {
        return;
    }
    memcpy(&message, bytes, sizeof message);
    if (message.id >= vcon->ports) {
        return;
    }
    struct vcon_port *port = &vcon->port[message.id];
    switch (message.event) {
    case DEVICE_ADD:
        port->ready = port->ready || !port->present;
        port->present = true;
        break;
    case DEVICE_REMOVE:
        port->present = port->named = false;
        break;
    case PORT_NAME:
        length -= (uint32_t)sizeof message;
        length = length < VCON_NAME_SIZE - 1 ? length : VCON_NAME_SIZE - 1;
        memcpy(port->name, bytes + sizeof message, length);
        port->name[length] = '\0';
        port->named = port->present;
        break;
    default: /* CONSOLE_PORT, RESIZE; PORT_OPEN: output goes to the host's socket, whoever listens there */
        break;
    }
}

void vcon_control(struct vcon *vcon)
{
    uint16_t which;
    uint32_t length;
    /* No more than there are, lest a device keeps this busy for ever. */
    for (unsigned i = 0; i < vcon->control_in.size && virtq_take(&vcon->control_in, &which, &length); i++) {
        hear(vcon, vcon->memory->control_in[which], length);
        give_control_buffer(vcon, vcon->control_in.added % vcon->control_in.size);
    }
    notify(vcon, &vcon->control_in, QUEUE_CONTROL_IN);
    say_some(vcon);
}

int vcon_find(const struct vcon *vcon, const char *name)
{
    for (unsigned i = 0; i < vcon->ports; i++) {
        if (vcon->port[i].named && strncmp(vcon->port[i].name, name, strlen(name)) == 0) {
            return (int)i;
        }
    }
    return -1;
}

unsigned vcon_named(const struct vcon *vcon)
{
    unsigned count = 0;
    for (unsigned i = 0; i < vcon->ports; i++) {
        count += vcon->port[i].named;
    }
    return count;
}

static void give_input_buffer(struct vcon *vcon, unsigned port)
{
    struct virtq *in = &vcon->port[port].in;
    unsigned char *buffer = vcon->memory->in[port][in->added % VCON_IN_BUFFERS];
    if (virtq_in_flight(in) < VCON_IN_BUFFERS && virtq_add(in, paddr_of(vcon, buffer), VCON_IN_SIZE, true)) {
        notify(vcon, in, queue_of(port, false));
    }
}

void vcon_open(struct vcon *vcon, unsigned port)
{
    for (unsigned i = 0; i < VCON_IN_BUFFERS; i++) {
        give_input_buffer(vcon, port);
    }
    vcon->port[port].opened = true;
    say_some(vcon);
}

bool vcon_write(struct vcon *vcon, unsigned port, uint64_t paddr, uint32_t length)
{
    struct virtq *out = &vcon->port[port].out;
    if (!virtq_add(out, paddr, length, false)) {
        return false;
    }
    notify(vcon, out, queue_of(port, true));
    return true;
}

unsigned vcon_writing(const struct vcon *vcon, unsigned port)
{
    return virtq_in_flight(&vcon->port[port].out);
}

uint32_t vcon_written(struct vcon *vcon, unsigned port)
{
    uint16_t which;
    uint32_t length;
    return virtq_take(&vcon->port[port].out, &which, &length) ? length : 0;
}

uint32_t vcon_read(struct vcon *vcon, unsigned number, const unsigned char **bytes)
{
    struct vcon_port *port = &vcon->port[number];
    for (unsigned i = 0; i < VCON_IN_BUFFERS && port->in_at == port->in_length; i++) {
        uint16_t before = port->in.taken, which;
        uint32_t length;
        if (!virtq_take(&port->in, &which, &length)) {
            return 0;
        }
        port->in_buffer = before % VCON_IN_BUFFERS;
        port->in_at = 0;
        port->in_length = length;
        if (length == 0) {
            give_input_buffer(vcon, number);
        }
    }
    *bytes = vcon->memory->in[number][port->in_buffer] + port->in_at;
    return port->in_length - port->in_at;
}

void vcon_taken(struct vcon *vcon, unsigned number, uint32_t length)
{
    struct vcon_port *port = &vcon->port[number];
    port->in_at += length;
    if (port->in_at == port->in_length) {
        give_input_buffer(vcon, number);
    }
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "served.h"

#include "node.h"

#include "vmm/gic/vgic.h"

#include <gpi/server_call.h>
#include <libfdt.h>
#include <sel4/sel4.h>
#include <sel4gpi/pd_clientapi.h>
#include <sel4gpi/pd_utils.h>
#include <sel4gpi/vmr_clientapi.h>
#include <stdlib.h>
#include <string.h>

static gpi_space_id_t space_now(const struct served_device *device)
{
    return __atomic_load_n(device->where, __ATOMIC_ACQUIRE);
}

/* Opens the device where it is served now. */
static int connect(struct served_device *device)
{
    gpi_space_id_t space = space_now(device);
    seL4_CPtr rde = space == BADGE_SPACE_ID_NULL ? 0 : sel4gpi_get_rde_by_space_id(space, device->type);
    struct gpi_device_open in = {.size = device->size};
    struct gpi_device_opened out;
    memcpy(in.name.text, device->name, GPI_NAME_SIZE);
    int error =
        rde ? gpi_server_call(rde, GPI_DEVICE_OPEN, &in, GPI_WORDS(in), &out, GPI_WORDS(out)) : GPI_ERR_NOT_FOUND;
    if (error == GPI_OK) {
        device->space = space;
        __atomic_store_n(&device->signal, out.signal, __ATOMIC_RELEASE);
        __atomic_store_n(&device->endpoint, out.endpoint, __ATOMIC_RELEASE);
    }
    return error;
}

/*
 * The server behind `endpoint` has ended. True if there is another one now. What others may just be about to call is given back the next
 * time only.
 */
static __attribute__((noinline)) bool connect_again(struct served_device *device, seL4_CPtr endpoint)
{
    pd_client_context_t self = sel4gpi_get_pd_conn();
    lock_acquire(&device->lock);
    seL4_CPtr signal = device->signal;
    bool connected = device->endpoint != endpoint;
    if (!connected && space_now(device) != device->space && connect(device) == GPI_OK) {
        connected = true;
        seL4_Signal(signal); /* who waits there waits at the new one from now on */
        if (device->last) {
            pd_client_free_slot(&self, device->last);
            pd_client_free_slot(&self, device->last_signal);
        }
        device->last = endpoint;
        device->last_signal = signal;
    }
    lock_release(&device->lock);
    return connected;
}

/* An access; answers the label: 0, GPI_ERR_GONE if nobody serves the device, another one if there is no such register. */
static inline seL4_Word call(seL4_CPtr endpoint, seL4_Word label, seL4_Word offset, seL4_Word in, uint64_t *value)
{
    seL4_Word word = offset, second = in;
    seL4_MessageInfo_t info = seL4_CallWithMRs(endpoint, seL4_MessageInfo_new(label, 0, 0, 2), &word, &second, 0, 0);
    *value = word;
    return seL4_MessageInfo_get_label(info);
}

/* An access that nobody is there to answer any more is made again where somebody is. */
static inline bool ask(struct served_device *device, seL4_Word label, seL4_Word offset, seL4_Word in, uint64_t *value)
{
    seL4_CPtr endpoint = __atomic_load_n(&device->endpoint, __ATOMIC_ACQUIRE);
    seL4_Word answer = call(endpoint, label, offset, in, value);
    if (answer == GPI_ERR_GONE && connect_again(device, endpoint)) {
        answer = call(device->endpoint, label, offset, in, value);
    }
    return answer == 0;
}

static enum mmio_result served_read(void *device, struct vcpu *vcpu, uint64_t offset, unsigned width, uint64_t *value)
{
    (void)vcpu;
    return ask(device, GPI_DEVICE_READ | width, offset, 0, value) ? MMIO_DONE : MMIO_UNKNOWN;
}

static enum mmio_result served_write(void *device, struct vcpu *vcpu, uint64_t offset, unsigned width, uint64_t value)
{
    (void)vcpu;
    return ask(device, GPI_DEVICE_WRITE | width, offset, value, &value) ? MMIO_DONE : MMIO_UNKNOWN;
}

static const struct mmio_ops ops = {.read = served_read, .write = served_write};

/* What init keeps true. */
static const gpi_space_id_t *open_page(void)
{
    const char *slot = getenv(GPI_DEVICE_SERVERS);
    mo_client_context_t mo = {.ep = slot ? strtoul(slot, NULL, 10) : seL4_CapNull};
    void *page = NULL;
    return slot && vmr_client_map(sel4gpi_get_bound_vmr_rde(), NULL, &mo, 0, 1, SEL4UTILS_RES_TYPE_GENERIC,
                                  ADS_RIGHT_READ, &page) == GPI_OK
               ? page
               : NULL;
}

void served_wait(void *argument)
{
    struct served_device *device = argument;
    for (;;) {
        seL4_Word badge;
        seL4_CPtr signal = __atomic_load_n(&device->signal, __ATOMIC_ACQUIRE);
        seL4_Wait(signal, &badge);
        if (signal == __atomic_load_n(&device->signal, __ATOMIC_ACQUIRE)) {
            __atomic_or_fetch(&device->served->pending, 1ull << device->number, __ATOMIC_RELEASE);
            seL4_Signal(device->served->interrupted);
        }
    }
}

/* The number of its SPI, one cell; 0 if it makes no interrupts. False: it makes no sense. */
static bool read_interrupt(const void *tree, int node, unsigned *intid)
{
    int length;
    const fdt32_t *cell = fdt_getprop(tree, node, "interrupts", &length);
    *intid = cell ? VGIC_SPI_BASE + (unsigned)fdt32_ld(cell) : 0;
    return !cell || (length == sizeof *cell && fdt32_ld(cell) < VGIC_SPIS);
}

static const char *add(struct served *served, const void *tree, int node)
{
    struct served_device *device = &served->device[served->count];
    struct remote_device *remote = &served->remote[served->count];
    const char *name = fdt_get_name(tree, node, NULL);
    uint64_t base, size;
    unsigned intid;
    size_t length = strcspn(name, "@");
    served->page = served->page ? served->page : open_page();
    if (served->count == SERVED_DEVICES || !served->page) {
        return served->page ? "too many devices" : "nobody says who serves it";
    }
    memcpy(device->name, name, length < GPI_NAME_SIZE ? length : GPI_NAME_SIZE);
    if (!node_read_reg(tree, node, &base, &size)) {
        return "reg: not a base and a size";
    }
    if (!read_interrupt(tree, node, &intid)) {
        return "interrupts: not the number of an SPI";
    }
    *remote = (struct remote_device){.name = device->name,
                                     .compatible = fdt_getprop(tree, node, "compatible", NULL),
                                     .base = ipa_of(base),
                                     .size = size,
                                     .intid = intid,
                                     .ops = &ops,
                                     .device = device};
    device->served = served;
    device->number = served->count;
    device->size = size;
    device->where = &served->page[served->count];
    device->type = sel4gpi_get_resource_type_code((char *)(uintptr_t)GPI_DEVICE_TYPE);
    int error = connect(device);
    served->count += error == GPI_OK;
    return error ? gpi_strerror(error) : NULL;
}

bool served_open(struct served *served, const void *tree, const char *node, served_error_fn error, void *cookie)
{
    int at;
    fdt_for_each_subnode(at, tree, fdt_subnode_offset(tree, 0, node))
    {
        const char *why = fdt_getprop(tree, at, "server", NULL) ? add(served, tree, at) : NULL;
        if (why) {
            error(cookie, fdt_get_name(tree, at, NULL), why);
            return false;
        }
    }
    return true;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "served.h"

#include "node.h"

#include <gpi/server_call.h>
#include <libfdt.h>
#include <sel4/sel4.h>
#include <sel4gpi/pd_utils.h>
#include <stdlib.h>
#include <string.h>

/* The answer to an access: false if there is no such register, or nobody any more who knows. */
static inline bool ask(const struct served_device *device, seL4_Word label, seL4_Word offset, seL4_Word in,
                       uint64_t *value)
{
    seL4_Word word = offset, second = in;
    seL4_MessageInfo_t info =
        seL4_CallWithMRs(device->endpoint, seL4_MessageInfo_new(label, 0, 0, 2), &word, &second, 0, 0);
    *value = word;
    return seL4_MessageInfo_get_label(info) == 0;
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

/* By what init says of a node: its name, and the space of its server. */
static gpi_space_id_t space_of(const char *node)
{
    const char *words = getenv(GPI_DEVICE_SERVERS);
    size_t length = strlen(node);
    for (const char *at = words; at && *at; at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL) {
        if (strncmp(at, node, length) == 0 && at[length] == '=') {
            return strtoul(at + length + 1, NULL, 10);
        }
    }
    return BADGE_SPACE_ID_NULL;
}

static const char *open_at(struct served_device *device, const char *node, uint64_t size)
{
    gpi_cap_t type = sel4gpi_get_resource_type_code((char *)(uintptr_t)GPI_DEVICE_TYPE);
    gpi_space_id_t space = space_of(node);
    seL4_CPtr rde = space == BADGE_SPACE_ID_NULL ? 0 : sel4gpi_get_rde_by_space_id(space, type);
    struct gpi_device_open in = {.size = size};
    struct gpi_device_opened out;
    memcpy(in.name.text, device->name, GPI_NAME_SIZE);
    int error =
        rde ? gpi_server_call(rde, GPI_DEVICE_OPEN, &in, GPI_WORDS(in), &out, GPI_WORDS(out)) : GPI_ERR_NOT_FOUND;
    device->endpoint = error ? seL4_CapNull : out.endpoint;
    return error ? gpi_strerror(error) : NULL;
}

static const char *add(struct served *served, const void *tree, int node)
{
    struct served_device *device = &served->device[served->count];
    struct remote_device *remote = &served->remote[served->count];
    const char *name = fdt_get_name(tree, node, NULL);
    uint64_t base, size;
    size_t length = strcspn(name, "@");
    if (served->count == SERVED_DEVICES) {
        return "too many devices";
    }
    memcpy(device->name, name, length < GPI_NAME_SIZE ? length : GPI_NAME_SIZE);
    if (!node_read_reg(tree, node, &base, &size)) {
        return "reg: not a base and a size";
    }
    *remote = (struct remote_device){.name = device->name,
                                     .compatible = fdt_getprop(tree, node, "compatible", NULL),
                                     .base = ipa_of(base),
                                     .size = size,
                                     .ops = &ops,
                                     .device = device};
    const char *why = open_at(device, name, remote->size);
    served->count += why == NULL;
    return why;
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

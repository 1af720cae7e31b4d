/* SPDX-License-Identifier: BSD-2-Clause */
#include <gpi/device_server.h>
#include <sel4/sel4.h>
#include <sel4gpi/cpu_clientapi.h>
#include <sel4gpi/ep_clientapi.h>
#include <sel4gpi/pd_creation.h>
#include <sel4gpi/pd_utils.h>
#include <sel4gpi/resource_space_clientapi.h>
#include <stdlib.h>

enum { RESOURCE = 1, STACK_PAGES = 4, LABEL_SETTLE = 0 };

/* What one client has of the device: a space of its own with one resource, so that the root task answers calls when nobody else does. */
struct port {
    const gpi_device_ops_t *ops;
    void *device;
    gpi_obj_id_t client;
    ep_client_context_t endpoint, reply, ready;
    resspc_client_context_t space;
    sel4gpi_runnable_t thread;
    struct port *next;
};

static struct port *ports;

/* Where an open device's interrupts go. Any thread may be reading the list: nothing leaves it, what is not in use any more is used again. */
struct line {
    const void *device; /* null: not in use */
    const struct port *port;
    ep_client_context_t signal;
    struct line *next;
};

static struct line *lines;

void gpi_device_interrupt(const void *device)
{
    for (const struct line *line = __atomic_load_n(&lines, __ATOMIC_ACQUIRE); line; line = line->next) {
        if (__atomic_load_n(&line->device, __ATOMIC_ACQUIRE) == device) {
            seL4_Signal(line->signal.raw_endpoint);
        }
    }
}

static struct line *find_line(const struct port *port)
{
    struct line *line = lines;
    while (line && line->port != port) {
        line = line->next;
    }
    return line;
}

static int open_line(struct port *port, seL4_CPtr *signal)
{
    pd_client_context_t self = sel4gpi_get_pd_conn();
    struct line *line = find_line(NULL);
    if (!line) {
        line = calloc(1, sizeof *line);
        int error = line ? ep_client_connect_kind(sel4gpi_get_rde(GPICAP_TYPE_EP), EP_KIND_NOTIFICATION, &line->signal)
                         : GPI_ERR_NO_MEMORY;
        if (error != GPI_OK) {
            free(line);
            return error;
        }
        line->next = lines;
        __atomic_store_n(&lines, line, __ATOMIC_RELEASE);
    }
    int error = pd_client_give_cap(&self, port->client, line->signal.raw_endpoint, 0, signal);
    if (error == GPI_OK) {
        line->port = port;
        __atomic_store_n(&line->device, port->device, __ATOMIC_RELEASE);
    }
    return error;
}

static void close_line(const struct port *port)
{
    struct line *line = find_line(port);
    if (line) {
        __atomic_store_n(&line->device, NULL, __ATOMIC_RELEASE);
        line->port = NULL;
    }
}

/* False: there is no such register, or no such access. */
static inline bool access(const struct port *port, seL4_Word label, seL4_Word offset, seL4_Word *value)
{
    if (label & GPI_DEVICE_READ) {
        return port->ops->read(port->device, offset, label & GPI_DEVICE_WIDTH, value);
    }
    return label & GPI_DEVICE_WRITE && port->ops->write(port->device, offset, label & GPI_DEVICE_WIDTH, *value);
}

/* On time of its own until it waits; then on that of who calls. */
static _Noreturn void serve(const struct port *port)
{
    seL4_CPtr endpoint = port->endpoint.raw_endpoint, reply = port->reply.raw_endpoint;
    seL4_Word badge, offset = 0, value = 0;
    seL4_MessageInfo_t info = seL4_MessageInfo_new(0, 0, 0, 0);
    info = seL4_NBSendRecvWithMRs(port->ready.raw_endpoint, info, endpoint, &badge, &offset, &value, 0, 0, reply);
    for (;;) {
        seL4_Word label = seL4_MessageInfo_get_label(info);
        bool known = label == LABEL_SETTLE || access(port, label, offset, &value);
        offset = value;
        info = seL4_MessageInfo_new(known ? 0 : 1, 0, 0, 1);
        info = seL4_ReplyRecvWithMRs(endpoint, info, &badge, &offset, &value, 0, 0, reply);
    }
}

static void run(int argc, char **argv)
{
    if (argc == 1) {
        serve((const struct port *)strtoul(argv[0], NULL, 10));
    }
}

static int start_thread(struct port *port)
{
    cpu_client_context_t self = sel4gpi_get_cpu_conn();
    struct cpu_info info = {0};
    seL4_Word badge;
    int error = cpu_client_get_info(&self, &info);
    pd_config_t *cfg = error ? NULL : sel4gpi_configure_thread((void *)run, NULL, &port->thread);
    if (!cfg) {
        return error ? error : GPI_ERR_NO_MEMORY;
    }
    for (linked_list_node_t *node = cfg->ads_cfg.vmr_cfgs ? cfg->ads_cfg.vmr_cfgs->head : NULL; node;
         node = node->next) {
        vmr_config_t *region = node->data;
        if (region->type == SEL4UTILS_RES_TYPE_STACK) {
            region->region_pages = STACK_PAGES;
        }
    }
    cfg->cpu_prio = (int)info.priority;
    error = sel4gpi_prepare_pd(cfg, &port->thread, 1, (seL4_Word[]){(seL4_Word)port});
    sel4gpi_config_destroy(cfg);
    error = error ? error : sel4gpi_start_pd(&port->thread);
    if (error == GPI_OK) {
        seL4_Wait(port->ready.raw_endpoint, &badge);
        seL4_Call(port->endpoint.raw_endpoint, seL4_MessageInfo_new(LABEL_SETTLE, 0, 0, 0)); /* it waits there now */
        error = cpu_client_set_passive(&port->thread.cpu);
    }
    return error;
}

static void end(struct port *port)
{
    close_line(port);
    sel4gpi_destroy_runnable(&port->thread);
    if (port->space.ep) {
        resspc_client_destroy(&port->space);
    }
    ep_component_client_disconnect(&port->endpoint);
    ep_component_client_disconnect(&port->reply);
    ep_component_client_disconnect(&port->ready);
    free(port);
}

int gpi_device_open(resource_server_call_t *call, const gpi_device_ops_t *ops, void *device)
{
    struct gpi_device_opened *out = (struct gpi_device_opened *)call->out;
    seL4_CPtr eps = sel4gpi_get_rde(GPICAP_TYPE_EP), spaces = sel4gpi_get_rde(GPICAP_TYPE_RESSPC);
    pd_client_context_t self = sel4gpi_get_pd_conn();
    struct port *port = calloc(1, sizeof *port);
    if (!port) {
        return GPI_ERR_NO_MEMORY;
    }
    *port = (struct port){.ops = ops, .device = device, .client = call->client->id};
    int error = ep_component_client_connect(eps, &port->endpoint);
    error = error ? error : ep_client_connect_kind(eps, EP_KIND_REPLY, &port->reply);
    error = error ? error : ep_client_connect_kind(eps, EP_KIND_NOTIFICATION, &port->ready);
    error = error ? error
                  : resspc_client_connect(spaces, GPI_DEVICE_TYPE, &port->endpoint, BADGE_OBJ_ID_NULL, &port->space);
    error = error ? error : resspc_client_create_resource(&port->space, RESOURCE);
    error = error ? error : start_thread(port);
    error = error ? error : open_line(port, &out->signal);
    error = error ? error : pd_client_give_resource(&self, port->space.id, port->client, RESOURCE, &out->endpoint);
    if (error != GPI_OK) {
        end(port);
        return error;
    }
    port->next = ports;
    ports = port;
    return GPI_OK;
}

void gpi_device_client_gone(resource_server_context_t *context, resource_server_client_t *client)
{
    (void)context;
    for (struct port **link = &ports; *link;) {
        struct port *port = *link;
        if (port->client == client->id) {
            *link = port->next;
            end(port);
        } else {
            link = &port->next;
        }
    }
}

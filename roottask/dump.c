/* SPDX-License-Identifier: BSD-2-Clause */
#include "dump.h"

#include "pd.h"
#include "resspc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Text of which only a window is kept. */
struct window {
    size_t at, from, size;
    char *out;
};

static void put(struct window *w, const char *format, ...)
{
    char line[160];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    for (int i = 0; i < length && i < (int)sizeof line - 1; i++, w->at++) {
        if (w->at >= w->from && w->at - w->from < w->size) {
            w->out[w->at - w->from] = line[i];
        }
    }
}

static const char *const states[] = {[PD_NEW] = "new", [PD_RUNNING] = "running", [PD_ENDED] = "ended"};
static const char *const cpu_states[] = {[CPU_UNCONFIGURED] = "unconfigured",
                                         [CPU_STOPPED] = "stopped",
                                         [CPU_RUNNING] = "running",
                                         [CPU_FAULTED] = "faulted"};
static const char *const regions[SEL4UTILS_RES_TYPE_COUNT] = {
    [SEL4UTILS_RES_TYPE_CODE] = "code",
    [SEL4UTILS_RES_TYPE_DATA] = "data",
    [SEL4UTILS_RES_TYPE_STACK] = "stack",
    [SEL4UTILS_RES_TYPE_HEAP] = "heap",
    [SEL4UTILS_RES_TYPE_IPC_BUF] = "ipc",
    [SEL4UTILS_RES_TYPE_OSM_DATA] = "osm",
    [SEL4UTILS_RES_TYPE_SHARED_FRAMES] = "shared",
    [SEL4UTILS_RES_TYPE_DEVICE] = "device",
    [SEL4UTILS_RES_TYPE_GENERIC] = "generic",
};

static void put_space(struct window *w, const struct ads *ads)
{
    put(w, "ads %lu\n", (unsigned long)ads->object.id);
    for (const struct vmr *vmr = ads->vmrs; vmr; vmr = vmr->next) {
        put(w, "  %012lx %6lu pages of 2^%u %c%c%c %s%s%s\n", (unsigned long)vmr->vaddr, (unsigned long)vmr->pages,
            vmr->page_bits, vmr->rights & ADS_RIGHT_READ ? 'r' : '-', vmr->rights & ADS_RIGHT_WRITE ? 'w' : '-',
            vmr->rights & ADS_RIGHT_EXECUTE ? 'x' : '-', regions[vmr->type] ? regions[vmr->type] : "?",
            vmr->source ? " shared" : "", vmr->mo ? "" : " (no memory)");
    }
}

/* The spaces that it serves, and what they and their resources are made from. */
static void put_served(struct window *w, const struct pd *pd)
{
    for (const struct object *object = object_first(GPICAP_TYPE_RESSPC); object; object = object->next) {
        const struct resspc *resspc = object_of(object, resspc);
        if (resspc->server != pd) {
            continue;
        }
        put(w, "serves %s space %lu: %lu resources\n", resspc_type_name(resspc->type), (unsigned long)object->id,
            (unsigned long)resspc->resource_count);
        for (size_t i = 0; i < resspc->made_from_count; i++) {
            put(w, "  made from space %lu\n", (unsigned long)resspc->made_from[i]);
        }
        for (size_t i = 0; i < resspc->edge_count; i++) {
            const struct resource_edge *edge = &resspc->edges[i];
            const struct resspc *from = resspc_find(edge->from_space);
            put(w, "  resource %lu made from %s %lu of space %lu\n", (unsigned long)edge->id,
                from ? resspc_type_name(from->type) : "?", (unsigned long)edge->from_id,
                (unsigned long)edge->from_space);
        }
    }
}

unsigned dump_pd(const struct pd *pd, size_t offset, void *out, size_t size)
{
    struct window w = {.from = offset, .size = size, .out = out};
    memset(out, 0, size);
    put(&w, "pd %lu \"%s\" %s, parent %lu, memory %lu\n", (unsigned long)pd->object.id, pd->name, states[pd->state],
        (unsigned long)pd->parent, (unsigned long)pd->object.account->used);
    for (const struct cpu *cpu = pd->cpus; cpu; cpu = cpu->next_of_pd) {
        put(&w, "cpu %lu %s%s, core %lu, priority %u, ads %lu\n", (unsigned long)cpu->object.id, cpu_states[cpu->state],
            cpu->vcpu.ut ? " elevated" : "", (unsigned long)cpu->core, cpu->priority,
            (unsigned long)cpu->ads->object.id);
    }
    for (const struct cpu *cpu = pd->cpus; cpu; cpu = cpu->next_of_pd) {
        put_space(&w, cpu->ads);
    }
    for (size_t i = 0; pd->space && i < pd->space->rde_count; i++) {
        const struct rde *rde = &pd->space->rdes[i];
        put(&w, "rde %s space %lu slot %lu\n", resspc_type_name(rde->type), (unsigned long)rde->space,
            (unsigned long)rde->handle->slot);
    }
    for (size_t i = 0; pd->space && i < pd->space->slots; i++) {
        const struct handle *handle = pd->space->handle[i];
        if (handle && handle->kind != HANDLE_RDE) {
            put(&w, "slot %lu %s %lu%s rights %x\n", (unsigned long)i,
                handle->kind == HANDLE_RAW      ? "raw"
                : handle->kind == HANDLE_SERVED ? resspc_type_name(object_of(handle->object, resspc)->type)
                                                : resspc_type_name(handle->object->type),
                (unsigned long)(handle->kind == HANDLE_SERVED ? handle->resource : handle->object->id),
                handle->object->ended ? " (gone)" : "", handle->rights);
        }
    }
    put_served(&w, pd);
    size_t length = w.at > offset ? w.at - offset : 0;
    length = length < size ? length : size;
    return (unsigned)((length + sizeof(seL4_Word) - 1) / sizeof(seL4_Word));
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The first thread of a PD that was loaded: TLS, IPC buffer, OSM page, heap, environment, constructors, main. */
#include "self.h"

#include "console.h"
#include "heap.h"

#include <gpi/initial_stack.h>
#include <sel4/ipc.h>
#include <stdlib.h>

__thread seL4_IPCBuffer *__sel4_ipc_buffer;
__thread osm_pd_shared_data_t *gpi_osm;
__thread ads_client_context_t gpi_current_ads;
struct gpi_start_info gpi_start_info;
extern char **environ;

extern void (*__init_array_start[])(void);
extern void (*__init_array_end[])(void);
int main(int argc, char **argv);
_Noreturn void gpi_pd_start(seL4_Word *stack);

struct vectors {
    int argc;
    char **argv, **environment;
    seL4_Word ipc_buffer, osm;
};

static struct vectors read_stack(seL4_Word *stack)
{
    struct vectors v = {.argc = (int)stack[0], .argv = (char **)&stack[1]};
    v.environment = v.argv + v.argc + 1;
    char **at = v.environment;
    while (*at) {
        at++;
    }
    for (const struct gpi_aux *aux = (const struct gpi_aux *)(void *)(at + 1); aux->type != GPI_AT_NULL; aux++) {
        switch (aux->type) {
        case GPI_AT_IPC_BUFFER:
            v.ipc_buffer = aux->value;
            break;
        case GPI_AT_OSM_DATA:
            v.osm = aux->value;
            break;
        case GPI_AT_HEAP:
            gpi_start_info.heap = aux->value;
            break;
        case GPI_AT_HEAP_SIZE:
            gpi_start_info.heap_size = aux->value;
            break;
        case GPI_AT_ENTRY:
            gpi_start_info.entry = aux->value;
            break;
        case GPI_AT_PHDR:
            gpi_start_info.phdr = aux->value;
            break;
        case GPI_AT_PHNUM:
            gpi_start_info.phnum = aux->value;
            break;
        default:
            break;
        }
    }
    return v;
}

_Noreturn void gpi_pd_start(seL4_Word *stack)
{
    struct vectors v = read_stack(stack);
    void *tls = __builtin_alloca_with_align(gpi_tls_size(), 8 * 64);
    gpi_tls_set(gpi_tls_init(tls));
    seL4_SetIPCBuffer((seL4_IPCBuffer *)v.ipc_buffer);
    gpi_osm = (osm_pd_shared_data_t *)v.osm;
    environ = v.environment;
    gpi_pd_heap_init();
    gpi_pd_console_init();
    for (void (**constructor)(void) = __init_array_start; constructor < __init_array_end; constructor++) {
        (*constructor)();
    }
    exit(main(v.argc, v.argv));
}

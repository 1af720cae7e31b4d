/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a guest costs besides its RAM: the machine's free memory before and after the guest of the tree is made. Everything is in the
 * difference: the VMM's PD, kernel objects, page tables, what the root task and init remember.
 */
#include <init.h>
#include <sel4/sel4.h>
#include <sel4gpi/pd_utils.h>
#include <sel4gpi/vm_clientapi.h>
#include <stdio.h>

#define GUEST "debian"

enum { KIB = 1024 };

static int measure(seL4_CPtr init)
{
    struct pd_memory before, after;
    struct init_info info = {.vm = BADGE_SPACE_ID_NULL};
    struct gpi_vm_stat stat;
    gpi_obj_id_t pd;
    int error = init_client_memory(init, &before);
    error = error ? error : init_client_start(init, GUEST, 0, NULL, &pd);
    while (error == GPI_OK && info.vm == BADGE_SPACE_ID_NULL) {
        seL4_Yield();
        error = init_client_find(init, GUEST, &info);
    }
    /* Answered when the guest has been made. */
    error = error ? error : vm_client_stat(vm_client_find(info.vm), &stat);
    error = error ? error : init_client_memory(init, &after);
    if (error == GPI_OK) {
        printf("BENCH vmm_memory value %lu KiB\n", (unsigned long)(before.free - after.free - stat.ram) / KIB);
    }
    return error;
}

int main(void)
{
    seL4_CPtr init = sel4gpi_get_rde((int)sel4gpi_get_resource_type_code(INIT_TYPE));
    int error = init ? measure(init) : GPI_ERR_NOT_FOUND;
    if (error != GPI_OK) {
        printf("BENCH-FAILED vmm_memory: %s\n", gpi_strerror(error));
        return 1;
    }
    puts("BENCH-END");
    return 0;
}

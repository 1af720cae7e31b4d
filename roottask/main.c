/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The root task: all memory and all capabilities of the machine, handed out as memory objects, address spaces, CPUs,
 * endpoints and protection domains. It starts one PD and then answers calls.
 */
#include "ads.h"
#include "archive.h"
#include "boot.h"
#include "call.h"
#include "dtb.h"
#include "mo.h"
#include "pd.h"
#include "resspc.h"

#include <gpi/power.h>
#include <sel4/bootinfo.h>
#include <sel4/sel4.h>
#include <stdio.h>

int main(void)
{
    const seL4_BootInfo *bi = seL4_GetBootInfo();
    struct kobject endpoint;

    memory_init(bi);
    ads_init();
    vmr_init();
    mo_init();
    cpu_init(bi);
    ep_init();
    pd_init();
    resspc_init();
    dtb_init(bi);
    if (kobject_new(&endpoint, NULL, seL4_EndpointObject, seL4_EndpointBits, 0) == GPI_OK && archive_init(bi)) {
        handle_init(endpoint.cap);
        if (boot_first_pd() == GPI_OK) {
            call_loop(&endpoint);
        }
    }
    puts("roottask: nothing to run; the machine is switched off");
    gpi_power_off();
    return 1;
}

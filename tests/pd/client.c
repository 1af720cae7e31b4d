/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client of counter servers, for others to start. Arguments: what to do, a space of counters (0: the first), more.
 *   0  makes a counter of 7 and exits with its value
 *   1  makes a counter, is ready with its id, and waits for ever for somebody to count
 *   2  is ready, and waits for ever
 *   3  like 1, with a counter that is made from another one
 *   4  calls the server with all the time it has, for ever; ready after the first call
 */
#include <counter.h>
#include <sel4gpi/pd_clientapi.h>
#include <sel4gpi/pd_utils.h>
#include <sel4/sel4.h>
#include <stdlib.h>

enum { VALUE = 7 };

int main(int argc, char **argv)
{
    seL4_Word what = argc > 0 ? strtoul(argv[0], NULL, 10) : 0, space = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    gpi_cap_t type = sel4gpi_get_resource_type_code((char *)COUNTER_TYPE);
    seL4_CPtr rde = sel4gpi_get_rde_by_space_id(space, type);
    pd_client_context_t self = sel4gpi_get_pd_conn();
    counter_client_context_t counter = {0, 0};
    seL4_Word value = 0;
    int error = what == 0 || what == 1 ? counter_client_create(rde, VALUE, &counter)
                : what == 3            ? counter_client_create_made(rde, &counter)
                                       : GPI_OK;
    if (error != GPI_OK) {
        return 100;
    }
    switch (what) {
    case 0:
        return counter_client_read(&counter, &value) == GPI_OK ? (int)value : 101;
    case 1:
    case 3:
        pd_client_ready(&self, counter.id);
        return counter_client_wait(&counter, VALUE + 1, &value);
    case 4:
        for (int i = 0;; i++) {
            error = counter_client_work(rde, 10);
            if (i == 0) {
                pd_client_ready(&self, 0);
            }
            if (error != GPI_OK) {
                return error;
            }
        }
    default: {
        ep_client_context_t ep;
        seL4_Word badge;
        sel4gpi_alloc_endpoint(&ep);
        pd_client_ready(&self, 0);
        seL4_Wait(ep.raw_endpoint, &badge);
        return 102;
    }
    }
}

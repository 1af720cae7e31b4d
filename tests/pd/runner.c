/* SPDX-License-Identifier: BSD-2-Clause */
/* The first PD of the test system: starts the test PDs, in the order of the list, and adds up. */
#include "areas.h"

#include <sel4gpi/pd_creation.h>
#include <stdio.h>

static const char *const areas[] = {PD_AREAS};
enum { AREAS = sizeof areas / sizeof areas[0] };

/* What the PD exited with; 1 << 16 (one failure) if it did not. */
static unsigned run(const char *area)
{
    sel4gpi_runnable_t r;
    struct pd_end end = {PD_TERMINATED, 0};
    pd_client_context_t self = sel4gpi_get_pd_conn();
    seL4_CPtr slot = 0;
    pd_config_t *cfg = sel4gpi_configure_process(area, DEFAULT_STACK_PAGES, DEFAULT_HEAP_PAGES, &r);
    int error = cfg ? pd_client_send_cap(&r.pd, self.ep, &slot) : GPI_ERR_NO_MEMORY;
    if (error == GPI_OK) {
        sel4gpi_config_pd_share_all_rdes(cfg);
        error = sel4gpi_prepare_pd(cfg, &r, 2, (seL4_Word[]){slot, PD_LONG});
    }
    sel4gpi_config_destroy(cfg);
    error = error ? error : sel4gpi_start_pd(&r);
    error = error ? error : pd_client_wait(&r.pd, &end);
    sel4gpi_destroy_runnable(&r);
    if (error == GPI_OK && end.reason == PD_EXITED) {
        return (unsigned)end.code;
    }
    printf("CASE %s\nFAIL %s: the PD %s (%s)\n", area, area, error ? "could not be run" : "did not exit",
           error ? gpi_strerror(error) : "see above");
    return 1u << 16;
}

int main(void)
{
    unsigned passed = 0, failed = 0;
    /* Above the others, so that it waits for them before they begin: the wait is in the root task's books. */
    cpu_client_context_t cpu = sel4gpi_get_cpu_conn();
    cpu_client_set_priority(&cpu, DEFAULT_PRIORITY + 1);
    puts("TEST-BEGIN pd");
    for (size_t i = 0; i < AREAS; i++) {
        unsigned result = run(areas[i]);
        passed += result & 0xffff;
        failed += result >> 16;
    }
    printf("TEST-END %u %u 0\n", passed, failed);
    return 0;
}

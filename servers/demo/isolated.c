/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread with a stack that nobody else sees, in an address space of its own; program, data and heap are shared. */
#include <sel4gpi/pd_creation.h>
#include <stdio.h>

enum { ON_STACK = 0x15014712 };

static volatile seL4_Word found;

static int look(int argc, char **argv)
{
    volatile int on_stack = ON_STACK;
    (void)argc;
    (void)argv;
    found = (seL4_Word)&on_stack;
    return 42;
}

static pd_config_t *configure(sel4gpi_runnable_t *r)
{
    static const sel4utils_reservation_type_t shared[] = {SEL4UTILS_RES_TYPE_CODE, SEL4UTILS_RES_TYPE_DATA,
                                                          SEL4UTILS_RES_TYPE_HEAP};
    pd_config_t *cfg = sel4gpi_new_runnable(true, true, r);
    if (cfg) {
        ads_config_t *ads = &cfg->ads_cfg;
        ads->entry_point = (void *)look;
        for (size_t i = 0; i < sizeof shared / sizeof shared[0]; i++) {
            sel4gpi_add_vmr_config(ads, GPI_SHARED, shared[i], NULL, NULL, 0, 0, NULL);
        }
        sel4gpi_add_vmr_config(ads, GPI_DISJOINT, SEL4UTILS_RES_TYPE_STACK, NULL, NULL, 4, 0, NULL);
        sel4gpi_add_vmr_config(ads, GPI_DISJOINT, SEL4UTILS_RES_TYPE_IPC_BUF, NULL, NULL, 1, 0, NULL);
    }
    return cfg;
}

int main(void)
{
    sel4gpi_runnable_t r;
    struct pd_end end = {0, 0};
    struct ads_region region;
    pd_config_t *cfg = configure(&r);
    int error = cfg ? sel4gpi_prepare_pd(cfg, &r, 0, NULL) : GPI_ERR_NO_MEMORY;
    sel4gpi_config_destroy(cfg);
    error = error ? error : sel4gpi_start_pd(&r);
    error = error ? error : pd_client_wait(&r.pd, &end);
    if (error != GPI_OK) {
        printf("isolated thread: %s: %s\n", gpi_strerror(error), sel4gpi_config_error());
        return 1;
    }
    /* There may be something else at this address here. */
    bool seen = vmr_client_find(sel4gpi_get_bound_vmr_rde(), (void *)found, &region) == GPI_OK &&
                *(const volatile int *)found == ON_STACK;
    sel4gpi_destroy_runnable(&r);
    printf("the isolated thread ended with %lu; its stack is %s here\n", (unsigned long)end.code,
           seen ? "visible" : "not visible");
    return end.code == 42 && !seen ? 0 : 1;
}

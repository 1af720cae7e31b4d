/* SPDX-License-Identifier: BSD-2-Clause */
/* A HighJMP PD: one CPU, two address spaces, with data and heap in each. */
#include <sel4gpi/pd_creation.h>
#include <stdio.h>

static volatile int number = 1;

/* A deep copy of the region of a special type. */
static int add_copy(ads_config_t *cfg, sel4utils_reservation_type_t type, mo_client_context_t *mo)
{
    ads_client_context_t own = sel4gpi_get_ads_conn();
    void *start;
    size_t pages, bits;
    int error = ads_client_get_reservation(&own, type, &start, &pages, &bits);
    error = error ? error : mo_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_MO), (uint32_t)pages, bits, mo);
    if (error == GPI_OK) {
        sel4gpi_add_vmr_config(cfg, GPI_DISJOINT, type, start, NULL, pages, bits, mo);
        error = sel4gpi_copy_data_to_mo(start, pages << bits, mo);
    }
    return error;
}

static int make(sel4gpi_runnable_t *r)
{
    static const sel4utils_reservation_type_t shared[] = {SEL4UTILS_RES_TYPE_STACK, SEL4UTILS_RES_TYPE_IPC_BUF,
                                                          SEL4UTILS_RES_TYPE_CODE, SEL4UTILS_RES_TYPE_OSM_DATA};
    ads_config_t cfg = {0};
    mo_client_context_t heap = {0, 0}, data = {0, 0};
    int error = ads_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_ADS), &r->ads);
    for (size_t i = 0; i < sizeof shared / sizeof shared[0]; i++) {
        sel4gpi_add_vmr_config(&cfg, GPI_SHARED, shared[i], NULL, NULL, 0, 0, NULL);
    }
    error = error ? error : add_copy(&cfg, SEL4UTILS_RES_TYPE_HEAP, &heap);
    error = error ? error : add_copy(&cfg, SEL4UTILS_RES_TYPE_DATA, &data);
    error = error ? error : sel4gpi_ads_configure(&cfg, r, NULL, NULL);
    linked_list_destroy(cfg.vmr_cfgs, true);
    mo_component_client_disconnect(&heap);
    mo_component_client_disconnect(&data);
    return error;
}

int main(void)
{
    sel4gpi_runnable_t r = {0};
    ads_client_context_t home = sel4gpi_get_ads_conn();
    cpu_client_context_t cpu = sel4gpi_get_cpu_conn();
    int error = make(&r);
    ads_client_context_t other = r.ads;
    volatile int there = 0;
    error = error ? error : cpu_client_change_vspace(&cpu, &other);
    if (error != GPI_OK) {
        printf("highjmp: %s: %s\n", gpi_strerror(error), sel4gpi_config_error());
        return 1;
    }
    number++;
    there = number;
    cpu_client_change_vspace(&cpu, &home);
    printf("the number is %d there, and %d here\n", there, number);
    sel4gpi_destroy_runnable(&r);
    return there == 2 && number == 1 ? 0 : 1;
}

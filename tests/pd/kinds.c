/* SPDX-License-Identifier: BSD-2-Clause */
#include "kinds.h"

#include <sel4/sel4.h>
#include <stdlib.h>
#include <string.h>

#define PAGE (1ul << MO_PAGE_BITS)

/* x0 = 7; hvc #9; b . */
static const unsigned guest_code[] = {0xd28000e0, 0xd4000122, 0x14000000};

static int prepare(pd_config_t *cfg, sel4gpi_runnable_t *r, int argc, seL4_Word *args)
{
    int error = cfg ? sel4gpi_prepare_pd(cfg, r, argc, args) : GPI_ERR_NO_MEMORY;
    sel4gpi_config_destroy(cfg);
    if (error != GPI_OK) {
        sel4gpi_destroy_runnable(r);
    }
    return error;
}

int make_process(sel4gpi_runnable_t *r, void *function, int argc, seL4_Word *args)
{
    (void)function;
    pd_config_t *cfg = sel4gpi_configure_process("pdchild", DEFAULT_STACK_PAGES, DEFAULT_HEAP_PAGES, r);
    if (cfg) {
        sel4gpi_config_pd_share_all_rdes(cfg);
    }
    return prepare(cfg, r, argc, args);
}

int make_thread(sel4gpi_runnable_t *r, void *function, int argc, seL4_Word *args)
{
    return prepare(sel4gpi_configure_thread(function, NULL, r), r, argc, args);
}

int make_isolated(sel4gpi_runnable_t *r, void *function, int argc, seL4_Word *args)
{
    return prepare(test_isolated(function, r), r, argc, args);
}

static int fill_guest(mo_client_context_t *mo)
{
    int error = mo_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_MO), 1, MO_LARGE_PAGE_BITS, mo);
    if (error == GPI_OK) {
        error = sel4gpi_copy_data_to_mo((void *)(uintptr_t)guest_code, sizeof guest_code, mo);
        if (error != GPI_OK) {
            mo_component_client_disconnect(mo);
        }
    }
    return error;
}

int make_guest(sel4gpi_runnable_t *r, ep_client_context_t *exits)
{
    mo_client_context_t ram = {0, 0};
    pd_config_t *cfg = sel4gpi_new_runnable(false, true, r);
    r->ads = (ads_client_context_t){0, 0};
    int error = cfg ? ads_client_connect_stage2(sel4gpi_get_rde(GPICAP_TYPE_ADS), 0, &r->ads) : GPI_ERR_NO_MEMORY;
    error = error ? error : fill_guest(&ram);
    if (error == GPI_OK) {
        cfg->elevated_cpu = true;
        cfg->ads_cfg.entry_point = (void *)GUEST_RAM;
        cfg->fault_ep = *exits;
        cfg->fault_ep_badge = 5;
        sel4gpi_add_vmr_config(&cfg->ads_cfg, GPI_DISJOINT, SEL4UTILS_RES_TYPE_GENERIC, (void *)GUEST_RAM, NULL, 1,
                               MO_LARGE_PAGE_BITS, &ram);
        error = sel4gpi_prepare_pd(cfg, r, 0, NULL);
        mo_component_client_disconnect(&ram);
    }
    sel4gpi_config_destroy(cfg);
    if (error != GPI_OK) {
        sel4gpi_destroy_runnable(r);
    }
    return error;
}

/* A deep copy of the region of a special type. */
struct copy {
    sel4utils_reservation_type_t type;
    mo_client_context_t mo;
    void *start;
    size_t size;
};

static int add_copy(ads_config_t *cfg, struct copy *copy)
{
    ads_client_context_t own = sel4gpi_get_ads_conn();
    size_t pages, bits;
    int error = ads_client_get_reservation(&own, copy->type, &copy->start, &pages, &bits);
    if (error == GPI_OK) {
        error = mo_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_MO), (uint32_t)pages, bits, &copy->mo);
    }
    if (error == GPI_OK) {
        sel4gpi_add_vmr_config(cfg, GPI_DISJOINT, copy->type, copy->start, NULL, pages, bits, &copy->mo);
        copy->size = pages << bits;
    }
    return error;
}

int make_highjmp(sel4gpi_runnable_t *r)
{
    static const sel4utils_reservation_type_t shared[] = {SEL4UTILS_RES_TYPE_STACK, SEL4UTILS_RES_TYPE_IPC_BUF,
                                                          SEL4UTILS_RES_TYPE_CODE, SEL4UTILS_RES_TYPE_OSM_DATA};
    ads_config_t cfg = {0};
    struct copy heap = {.type = SEL4UTILS_RES_TYPE_HEAP}, data = {.type = SEL4UTILS_RES_TYPE_DATA};
    *r = (sel4gpi_runnable_t){0};
    int error = ads_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_ADS), &r->ads);
    for (size_t i = 0; i < sizeof shared / sizeof shared[0]; i++) {
        sel4gpi_add_vmr_config(&cfg, GPI_SHARED, shared[i], NULL, NULL, 0, 0, NULL);
    }
    error = error ? error : add_copy(&cfg, &heap);
    error = error ? error : add_copy(&cfg, &data);
    /* Nothing is allocated in between: what the data says of the heap has to be so in the copy. */
    error = error ? error : sel4gpi_copy_data_to_mo(heap.start, heap.size, &heap.mo);
    error = error ? error : sel4gpi_copy_data_to_mo(data.start, data.size, &data.mo);
    error = error ? error : sel4gpi_ads_configure(&cfg, r, NULL, NULL);
    linked_list_destroy(cfg.vmr_cfgs, true);
    mo_component_client_disconnect(&heap.mo);
    mo_component_client_disconnect(&data.mo);
    if (error != GPI_OK) {
        sel4gpi_destroy_runnable(r);
    }
    return error;
}

static long run(sel4gpi_runnable_t *r, int error)
{
    error = error ? error : sel4gpi_start_pd(r);
    return error ? NOT_RUN - error : test_finish(r);
}

static int answer(int argc, char **argv)
{
    return argc > 0 ? atoi(argv[0]) : -1;
}

long run_process(void)
{
    sel4gpi_runnable_t r;
    return run(&r, make_process(&r, NULL, 1, (seL4_Word[]){42}));
}

long run_thread(void)
{
    sel4gpi_runnable_t r;
    return run(&r, make_thread(&r, (void *)answer, 1, (seL4_Word[]){42}));
}

long run_isolated(void)
{
    sel4gpi_runnable_t r;
    return run(&r, make_isolated(&r, (void *)answer, 1, (seL4_Word[]){42}));
}

long run_guest(void)
{
    sel4gpi_runnable_t r;
    ep_client_context_t exits, reply = {0, 0};
    seL4_UserContext regs = {0};
    long result = NOT_RUN;
    int error = sel4gpi_alloc_endpoint(&exits);
    error = error ? error : ep_client_connect_kind(sel4gpi_get_rde(GPICAP_TYPE_EP), EP_KIND_REPLY, &reply);
    error = error ? error : make_guest(&r, &exits);
    if (error == GPI_OK) {
        seL4_Word badge = 0;
        CHECK_EQ(sel4gpi_start_pd(&r), GPI_OK);
        seL4_MessageInfo_t info = seL4_Recv(exits.raw_endpoint, &badge, reply.raw_endpoint);
        seL4_Word syndrome = seL4_GetMR(seL4_VCPUFault_HSR);
        CHECK_EQ(badge, 5);
        CHECK_EQ(seL4_MessageInfo_get_label(info), seL4_Fault_VCPUFault);
        CHECK_EQ(syndrome >> 26 & 0x3f, 0x16); /* HVC */
        CHECK_EQ(syndrome & 0xffff, 9);
        CHECK_EQ(cpu_client_read_registers(&r.cpu, &regs), GPI_OK);
        CHECK_EQ(regs.x0, 7);
        CHECK_EQ(sel4gpi_destroy_runnable(&r), GPI_OK);
        result = 42;
    }
    CHECK_EQ(ep_component_client_disconnect(&reply), GPI_OK);
    CHECK_EQ(ep_component_client_disconnect(&exits), GPI_OK);
    return result;
}

static volatile int in_data = 1;

long run_highjmp(void)
{
    sel4gpi_runnable_t r;
    volatile int *in_heap = malloc(sizeof *in_heap), on_stack = 5;
    ads_client_context_t home = sel4gpi_get_ads_conn(), other;
    cpu_client_context_t cpu = sel4gpi_get_cpu_conn();
    int there[5] = {0};
    *in_heap = 10;
    in_data = 1;
    if (make_highjmp(&r) != GPI_OK) {
        free((void *)in_heap);
        return NOT_RUN;
    }
    other = r.ads;
    if (CHECK_EQ(cpu_client_change_vspace(&cpu, &other), GPI_OK)) {
        /* The same program, with data and heap of its own. */
        there[0] = in_data;
        there[1] = *in_heap;
        there[2] = sel4gpi_get_binded_ads_id() == other.id;
        in_data = 2;
        *in_heap = 20;
        on_stack = 6;
        /* The heap grows here, and not there. */
        char *more = malloc(200 * PAGE);
        there[3] = more != NULL;
        if (more) {
            memset(more, 1, 200 * PAGE);
            free(more);
        }
        there[4] = cpu_client_change_vspace(&cpu, &home) == GPI_OK;
    }
    CHECK_EQ(there[0], 1);
    CHECK_EQ(there[1], 10);
    CHECK(there[2] && there[3] && there[4]);
    CHECK_EQ(in_data, 1);
    CHECK_EQ(*in_heap, 10);
    CHECK_EQ(on_stack, 6);
    CHECK_EQ(sel4gpi_get_binded_ads_id(), home.id);
    free((void *)in_heap);
    CHECK_EQ(sel4gpi_destroy_runnable(&r), GPI_OK);
    return 42;
}

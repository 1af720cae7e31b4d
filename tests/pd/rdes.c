/* SPDX-License-Identifier: BSD-2-Clause */
/* What a new PD may ask for, and what it is given. */
#include "lib/test.h"

#include <sel4/sel4.h>
#include <stdio.h>
#include <stdlib.h>

/* The directory of a process, as a set of types. */
static long types_of(pd_config_t *cfg, sel4gpi_runnable_t *r)
{
    return test_run_strings(cfg, r, 1, (char *[]){"types"});
}

static pd_config_t *bare(sel4gpi_runnable_t *r)
{
    return sel4gpi_configure_process("pdprobe", DEFAULT_STACK_PAGES, DEFAULT_HEAP_PAGES, r);
}

#define TYPE(name) (1l << GPICAP_TYPE_##name)
/* Which every process has for its own address space. */
#define OWN TYPE(VMR)

static void default_is_memory(void)
{
    sel4gpi_runnable_t r;
    pd_config_t *cfg = bare(&r);
    CHECK_EQ(types_of(cfg, &r), OWN | TYPE(MO));
}

static void a_subset(void)
{
    sel4gpi_runnable_t r;
    pd_config_t *cfg = bare(&r);
    sel4gpi_add_rde_config(cfg, GPICAP_TYPE_EP, BADGE_SPACE_ID_NULL);
    sel4gpi_add_rde_config(cfg, GPICAP_TYPE_CPU, sel4gpi_get_default_space_id(GPICAP_TYPE_CPU));
    sel4gpi_add_rde_config(cfg, GPICAP_TYPE_CPU, BADGE_SPACE_ID_NULL); /* twice is once */
    CHECK_EQ(types_of(cfg, &r), OWN | TYPE(MO) | TYPE(EP) | TYPE(CPU));
}

static void all(void)
{
    sel4gpi_runnable_t r;
    pd_config_t *cfg = bare(&r);
    sel4gpi_config_pd_share_all_rdes(cfg);
    CHECK_EQ(types_of(cfg, &r), OWN | TYPE(ADS) | TYPE(MO) | TYPE(CPU) | TYPE(PD) | TYPE(EP) | TYPE(RESSPC));
}

/* By calls, before it starts; and taken away again. */
static void by_hand(void)
{
    sel4gpi_runnable_t r;
    pd_config_t *cfg = bare(&r);
    CHECK_EQ(pd_client_share_rde(&r.pd, GPICAP_TYPE_PD, BADGE_SPACE_ID_NULL), GPI_OK);
    CHECK_EQ(pd_client_share_rde(&r.pd, GPICAP_TYPE_EP, BADGE_SPACE_ID_NULL), GPI_OK);
    CHECK_EQ(pd_client_share_rde(&r.pd, 4711, BADGE_SPACE_ID_NULL), GPI_ERR_NOT_FOUND);
    CHECK_EQ(pd_client_remove_rde(&r.pd, GPICAP_TYPE_PD, BADGE_SPACE_ID_NULL), GPI_OK);
    CHECK_EQ(pd_client_remove_rde(&r.pd, GPICAP_TYPE_PD, BADGE_SPACE_ID_NULL), GPI_ERR_NOT_FOUND);
    CHECK_EQ(types_of(cfg, &r), OWN | TYPE(MO) | TYPE(EP));
}

/* Memory objects shared in bulk: the new PD holds as many as this one sent. */
static void bulk(void)
{
    enum { COUNT = 5 };
    sel4gpi_runnable_t r;
    mo_client_context_t mo[COUNT];
    long before = -1, after = -1;
    for (int i = 0; i < 2; i++) {
        pd_config_t *cfg = bare(&r);
        sel4gpi_add_res_type_config(cfg, GPICAP_TYPE_MO);
        *(i ? &after : &before) = test_run_strings(cfg, &r, 1, (char *[]){"count-memory"});
        for (int k = 0; i == 0 && k < COUNT; k++) {
            CHECK_EQ(mo_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_MO), 1, MO_PAGE_BITS, &mo[k]), GPI_OK);
        }
    }
    CHECK(before >= 0);
    CHECK_EQ(after, before + COUNT);
    for (int k = 0; k < COUNT; k++) {
        CHECK_EQ(mo_component_client_disconnect(&mo[k]), GPI_OK);
    }
}

/* A capability of each type can be given, and is of that type there; with fewer rights if so wanted. */
static void each_type(void)
{
    sel4gpi_runnable_t r;
    pd_client_context_t self = sel4gpi_get_pd_conn();
    struct pd_cap_info info;
    mo_client_context_t mo;
    ep_client_context_t ep;
    ads_vmr_context_t vmr;
    pd_config_t *cfg = bare(&r);
    CHECK_EQ(mo_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_MO), 1, MO_PAGE_BITS, &mo), GPI_OK);
    CHECK_EQ(sel4gpi_alloc_endpoint(&ep), GPI_OK);
    CHECK_EQ(vmr_client_reserve(sel4gpi_get_bound_vmr_rde(), NULL, 4096, MO_PAGE_BITS, SEL4UTILS_RES_TYPE_GENERIC, &vmr,
                                NULL),
             GPI_OK);
    const struct {
        seL4_CPtr slot;
        gpi_cap_t type;
    } all_types[] = {
        {self.ep, GPICAP_TYPE_PD},
        {sel4gpi_get_cpu_conn().ep, GPICAP_TYPE_CPU},
        {sel4gpi_get_ads_conn().ep, GPICAP_TYPE_ADS},
        {mo.ep, GPICAP_TYPE_MO},
        {ep.ep, GPICAP_TYPE_EP},
        {vmr.ep, GPICAP_TYPE_VMR},
    };
    for (size_t i = 0; i < sizeof all_types / sizeof all_types[0]; i++) {
        seL4_CPtr slot = 0;
        CHECK_EQ(pd_client_send_cap(&r.pd, all_types[i].slot, &slot), GPI_OK);
        CHECK_EQ(pd_client_cap_info(&r.pd, slot, &info), GPI_OK);
        CHECK_EQ(info.type, all_types[i].type);
        CHECK_EQ(pd_client_send_core_cap(&r.pd, all_types[i].slot, &slot), GPI_OK);
        CHECK_EQ(pd_client_send_cap_rights(&r.pd, all_types[i].slot, GPI_RIGHT_READ, &slot), GPI_OK);
        CHECK_EQ(pd_client_cap_info(&r.pd, slot, &info), GPI_OK);
        CHECK_EQ(info.rights, GPI_RIGHT_READ);
    }
    seL4_CPtr slot = 0;
    CHECK_EQ(pd_client_send_cap(&r.pd, ep.raw_endpoint, &slot), GPI_OK);
    CHECK_EQ(pd_client_send_cap(&r.pd, sel4gpi_get_rde(GPICAP_TYPE_EP), &slot), GPI_OK);
    CHECK_EQ(pd_client_send_cap(&r.pd, 4999, &slot), GPI_ERR_NOT_FOUND);
    CHECK_EQ(pd_client_send_cap(&r.pd, 0, &slot), GPI_ERR_NOT_FOUND);
    CHECK_EQ(vmr_client_delete(&vmr), GPI_OK);
    CHECK_EQ(ep_component_client_disconnect(&ep), GPI_OK);
    CHECK_EQ(mo_component_client_disconnect(&mo), GPI_OK);
    sel4gpi_config_destroy(cfg);
    CHECK_EQ(sel4gpi_destroy_runnable(&r), GPI_OK);
}

/* What one holds without the right to give it away, or to manage it, stays where it is, and as it is. */
static void rights(void)
{
    sel4gpi_runnable_t r;
    pd_client_context_t self = sel4gpi_get_pd_conn(), look = {0, 0};
    mo_client_context_t mo, keep = {0, 0};
    seL4_CPtr slot;
    struct pd_info info;
    pd_config_t *cfg = bare(&r);
    CHECK_EQ(mo_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_MO), 1, MO_PAGE_BITS, &mo), GPI_OK);
    CHECK_EQ(pd_client_send_cap_rights(&self, mo.ep, GPI_RIGHT_READ | GPI_RIGHT_WRITE, &keep.ep), GPI_OK);
    CHECK_EQ(pd_client_send_cap(&r.pd, keep.ep, &slot), GPI_ERR_RIGHTS);
    CHECK_EQ(pd_client_send_cap_rights(&self, r.pd.ep, GPI_RIGHT_READ, &look.ep), GPI_OK);
    CHECK_EQ(pd_client_get_info(&look, &info), GPI_OK);
    CHECK_EQ(pd_client_terminate(&look), GPI_ERR_RIGHTS);
    CHECK_EQ(pd_client_send_cap(&look, mo.ep, &slot), GPI_ERR_RIGHTS);
    CHECK_EQ(pd_client_set_quota(&look, 1), GPI_ERR_RIGHTS);
    CHECK_EQ(pd_client_disconnect(&look), GPI_OK);
    CHECK_EQ(mo_component_client_disconnect(&keep), GPI_OK);
    CHECK_EQ(mo_component_client_disconnect(&mo), GPI_OK);
    sel4gpi_config_destroy(cfg);
    CHECK_EQ(sel4gpi_destroy_runnable(&r), GPI_OK);
}

/* More capabilities than a page of slots holds. */
static void many_capabilities(void)
{
    enum { COUNT = 600 };
    static mo_client_context_t mo[COUNT];
    static seL4_CPtr slots[COUNT];
    pd_client_context_t self = sel4gpi_get_pd_conn();
    int n = 0;
    CHECK_EQ(mo_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_MO), 1, MO_PAGE_BITS, &mo[0]), GPI_OK);
    while (n < COUNT && pd_client_send_cap(&self, mo[0].ep, &slots[n]) == GPI_OK) {
        n++;
    }
    CHECK_EQ(n, COUNT);
    struct mo_info info;
    mo_client_context_t last = {n ? slots[n - 1] : 0, 0};
    CHECK_EQ(mo_client_get_info(&last, &info), GPI_OK);
    while (n > 0) {
        CHECK_EQ(pd_client_free_slot(&self, slots[--n]), GPI_OK);
    }
    CHECK_EQ(mo_component_client_disconnect(&mo[0]), GPI_OK);
}

/* Random calls with random capabilities and words, by a process; others work meanwhile, and nothing is left of it. */
static void hostile(void)
{
    sel4gpi_runnable_t r[2];
    char seed[24];
    unsigned rounds = test_is_long() ? 50 : 3;
    CHECK_EQ(test_run_probe(2, (char *[]){"hostile", "1"}), 7);
    CHECK_EQ(test_run_program("pdchild", 1, (seL4_Word[]){1}), 1);
    test_memory_mark();
    for (unsigned i = 0; i < rounds; i++) {
        snprintf(seed, sizeof seed, "%u", i + 2);
        for (int k = 0; k < 2; k++) {
            pd_config_t *cfg = test_probe(&r[k]);
            cfg->quota = 8ul << 20;
            seed[0] = (char)(seed[0] + k);
            CHECK_EQ(sel4gpi_prepare_pd_strings(cfg, &r[k], 2, (char *[]){"hostile", seed}), GPI_OK);
            sel4gpi_config_destroy(cfg);
            if (k == 1) {
                cpu_client_set_time(&r[k].cpu, 1, 5000, 5000); /* if there is a second core */
            }
            CHECK_EQ(sel4gpi_start_pd(&r[k]), GPI_OK);
        }
        CHECK_EQ(test_run_program("pdchild", 2, (seL4_Word[]){20, 22}), 42);
        for (int k = 0; k < 2; k++) {
            CHECK_EQ(test_finish(&r[k]), 7);
        }
    }
    test_memory_check("hostile clients");
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        {"rdes_default_is_memory", default_is_memory},
        {"rdes_a_subset", a_subset},
        {"rdes_all", all},
        {"rdes_by_hand", by_hand},
        {"rdes_bulk", bulk},
        {"rdes_each_type", each_type},
        {"rdes_rights", rights},
        {"rdes_many_capabilities", many_capabilities},
        {"rdes_hostile", hostile},
    };
    return TEST_MAIN(cases);
}

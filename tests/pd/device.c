/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices: the machine's device tree, their memory and interrupts, for those with GPI_RIGHT_SYSTEM and nobody else. */
#include "lib/test.h"

#include <string.h>

enum { IRQ = 34 };

/* The directory entries that pddevice_user calls: given by hand, or by its configuration. */
static void give(pd_config_t *cfg, sel4gpi_runnable_t *r, bool by_config, unsigned rights)
{
    static const gpi_cap_t types[] = {GPICAP_TYPE_MO, GPICAP_TYPE_PD};
    seL4_CPtr slot;
    linked_list_destroy(cfg->rde_cfg, true);
    cfg->rde_cfg = NULL;
    for (size_t i = 0; i < 2; i++) {
        if (!by_config) {
            CHECK_EQ(pd_client_send_cap_rights(&r->pd, sel4gpi_get_rde((int)types[i]), rights, &slot), GPI_OK);
            continue;
        }
        sel4gpi_add_rde_config(cfg, types[i], BADGE_SPACE_ID_NULL);
        ((rde_config_t *)cfg->rde_cfg->tail->data)->rights = rights;
    }
}

/* What pddevice_user gets at: with the caller's directory entries, or with entries that do not carry the right. */
static long reached(bool system, bool by_config)
{
    sel4gpi_runnable_t r;
    pd_config_t *cfg = sel4gpi_configure_process("pddevice_user", DEFAULT_STACK_PAGES, DEFAULT_HEAP_PAGES, &r);
    if (!CHECK(cfg != NULL)) {
        return -1;
    }
    give(cfg, &r, by_config, GPI_RIGHTS_ALL | (system ? GPI_RIGHT_SYSTEM : 0));
    return test_run(cfg, &r, 0, NULL);
}

static void need_the_right(void)
{
    for (int by_config = 0; by_config < 2; by_config++) {
        CHECK_EQ(reached(true, by_config), 15);
        CHECK_EQ(reached(false, by_config), 0);
    }
}

static void tree(void)
{
    mo_client_context_t mo;
    size_t size;
    void *at;
    CHECK_EQ(mo_client_open_image(sel4gpi_get_rde(GPICAP_TYPE_MO), GPI_IMAGE_DTB, &mo, &size), GPI_OK);
    CHECK_EQ(
        vmr_client_map(sel4gpi_get_bound_vmr_rde(), NULL, &mo, 0, 0, SEL4UTILS_RES_TYPE_GENERIC, ADS_RIGHT_READ, &at),
        GPI_OK);
    CHECK(size > 64 && memcmp(at, "\xd0\x0d\xfe\xed", 4) == 0);
    /* It is everybody's: nobody writes. */
    CHECK(vmr_client_map(sel4gpi_get_bound_vmr_rde(), NULL, &mo, 0, 0, SEL4UTILS_RES_TYPE_GENERIC,
                         ADS_RIGHT_READ | ADS_RIGHT_WRITE, &at) != GPI_OK);
    CHECK_EQ(vmr_client_delete_by_vaddr(sel4gpi_get_bound_vmr_rde(), at), GPI_OK);
    CHECK_EQ(mo_component_client_disconnect(&mo), GPI_OK);
}

static void interrupt_with_a_notification(void)
{
    ep_client_context_t notification;
    pd_client_context_t self = sel4gpi_get_pd_conn();
    struct pd_irq_bound bound;
    CHECK_EQ(ep_client_connect_kind(sel4gpi_get_rde(GPICAP_TYPE_EP), EP_KIND_NOTIFICATION, &notification), GPI_OK);
    struct pd_irq_bind in = {IRQ, notification.ep, 5, 0};
    CHECK_EQ(pd_client_irq_bind(&self, &in, &bound), GPI_OK);
    CHECK_EQ(bound.notification, 0);
    CHECK_EQ(pd_client_irq_bind(&self, &in, &bound), GPI_ERR_EXISTS);
}

/* A server gives to those who deal with it only. */
static void give_to_clients_only(void)
{
    pd_client_context_t self = sel4gpi_get_pd_conn(), other;
    mo_client_context_t osm, mo;
    seL4_CPtr slot = 0;
    CHECK_EQ(mo_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_MO), 1, MO_PAGE_BITS, &osm), GPI_OK);
    CHECK_EQ(mo_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_MO), 1, MO_PAGE_BITS, &mo), GPI_OK);
    CHECK_EQ(pd_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_PD), &osm, &other), GPI_OK);
    CHECK_EQ(pd_client_give_cap(&self, other.id, mo.ep, 0, &slot), GPI_ERR_RIGHTS);
    CHECK_EQ(pd_client_give_cap(&self, 0x7fffffff, mo.ep, 0, &slot), GPI_ERR_NOT_FOUND);
    CHECK_EQ(pd_client_give_cap(&self, self.id, mo.ep, 0, &slot), GPI_OK);
    CHECK_EQ(pd_client_terminate(&other), GPI_OK);
    pd_client_disconnect(&other);
    mo_component_client_disconnect(&osm);
    mo_component_client_disconnect(&mo);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        {"device_need_the_right", need_the_right},
        {"device_tree", tree},
        {"device_interrupt_with_a_notification", interrupt_with_a_notification},
        {"device_give_to_clients_only", give_to_clients_only},
    };
    return TEST_MAIN(cases);
}

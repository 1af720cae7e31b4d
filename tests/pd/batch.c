/* SPDX-License-Identifier: BSD-2-Clause */
/* Several calls in one message: what they do, and what is refused. */
#include "lib/test.h"

#include <gpi/proto/mo.h>
#include <sel4gpi/batch.h>
#include <stdio.h>
#include <string.h>

static seL4_CPtr mo_rde, own_ads, self;

static void begin(gpi_batch_t *batch)
{
    mo_rde = sel4gpi_get_rde(GPICAP_TYPE_MO);
    own_ads = sel4gpi_get_bound_vmr_rde();
    self = sel4gpi_get_pd_conn().ep;
    gpi_batch_begin(batch);
}

static const struct mo_create two_pages = {2, MO_PAGE_BITS, 0, 0};

/* A slot and words that are answers of calls before. */
static void refers_once(void)
{
    gpi_batch_t batch;
    mo_client_context_t mo = {0, 0};
    struct mo_info info = {0, 0, 0, 0};
    struct ads_mapped at = {0};
    struct ads_map map = {0, 0, ads_attributes(SEL4UTILS_RES_TYPE_GENERIC, 0, 0), 0, 0, 0};
    struct ads_at unmap = {0};
    begin(&batch);
    GPI_BATCH_ADD(&batch, &mo_rde, MO_CREATE, &two_pages, &mo);
    GPI_BATCH_ADD_OUT(&batch, &mo.ep, MO_GET_INFO, &info);
    GPI_BATCH_ADD(&batch, &own_ads, ADS_MAP, &map, &at);
    gpi_batch_use(&batch, 3, &mo.ep);
    CHECK_EQ(mo.ep, 0); /* not before it is run */
    CHECK_EQ(gpi_batch_run(&batch), GPI_OK);
    CHECK_EQ(batch.done, 3);
    CHECK(mo.ep != 0 && at.vaddr != 0);
    CHECK_EQ(info.pages, 2);
    memset((void *)at.vaddr, 0xa5, 2ul << MO_PAGE_BITS);
    begin(&batch);
    GPI_BATCH_ADD_IN(&batch, &own_ads, ADS_UNMAP, &unmap);
    gpi_batch_use(&batch, 0, &at.vaddr); /* that has come: its value */
    GPI_BATCH_ADD_IN(&batch, &self, PD_FREE_SLOT, &mo.ep);
    CHECK_EQ(gpi_batch_run(&batch), GPI_OK);
}

static void refers(void)
{
    refers_once(); /* page tables stay */
    test_memory_mark();
    refers_once();
    test_memory_check("a batch");
}

/* More than one message takes: what refers to calls of an earlier one is still right. */
static void of_any_length(void)
{
    enum { MOS = 100 };
    gpi_batch_t batch;
    static mo_client_context_t mo[MOS];
    static struct mo_info info[MOS];
    test_memory_mark();
    begin(&batch);
    for (unsigned i = 0; i < MOS; i++) {
        struct mo_create in = {1 + i % 3, MO_PAGE_BITS, 0, 0};
        mo[i].ep = 0;
        GPI_BATCH_ADD(&batch, &mo_rde, MO_CREATE, &in, &mo[i]);
        GPI_BATCH_ADD_OUT(&batch, &mo[i / 2].ep, MO_GET_INFO, &info[i]);
    }
    CHECK_EQ(gpi_batch_run(&batch), GPI_OK);
    CHECK_EQ(batch.done, 2 * MOS);
    begin(&batch);
    for (unsigned i = 0; i < MOS; i++) {
        CHECK_EQ(info[i].pages, 1 + i / 2 % 3);
        GPI_BATCH_ADD_IN(&batch, &self, PD_FREE_SLOT, &mo[i].ep);
    }
    CHECK_EQ(gpi_batch_run(&batch), GPI_OK);
    test_memory_check("long batches");
}

/* The first that fails is the last that is tried; what was made before stays, and is known. */
static void ends_at_an_error(void)
{
    gpi_batch_t batch;
    mo_client_context_t mo[3] = {{0, 0}, {0, 0}, {0, 0}};
    struct mo_create none = {0, MO_PAGE_BITS, 0, 0};
    test_memory_mark();
    begin(&batch);
    GPI_BATCH_ADD(&batch, &mo_rde, MO_CREATE, &two_pages, &mo[0]);
    GPI_BATCH_ADD(&batch, &mo_rde, MO_CREATE, &none, &mo[1]);
    GPI_BATCH_ADD(&batch, &mo_rde, MO_CREATE, &two_pages, &mo[2]);
    CHECK_EQ(gpi_batch_run(&batch), GPI_ERR_BAD_ARGUMENT);
    CHECK_EQ(batch.done, 1);
    CHECK(mo[0].ep != 0 && mo[1].ep == 0 && mo[2].ep == 0);
    GPI_BATCH_ADD(&batch, &mo_rde, MO_CREATE, &two_pages, &mo[2]); /* nor later, before it begins anew */
    CHECK_EQ(gpi_batch_run(&batch), GPI_ERR_BAD_ARGUMENT);
    CHECK_EQ(mo[2].ep, 0);
    CHECK_EQ(mo_component_client_disconnect(&mo[0]), GPI_OK);
    test_memory_check("a batch that failed");
}

/* Each call is checked as if it came alone. */
static void has_no_more_rights(void)
{
    gpi_batch_t batch;
    seL4_CPtr slot = 0, nobodys = 3000;
    pd_client_context_t me = sel4gpi_get_pd_conn();
    seL4_Word exit_code = 3;
    CHECK_EQ(pd_client_send_cap_rights(&me, me.ep, GPI_RIGHT_READ | GPI_RIGHT_SEND, &slot), GPI_OK);
    begin(&batch);
    GPI_BATCH_ADD_NONE(&batch, &me.ep, PD_SHARE_ALL_RDES); /* with oneself: nothing */
    GPI_BATCH_ADD_IN(&batch, &slot, PD_EXIT, &exit_code);
    CHECK_EQ(gpi_batch_run(&batch), GPI_ERR_RIGHTS);
    begin(&batch);
    GPI_BATCH_ADD_NONE(&batch, &me.ep, PD_SHARE_ALL_RDES);
    GPI_BATCH_ADD_NONE(&batch, &me.ep, CPU_SUSPEND);
    CHECK_EQ(gpi_batch_run(&batch), GPI_ERR_BAD_CAP);
    begin(&batch);
    GPI_BATCH_ADD_NONE(&batch, &me.ep, PD_SHARE_ALL_RDES);
    GPI_BATCH_ADD_NONE(&batch, &nobodys, PD_TERMINATE);
    CHECK_EQ(gpi_batch_run(&batch), GPI_ERR_BAD_CAP);
    CHECK_EQ(batch.done, 1);
    CHECK_EQ(pd_client_free_slot(&me, slot), GPI_OK);
}

/* A message as it is; how many calls it made. */
static int send(seL4_CPtr to, const seL4_Word *word, unsigned words, seL4_Word *done)
{
    seL4_Word mr[4] = {0, 0, 0, 0};
    for (unsigned i = 0; i < words; i++) {
        mr[i & 3] = i < 4 ? word[i] : mr[i & 3];
        seL4_SetMR((int)i, word[i]);
    }
    seL4_MessageInfo_t info =
        seL4_CallWithMRs(to, seL4_MessageInfo_new(GPI_BATCH, 0, 0, words), &mr[0], &mr[1], &mr[2], &mr[3]);
    *done = mr[0];
    return (int)seL4_MessageInfo_get_label(info);
}

/* The first call of each is a good one, without answer. */
static void refused(void)
{
    seL4_CPtr me = sel4gpi_get_pd_conn().ep;
    const seL4_Word fine = gpi_batch_header(PD_SHARE_ALL_RDES, 0, 0, me);
    const struct {
        seL4_Word word[4];
        unsigned words;
    } bad[] = {
        {{fine, gpi_batch_header(PD_NEXT, 1, 0, me)}, 2},                           /* ends before its words */
        {{fine, gpi_batch_header(PD_NEXT, 255, 0, me), 0}, 3},                      /* the same */
        {{fine, gpi_batch_header(PD_SET_QUOTA, 0, 0, me)}, 2},                      /* fewer than it takes */
        {{fine, gpi_batch_header(PD_CAP_INFO, 1, GPI_BATCH_REFER_WORD, me), 0}, 3}, /* no answer came yet */
        {{fine, gpi_batch_header(PD_CAP_INFO, 1, GPI_BATCH_REFER_WORD, me), ~0ul}, 3},
        {{fine, gpi_batch_header(PD_CAP_INFO, 1, GPI_BATCH_REFER_SLOT, 0), 1}, 3},
        {{fine, gpi_batch_header(PD_READY, 1, 0x80, me), 0}, 3},      /* of a word that is not there */
        {{fine, gpi_batch_header(GPI_BATCH, 1, 0, me), fine}, 3},     /* one in another */
        {{fine, gpi_batch_header(PD_WAIT, 0, 0, me)}, 2},             /* would not answer */
        {{fine, gpi_batch_header(PD_WAIT_READY, 0, 0, me)}, 2},       /* the same */
        {{fine, gpi_batch_header(PD_DUMP, 1, 0, me), 0}, 3},          /* answers of any length */
        {{fine, gpi_batch_header(0, 0, 0, me)}, 2},                   /* no method */
        {{fine, gpi_batch_header(0xffff, 0, 0, me)}, 2},              /* nor this */
        {{fine, gpi_batch_header(PD_CAP_INFO + 40, 1, 0, me), 1}, 3}, /* nor this */
    };
    seL4_Word done;
    test_memory_mark();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (!CHECK_EQ(send(me, bad[i].word, bad[i].words, &done), GPI_ERR_BAD_MESSAGE) || !CHECK_EQ(done, 1)) {
            printf("  message %zu\n", i);
        }
    }
    /* More answers than a message takes. */
    seL4_Word many[2 * 30];
    for (unsigned i = 0; i < 30; i++) {
        many[2 * i] = gpi_batch_header(PD_CAP_INFO, 1, 0, me);
        many[2 * i + 1] = me;
    }
    CHECK_EQ(send(me, many, 60, &done), GPI_ERR_BAD_MESSAGE);
    CHECK_EQ(done, 29); /* of four words each */
    CHECK_EQ(send(me, many, 0, &done), GPI_OK);
    CHECK_EQ(done, 0);
    test_memory_check("bad batches");
}

/* The capability that it was sent to goes meanwhile: that was the last call of it. */
static void outlives_nothing(void)
{
    pd_client_context_t me = sel4gpi_get_pd_conn();
    seL4_CPtr slot;
    seL4_Word done, word[5];
    CHECK_EQ(pd_client_send_cap(&me, me.ep, &slot), GPI_OK);
    word[0] = gpi_batch_header(PD_FREE_SLOT, 1, 0, me.ep);
    word[1] = slot;
    word[2] = gpi_batch_header(PD_EXIT, 1, 0, me.ep);
    word[3] = 9;
    CHECK_EQ(send(slot, word, 4, &done), GPI_ERR_GONE);
    CHECK_EQ(done, 1);
}

/* So does the whole CSpace, in a PD of its own: see "end-in-a-batch" of pdprobe. */
static void ends_itself(void)
{
    test_run_probe(1, (char *[]){"end-in-a-batch"});
    test_memory_mark();
    CHECK_EQ(test_run_probe(1, (char *[]){"end-in-a-batch"}), -1 - PD_TERMINATED);
    test_memory_check("a PD that ended within a batch");
}

/* Memory of a new space that is written from here: what is not shown there, and nothing on an error. */
static void shown_once(void)
{
    ads_client_context_t ads;
    struct ads_shown out = {0, 0};
    struct ads_region region;
    struct ads_map_shown in = {
        0x30000000, 4, ads_attributes(SEL4UTILS_RES_TYPE_GENERIC, MO_PAGE_BITS, 0), sel4gpi_get_bound_vmr_rde(), 1, 2};
    gpi_batch_t batch;
    CHECK_EQ(ads_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_ADS), &ads), GPI_OK);
    begin(&batch);
    GPI_BATCH_ADD(&batch, &ads.ep, ADS_MAP_SHOWN, &in, &out);
    CHECK_EQ(gpi_batch_run(&batch), GPI_OK);
    CHECK_EQ(out.vaddr, 0x30000000);
    CHECK_EQ(vmr_client_find(own_ads, (void *)out.view, &region), GPI_OK);
    CHECK_EQ(region.pages, 2);
    CHECK_EQ(vmr_client_find(ads.ep, (void *)out.vaddr, &region), GPI_OK);
    CHECK_EQ(region.pages, 4);
    /* The page is the same one: shown a second time, by way of the other space. */
    ads_client_context_t own = sel4gpi_get_ads_conn();
    vmr_config_t again = {.start = (void *)out.vaddr, .dest_start = (void *)0x38000000};
    *(volatile int *)out.view = 77;
    CHECK_EQ(ads_client_shallow_copy(&ads, &own, &again), GPI_OK);
    CHECK_EQ(*(volatile int *)(0x38000000 + (1ul << MO_PAGE_BITS)), 77);
    CHECK_EQ(vmr_client_delete_by_vaddr(own_ads, (void *)0x38000000), GPI_OK);
    CHECK_EQ(vmr_client_delete_by_vaddr(own_ads, (void *)out.view), GPI_OK);
    CHECK_EQ(vmr_client_delete_by_vaddr(ads.ep, (void *)out.vaddr), GPI_OK);
    in.view_pages = 4; /* one more than there is behind the first */
    begin(&batch);
    GPI_BATCH_ADD(&batch, &ads.ep, ADS_MAP_SHOWN, &in, &out);
    CHECK_EQ(gpi_batch_run(&batch), GPI_ERR_BAD_ARGUMENT);
    in.view_pages = 2;
    in.view_ads = self;
    begin(&batch);
    GPI_BATCH_ADD(&batch, &ads.ep, ADS_MAP_SHOWN, &in, &out);
    CHECK_EQ(gpi_batch_run(&batch), GPI_ERR_BAD_CAP);
    CHECK_EQ(ads_client_disconnect(&ads), GPI_OK);
}

static void shown(void)
{
    shown_once(); /* page tables stay */
    test_memory_mark();
    shown_once();
    test_memory_check("regions that are shown");
}

/* A region that ends with a PD, if that is one that the caller may end. */
static void owned(void)
{
    gpi_batch_t batch;
    sel4gpi_runnable_t r;
    struct ads_mapped at = {0};
    struct ads_region region;
    pd_config_t *cfg = sel4gpi_new_runnable(false, true, &r);
    struct ads_map_new in = {0, 2, ads_attributes(SEL4UTILS_RES_TYPE_GENERIC, MO_PAGE_BITS, 0), r.pd.ep};
    begin(&batch);
    GPI_BATCH_ADD(&batch, &own_ads, ADS_MAP_NEW, &in, &at);
    CHECK_EQ(gpi_batch_run(&batch), GPI_OK);
    CHECK_EQ(vmr_client_find(own_ads, (void *)at.vaddr, &region), GPI_OK);
    CHECK_EQ(pd_client_own_region(&r.pd, own_ads, (void *)at.vaddr), GPI_ERR_STATE); /* has an owner */
    CHECK_EQ(pd_client_terminate(&r.pd), GPI_OK);
    CHECK_EQ(vmr_client_find(own_ads, (void *)at.vaddr, &region), GPI_ERR_NOT_FOUND);
    test_memory_mark();
    begin(&batch);
    GPI_BATCH_ADD(&batch, &own_ads, ADS_MAP_NEW, &in, &at);
    CHECK_EQ(gpi_batch_run(&batch), GPI_ERR_STATE); /* it has ended */
    in.owner = r.cpu.ep;
    begin(&batch);
    GPI_BATCH_ADD(&batch, &own_ads, ADS_MAP_NEW, &in, &at);
    CHECK_EQ(gpi_batch_run(&batch), GPI_ERR_BAD_CAP);
    test_memory_check("regions for PDs that are none");
    sel4gpi_config_destroy(cfg);
    CHECK_EQ(sel4gpi_destroy_runnable(&r), GPI_OK);
}

/* An IPC buffer that is named by its address: only a page that the thread can write. */
static void buffer_by_address(void)
{
    sel4gpi_runnable_t r;
    seL4_CPtr ads;
    pd_config_t *cfg = sel4gpi_new_runnable(true, true, &r);
    void *read_only = (void *)0x30000000, *writable = (void *)0x30010000, *large = (void *)0x40000000;
    mo_client_context_t mo;
    CHECK_EQ(mo_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_MO), 2, MO_PAGE_BITS, &mo), GPI_OK);
    ads = r.ads.ep;
    CHECK_EQ(vmr_client_map(ads, read_only, &mo, 0, 2, SEL4UTILS_RES_TYPE_GENERIC, ADS_RIGHT_READ, NULL), GPI_OK);
    CHECK_EQ(vmr_client_map(ads, writable, &mo, 0, 2, SEL4UTILS_RES_TYPE_GENERIC, 0, NULL), GPI_OK);
    CHECK_EQ(vmr_client_map_new(ads, large, 1, MO_LARGE_PAGE_BITS, SEL4UTILS_RES_TYPE_GENERIC, NULL), GPI_OK);
    CHECK_EQ(cpu_client_config(&r.cpu, &r.ads, &r.pd, NULL, 0, 0, read_only, 100), GPI_ERR_BAD_ARGUMENT);
    CHECK_EQ(cpu_client_config(&r.cpu, &r.ads, &r.pd, NULL, 0, 0, large, 100), GPI_ERR_BAD_ARGUMENT);
    CHECK_EQ(cpu_client_config(&r.cpu, &r.ads, &r.pd, NULL, 0, 0, (void *)0x31000000, 100), GPI_ERR_BAD_ARGUMENT);
    CHECK_EQ(cpu_client_config(&r.cpu, &r.ads, &r.pd, NULL, 0, 0, (char *)writable + 8, 100), GPI_ERR_BAD_ARGUMENT);
    CHECK_EQ(cpu_client_config(&r.cpu, &r.ads, &r.pd, NULL, 0, 0, (char *)writable + (1ul << MO_PAGE_BITS), 100),
             GPI_OK);
    CHECK_EQ(mo_component_client_disconnect(&mo), GPI_OK);
    sel4gpi_config_destroy(cfg);
    CHECK_EQ(sel4gpi_destroy_runnable(&r), GPI_OK);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        {"batch_refers", refers},
        {"batch_of_any_length", of_any_length},
        {"batch_ends_at_an_error", ends_at_an_error},
        {"batch_has_no_more_rights", has_no_more_rights},
        {"batch_refused", refused},
        {"batch_outlives_nothing", outlives_nothing},
        {"batch_ends_itself", ends_itself},
        {"batch_shown", shown},
        {"batch_owned", owned},
        {"batch_buffer_by_address", buffer_by_address},
    };
    return TEST_MAIN(cases);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Regions of address spaces: every row of the tables that describe them. */
#include "lib/test.h"

#include <sel4/sel4.h>
#include <sel4gpi/batch.h>
#include <stdio.h>
#include <stdlib.h>

#define PAGE  (1ul << MO_PAGE_BITS)
#define LARGE (1ul << MO_LARGE_PAGE_BITS)
/* Free in every PD of these tests. */
#define PLACE 0x50000000ul

static seL4_Word word(const char *text)
{
    return strtoul(text, NULL, 10);
}

/* argv: an address. What is there; writes the number behind it, if there is one. */
static int touch(int argc, char **argv)
{
    volatile int *at = (volatile int *)word(argv[0]);
    int was = *at;
    if (argc > 1) {
        *at = atoi(argv[1]);
    }
    return was;
}

/* Touches an address in a space whose configuration holds one region more. */
static long touch_with(vmr_config_t vmr, seL4_Word address, int write)
{
    sel4gpi_runnable_t r;
    pd_config_t *cfg = test_isolated((void *)touch, &r);
    if (!CHECK(cfg != NULL)) {
        return NOT_RUN;
    }
    test_add_region(cfg, vmr);
    return test_run(cfg, &r, write ? 2 : 1, (seL4_Word[]){address, (seL4_Word)write});
}

static int *new_region(int pages)
{
    int *at = sel4gpi_get_vmr(sel4gpi_get_bound_vmr_rde(), pages, NULL, SEL4UTILS_RES_TYPE_GENERIC, MO_PAGE_BITS, NULL);
    CHECK(at != NULL);
    return at;
}

static void drop_region(void *at)
{
    CHECK_EQ(sel4gpi_destroy_vmr(sel4gpi_get_bound_vmr_rde(), at, NULL), GPI_OK);
}

static void shared_is_the_same_pages(void)
{
    int *at = new_region(2);
    vmr_config_t vmr = {.share_mode = GPI_SHARED, .type = SEL4UTILS_RES_TYPE_GENERIC, .start = at, .region_pages = 2};
    at[0] = 7;
    CHECK_EQ(touch_with(vmr, (seL4_Word)at, 8), 7);
    CHECK_EQ(at[0], 8);
    CHECK_EQ(touch_with(vmr, (seL4_Word)at + PAGE, 9), 0);
    CHECK_EQ(at[PAGE / sizeof *at], 9);
    CHECK_EQ(touch_with(vmr, (seL4_Word)at + 2 * PAGE, 0), FAULTED);
    drop_region(at);
}

/* Spaces come and go that show the same: each gets what it was given, whatever the one before it had. */
static void shared_again(void)
{
    int *at = new_region(3);
    vmr_config_t vmr = {.share_mode = GPI_SHARED, .type = SEL4UTILS_RES_TYPE_GENERIC, .start = at, .region_pages = 3};
    vmr_config_t shown = {.start = at, .dest_start = (void *)PLACE};
    ads_client_context_t own = sel4gpi_get_ads_conn(), ads;
    for (int round = 0; round < 3; round++) {
        at[0] = 7;
        vmr.rights = 0;
        vmr.dest_start = NULL;
        CHECK_EQ(touch_with(vmr, (seL4_Word)at, 8), 7);
        CHECK_EQ(at[0], 8);
        vmr.rights = ADS_RIGHT_READ;
        CHECK_EQ(touch_with(vmr, (seL4_Word)at, 0), 8);
        CHECK_EQ(touch_with(vmr, (seL4_Word)at, 9), FAULTED);
        vmr.dest_start = (void *)PLACE;
        CHECK_EQ(touch_with(vmr, PLACE, 0), 8);
        CHECK_EQ(touch_with(vmr, (seL4_Word)at, 0), FAULTED);
        /* Two at a time. */
        CHECK_EQ(ads_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_ADS), &ads), GPI_OK);
        CHECK_EQ(ads_client_shallow_copy(&own, &ads, &shown), GPI_OK);
        CHECK_EQ(touch_with(vmr, PLACE, 0), 8);
        CHECK_EQ(ads_client_disconnect(&ads), GPI_OK);
        /* More of it: what was kept of it is still right, and not all. */
        void *grown;
        CHECK_EQ(vmr_client_grow(own.ep, at, 1, &grown), GPI_OK);
        vmr.region_pages++;
        *(int *)grown = 70 + round;
        CHECK_EQ(touch_with(vmr, PLACE + (vmr.region_pages - 1) * PAGE, 0), 70 + round);
        if (round == 0) {
            test_memory_mark();
            CHECK_EQ(touch_with(vmr, PLACE, 0), 8);
            CHECK_EQ(touch_with(vmr, PLACE, 0), 8);
            test_memory_check("regions that are shared again");
        }
    }
    drop_region(at);
}

static void shared_elsewhere(void)
{
    int *at = new_region(1);
    vmr_config_t vmr = {.share_mode = GPI_SHARED,
                        .type = SEL4UTILS_RES_TYPE_SHARED_FRAMES,
                        .start = at,
                        .dest_start = (void *)PLACE,
                        .region_pages = 1};
    at[0] = 5;
    CHECK_EQ(touch_with(vmr, PLACE, 6), 5);
    CHECK_EQ(at[0], 6);
    CHECK_EQ(touch_with(vmr, (seL4_Word)at, 0), FAULTED);
    drop_region(at);
}

/* Each special type is found by its type, and arrives as it is here. */
static void special_types_are_found(void)
{
    static const sel4utils_reservation_type_t types[] = {SEL4UTILS_RES_TYPE_CODE,    SEL4UTILS_RES_TYPE_DATA,
                                                         SEL4UTILS_RES_TYPE_STACK,   SEL4UTILS_RES_TYPE_HEAP,
                                                         SEL4UTILS_RES_TYPE_IPC_BUF, SEL4UTILS_RES_TYPE_OSM_DATA};
    enum { TYPES = sizeof types / sizeof types[0] };
    sel4gpi_runnable_t r = {0};
    ads_config_t cfg = {0};
    runtime_context_t context;
    ads_client_context_t own = sel4gpi_get_ads_conn();
    CHECK_EQ(ads_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_ADS), &r.ads), GPI_OK);
    for (size_t i = 0; i < TYPES; i++) {
        sel4gpi_add_vmr_config(&cfg, GPI_SHARED, types[i], NULL, NULL, 0, 0, NULL);
    }
    CHECK_EQ(sel4gpi_ads_configure(&cfg, &r, NULL, &context), GPI_OK);
    for (size_t i = 0; i < TYPES; i++) {
        void *here = NULL, *there = NULL;
        size_t pages = 0, pages_there = 0, bits = 0, bits_there = 0;
        CHECK_EQ(ads_client_get_reservation(&own, types[i], &here, &pages, &bits), GPI_OK);
        CHECK_EQ(ads_client_get_reservation(&r.ads, types[i], &there, &pages_there, &bits_there), GPI_OK);
        CHECK(here == there && pages == pages_there && bits == bits_there && pages > 0);
    }
    CHECK(!context.loaded_elf);
    CHECK(context.stack_cfg.start != NULL && context.osm_data == sel4gpi_get_shared_data());
    linked_list_destroy(cfg.vmr_cfgs, true);
    CHECK_EQ(ads_client_disconnect(&r.ads), GPI_OK);
}

static void disjoint_is_new(void)
{
    int *at = new_region(1);
    vmr_config_t vmr = {.share_mode = GPI_DISJOINT, .type = SEL4UTILS_RES_TYPE_GENERIC, .start = at, .region_pages = 3};
    at[0] = 1;
    CHECK_EQ(touch_with(vmr, (seL4_Word)at, 2), 0);
    CHECK_EQ(at[0], 1);
    CHECK_EQ(touch_with(vmr, (seL4_Word)at + 3 * PAGE - sizeof(int), 2), 0);
    CHECK_EQ(touch_with(vmr, (seL4_Word)at + 3 * PAGE, 0), FAULTED);
    drop_region(at);
}

/* dest_start means nothing for a DISJOINT region, page_bits nothing for a SHARED one. */
static void ignored_fields_are_ignored(void)
{
    int *at = new_region(1);
    vmr_config_t disjoint = {.share_mode = GPI_DISJOINT,
                             .type = SEL4UTILS_RES_TYPE_GENERIC,
                             .start = (void *)PLACE,
                             .dest_start = (void *)(PLACE + 16 * PAGE),
                             .region_pages = 1};
    vmr_config_t shared = {
        .share_mode = GPI_SHARED, .type = SEL4UTILS_RES_TYPE_GENERIC, .start = at, .region_pages = 1, .page_bits = 99};
    CHECK_EQ(touch_with(disjoint, PLACE, 1), 0);
    CHECK_EQ(touch_with(disjoint, PLACE + 16 * PAGE, 0), FAULTED);
    at[0] = 3;
    CHECK_EQ(touch_with(shared, (seL4_Word)at, 0), 3);
    drop_region(at);
}

static void start_is_chosen(void)
{
    sel4gpi_runnable_t r = {0};
    ads_config_t cfg = {0};
    void *start = NULL;
    size_t pages, bits;
    CHECK_EQ(ads_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_ADS), &r.ads), GPI_OK);
    sel4gpi_add_vmr_config(&cfg, GPI_DISJOINT, SEL4UTILS_RES_TYPE_HEAP, NULL, NULL, 5, 0, NULL);
    CHECK_EQ(sel4gpi_ads_configure(&cfg, &r, NULL, NULL), GPI_OK);
    CHECK_EQ(ads_client_get_reservation(&r.ads, SEL4UTILS_RES_TYPE_HEAP, &start, &pages, &bits), GPI_OK);
    CHECK(start != NULL && (uintptr_t)start % PAGE == 0);
    CHECK_EQ(pages, 5);
    CHECK_EQ(bits, MO_PAGE_BITS);
    linked_list_destroy(cfg.vmr_cfgs, true);
    CHECK_EQ(ads_client_disconnect(&r.ads), GPI_OK);
}

static void deep_copy(void)
{
    int *at = new_region(2);
    mo_client_context_t mo;
    at[0] = 11;
    at[PAGE / sizeof *at] = 12;
    CHECK_EQ(mo_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_MO), 2, MO_PAGE_BITS, &mo), GPI_OK);
    CHECK_EQ(sel4gpi_copy_data_to_mo(at, 2 * PAGE, &mo), GPI_OK);
    vmr_config_t vmr = {
        .share_mode = GPI_DISJOINT, .type = SEL4UTILS_RES_TYPE_GENERIC, .start = at, .region_pages = 2, .mo = mo};
    CHECK_EQ(touch_with(vmr, (seL4_Word)at, 13), 11);
    CHECK_EQ(touch_with(vmr, (seL4_Word)at, 0), 13); /* it is the same memory object */
    CHECK_EQ(touch_with(vmr, (seL4_Word)at + PAGE, 0), 12);
    CHECK_EQ(at[0], 11);
    CHECK_EQ(mo_component_client_disconnect(&mo), GPI_OK);
    drop_region(at);
}

/* argv: distance from the lowest byte of this thread's stack. */
static int touch_stack(int argc, char **argv)
{
    ads_client_context_t own = sel4gpi_get_ads_conn();
    void *start;
    size_t pages, bits;
    if (ads_client_get_reservation(&own, SEL4UTILS_RES_TYPE_STACK, &start, &pages, &bits) != GPI_OK) {
        return -1;
    }
    volatile char *bottom = start;
    bottom[atol(argv[0])] = 1;
    return argc + (int)pages;
}

static void stack_has_a_guard(void)
{
    sel4gpi_runnable_t r;
    pd_config_t *cfg = test_isolated((void *)touch_stack, &r);
    CHECK_EQ(test_run(cfg, &r, 1, (seL4_Word[]){0}), 1 + 4);
    for (int i = 0; i < 2; i++) {
        static char *const below[] = {"-1", "-4096"};
        cfg = test_isolated((void *)touch_stack, &r);
        CHECK_EQ(test_run_strings(cfg, &r, 1, &below[i]), FAULTED);
    }
}

/* The guard page of a stack stays free, even if the place beside it is asked for. */
static void guard_page_is_kept(void)
{
    sel4gpi_runnable_t r;
    pd_config_t *cfg = test_isolated((void *)touch, &r);
    vmr_config_t *stack = linked_list_get_at_idx(cfg->ads_cfg.vmr_cfgs, 3);
    stack->start = (void *)(PLACE + PAGE);
    sel4gpi_add_vmr_config(&cfg->ads_cfg, GPI_DISJOINT, SEL4UTILS_RES_TYPE_GENERIC, (void *)PLACE, NULL, 1, 0, NULL);
    test_refused(cfg, &r, "vmr_cfgs[5].start");
    /* The root task says the same. */
    ads_client_context_t ads;
    CHECK_EQ(ads_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_ADS), &ads), GPI_OK);
    CHECK_EQ(vmr_client_map_new(ads.ep, (void *)(PLACE + PAGE), 1, MO_PAGE_BITS, SEL4UTILS_RES_TYPE_STACK, NULL),
             GPI_OK);
    CHECK_EQ(vmr_client_map_new(ads.ep, (void *)PLACE, 1, MO_PAGE_BITS, SEL4UTILS_RES_TYPE_GENERIC, NULL),
             GPI_ERR_EXISTS);
    CHECK_EQ(ads_client_disconnect(&ads), GPI_OK);
}

/* Overruns the stack of a thread, whose stack is beside others in the process's space. */
static int overrun(int argc, char **argv)
{
    volatile char page[4096];
    (void)argv;
    page[0] = (char)argc;
    return argc > 4000 ? page[0] : overrun(argc + 1, argv) + page[0];
}

static void thread_stack_has_a_guard(void)
{
    CHECK_EQ(test_thread((void *)overrun, 0, NULL), FAULTED);
}

static void program_is_loaded(void)
{
    CHECK_EQ(test_run_probe(3, (char *[]){"sum", "20", "22"}), 42);
    CHECK_EQ(test_run_probe(1, (char *[]){"write-code"}), FAULTED);
    CHECK_EQ(test_run_probe(1, (char *[]){"write-constant"}), FAULTED);
    CHECK_EQ(test_run_probe(1, (char *[]){"run-data"}), FAULTED);
    CHECK_EQ(test_run_probe(1, (char *[]){"run-constant"}), FAULTED);
    CHECK_EQ(test_run_probe(1, (char *[]){"bss"}), 0);
}

/* By hand: a program in a space, its entry point, and where the pieces are. */
static void load_elf(void)
{
    ads_client_context_t ads;
    pd_client_context_t self = sel4gpi_get_pd_conn();
    void *entry = NULL, *code = NULL, *data = NULL;
    size_t pages = 0, bits;
    CHECK_EQ(ads_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_ADS), &ads), GPI_OK);
    CHECK_EQ(ads_client_load_elf(&ads, &self, "pdprobe", &entry), GPI_OK);
    CHECK_EQ(ads_client_get_reservation(&ads, SEL4UTILS_RES_TYPE_CODE, &code, &pages, &bits), GPI_OK);
    CHECK(entry >= code && (char *)entry < (char *)code + pages * PAGE);
    CHECK_EQ(ads_client_get_reservation(&ads, SEL4UTILS_RES_TYPE_DATA, &data, &pages, &bits), GPI_OK);
    CHECK(data > code);
    /* Twice into one space: refused, and the first stays. */
    CHECK_EQ(ads_client_load_elf(&ads, &self, "pdprobe", &entry), GPI_ERR_EXISTS);
    CHECK_EQ(ads_client_get_reservation(&ads, SEL4UTILS_RES_TYPE_CODE, &code, &pages, &bits), GPI_OK);
    CHECK_EQ(ads_client_load_elf(&ads, &self, "nowhere", &entry), GPI_ERR_NOT_FOUND);
    CHECK_EQ(ads_client_disconnect(&ads), GPI_OK);
}

static void large_pages(void)
{
    vmr_config_t vmr = {.share_mode = GPI_DISJOINT,
                        .type = SEL4UTILS_RES_TYPE_GENERIC,
                        .start = (void *)(1ul << 32),
                        .region_pages = 2,
                        .page_bits = MO_LARGE_PAGE_BITS};
    CHECK_EQ(touch_with(vmr, 1ul << 32, 1), 0);
    CHECK_EQ(touch_with(vmr, (1ul << 32) + 2 * LARGE - sizeof(int), 1), 0);
    CHECK_EQ(touch_with(vmr, (1ul << 32) + 2 * LARGE, 0), FAULTED);
    struct ads_region region = {0};
    mo_client_context_t mo;
    struct mo_info info;
    int *at =
        sel4gpi_get_vmr(sel4gpi_get_bound_vmr_rde(), 1, NULL, SEL4UTILS_RES_TYPE_GENERIC, MO_LARGE_PAGE_BITS, &mo);
    if (CHECK(at != NULL)) {
        CHECK_EQ((uintptr_t)at % LARGE, 0);
        CHECK_EQ(vmr_client_find(sel4gpi_get_bound_vmr_rde(), at, &region), GPI_OK);
        CHECK_EQ(ADS_ATTR_PAGE_BITS(region.attributes), MO_LARGE_PAGE_BITS);
        CHECK_EQ(mo_client_get_info(&mo, &info), GPI_OK);
        CHECK(info.page_bits == MO_LARGE_PAGE_BITS && info.paddr != 0 && info.paddr % LARGE == 0);
        at[LARGE / sizeof *at - 1] = 1;
        /* Shared, with its page size. */
        vmr_config_t shared = {
            .share_mode = GPI_SHARED, .type = SEL4UTILS_RES_TYPE_GENERIC, .start = at, .region_pages = 1};
        CHECK_EQ(touch_with(shared, (seL4_Word)at + LARGE - sizeof(int), 2), 1);
        CHECK_EQ(at[LARGE / sizeof *at - 1], 2);
        CHECK_EQ(sel4gpi_destroy_vmr(sel4gpi_get_bound_vmr_rde(), at, &mo), GPI_OK);
    }
}

static void reserve_attach_delete(void)
{
    ads_vmr_context_t region;
    mo_client_context_t mo;
    void *where = NULL;
    struct ads_region found;
    CHECK_EQ(vmr_client_reserve(sel4gpi_get_bound_vmr_rde(), (void *)PLACE, 2 * PAGE, MO_PAGE_BITS,
                                SEL4UTILS_RES_TYPE_GENERIC, &region, &where),
             GPI_OK);
    CHECK_EQ((seL4_Word)where, PLACE);
    CHECK_EQ(test_thread((void *)touch, 1, (seL4_Word[]){PLACE}), FAULTED);
    CHECK_EQ(mo_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_MO), 3, MO_PAGE_BITS, &mo), GPI_OK);
    int numbers[3 * PAGE / sizeof(int)] = {0};
    numbers[PAGE / sizeof(int)] = 21;
    numbers[2 * PAGE / sizeof(int)] = 22;
    CHECK_EQ(sel4gpi_copy_data_to_mo(numbers, sizeof numbers, &mo), GPI_OK);
    CHECK_EQ(vmr_client_attach(&region, &mo, 2 * PAGE), GPI_ERR_BAD_ARGUMENT); /* only one page is left there */
    CHECK_EQ(vmr_client_attach(&region, &mo, 1), GPI_ERR_BAD_ARGUMENT);
    CHECK_EQ(vmr_client_attach(&region, &mo, PAGE), GPI_OK);
    CHECK_EQ(((int *)where)[0], 21);
    CHECK_EQ(((int *)where)[PAGE / sizeof(int)], 22);
    CHECK_EQ(vmr_client_attach(&region, &mo, PAGE), GPI_ERR_STATE);
    CHECK_EQ(vmr_client_reserve(sel4gpi_get_bound_vmr_rde(), (void *)(PLACE + PAGE), PAGE, MO_PAGE_BITS,
                                SEL4UTILS_RES_TYPE_GENERIC, &(ads_vmr_context_t){0}, NULL),
             GPI_ERR_EXISTS);
    CHECK_EQ(vmr_client_delete(&region), GPI_OK);
    CHECK_EQ(vmr_client_find(sel4gpi_get_bound_vmr_rde(), (void *)PLACE, &found), GPI_ERR_NOT_FOUND);
    CHECK_EQ(test_thread((void *)touch, 1, (seL4_Word[]){PLACE}), FAULTED);
    CHECK_EQ(mo_component_client_disconnect(&mo), GPI_OK);
}

/* The region stays when its capability goes, and goes by its address. */
static void disconnect_keeps_the_region(void)
{
    ads_vmr_context_t region;
    struct ads_region found;
    CHECK_EQ(vmr_client_reserve(sel4gpi_get_bound_vmr_rde(), (void *)PLACE, PAGE, MO_PAGE_BITS,
                                SEL4UTILS_RES_TYPE_GENERIC, &region, NULL),
             GPI_OK);
    CHECK_EQ(vmr_client_disconnect(&region), GPI_OK);
    CHECK_EQ(vmr_client_find(sel4gpi_get_bound_vmr_rde(), (void *)PLACE, &found), GPI_OK);
    CHECK_EQ(vmr_client_delete_by_vaddr(sel4gpi_get_bound_vmr_rde(), (void *)PLACE), GPI_OK);
    CHECK_EQ(vmr_client_delete_by_vaddr(sel4gpi_get_bound_vmr_rde(), (void *)PLACE), GPI_ERR_NOT_FOUND);
}

/* What follows is seen by a thread with its own space, which does what it is told, and then says so. */
enum { DONE, COUNT, GROW };
static volatile int step, result;
static volatile int *volatile where;

static void follow(void)
{
    for (;;) {
        while (step == DONE) {
            seL4_Yield();
        }
        if (step == GROW) {
            void *more;
            result = vmr_client_grow(sel4gpi_get_bound_vmr_rde(), (void *)where, 1, &more);
        } else {
            result = ++*where;
        }
        step = DONE;
    }
}

static int tell(int what, volatile void *at)
{
    where = at;
    step = what;
    return test_wait_for(&step, DONE) ? result : -1;
}

static void shared_stays_shared(void)
{
    ads_vmr_context_t region;
    mo_client_context_t mo;
    sel4gpi_runnable_t r;
    void *more = NULL;
    int *at = (int *)PLACE;
    CHECK_EQ(vmr_client_reserve(sel4gpi_get_bound_vmr_rde(), at, 2 * PAGE, MO_PAGE_BITS, SEL4UTILS_RES_TYPE_GENERIC,
                                &region, NULL),
             GPI_OK);
    pd_config_t *cfg = test_isolated((void *)follow, &r);
    sel4gpi_add_vmr_config(&cfg->ads_cfg, GPI_SHARED, SEL4UTILS_RES_TYPE_GENERIC, at, at + PAGE, 2, 0, NULL);
    CHECK_EQ(sel4gpi_prepare_pd(cfg, &r, 0, NULL), GPI_OK);
    sel4gpi_config_destroy(cfg);
    step = DONE;
    CHECK_EQ(sel4gpi_start_pd(&r), GPI_OK);
    int *there = at + PAGE;

    /* It gets memory: there, too. */
    CHECK_EQ(mo_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_MO), 2, MO_PAGE_BITS, &mo), GPI_OK);
    CHECK_EQ(vmr_client_attach(&region, &mo, 0), GPI_OK);
    at[0] = 5;
    CHECK_EQ(tell(COUNT, there), 6);
    CHECK_EQ(at[0], 6);
    /* It grows: there, too; from there: here, too. */
    CHECK_EQ(vmr_client_grow(sel4gpi_get_bound_vmr_rde(), at, 1, &more), GPI_OK);
    CHECK(more == at + 2 * PAGE / sizeof *at);
    at[2 * PAGE / sizeof *at] = 7;
    CHECK_EQ(tell(COUNT, there + 2 * PAGE / sizeof *at), 8);
    CHECK_EQ(tell(GROW, there), GPI_OK);
    CHECK_EQ(at[3 * PAGE / sizeof *at], 0);
    CHECK_EQ(tell(COUNT, there + 3 * PAGE / sizeof *at), 1);
    CHECK_EQ(at[3 * PAGE / sizeof *at], 1);
    /* It goes: there, too. */
    CHECK_EQ(vmr_client_delete(&region), GPI_OK);
    where = there;
    step = COUNT;
    CHECK_EQ(test_finish(&r), FAULTED);
    CHECK_EQ(mo_component_client_disconnect(&mo), GPI_OK);
}

/* Who shared a region can end: the others keep it. */
static void shared_survives_its_first_space(void)
{
    pd_client_context_t self = sel4gpi_get_pd_conn();
    struct pd_end end = {0, 0};
    sel4gpi_runnable_t r;
    seL4_CPtr slot;
    char text[24];
    pd_config_t *cfg = test_probe(&r);
    CHECK_EQ(pd_client_send_cap(&r.pd, self.ep, &slot), GPI_OK);
    snprintf(text, sizeof text, "%lu", (unsigned long)slot);
    /* It exits with the slot, here, of the PD that it shared memory with, which waits for its end and then looks. */
    long child = test_run_strings(cfg, &r, 2, (char *[]){"share-and-end", text});
    if (CHECK(child > 0)) {
        pd_client_context_t heir = {(seL4_CPtr)child, 0};
        CHECK_EQ(pd_client_wait(&heir, &end), GPI_OK);
        CHECK_EQ(end.reason, PD_EXITED);
        CHECK_EQ(end.code, 77);
        CHECK_EQ(pd_client_disconnect(&heir), GPI_OK);
    }
}

static void rights_of_regions(void)
{
    int *at = new_region(1);
    vmr_config_t disjoint = {.share_mode = GPI_DISJOINT,
                             .type = SEL4UTILS_RES_TYPE_GENERIC,
                             .start = (void *)PLACE,
                             .region_pages = 1,
                             .rights = ADS_RIGHT_READ};
    vmr_config_t shared = {.share_mode = GPI_SHARED,
                           .type = SEL4UTILS_RES_TYPE_GENERIC,
                           .start = at,
                           .region_pages = 1,
                           .rights = ADS_RIGHT_READ};
    CHECK_EQ(touch_with(disjoint, PLACE, 0), 0);
    CHECK_EQ(touch_with(disjoint, PLACE, 1), FAULTED);
    at[0] = 4;
    CHECK_EQ(touch_with(shared, (seL4_Word)at, 0), 4);
    CHECK_EQ(touch_with(shared, (seL4_Word)at, 1), FAULTED);
    CHECK_EQ(at[0], 4);
    at[0] = 5;
    drop_region(at);
}

/* A capability for memory that may only be read cannot show it writable. */
static void rights_of_memory(void)
{
    mo_client_context_t mo, look = {0, 0};
    pd_client_context_t self = sel4gpi_get_pd_conn();
    void *at = NULL;
    CHECK_EQ(mo_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_MO), 1, MO_PAGE_BITS, &mo), GPI_OK);
    CHECK_EQ(pd_client_send_cap_rights(&self, mo.ep, GPI_RIGHT_READ, &look.ep), GPI_OK);
    seL4_CPtr ads = sel4gpi_get_bound_vmr_rde();
    CHECK_EQ(vmr_client_map(ads, NULL, &look, 0, 1, SEL4UTILS_RES_TYPE_GENERIC, 0, &at), GPI_ERR_RIGHTS);
    CHECK_EQ(vmr_client_map(ads, NULL, &look, 0, 1, SEL4UTILS_RES_TYPE_GENERIC, ADS_RIGHT_READ | ADS_RIGHT_WRITE, &at),
             GPI_ERR_RIGHTS);
    CHECK_EQ(vmr_client_map(ads, NULL, &look, 0, 1, SEL4UTILS_RES_TYPE_GENERIC, ADS_RIGHT_READ, &at), GPI_OK);
    CHECK_EQ(test_thread((void *)touch, 1, (seL4_Word[]){(seL4_Word)at}), 0);
    CHECK_EQ(test_thread((void *)touch, 2, (seL4_Word[]){(seL4_Word)at, 1}), FAULTED);
    drop_region(at);
    ads_vmr_context_t region;
    CHECK_EQ(vmr_client_reserve(ads, NULL, PAGE, MO_PAGE_BITS, SEL4UTILS_RES_TYPE_GENERIC, &region, &at), GPI_OK);
    CHECK_EQ(vmr_client_attach(&region, &look, 0), GPI_ERR_RIGHTS);
    CHECK_EQ(vmr_client_delete(&region), GPI_OK);
    CHECK_EQ(mo_component_client_disconnect(&look), GPI_OK);
    CHECK_EQ(mo_component_client_disconnect(&mo), GPI_OK);
}

static void nothing_is_left(void)
{
    test_memory_mark();
    shared_stays_shared();
    deep_copy();
    rights_of_memory();
    large_pages();
    special_types_are_found();
    test_memory_check("regions of all kinds");
}

/* A stack whose last page is shown elsewhere: its space goes first, and pages that nobody touched with it. */
static void shown_survives_its_space(void)
{
    ads_client_context_t other, own = sel4gpi_get_ads_conn();
    struct ads_map_shown in = {0, 16, ads_attributes(SEL4UTILS_RES_TYPE_STACK, MO_PAGE_BITS, 0), own.ep, 15, 1};
    for (int i = 0; i < 3; i++) {
        struct ads_shown shown = {0, 0};
        gpi_batch_t batch;
        CHECK_EQ(ads_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_ADS), &other), GPI_OK);
        gpi_batch_begin(&batch);
        GPI_BATCH_ADD(&batch, &other.ep, ADS_MAP_SHOWN, &in, &shown);
        CHECK_EQ(gpi_batch_run(&batch), GPI_OK);
        *(volatile char *)shown.view = 1;
        if (i == 1) {
            CHECK_EQ(vmr_client_delete_by_vaddr(other.ep, (void *)shown.vaddr), GPI_OK);
        }
        CHECK_EQ(ads_client_disconnect(&other), GPI_OK);
        CHECK_EQ(*(volatile char *)shown.view, 1);
        CHECK_EQ(vmr_client_delete_by_vaddr(own.ep, (void *)shown.view), GPI_OK);
        if (i == 0) {
            test_memory_mark();
        }
    }
    test_memory_check("what was shown");
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        {"regions_shared_is_the_same_pages", shared_is_the_same_pages},
        {"regions_shared_again", shared_again},
        {"regions_shared_elsewhere", shared_elsewhere},
        {"regions_special_types_are_found", special_types_are_found},
        {"regions_disjoint_is_new", disjoint_is_new},
        {"regions_ignored_fields_are_ignored", ignored_fields_are_ignored},
        {"regions_start_is_chosen", start_is_chosen},
        {"regions_deep_copy", deep_copy},
        {"regions_stack_has_a_guard", stack_has_a_guard},
        {"regions_guard_page_is_kept", guard_page_is_kept},
        {"regions_thread_stack_has_a_guard", thread_stack_has_a_guard},
        {"regions_program_is_loaded", program_is_loaded},
        {"regions_load_elf", load_elf},
        {"regions_large_pages", large_pages},
        {"regions_reserve_attach_delete", reserve_attach_delete},
        {"regions_disconnect_keeps_the_region", disconnect_keeps_the_region},
        {"regions_shared_stays_shared", shared_stays_shared},
        {"regions_shared_survives_its_first_space", shared_survives_its_first_space},
        {"regions_shown_survives_its_space", shown_survives_its_space},
        {"regions_rights_of_regions", rights_of_regions},
        {"regions_rights_of_memory", rights_of_memory},
        {"regions_nothing_is_left", nothing_is_left},
    };
    return TEST_MAIN(cases);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Guests as a VMM makes them: RAM that it sees, several CPUs, exits served by a thread without time of its own. */
#include "lib/test.h"

#include <sel4/sel4.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CPUS = 2, BADGE = 5, ABOVE = 10 };
#define RAM_BASE 0x40000000ul
#define RAM_SIZE (2ul << MO_LARGE_PAGE_BITS)
#define VIEW     ((void *)0x7000000000ul)

/* x0 = 7; hvc #1; x0 += 1; hvc #2; b . */
static const unsigned code[] = {0xd28000e0, 0xd4000022, 0x91000400, 0xd4000042, 0x14000000};

static struct {
    ep_client_context_t exits, reply, ready, done;
    mo_client_context_t frame_mo;
    struct vesicle_exit_frame *frame;
    volatile unsigned long served, x0, badge, syndrome;
    cpu_config_t cpu[CPUS];
    struct cpu_guest_caps caps;
    sel4gpi_runnable_t guest, thread;
} t;
static bool small_entries;

/* Of the second exit the main thread is told, and the guest stays where it is. */
static void serve(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    seL4_Word badge, w[4] = {0};
    seL4_MessageInfo_t info = seL4_MessageInfo_new(0, 0, 0, 0);
    seL4_CPtr exits = t.exits.raw_endpoint, reply = t.reply.raw_endpoint;
    info = seL4_NBSendRecvWithMRs(t.ready.raw_endpoint, info, exits, &badge, &w[0], &w[1], &w[2], &w[3], reply);
    for (;;) {
        t.badge = badge;
        t.syndrome = w[0];
        t.x0 = t.frame->x[0];
        t.frame->x[0] += 100;
        bool last = ++t.served == 2;
        if (last) {
            seL4_Signal(t.done.raw_endpoint);
        }
        info = seL4_MessageInfo_new(last, 0, 0, 0);
        info = seL4_ReplyRecvWithMRs(exits, info, &badge, &w[0], &w[1], &w[2], &w[3], reply);
    }
}

static int make_endpoints(void)
{
    seL4_CPtr rde = sel4gpi_get_rde(GPICAP_TYPE_EP);
    int error = sel4gpi_alloc_endpoint(&t.exits);
    error = error ? error : ep_client_connect_kind(rde, EP_KIND_REPLY, &t.reply);
    error = error ? error : ep_client_connect_kind(rde, EP_KIND_NOTIFICATION, &t.ready);
    return error ? error : ep_client_connect_kind(rde, EP_KIND_NOTIFICATION, &t.done);
}

static int make_guest(void)
{
    for (int i = 0; i < CPUS; i++) {
        t.cpu[i] = (cpu_config_t){.fault_ep = t.exits, .fault_ep_badge = BADGE + (seL4_Word)i};
    }
    guest_config_t guest = {
        .ram_base = RAM_BASE, .ram_size = RAM_SIZE, .cpus = CPUS, .cpu = t.cpu, .small_entries = small_entries};
    pd_config_t *cfg = sel4gpi_configure_guest(&guest, &t.guest);
    int error = cfg ? sel4gpi_prepare_pd(cfg, &t.guest, 0, NULL) : GPI_ERR_NO_MEMORY;
    sel4gpi_config_destroy(cfg);
    return error;
}

/* Its RAM, here, too: the same pages. */
static int view_ram(void)
{
    ads_client_context_t own = sel4gpi_get_ads_conn();
    vmr_config_t ram = {.share_mode = GPI_SHARED,
                        .type = SEL4UTILS_RES_TYPE_GENERIC,
                        .start = (void *)RAM_BASE,
                        .dest_start = VIEW,
                        .rights = ADS_RIGHT_READ | ADS_RIGHT_WRITE};
    int error = ads_client_shallow_copy(&t.guest.ads, &own, &ram);
    if (error == GPI_OK) {
        memcpy(VIEW, code, sizeof code);
        for (char *line = VIEW; line < (char *)VIEW + sizeof code; line += 16) {
            __asm__ volatile("dc cvac, %0" : : "r"(line) : "memory");
        }
        __asm__ volatile("dsb ish" : : : "memory");
    }
    return error;
}

static int make_frame(void)
{
    seL4_CPtr vmr = sel4gpi_get_bound_vmr_rde();
    t.frame = sel4gpi_get_vmr(vmr, 1, NULL, SEL4UTILS_RES_TYPE_GENERIC, MO_PAGE_BITS, &t.frame_mo);
    return t.frame ? cpu_client_serve_guest(&t.guest.cpu, &t.frame_mo, &t.caps) : GPI_ERR_NO_MEMORY;
}

static int make_thread(void)
{
    cpu_client_context_t self = sel4gpi_get_cpu_conn();
    struct cpu_info info;
    int error = cpu_client_get_info(&self, &info);
    pd_config_t *cfg = sel4gpi_configure_thread((void *)serve, NULL, &t.thread);
    if (!cfg || error != GPI_OK) {
        return error ? error : GPI_ERR_NO_MEMORY;
    }
    cfg->cpu_prio = (int)info.priority + ABOVE;
    error = sel4gpi_prepare_pd(cfg, &t.thread, 0, NULL);
    sel4gpi_config_destroy(cfg);
    return error;
}

static int make_all(sel4gpi_runnable_t *unused)
{
    (void)unused;
    memset(&t, 0, sizeof t);
    int error = make_endpoints();
    error = error ? error : make_guest();
    error = error ? error : view_ram();
    error = error ? error : make_frame();
    return error ? error : make_thread();
}

static void drop_ep(ep_client_context_t *ep)
{
    if (ep->ep) {
        ep_component_client_disconnect(ep);
    }
}

static int drop_all(sel4gpi_runnable_t *unused)
{
    (void)unused;
    pd_client_context_t self = sel4gpi_get_pd_conn();
    sel4gpi_destroy_runnable(&t.thread);
    vmr_client_delete_by_vaddr(sel4gpi_get_bound_vmr_rde(), VIEW);
    sel4gpi_destroy_runnable(&t.guest);
    for (int i = 1; i < CPUS; i++) {
        if (t.cpu[i].cpu.ep) {
            cpu_component_client_disconnect(&t.cpu[i].cpu);
        }
    }
    if (t.caps.vcpu) {
        pd_client_free_slot(&self, t.caps.vcpu);
        pd_client_free_slot(&self, t.caps.tcb);
    }
    if (t.frame) {
        sel4gpi_destroy_vmr(sel4gpi_get_bound_vmr_rde(), t.frame, &t.frame_mo);
    }
    drop_ep(&t.exits);
    drop_ep(&t.reply);
    drop_ep(&t.ready);
    drop_ep(&t.done);
    return GPI_OK;
}

static bool run(void)
{
    seL4_Word badge;
    seL4_UserContext regs;
    bool good = CHECK_EQ(make_all(NULL), GPI_OK) && CHECK_EQ(sel4gpi_start_pd(&t.thread), GPI_OK);
    if (good) {
        seL4_Wait(t.ready.raw_endpoint, &badge);
        good = CHECK_EQ(cpu_client_set_passive(&t.thread.cpu), GPI_OK) &&
               CHECK_EQ(cpu_client_set_passive(&t.thread.cpu), GPI_ERR_STATE);
        good = CHECK_EQ(vesicle_VCPU_Inject(t.caps.vcpu, vesicle_virq(40, 0, true, false)), seL4_NoError) && good;
        good = CHECK_EQ(vesicle_VCPU_GetIRQState(t.caps.vcpu, 40).state, VESICLE_VIRQ_PENDING) && good;
        good = CHECK_EQ(sel4gpi_start_pd(&t.guest), GPI_OK) && good;
        seL4_Wait(t.done.raw_endpoint, &badge);
        good = CHECK_EQ(t.served, 2) && CHECK_EQ(t.badge, BADGE) && CHECK_EQ(t.syndrome & 0xffff, 2) &&
               CHECK_EQ(t.x0, 108) && good;
        /* Its own capabilities do what the root task does for others. */
        good = CHECK_EQ(seL4_TCB_ReadRegisters(t.caps.tcb, false, 0, sizeof regs / sizeof(seL4_Word), &regs), 0) &&
               CHECK_EQ(regs.x0, 208) && CHECK_EQ(regs.pc, RAM_BASE + 16) && good;
    }
    drop_all(NULL);
    return good;
}

static void guest_served(void)
{
    run();
}

/* When the guest ends its capabilities are gone, and the thread waits on for nobody. */
static void guest_ends_first(void)
{
    CHECK_EQ(make_all(NULL), GPI_OK);
    CHECK_EQ(sel4gpi_destroy_runnable(&t.guest), GPI_OK);
    drop_all(NULL);
}

/* How often a process finds a word of the guest's RAM, with these rights to its address space. */
static long found_with(unsigned rights, const char *word)
{
    sel4gpi_runnable_t r;
    seL4_CPtr slot;
    pd_config_t *cfg = test_probe(&r);
    CHECK_EQ(rights ? pd_client_send_cap_rights(&r.pd, t.guest.ads.ep, rights, &slot) : GPI_OK, GPI_OK);
    return test_run_strings(cfg, &r, 2, (char *[]){"find-word", (char *)(uintptr_t)word});
}

/* Who has no right to a guest's address space does not find its RAM anywhere, and changes nothing in it. */
static void ram_is_private(void)
{
    enum { WORDS = RAM_SIZE / sizeof(seL4_Word) };
    static const seL4_Word word = 0x5ecade5ecadeul;
    char text[24];
    snprintf(text, sizeof text, "%lu", (unsigned long)word);
    CHECK_EQ(make_all(NULL), GPI_OK);
    seL4_Word *ram = VIEW, good = 0;
    for (size_t i = 0; i < WORDS; i++) {
        ram[i] = word;
    }
    CHECK_EQ(found_with(0, text), 0);
    CHECK_EQ(found_with(GPI_RIGHT_WRITE | GPI_RIGHT_MANAGE, text), 0);
    CHECK_EQ(found_with(GPI_RIGHT_READ, text), 1); /* it looks in the right place */
    CHECK_EQ(test_run_probe(2, (char *[]){"hostile", "5"}), 7);
    for (size_t i = 0; i < WORDS; i++) {
        good += ram[i] == word;
    }
    CHECK_EQ(good, WORDS);
    drop_all(NULL);
}

/* Its memory mapped page by page: as good, also where something was mapped before. */
static void guest_small_entries(void)
{
    small_entries = true;
    test_memory_mark();
    run();
    test_memory_check("guests with small entries");
    CHECK_EQ(make_all(NULL), GPI_OK);
    CHECK_EQ(vmr_client_delete_by_vaddr(t.guest.ads.ep, (void *)RAM_BASE), GPI_OK);
    CHECK(sel4gpi_get_vmr(t.guest.ads.ep, 1, (void *)RAM_BASE, SEL4UTILS_RES_TYPE_GENERIC, MO_LARGE_PAGE_BITS, NULL) ==
          (void *)RAM_BASE);
    drop_all(NULL);
    small_entries = false;
}

static void undone(void)
{
    enum { MOST = 2000 };
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(make_all(NULL), GPI_OK);
        drop_all(NULL);
    }
    unsigned n = 0;
    test_memory_mark();
    for (unsigned long left = 0; left == 0 && n < MOST;) {
        test_fail_after(++n);
        make_all(NULL);
        left = test_fail_after(0);
        drop_all(NULL);
        if (!test_memory_check("after a failure")) {
            printf("  it was allocation %u\n", n);
            break;
        }
    }
    CHECK(n > 10 && n < MOST);
    printf("  %u places where memory could run out\n", n - 1);
}

static void guest_is_undone(void)
{
    undone();
    small_entries = true;
    undone();
    small_entries = false;
}

static void guest_cycles(void)
{
    unsigned count = test_is_long() ? 1000 : 20;
    for (int i = 0; i < 3; i++) {
        run();
    }
    test_memory_mark();
    for (unsigned i = 0; i < count && run(); i++) {
    }
    test_memory_check("guests");
}

/* Pages are as large as base and size allow. */
static void ram_pages(void)
{
    static const struct {
        uint64_t base, size;
        size_t largest;
        struct {
            size_t bits;
            uint64_t pages;
        } want[4];
    } cases[] = {
        {0x40000000, 0x10000000, 0, {{21, 128}}},
        {0x40000000, 0x80000000, 0, {{30, 2}}},
        {0x40000000, 0x80000000, 21, {{21, 1024}}},
        {0x40000000, 0x3000, 0, {{12, 3}}},
        {0x3fffe000, 0x403000, 0, {{12, 2}, {21, 2}, {12, 1}}},
        {0x3fe00000, 0x40600000, 0, {{21, 1}, {30, 1}, {21, 2}}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        pd_config_t cfg = {0};
        cpu_config_t cpu = {0};
        guest_config_t guest = {cases[i].base, cases[i].size, cases[i].largest, 1, &cpu, false};
        sel4gpi_generate_guest_config(&cfg, &guest);
        uint64_t at = cases[i].base;
        size_t k = 0;
        for (linked_list_node_t *node = cfg.ads_cfg.vmr_cfgs->head; node && k < 4; node = node->next, k++) {
            const vmr_config_t *vmr = node->data;
            CHECK_EQ((uintptr_t)vmr->start, at);
            CHECK_EQ(vmr->page_bits, cases[i].want[k].bits);
            CHECK_EQ(vmr->region_pages, cases[i].want[k].pages);
            at += vmr->region_pages << vmr->page_bits;
        }
        CHECK_EQ(at, cases[i].base + cases[i].size);
        linked_list_destroy(cfg.ads_cfg.vmr_cfgs, true);
    }
}

/* What is wrong with a guest's CPUs is told before anything is made. */
static void wrong_cpus(void)
{
    mo_client_context_t mo;
    struct cpu_guest_caps caps;
    cpu_client_context_t cpu;
    CHECK_EQ(mo_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_MO), 1, MO_PAGE_BITS, &mo), GPI_OK);
    CHECK_EQ(cpu_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_CPU), &cpu), GPI_OK);
    CHECK_EQ(cpu_client_serve_guest(&cpu, &mo, &caps), GPI_ERR_STATE); /* not a guest's */
    CHECK_EQ(cpu_client_elevate_privileges(&cpu), GPI_OK);
    mo_client_context_t none = {0, 0};
    CHECK_EQ(cpu_client_serve_guest(&cpu, &none, &caps), GPI_ERR_BAD_CAP);
    CHECK_EQ(cpu_component_client_disconnect(&cpu), GPI_OK);
    CHECK_EQ(mo_component_client_disconnect(&mo), GPI_OK);

    sel4gpi_runnable_t r;
    pd_config_t *cfg = test_probe(&r);
    CHECK_EQ(sel4gpi_prepare_pd(cfg, &r, 0, NULL), GPI_OK); /* its program is in view from now on */
    CHECK_EQ(sel4gpi_destroy_runnable(&r), GPI_OK);
    sel4gpi_config_destroy(cfg);
    cfg = test_probe(&r);
    cpu_config_t *more = calloc(1, sizeof *more);
    more->cpu = r.cpu;
    cfg->more_cpus = linked_list_new();
    linked_list_insert(cfg->more_cpus, more);
    test_refused(cfg, &r, "more_cpus");
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        {"guest_ram_pages", ram_pages},           {"guest_served", guest_served},
        {"guest_ends_first", guest_ends_first},   {"guest_wrong_cpus", wrong_cpus},
        {"guest_is_undone", guest_is_undone},     {"guest_cycles", guest_cycles},
        {"guest_ram_is_private", ram_is_private}, {"guest_small_entries", guest_small_entries},
    };
    return TEST_MAIN(cases);
}

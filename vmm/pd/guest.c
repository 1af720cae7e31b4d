/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest.h"

#include "devices.h"

#include "vmm/kernel/vcpu_kernel.h"
#include "vmm/machine.h"
#include "vmm/text.h"

#include <gpi/timer.h>
#include <sel4/sel4.h>
#include <stdlib.h>

enum { THREAD_STACK_PAGES = 4, TIMESLICE_US = 10000, EXIT_BADGE = 1 };

void lock_wait(void)
{
    seL4_Yield();
}

static struct guest *guest_of(struct vm *vm)
{
    return (struct guest *)(void *)vm;
}

/* Threads. */

static void run_thread(int argc, char **argv)
{
    if (argc == 2) {
        void (*entry)(void *) = (void (*)(void *))strtoul(argv[0], NULL, 10);
        entry((void *)strtoul(argv[1], NULL, 10));
    }
}

static int own_priority(void)
{
    cpu_client_context_t self = sel4gpi_get_cpu_conn();
    struct cpu_info info = {0};
    return cpu_client_get_info(&self, &info) == GPI_OK ? (int)info.priority : DEFAULT_PRIORITY;
}

int guest_thread(const char *name, void (*entry)(void *argument), void *argument, sel4gpi_runnable_t *thread)
{
    char full[GPI_NAME_SIZE + 1];
    pd_config_t *cfg = sel4gpi_configure_thread((void *)run_thread, NULL, thread);
    if (!cfg) {
        return GPI_ERR_NO_MEMORY;
    }
    for (linked_list_node_t *node = cfg->ads_cfg.vmr_cfgs ? cfg->ads_cfg.vmr_cfgs->head : NULL; node;
         node = node->next) {
        vmr_config_t *region = node->data;
        if (region->type == SEL4UTILS_RES_TYPE_STACK) {
            region->region_pages = THREAD_STACK_PAGES;
        }
    }
    cfg->cpu_prio = own_priority();
    int error = sel4gpi_prepare_pd(cfg, thread, 2, (seL4_Word[]){(seL4_Word)entry, (seL4_Word)argument});
    sel4gpi_config_destroy(cfg);
    text_format(full, sizeof full, "%s.%s", sel4gpi_get_shared_data()->name, name);
    error = error ? error : pd_client_set_name(&thread->pd, full);
    return error ? error : sel4gpi_start_pd(thread);
}

/* The guest's PD. */

static int make_endpoints(struct guest *guest)
{
    seL4_CPtr eps = sel4gpi_get_rde(GPICAP_TYPE_EP);
    int error = ep_client_connect_kind(eps, EP_KIND_NOTIFICATION, &guest->ready);
    for (unsigned i = 0; i < guest->node.cpus && error == GPI_OK; i++) {
        error = ep_component_client_connect(eps, &guest->cpu[i].fault_ep);
        error = error ? error : ep_client_connect_kind(eps, EP_KIND_REPLY, &guest->replies[i]);
        guest->cpu[i].fault_ep_badge = EXIT_BADGE;
    }
    return error;
}

/* Room for all of its RAM, aligned as it is there, so that large pages serve both. */
static int find_room(uint64_t base, uint64_t size, size_t page_bits, uint8_t **room)
{
    seL4_CPtr own = sel4gpi_get_bound_vmr_rde();
    uint64_t page = 1ul << page_bits, offset = base % page;
    ads_vmr_context_t region;
    void *at = NULL;
    int error = vmr_client_reserve(own, NULL, (size + offset + page - 1) / page * page, page_bits,
                                   SEL4UTILS_RES_TYPE_GENERIC, &region, &at);
    if (error == GPI_OK) {
        error = vmr_client_delete(&region);
        *room = (uint8_t *)at + offset;
    }
    return error;
}

/* A piece of its RAM, here, too: the same pages. */
static int show_piece(struct guest *guest, const pd_config_t *cfg, struct guest_ram *piece)
{
    ads_client_context_t own = sel4gpi_get_ads_conn();
    size_t page_bits = MO_PAGE_BITS;
    const linked_list_node_t *first = cfg->ads_cfg.vmr_cfgs->head;
    for (const linked_list_node_t *node = first; node; node = node->next) {
        const vmr_config_t *region = node->data;
        if ((uintptr_t)region->start - piece->base < piece->size && region->page_bits > page_bits) {
            page_bits = region->page_bits;
        }
    }
    int error = find_room(piece->base, piece->size, page_bits, &piece->here);
    for (const linked_list_node_t *node = first; node && error == GPI_OK; node = node->next) {
        vmr_config_t view = *(const vmr_config_t *)node->data;
        uint64_t offset = (uintptr_t)view.start - piece->base;
        if (offset < piece->size) {
            view.dest_start = piece->here + offset;
            view.rights = ADS_RIGHT_READ | ADS_RIGHT_WRITE;
            error = ads_client_shallow_copy(&guest->runnable.ads, &own, &view);
        }
    }
    return error;
}

static int make_pd(struct guest *guest, guest_config_t *config)
{
    char name[GPI_NAME_SIZE + 1];
    pd_config_t *cfg = sel4gpi_configure_guest(config, &guest->runnable);
    if (!cfg) {
        return GPI_ERR_NO_MEMORY;
    }
    cfg->cpu_prio = (int)guest->node.priority;
    for (unsigned i = 1; i < guest->ram_count; i++) {
        sel4gpi_add_guest_ram(cfg, guest->ram[i].base, guest->ram[i].size, config->page_bits);
    }
    if (guest->ram_mo.ep) {
        sel4gpi_add_vmr_config(&cfg->ads_cfg, GPI_DISJOINT, SEL4UTILS_RES_TYPE_GENERIC, (void *)guest->ram[0].base,
                               NULL, guest->ram[0].size >> MO_LARGE_PAGE_BITS, MO_LARGE_PAGE_BITS, &guest->ram_mo);
        cfg->ads_cfg.entry_point = (void *)guest->ram[0].base;
    }
    devices_add_memory(guest, cfg);
    int error = sel4gpi_prepare_pd(cfg, &guest->runnable, 0, NULL);
    for (unsigned i = 0; i < guest->ram_count && error == GPI_OK; i++) {
        error = show_piece(guest, cfg, &guest->ram[i]);
    }
    sel4gpi_config_destroy(cfg);
    text_format(name, sizeof name, "%s.guest", guest->node.name);
    return error ? error : pd_client_set_name(&guest->runnable.pd, name);
}

/*
 * What reads and writes memory by itself takes the guest's addresses for the machine's, so they are the same. The memory is init's, which
 * gives it to nobody else before the devices are at rest.
 */
static int find_own_place(struct guest *guest)
{
    struct mo_info info = {0};
    guest->ram_mo.ep = guest->vm.passthrough.ram;
    int error = guest->ram_mo.ep ? mo_client_get_info(&guest->ram_mo, &info) : GPI_ERR_NO_MEMORY;
    if (error == GPI_OK && info.pages << info.page_bits != guest->node.memory) {
        error = GPI_ERR_BAD_ARGUMENT;
    }
    guest->node.memory_base = guest->config.ram_base = info.paddr;
    guest->vm.loaded = guest->vm.passthrough.ram_dirty;
    return error;
}

static void list_ram(struct guest *guest)
{
    const struct guest_node *node = &guest->node;
    guest->ram[guest->ram_count++] = (struct guest_ram){node->memory_base, node->memory, NULL};
    for (unsigned i = 0; i < node->more_count; i++) {
        guest->ram[guest->ram_count++] = (struct guest_ram){node->more[i].base, node->more[i].size, NULL};
        guest->config.more_ram[i].base = node->more[i].base;
        guest->config.more_ram[i].size = node->more[i].size;
    }
    guest->config.more_ram_count = node->more_count;
}

/* With huge pages if the machine has them free. */
static int make_guest(struct guest *guest)
{
    guest_config_t config = {.ram_base = guest->ram[0].base,
                             .ram_size = guest->ram[0].size,
                             .cpus = guest->node.cpus,
                             .cpu = guest->cpu,
                             .small_entries = guest->node.small_pages,
                             .page_bits = guest->node.small_pages ? MO_LARGE_PAGE_BITS : 0};
    if (guest->ram_mo.ep) {
        config.ram_size = 0; /* there already */
    }
    int error = make_pd(guest, &config);
    if (error == GPI_ERR_NO_MEMORY && config.ram_size >= 1ul << MO_HUGE_PAGE_BITS) {
        for (unsigned i = 1; i < config.cpus; i++) {
            cpu_component_client_disconnect(&guest->cpu[i].cpu);
        }
        config.page_bits = MO_LARGE_PAGE_BITS;
        error = make_pd(guest, &config);
    }
    return error;
}

static bool check(struct guest *guest)
{
    const struct guest_node *node = &guest->node;
    struct vm *vm = &guest->vm;
    if (node->cpus == 0 || node->cpus > VM_MAX_VCPUS) {
        vm_log(vm, "cpus: %u, 1 to %u are possible", node->cpus, VM_MAX_VCPUS);
        return false;
    }
    const char *error = machine_ram_error(node->memory_base, node->memory);
    if (error != NULL) {
        vm_log(vm, "memory: %lu bytes at 0x%lx: %s", (unsigned long)node->memory, (unsigned long)node->memory_base,
               error);
        return false;
    }
    if (node->priority == 0 || node->priority >= (uint32_t)own_priority()) {
        vm_log(vm, "priority: %u is not below %u, the VMM's", node->priority, (unsigned)own_priority());
        return false;
    }
    return true;
}

static bool meet(uint64_t base, uint64_t size, uint64_t other, uint64_t other_size)
{
    return base < other + other_size && other < base + size;
}

/* All pieces of RAM apart from each other, and from what is passed through; what is emulated is known later. */
static bool check_places(struct guest *guest)
{
    for (unsigned i = 0; i < guest->ram_count; i++) {
        const struct guest_ram *ram = &guest->ram[i];
        const char *property = i == 0 ? "memory" : "more-memory";
        if (ram->base >= MACHINE_SPACE_END || ram->size > MACHINE_SPACE_END - ram->base) {
            vm_log(&guest->vm, "%s: RAM at 0x%lx ends behind the 40 bits of guest physical addresses", property,
                   (unsigned long)ram->base);
            return false;
        }
        for (unsigned k = 0; k < i; k++) {
            if (meet(ram->base, ram->size, guest->ram[k].base, guest->ram[k].size)) {
                vm_log(&guest->vm, "%s: there is RAM at 0x%lx already", property, (unsigned long)ram->base);
                return false;
            }
        }
        if (passthrough_covers(&guest->vm.passthrough, ram->base, ram->size)) {
            vm_log(&guest->vm, "%s: RAM at 0x%lx is where a passed-through device is", property,
                   (unsigned long)ram->base);
            return false;
        }
    }
    return true;
}

bool guest_create(struct guest *guest)
{
    guest->vm.config.name = guest->node.name;
    guest->vm.host = &guest_host;
    if (!check(guest)) {
        return false;
    }
    int error = guest->node.trusted_dma ? find_own_place(guest) : GPI_OK;
    list_ram(guest);
    if (error == GPI_OK && !check_places(guest)) {
        return false;
    }
    error = error ? error : make_endpoints(guest);
    error = error ? error : make_guest(guest);
    if (error != GPI_OK) {
        vm_log(&guest->vm, "memory: a guest of %lu MiB cannot be made: %s", (unsigned long)(guest->node.memory >> 20),
               gpi_strerror(error));
        return false;
    }
    return vm_create(&guest->vm, &guest->config, &guest_host);
}

/* What the VMM asks of its host. */

static void *host_ram(struct vm *vm, ipa_t base, uint64_t size)
{
    struct guest *guest = guest_of(vm);
    for (unsigned i = 0; i < guest->ram_count; i++) {
        if (guest->ram[i].base == base.addr && guest->ram[i].size == size) {
            return guest->ram[i].here;
        }
    }
    return NULL;
}

static void serve(void *argument)
{
    struct vcpu *vcpu = argument;
    vcpu_kernel_serve(vcpu, guest_of(vcpu->vm)->ready.raw_endpoint);
}

/* Its exit thread runs on time of its own until it waits; then on that which comes with each exit. */
static int start_exit_thread(struct guest *guest, struct vcpu *vcpu)
{
    sel4gpi_runnable_t thread;
    seL4_Word badge;
    char name[16];
    text_format(name, sizeof name, "vcpu%u", vcpu->id);
    int error = guest_thread(name, serve, vcpu, &thread);
    if (error == GPI_OK) {
        seL4_Wait(guest->ready.raw_endpoint, &badge);
        vcpu_kernel_settle(vcpu);
        error = cpu_client_set_passive(&thread.cpu);
    }
    return error;
}

/* A guest's first instruction is begun by pd_creation, like any PD's; later its VMM needs nobody. */
static void start_vcpu(struct vcpu *vcpu)
{
    struct guest *guest = guest_of(vcpu->vm);
    bool first = vcpu->id == 0 && !guest->started;
    vcpu_kernel_settle(vcpu); /* it may just have switched itself off */
    vcpu_kernel_set_registers(vcpu, !first);
    if (first) {
        guest->started = true;
        sel4gpi_start_pd(&guest->runnable);
    }
}

/* On the core that the node says, or spread over those that there are. */
static int set_time(struct guest *guest, struct vcpu *vcpu)
{
    const struct guest_node *node = &guest->node;
    cpu_client_context_t *cpu = &guest->cpu[vcpu->id].cpu;
    uint64_t budget = node->budget ? node->budget : TIMESLICE_US, period = node->period ? node->period : TIMESLICE_US;
    uint32_t core = node->core_count ? node->cores[vcpu->id % node->core_count] : vcpu->id;
    int error = cpu_client_set_time(cpu, core, budget, period);
    if (error != GPI_OK && !node->core_count) {
        error = cpu_client_set_time(cpu, 0, budget, period);
    }
    if (error != GPI_OK) {
        vm_log(&guest->vm, "vCPU %u: cores: %u, budget-us: %lu in %lu: not on this machine", vcpu->id, core,
               (unsigned long)budget, (unsigned long)period);
    }
    return error;
}

static bool host_vcpu(struct vm *vm, struct vcpu *vcpu)
{
    struct guest *guest = guest_of(vm);
    cpu_client_context_t *cpu = &guest->cpu[vcpu->id].cpu;
    struct cpu_guest_caps caps;
    mo_client_context_t frame;
    guest->ops = vcpu_kernel_ops;
    guest->ops.start = start_vcpu;
    vcpu->ops = &guest->ops;
    vcpu->frame =
        sel4gpi_get_vmr(sel4gpi_get_bound_vmr_rde(), 1, NULL, SEL4UTILS_RES_TYPE_GENERIC, MO_PAGE_BITS, &frame);
    int error = vcpu->frame ? cpu_client_serve_guest(cpu, &frame, &caps) : GPI_ERR_NO_MEMORY;
    error = error ? error : set_time(guest, vcpu);
    if (error == GPI_OK) {
        vcpu->caps = (struct vcpu_caps){.vcpu = caps.vcpu,
                                        .tcb = caps.tcb,
                                        .endpoint = guest->cpu[vcpu->id].fault_ep.raw_endpoint,
                                        .reply = guest->replies[vcpu->id].raw_endpoint};
        error = start_exit_thread(guest, vcpu);
    }
    if (error != GPI_OK) {
        vm_log(vm, "vCPU %u: %s", vcpu->id, gpi_strerror(error));
    }
    return error == GPI_OK;
}

/* EL0 may clean its own memory. */
static void host_clean(struct vm *vm, void *start, uint64_t size)
{
    (void)vm;
    uint64_t ctr;
    __asm__("mrs %0, ctr_el0" : "=r"(ctr));
    uintptr_t line = 4ul << (ctr >> 16 & 0xf), end = (uintptr_t)start + size; /* DminLine, in words */
    for (uintptr_t at = (uintptr_t)start & ~(line - 1); at < end; at += line) {
        __asm__ volatile("dc cvac, %0" : : "r"(at) : "memory");
    }
    __asm__ volatile("dsb sy" : : : "memory");
}

static void host_end(struct vm *vm, enum vm_end how)
{
    struct guest *guest = guest_of(vm);
    guest->end = how;
    __atomic_store_n(&guest->has_ended, true, __ATOMIC_RELEASE);
    seL4_Signal(guest->ended);
}

static void host_log(struct vm *vm, const char *line)
{
    struct guest *guest = guest_of(vm);
    if (guest->dump == NULL) {
        guest_console_line(&guest->console, line);
        return;
    }
    for (; *line != '\0' && guest->dumped + 1 < GUEST_DUMP_SIZE; line++) {
        guest->dump[guest->dumped++] = *line;
    }
    guest->dump[guest->dumped++] = '\n';
    guest->dumped = guest->dumped < GUEST_DUMP_SIZE ? guest->dumped : GUEST_DUMP_SIZE - 1;
}

static bool host_random(struct vm *vm, void *bytes, size_t size)
{
    struct guest *guest = guest_of(vm);
    lock_acquire(&guest->random_lock);
    bool seeded = gpi_random_bytes(&guest->random, bytes, size);
    lock_release(&guest->random_lock);
    return seeded;
}

static uint64_t host_counter(struct vm *vm)
{
    (void)vm;
    return gpi_time_ticks();
}

static uint64_t host_seconds(struct vm *vm)
{
    uint64_t base = guest_of(vm)->boot_time;
    return base == 0 ? 0 : base + gpi_time_ticks() / gpi_time_frequency();
}

static uint64_t host_frequency(struct vm *vm)
{
    (void)vm;
    return gpi_time_frequency();
}

static void host_wake_at(struct vm *vm, uint64_t counter)
{
    guest_wake_at(&guest_of(vm)->wake, counter);
}

const struct vm_host guest_host = {
    .ram = host_ram,
    .vcpu = host_vcpu,
    .clean = host_clean,
    .end = host_end,
    .log = host_log,
    .random = host_random,
    .counter = host_counter,
    .seconds = host_seconds,
    .frequency = host_frequency,
    .wake_at = host_wake_at,
    .end_irq = devices_end_irq,
};

enum vm_end guest_settle(struct guest *guest)
{
    __atomic_store_n(&guest->has_ended, false, __ATOMIC_RELEASE);
    for (unsigned i = 0; i < guest->vm.vcpu_count; i++) {
        struct vcpu *vcpu = &guest->vm.vcpus[i];
        vcpu->ops->stop(vcpu);
        vcpu_kernel_settle(vcpu);
        cpu_client_suspend(&guest->cpu[i].cpu);
    }
    return guest->end;
}

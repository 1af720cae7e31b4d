/* SPDX-License-Identifier: BSD-2-Clause */
/* What a CPU finds when it begins. */
#include "creation.h"

#include "../self.h"

#include <gpi/layout.h>
#include <gpi/tls.h>
#include <sel4/ipc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGE (1ul << MO_PAGE_BITS)
enum { VECTORS_SIZE = 512 /* what is not strings: counts, zeros, auxiliary vector, alignment */ };

extern char **environ;

/* The upper end of a stack as the creator sees it. */
struct view {
    char *memory;
    size_t size;
    seL4_Word vaddr; /* in the new PD */
    void *region;    /* shown here for now; null: it was here anyway */
};

/* A stack of which nothing but its place is known: its region is shared with this space. */
static int show_region(const ads_client_context_t *ads, void *start, size_t size, void **at)
{
    ads_client_context_t theirs = *ads, own = sel4gpi_get_ads_conn();
    ads_vmr_context_t gap;
    int error = vmr_client_reserve(own.ep, NULL, size, MO_PAGE_BITS, SEL4UTILS_RES_TYPE_GENERIC, &gap, at);
    if (error == GPI_OK) {
        error = vmr_client_delete(&gap);
    }
    vmr_config_t vmr = {.start = start, .dest_start = *at};
    return error == GPI_OK ? ads_client_shallow_copy(&theirs, &own, &vmr) : error;
}

static int view_open(const struct plan *plan, const runtime_context_t *context, const sel4gpi_runnable_t *r,
                     size_t size, struct view *view)
{
    const vmr_config_t *stack = &context->stack_cfg;
    size_t pages = (size + PAGE - 1) >> MO_PAGE_BITS;
    seL4_Word top = (seL4_Word)stack->start + (stack->region_pages << MO_PAGE_BITS);
    *view = (struct view){NULL, pages << MO_PAGE_BITS, top - (pages << MO_PAGE_BITS), NULL};
    if (pages > stack->region_pages) {
        return config_refuse("args: they do not fit onto the stack");
    }
    if (plan->own_ads) {
        view->memory = (char *)view->vaddr;
        return GPI_OK;
    }
    if (!stack->mo.ep) {
        int error = show_region(&r->ads, stack->start, stack->region_pages << MO_PAGE_BITS, &view->region);
        view->memory = (char *)view->region + (view->vaddr - (seL4_Word)stack->start);
        return error;
    }
    mo_client_context_t mo = stack->mo;
    int error = vmr_client_map(sel4gpi_get_bound_vmr_rde(), NULL, &mo, stack->region_pages - pages, pages,
                               SEL4UTILS_RES_TYPE_GENERIC, 0, &view->region);
    view->memory = view->region;
    return error;
}

static void view_close(const struct view *view)
{
    if (view->region) {
        vmr_client_delete_by_vaddr(sel4gpi_get_bound_vmr_rde(), view->region);
    }
}

static size_t strings_size(int argc, char *const *argv)
{
    size_t size = 0;
    for (int i = 0; i < argc; i++) {
        size += strlen(argv[i]) + 1 + sizeof(char *);
    }
    return size;
}

size_t runtime_stack_size(const struct plan *plan, int argc, char *const *argv)
{
    size_t size = strings_size(argc, argv) + VECTORS_SIZE;
    for (char **e = environ; plan->kind == RUNTIME_FULL && e && *e; e++) {
        size += strlen(*e) + 1 + sizeof(char *);
    }
    return plan->kind == RUNTIME_TLS ? size + ((gpi_tls_size() + gpi_tls_align() + 15) & ~15ul) : size;
}

static int prepare_program(const struct plan *plan, const runtime_context_t *context, const sel4gpi_runnable_t *r,
                           int argc, char *const *argv)
{
    cpu_client_context_t cpu = r->cpu;
    size_t heap_pages = 0, bits;
    void *heap = NULL;
    ads_client_context_t ads = r->ads;
    struct view view;
    int error = view_open(plan, context, r, runtime_stack_size(plan, argc, argv), &view);
    if (error != GPI_OK) {
        return error;
    }
    if (ads_client_get_reservation(&ads, SEL4UTILS_RES_TYPE_HEAP, &heap, &heap_pages, &bits) != GPI_OK) {
        heap = NULL; /* a PD without heap: malloc finds none */
    }
    const struct gpi_aux aux[] = {
        {GPI_AT_PHDR, plan->program.phdr},
        {GPI_AT_PHENT, 56},
        {GPI_AT_PHNUM, plan->program.phnum},
        {GPI_AT_PAGESZ, PAGE},
        {GPI_AT_BASE, 0},
        {GPI_AT_ENTRY, plan->program.entry},
        {GPI_AT_IPC_BUFFER, (seL4_Word)context->ipc_buf_cfg.start},
        {GPI_AT_OSM_DATA, (seL4_Word)context->osm_data},
        {GPI_AT_HEAP, (seL4_Word)heap},
        {GPI_AT_HEAP_SIZE, heap ? heap_pages << MO_PAGE_BITS : 0},
    };
    const struct gpi_initial_stack what = {argc, (const char *const *)argv, (const char *const *)environ, aux,
                                           sizeof aux / sizeof aux[0]};
    seL4_Word sp = gpi_initial_stack(&what, view.memory, view.size, view.vaddr);
    view_close(&view);
    return sp ? cpu_client_set_start(&cpu, &(struct cpu_start){(seL4_Word)context->entry_point, sp, 0, 0})
              : config_refuse("the arguments do not fit onto the stack");
}

/* Where threads begin: sp -> argc, argv...; x0 = the function. When it returns, its PD ends. */
void gpi_pd_thread_start(void);
__asm__(".pushsection .text.gpi_pd_thread_start, \"ax\"\n"
        ".global gpi_pd_thread_start\n"
        "gpi_pd_thread_start:\n"
        "    mov x9, x0\n"
        "    ldr x0, [sp]\n"
        "    add x1, sp, #8\n"
        "    mov x29, xzr\n"
        "    mov x30, xzr\n"
        "    blr x9\n"
        "    b _exit\n"
        ".popsection\n");

static int prepare_thread(const struct plan *plan, const runtime_context_t *context, const sel4gpi_runnable_t *r,
                          int argc, char *const *argv)
{
    cpu_client_context_t cpu = r->cpu;
    struct view view;
    int error = view_open(plan, context, r, runtime_stack_size(plan, argc, argv), &view);
    if (error != GPI_OK) {
        return error;
    }
    seL4_Word top = view.vaddr + view.size;
    seL4_Word tls = (top - gpi_tls_size()) & ~(gpi_tls_align() - 1) & ~15ul;
    char *memory = view.memory + (tls - view.vaddr);
    seL4_Word pointer = gpi_tls_init(memory);
    /* Where variables lie from the thread pointer is the same in all threads. */
    *(seL4_IPCBuffer **)(pointer + ((seL4_Word)&__sel4_ipc_buffer - gpi_tls_get())) = context->ipc_buf_cfg.start;
    *(osm_pd_shared_data_t **)(pointer + ((seL4_Word)&gpi_osm - gpi_tls_get())) = context->osm_data;
    const struct gpi_initial_stack what = {argc, (const char *const *)argv, NULL, NULL, 0};
    seL4_Word sp = gpi_initial_stack(&what, view.memory, (size_t)(tls - view.vaddr), view.vaddr);
    view_close(&view);
    struct cpu_start start = {(seL4_Word)gpi_pd_thread_start, sp, tls, (seL4_Word)context->entry_point};
    return sp ? cpu_client_set_start(&cpu, &start) : config_refuse("the arguments do not fit onto the stack");
}

int runtime_prepare(const struct plan *plan, const runtime_context_t *context, const sel4gpi_runnable_t *r, int argc,
                    char *const *argv)
{
    cpu_client_context_t cpu = r->cpu;
    switch (plan->kind) {
    case RUNTIME_FULL:
        return prepare_program(plan, context, r, argc, argv);
    case RUNTIME_TLS:
        return prepare_thread(plan, context, r, argc, argv);
    default:
        return cpu_client_set_start(&cpu, &(struct cpu_start){(seL4_Word)context->entry_point, 0, 0, 0});
    }
}

int pd_client_runtime_setup(pd_client_context_t *target_pd, ads_client_context_t *target_ads,
                            cpu_client_context_t *target_cpu, void *stack_pos, int argc, seL4_Word *args,
                            void *entry_point, void *ipc_buf_addr, void *osm_data_in_PD)
{
    const sel4gpi_runnable_t r = {*target_pd, *target_ads, *target_cpu};
    struct plan plan = {.own_ads = target_ads->id == sel4gpi_get_ads_conn().id, .image = elf_loaded(target_pd->id)};
    runtime_context_t context = {.entry_point = entry_point, .osm_data = osm_data_in_PD};
    pd_client_context_t self = sel4gpi_get_pd_conn();
    struct pd_cap_info cpu;
    struct ads_region stack;
    int error = pd_client_cap_info(&self, target_cpu->ep, &cpu);
    if (error != GPI_OK || cpu.type != GPICAP_TYPE_CPU) {
        return error != GPI_OK ? error : GPI_ERR_BAD_CAP;
    }
    plan.kind = cpu.detail ? RUNTIME_NONE : plan.image ? RUNTIME_FULL : RUNTIME_TLS;
    if (plan.kind == RUNTIME_NONE) {
        return runtime_prepare(&plan, &context, &r, 0, NULL);
    }
    if (plan.image) {
        plan.program = plan.image->program;
    }
    error = (seL4_Word)stack_pos % PAGE ? GPI_ERR_BAD_ARGUMENT
                                        : vmr_client_find(target_ads->ep, (char *)stack_pos - 1, &stack);
    char **argv = error == GPI_OK ? words_to_strings(argc, args) : NULL;
    if (argv) {
        context.ipc_buf_cfg.start = ipc_buf_addr;
        context.stack_cfg.start = (void *)stack.vaddr;
        context.stack_cfg.region_pages = ((seL4_Word)stack_pos - stack.vaddr) >> MO_PAGE_BITS;
        error = runtime_prepare(&plan, &context, &r, argc > 0 ? argc : 0, argv);
    } else if (error == GPI_OK) {
        error = GPI_ERR_NO_MEMORY;
    }
    free(argv);
    return error;
}

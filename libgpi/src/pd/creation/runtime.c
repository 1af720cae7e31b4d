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

static int begin_at(struct cpu_start *start, seL4_Word pc, seL4_Word sp, seL4_Word x0)
{
    *start = (struct cpu_start){pc, sp, 0, x0};
    return sp ? GPI_OK : config_refuse("the arguments do not fit onto the stack");
}

static int prepare_program(const struct plan *plan, const runtime_context_t *context, const sel4gpi_runnable_t *r,
                           int argc, char *const *argv, const struct view *view, struct cpu_start *start)
{
    size_t heap_pages = plan->heap_pages, bits;
    void *heap = (void *)plan->heap;
    ads_client_context_t ads = r->ads;
    if (!heap_pages && ads_client_get_reservation(&ads, SEL4UTILS_RES_TYPE_HEAP, &heap, &heap_pages, &bits) != GPI_OK) {
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
    seL4_Word sp = gpi_initial_stack(&what, view->memory, view->size, view->vaddr);
    return begin_at(start, (seL4_Word)context->entry_point, sp, 0);
}

/*
 * Where threads begin: sp -> argc, argv...; x0 = the TLS block, whose second word, which nobody else uses, is the function. When that
 * returns, its PD ends. The thread pointer is set here, for a call of the kernel less.
 */
void gpi_pd_thread_start(void);
__asm__(".pushsection .text.gpi_pd_thread_start, \"ax\"\n"
        ".global gpi_pd_thread_start\n"
        "gpi_pd_thread_start:\n"
        "    msr tpidr_el0, x0\n"
        "    ldr x9, [x0, #8]\n"
        "    ldr x0, [sp]\n"
        "    add x1, sp, #8\n"
        "    mov x29, xzr\n"
        "    mov x30, xzr\n"
        "    blr x9\n"
        "    b _exit\n"
        ".popsection\n");

static int prepare_thread(const runtime_context_t *context, int argc, char *const *argv, const struct view *view,
                          struct cpu_start *start)
{
    seL4_Word top = view->vaddr + view->size;
    seL4_Word tls = (top - gpi_tls_size()) & ~(gpi_tls_align() - 1) & ~15ul;
    char *memory = view->memory + (tls - view->vaddr);
    seL4_Word pointer = gpi_tls_init(memory);
    /* Where variables lie from the thread pointer is the same in all threads. */
    *(seL4_IPCBuffer **)(pointer + ((seL4_Word)&__sel4_ipc_buffer - gpi_tls_get())) = context->ipc_buf_cfg.start;
    *(osm_pd_shared_data_t **)(pointer + ((seL4_Word)&gpi_osm - gpi_tls_get())) = context->osm_data;
    ((seL4_Word *)pointer)[1] = (seL4_Word)context->entry_point;
    const struct gpi_initial_stack what = {argc, (const char *const *)argv, NULL, NULL, 0};
    seL4_Word sp = gpi_initial_stack(&what, view->memory, (size_t)(tls - view->vaddr), view->vaddr);
    return begin_at(start, (seL4_Word)gpi_pd_thread_start, sp, tls);
}

int runtime_prepare(const struct plan *plan, const runtime_context_t *context, const sel4gpi_runnable_t *r, int argc,
                    char *const *argv, const struct view *view, struct cpu_start *start)
{
    switch (plan->kind) {
    case RUNTIME_FULL:
        return prepare_program(plan, context, r, argc, argv, view, start);
    case RUNTIME_TLS:
        return prepare_thread(context, argc, argv, view, start);
    default:
        *start = (struct cpu_start){(seL4_Word)context->entry_point, 0, 0, 0};
        return GPI_OK;
    }
}

/* The same by hand: of the stack nothing but its place is known, it is shown here meanwhile. */
static int prepare_shown(const struct plan *plan, const runtime_context_t *context, const sel4gpi_runnable_t *r,
                         int argc, char *const *argv, struct cpu_start *start)
{
    seL4_Word bottom = (seL4_Word)context->stack_cfg.start;
    size_t size = context->stack_cfg.region_pages << MO_PAGE_BITS;
    struct view view = {(char *)bottom, size, bottom};
    void *shown = NULL;
    if (runtime_stack_size(plan, argc, argv) > size) {
        return config_refuse("args: they do not fit onto the stack");
    }
    int error = plan->own_ads ? GPI_OK : show_region(&r->ads, context->stack_cfg.start, size, &shown);
    if (error == GPI_OK) {
        view.memory = shown ? shown : view.memory;
        error = runtime_prepare(plan, context, r, argc, argv, &view, start);
        if (shown) {
            vmr_client_delete_by_vaddr(sel4gpi_get_bound_vmr_rde(), shown);
        }
    }
    return error;
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
    struct cpu_start start;
    if (plan.kind == RUNTIME_NONE) {
        runtime_prepare(&plan, &context, &r, 0, NULL, NULL, &start);
        return cpu_client_set_start(target_cpu, &start);
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
        error = prepare_shown(&plan, &context, &r, argc > 0 ? argc : 0, argv, &start);
        error = error ? error : cpu_client_set_start(target_cpu, &start);
    } else if (error == GPI_OK) {
        error = GPI_ERR_NO_MEMORY;
    }
    free(argv);
    return error;
}

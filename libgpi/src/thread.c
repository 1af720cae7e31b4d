/* SPDX-License-Identifier: BSD-2-Clause */
#include <gpi/thread.h>

#include <gpi/tls.h>
#include <sel4/sel4.h>

/* Where every thread begins: x19 = what to run, x20 = its argument. */
void gpi_thread_entry(void);
__asm__(".pushsection .text.gpi_thread_entry, \"ax\"\n"
        ".global gpi_thread_entry\n"
        "gpi_thread_entry:\n"
        "    mov x29, xzr\n"
        "    mov x30, xzr\n"
        "    mov x0, x20\n"
        "    blr x19\n"
        "1:  brk #0\n"
        "    b 1b\n"
        ".popsection\n");

static seL4_CPtr make_object(cspace_t *cspace, seL4_Word type, size_t bits, size_t size_bits, ut_t **ut)
{
    seL4_CPtr slot = cspace_alloc_slot(cspace);
    *ut = slot == seL4_CapNull ? NULL : ut_alloc(bits, cspace);
    if (*ut && cspace_untyped_retype(cspace, (*ut)->cap, slot, type, size_bits) == seL4_NoError) {
        return slot;
    }
    ut_free(*ut, bits);
    *ut = NULL;
    cspace_free_slot(cspace, slot);
    return seL4_CapNull;
}

static void free_object(cspace_t *cspace, seL4_CPtr *slot, ut_t **ut, size_t bits)
{
    if (*slot != seL4_CapNull) {
        /* Copies elsewhere must not keep it alive. */
        ut_free_revoke(*ut, bits);
        cspace_free_slot(cspace, *slot);
    }
    *slot = seL4_CapNull;
    *ut = NULL;
}

static seL4_Error configure(const struct gpi_thread *thread, const struct gpi_thread_config *config)
{
    seL4_Error error = seL4_TCB_Configure(thread->tcb, config->cspace_root, config->cspace_data, config->vspace_root, 0,
                                          (seL4_Word)config->ipc_buffer, config->ipc_buffer_frame);
    if (error == seL4_NoError && thread->sc) {
        error = seL4_SchedControl_Configure(config->sched_control, thread->sc, config->budget, config->period, 0, 0);
    }
    if (error == seL4_NoError) {
        error = seL4_TCB_SetSchedParams(thread->tcb, config->authority, config->mcp, config->priority, thread->sc,
                                        config->fault_ep);
    }
    if (error == seL4_NoError) {
        size_t tls_size = (gpi_tls_size() + gpi_tls_align() - 1) & ~(gpi_tls_align() - 1);
        seL4_Word top = (seL4_Word)config->stack + config->stack_size;
        seL4_Word tls = (top - tls_size) & ~(gpi_tls_align() - 1);
        seL4_UserContext regs = {
            .pc = (seL4_Word)gpi_thread_entry,
            .sp = tls & ~15ul,
            .x19 = (seL4_Word)config->entry,
            .x20 = (seL4_Word)config->argument,
            .tpidr_el0 = gpi_tls_init_thread((void *)tls, config->ipc_buffer),
        };
        error = seL4_TCB_WriteRegisters(thread->tcb, 0, 0, VESICLE_USER_CONTEXT_WORDS, &regs);
    }
    return error;
}

seL4_Error gpi_thread_create(struct gpi_thread *thread, cspace_t *cspace, const struct gpi_thread_config *config)
{
    *thread = (struct gpi_thread){.cspace = cspace};
    thread->tcb = make_object(cspace, seL4_TCBObject, seL4_TCBBits, seL4_TCBBits, &thread->tcb_ut);
    if (config->sched_control) {
        thread->sc = make_object(cspace, seL4_SchedContextObject, seL4_MinSchedContextBits, seL4_MinSchedContextBits,
                                 &thread->sc_ut);
    }
    if (!thread->tcb || (config->sched_control && !thread->sc)) {
        gpi_thread_destroy(thread);
        return seL4_NotEnoughMemory;
    }
    seL4_Error error = configure(thread, config);
    if (error != seL4_NoError) {
        gpi_thread_destroy(thread);
    }
    return error;
}

seL4_Error gpi_thread_start(const struct gpi_thread *thread)
{
    return seL4_TCB_Resume(thread->tcb);
}

void gpi_thread_destroy(struct gpi_thread *thread)
{
    free_object(thread->cspace, &thread->tcb, &thread->tcb_ut, seL4_TCBBits);
    free_object(thread->cspace, &thread->sc, &thread->sc_ut, seL4_MinSchedContextBits);
}

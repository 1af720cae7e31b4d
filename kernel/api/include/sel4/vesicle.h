/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Extensions of the kernel API for guests. Each has its reason in docs/kernel-api.md.
 *
 * Stage-2 VSpace. `vesicle_Stage2VSpaceObject` (8 KiB) is the root of a guest's stage-2 table: 40-bit intermediate
 * physical addresses, two concatenated level-1 tables. It is assigned to an ASID pool (its ASID is its VMID), frames and
 * page tables are mapped into it by the same methods as into a native VSpace. A TCB with a VCPU takes only a stage-2
 * VSpace, one without takes only a native one.
 *
 * Exit frame. A frame held by the VCPU. The guest's general registers live in it; on an exit that the VMM
 * serves, PC, PSTATE and the syndrome are written there too, and the fault message is one word: label seL4_Fault_VCPUFault, MR0 =
 * ESR_EL2. A reply with label 0 resumes the guest with what stands in the frame; each of its message words (up to 4) is an
 * interrupt to inject first (`vesicle_virq`). A reply with another label leaves the guest stopped. Maintenance and VPPI
 * events keep their own labels and messages.
 */
#ifndef SEL4_VESICLE_H
#define SEL4_VESICLE_H

#include <sel4/types.h>

/** What a VMM sees and may change of its guest between an exit and the reply. One page is mapped; only this much is used. */
struct vesicle_exit_frame {
    seL4_Word x[31];  /**< x0..x30 */
    seL4_Word sp_el0; /**< SP_EL0 */
    seL4_Word pc;     /**< ELR_EL2 of the exit: the preferred return address */
    seL4_Word
        pstate; /**< SPSR_EL2. Modes EL0t, EL1t, EL1h; NZCV, DAIF and the harmless bits. Others: illegal return in the guest */
    seL4_Word esr;   /**< ESR_EL2; writes are ignored */
    seL4_Word flags; /**< VESICLE_EXIT_*; writes are ignored */
    seL4_Word far;   /**< FAR_EL2, valid for aborts; writes are ignored */
    seL4_Word ipa;   /**< faulting intermediate physical address, page offset included; writes are ignored */
};
/** `ipa` holds the address of this exit. */
#define VESICLE_EXIT_IPA_VALID 1ul

/** An interrupt to inject: the argument of `vesicle_VCPU_Inject` and each message word of an exit's reply. */
#define VESICLE_VIRQ_ID_MASK        0x3fful
#define VESICLE_VIRQ_PRIORITY_SHIFT 16
#define VESICLE_VIRQ_GROUP1         (1ul << 24)
#define VESICLE_VIRQ_EOI_NOTICE     (1ul << 25) /**< the VMM wants a VGICMaintenance message when the guest ends it */
static inline seL4_Word vesicle_virq(seL4_Word id, seL4_Word priority, seL4_Bool group1, seL4_Bool eoi_notice)
{
    return (id & VESICLE_VIRQ_ID_MASK) | ((priority & 0xff) << VESICLE_VIRQ_PRIORITY_SHIFT) |
           (group1 ? VESICLE_VIRQ_GROUP1 : 0) | (eoi_notice ? VESICLE_VIRQ_EOI_NOTICE : 0);
}

/** State of one virtual interrupt, as returned by Withdraw and GetIRQState and taken by SetIRQState. */
#define VESICLE_VIRQ_PENDING 1ul
#define VESICLE_VIRQ_ACTIVE  2ul

/** Interrupt ids of the kernel's direct virtual PPIs. */
#define VESICLE_VTIMER_PPI 27
#define VESICLE_PMU_PPI    23

/** Id of each core's own timer, free for native programs (vesicle_IRQHandler_SetDeadline). */
#define VESICLE_TIMER_PPI 30

/** A VGICMaintenance message's IDX word: id of the interrupt the guest ended (EOI notice asked), not a list register. */

/** Number of the cycle counter, and the event that counts nothing, for `vesicle_TCB_SetCounter`. */
#define VESICLE_COUNTER_CYCLES 31
#define VESICLE_COUNTER_OFF    (~0ul)

/** Key of an ID register for `vesicle_VCPU_SetConstIDReg`: op0 = 3, op1 = 0, CRn = 0, CRm in 1..7. */
#define VESICLE_IDREG(crm, op2) (((seL4_Word)(crm) << 3) | (seL4_Word)(op2))

/** Frames one `vesicle_Page_MapRange` or `UnmapRange` takes at most. */
#define VESICLE_PAGE_RANGE_MAX 1024

/** The root task's capabilities beyond those of the reference. */
enum {
    vesicle_CapTrace = seL4_NumInitialCaps, /**< sel4/trace.h */
    vesicle_NumInitialCaps
};

/** Extra boot information: the boot archive as loaded. Payload: struct vesicle_bootinfo_archive. */
#define VESICLE_BOOTINFO_HEADER_ARCHIVE 0x100
struct vesicle_bootinfo_archive {
    seL4_Word paddr; /**< page-aligned; covered by device untypeds, whose contents are never cleared */
    seL4_Word size;  /**< bytes */
};

#endif

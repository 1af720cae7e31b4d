/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/tlb.h"

#include <stdbool.h>

/* Operands, DDI 0487 D8.13: ASID and page number; VTTBR_EL2: VMID. */
#define TLBI_ASID_SHIFT  48
#define TLBI_VA_MASK     0x00000fffffffffffull
#define TLBI_PAGE_SHIFT  12
#define VTTBR_VMID_SHIFT 48
#define HCR_TGE          (1ull << 27)

/* So many pages are cheaper dropped with everything else of the ASID. */
#define PAGES_BEFORE_ASID 64

#define READ(reg)                                                                                                      \
    __extension__({                                                                                                    \
        word_t value_;                                                                                                 \
        __asm__ volatile("mrs %0, " #reg : "=r"(value_));                                                              \
        value_;                                                                                                        \
    })
#define WRITE(reg, value) __asm__ volatile("msr " #reg ", %0\n\tisb" ::"r"((word_t)(value)) : "memory")

static inline void dsb_ishst(void)
{
    __asm__ volatile("dsb ishst" ::: "memory");
}
static inline void complete(void)
{
    __asm__ volatile("dsb ish\n\tisb" ::: "memory");
}

/*
 * With E2H = 1 the EL1 forms mean the EL2&0 regime while TGE = 1, the EL1&0 regime of the current VMID while TGE = 0. After
 * an exit TGE is still 0.
 */
static word_t enter_native(void)
{
    word_t hcr = READ(hcr_el2);

    if (!(hcr & HCR_TGE)) {
        WRITE(hcr_el2, hcr | HCR_TGE);
    }
    return hcr;
}
static void leave_native(word_t hcr)
{
    if (!(hcr & HCR_TGE)) {
        WRITE(hcr_el2, hcr);
    }
}

static inline void invalidate_leaf(word_t asid, word_t vaddr)
{
    word_t operand = asid << TLBI_ASID_SHIFT | (vaddr >> TLBI_PAGE_SHIFT & TLBI_VA_MASK);

    __asm__ volatile("tlbi vale1is, %0" ::"r"(operand) : "memory");
}

void tlb_invalidate_page(word_t asid, word_t vaddr)
{
    tlb_invalidate_pages(asid, vaddr, TLBI_PAGE_SHIFT, 1);
}

void tlb_invalidate_pages(word_t asid, word_t vaddr, unsigned bits, word_t count)
{
    if (count > PAGES_BEFORE_ASID) {
        tlb_invalidate_asid(asid);
        return;
    }
    dsb_ishst();
    word_t hcr = enter_native();
    for (word_t i = 0; i < count; i++) {
        invalidate_leaf(asid, vaddr + (i << bits));
    }
    complete();
    leave_native(hcr);
}

void tlb_invalidate_asid(word_t asid)
{
    dsb_ishst();
    word_t hcr = enter_native();
    __asm__ volatile("tlbi aside1is, %0" ::"r"(asid << TLBI_ASID_SHIFT) : "memory");
    complete();
    leave_native(hcr);
}

void tlb_invalidate_ipa(word_t vmid, word_t ipa)
{
    /*
     * Invalidation by IPA reaches stage-2 entries only; combined ones would have to go by VMID after it (DDI 0487 D8.13.5), and
     * those are what the TLB is made of.
     */
    (void)ipa;
    tlb_invalidate_vmid(vmid);
}

void tlb_invalidate_vmid(word_t vmid)
{
    word_t vttbr = READ(vttbr_el2);
    bool other = vttbr >> VTTBR_VMID_SHIFT != vmid;

    dsb_ishst();
    if (other) {
        /* At EL2 nothing is fetched by the guest's regime, so the table's address does not matter. DDI 0487 D8.2.11. */
        WRITE(vttbr_el2, vmid << VTTBR_VMID_SHIFT);
    }
    __asm__ volatile("tlbi vmalls12e1is" ::: "memory");
    complete();
    if (other) {
        WRITE(vttbr_el2, vttbr);
    }
}

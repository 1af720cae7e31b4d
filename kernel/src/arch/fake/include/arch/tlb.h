/* SPDX-License-Identifier: BSD-2-Clause */
/* TLB maintenance of the fake architecture: counted, so that tests can see it happen. */
#ifndef ARCH_TLB_H
#define ARCH_TLB_H

#include "types.h"

struct fake_tlb {
    unsigned published, pages, asids, ipas, vmids;
    word_t last_asid, last_address;
};
extern struct fake_tlb fake_tlb;

static inline void tlb_publish(void)
{
    fake_tlb.published++;
}
static inline void tlb_invalidate_page(word_t asid, word_t vaddr)
{
    fake_tlb.pages++, fake_tlb.last_asid = asid, fake_tlb.last_address = vaddr;
}
static inline void tlb_invalidate_pages(word_t asid, word_t vaddr, unsigned bits, word_t count)
{
    (void)bits;
    fake_tlb.pages += (unsigned)count, fake_tlb.last_asid = asid, fake_tlb.last_address = vaddr;
}
static inline void tlb_invalidate_asid(word_t asid)
{
    fake_tlb.asids++, fake_tlb.last_asid = asid;
}
static inline void tlb_invalidate_ipa(word_t vmid, word_t ipa)
{
    fake_tlb.ipas++, fake_tlb.last_asid = vmid, fake_tlb.last_address = ipa;
}
static inline void tlb_invalidate_vmid(word_t vmid)
{
    fake_tlb.vmids++, fake_tlb.last_asid = vmid;
}

#endif

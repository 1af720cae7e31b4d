/* SPDX-License-Identifier: BSD-2-Clause */
/* TLB maintenance of the fake architecture: counted, so that tests can see it happen. */
#ifndef ARCH_TLB_H
#define ARCH_TLB_H

#include "types.h"

struct fake_tlb {
    unsigned pages, asids, ipas, vmids;
};
extern struct fake_tlb fake_tlb;

static inline void tlb_publish(void) {}
static inline void tlb_invalidate_page(word_t asid, word_t vaddr) { (void)asid, (void)vaddr, fake_tlb.pages++; }
static inline void tlb_invalidate_asid(word_t asid) { (void)asid, fake_tlb.asids++; }
static inline void tlb_invalidate_ipa(word_t vmid, word_t ipa) { (void)vmid, (void)ipa, fake_tlb.ipas++; }
static inline void tlb_invalidate_vmid(word_t vmid) { (void)vmid, fake_tlb.vmids++; }

#endif

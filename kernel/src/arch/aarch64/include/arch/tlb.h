/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What changes to translation tables need: ordering, and invalidation of both kinds of TLB entry, on all cores. All but
 * tlb_publish make entries written before visible first, and are complete on return.
 */
#ifndef ARCH_TLB_H
#define ARCH_TLB_H

#include "types.h"

/** Makes table entries written before visible to table walks. */
static inline void tlb_publish(void)
{
    __asm__ volatile("dsb ishst\n\tisb" ::: "memory");
}
/** Native space: one page (any level), `count` pages of 2^bits bytes, or all of an ASID. */
void tlb_invalidate_page(word_t asid, word_t vaddr);
void tlb_invalidate_pages(word_t asid, word_t vaddr, unsigned bits, word_t count);
void tlb_invalidate_asid(word_t asid);
/** Guest's space: one IPA (and with it all combined entries), or all of a VMID. */
void tlb_invalidate_ipa(word_t vmid, word_t ipa);
void tlb_invalidate_vmid(word_t vmid);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Address spaces: that ASIDs lead to spaces, that tables map what capabilities say is mapped there, and nothing more. */
#include "check/check.h"

#include "cpu.h"
#include "object/vspace.h"

static bool same_mapping(struct cap a, struct cap b)
{
    return a.w1 == b.w1 && !(cap_info(a) & FRAME_HELD) && !(cap_info(b) & FRAME_HELD);
}

static bool may_write(enum pgtable_stage stage, pte_t e)
{
    return pte_is_valid(e) && (stage == PGTABLE_STAGE2 ? (e & PTE_S2_WRITE) != 0 : !(e & PTE_S1_READ_ONLY));
}

static bool check_entry(const struct space *space, const pte_t *entry, word_t paddr, unsigned rights,
                        const struct slot *s)
{
    pte_t e = *entry;
    bool stage1 = space->stage == PGTABLE_STAGE1;

    return check(pte_paddr(e).raw == paddr, "a frame's entries lead elsewhere", s, entry) &&
           check(!pte_is_valid(e) || rights & FRAME_READ, "a frame is readable without right", s, entry) &&
           check(!may_write(space->stage, e) || rights & FRAME_WRITE, "a frame is writable without right", s, entry) &&
           check(!!(e & PTE_SW_DEVICE) == !!(rights & FRAME_DEVICE), "a frame is mapped as of other memory", s,
                 entry) &&
           check(!pte_is_valid(e) || !stage1 ||
                     (e & (PTE_S1_EL0 | PTE_S1_NG | PTE_S1_PXN)) == (PTE_S1_EL0 | PTE_S1_NG | PTE_S1_PXN),
                 "a frame is the kernel's, too", s, entry);
}

/* Capabilities of one frame, from `s` on. Several may say that it is mapped at one place: they share the entry, and it may do what any may. */
static bool check_frame(const struct slot *first)
{
    for (const struct slot *s = first; s && (s == first || !check_is_first(s)); s = slot_next(s)) {
        struct space space;
        word_t count;
        const pte_t *entries = cap_info(s->cap) & FRAME_HELD ? 0 : frame_entries(s->cap, &space, &count);
        unsigned rights = 0;
        bool counted = false;
        if (!entries) {
            continue;
        }
        for (const struct slot *o = first; o && (o == first || !check_is_first(o)); o = slot_next(o)) {
            if (same_mapping(s->cap, o->cap)) {
                rights |= cap_info(o->cap);
            }
        }
        for (const struct slot *o = first; o != s; o = slot_next(o)) {
            counted = counted || same_mapping(s->cap, o->cap);
        }
        for (word_t i = 0; i < count; i++) {
            if (!counted) {
                check_relate(RELATION_MAPPING, &entries[i], 0);
            }
            if (!check_entry(&space, &entries[i], cap_paddr(s->cap).raw + (i << PGTABLE_PAGE_BITS), rights, s)) {
                return false;
            }
        }
    }
    return true;
}

static bool is_clear(const pte_t *table, unsigned entries)
{
    for (unsigned i = 0; i < entries; i++) {
        if (!pte_is_empty(table[i])) {
            return false;
        }
    }
    return true;
}

/* The capability of a table. Its entries can be trusted only if there is one. */
static const struct slot *find_table(paddr_t table)
{
    const struct slot *s = 0;

    while ((s = check_next_object(CAP_PAGE_TABLE, s)) && cap_paddr(s->cap).raw != table.raw) {
    }
    return s;
}

static bool check_tables(const struct space *space, const pte_t *table, unsigned level, word_t base)
{
    bool root = level == pgtable_root_level(space->stage);
    unsigned entries = root && space->stage == PGTABLE_STAGE2 ? PGTABLE_STAGE2_ROOT_ENTRIES : PGTABLE_ENTRIES;

    for (unsigned i = 0; i < entries; i++) {
        word_t vaddr = base + ((word_t)i << pgtable_shift(level));
        const pte_t *entry = &table[i];
        if (pte_is_empty(*entry)) {
            continue;
        }
        if (!pte_is_table(*entry, level)) {
            check_unrelate(RELATION_MAPPING, entry, 0);
            continue;
        }
        const struct slot *s = find_table(pte_paddr(*entry));
        if (!check(s != 0, "a table leads to a table that is no more", entry, space->root) ||
            !check(cap_mapped_asid(s->cap) == space->asid && vspace_mapped_at(s->cap) == vaddr,
                   "a table is mapped where its capability does not say", s, entry) ||
            !check(pgtable_find_table(space->root, space->stage, vaddr, pte_paddr(*entry)) == entry,
                   "a table is mapped twice", s, entry) ||
            !check_tables(space, cap_object(s->cap), level + 1, vaddr)) {
            return false;
        }
    }
    return true;
}

static bool check_space(const struct slot *s)
{
    const struct vspace *v = cap_object(s->cap);
    bool stage2 = cap_vspace_is_stage2(s->cap);
    struct space space;

    if (cap_vspace_asid(s->cap) == 0) {
        return check(is_clear(v->entry, stage2 ? PGTABLE_STAGE2_ROOT_ENTRIES : PGTABLE_ENTRIES),
                     "a space without ASID maps something", s, v);
    }
    if (!vspace_of_cap(s->cap, &space)) {
        return true; /* it lost its ASID */
    }
    check_relate(RELATION_ASID, v, (const void *)(uintptr_t)space.asid);
    for (unsigned i = 0; i < cpu_count; i++) {
        if (cpus[i].vspace == v) {
            check_relate(RELATION_CORE, &cpus[i].vspace, v);
        }
        if (cpus[i].stage2 == v) {
            check_relate(RELATION_CORE, &cpus[i].stage2, v);
        }
    }
    return check((space.stage == PGTABLE_STAGE2) == stage2, "a space of another kind than its ASID says", s, v) &&
           check(!stage2 || space.asid >> vmid_bits == 0, "a VMID the hardware does not have", s, v) &&
           check_tables(&space, space.root, pgtable_root_level(space.stage), 0);
}

static bool check_pool(const struct slot *s)
{
    word_t base = check_cap(s).w1;
    struct asid_pool *const *place = &asid_table[base >> seL4_ASIDPoolIndexBits];
    const struct asid_pool *pool = cap_object(s->cap);

    for (unsigned i = 0; i < ASID_POOL_ENTRIES; i++) {
        bool stage2;
        if (pool->entry[i] == 0) {
            continue;
        }
        if (!check(base + i != 0, "ASID 0 was given", pool, 0)) {
            return false;
        }
        check_unrelate(RELATION_ASID, asid_find(base + i, &stage2), (const void *)(uintptr_t)(base + i));
    }
    check_relate(RELATION_POOL, place, pool);
    return check(*place == pool, "a pool's place in the table is another's", pool, *place);
}

static bool check_object(const struct slot *s)
{
    switch (cap_type(check_cap(s))) {
    case CAP_FRAME:
        return check_frame(s);
    case CAP_PAGE_TABLE:
        return check(cap_mapped_asid(s->cap) || is_clear(cap_object(s->cap), PGTABLE_ENTRIES),
                     "a table that is not mapped maps something", s, 0);
    case CAP_VSPACE:
        return check_space(s);
    case CAP_ASID_POOL:
        return check_pool(s);
    default:
        return true;
    }
}

bool check_spaces(void)
{
    for (unsigned i = 0; i < ASID_POOLS; i++) {
        if (asid_table[i]) {
            check_unrelate(RELATION_POOL, &asid_table[i], asid_table[i]);
        }
    }
    for (unsigned i = 0; i < cpu_count; i++) {
        if (cpus[i].vspace) {
            check_unrelate(RELATION_CORE, &cpus[i].vspace, cpus[i].vspace);
        }
        if (cpus[i].stage2) {
            check_unrelate(RELATION_CORE, &cpus[i].stage2, cpus[i].stage2);
        }
    }
    for (const struct slot *s = slot_next(&slot_list); s; s = slot_next(s)) {
        if (check_is_first(s) && !check_object(s)) {
            return false;
        }
    }
    return check_balanced(RELATION_POOL, "the table of pools has one that is no more") &&
           check_balanced(RELATION_ASID, "an ASID's space is no more, or has another ASID") &&
           check_balanced(RELATION_CORE, "a core is in a space that is no more") &&
           check_balanced(RELATION_MAPPING, "a frame is mapped where no capability says");
}

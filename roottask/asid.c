/* SPDX-License-Identifier: BSD-2-Clause */
#include "asid.h"

#include <sel4/sel4.h>

struct asid_pool {
    struct kobject untyped; /* only `ut`, for the first one nothing: the kernel made it */
    seL4_CPtr cap;
    unsigned used;
    struct asid_pool *next;
};

static struct asid_pool first = {.cap = seL4_CapInitThreadASIDPool, .used = 1 /* the root task's own */};

static struct asid_pool *new_pool(void)
{
    struct asid_pool *pool = memory_new(sizeof *pool);
    if (!pool) {
        return NULL;
    }
    pool->untyped.ut = memory_must_fail() ? NULL : ut_alloc(seL4_ASIDPoolBits, &root_cspace);
    pool->cap = pool->untyped.ut ? cspace_alloc_slot(&root_cspace) : 0;
    if (pool->cap && seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, pool->untyped.ut->cap, root_cspace.root_cnode,
                                                   pool->cap, root_cspace.depth) == seL4_NoError) {
        pool->next = first.next;
        first.next = pool;
        return pool;
    }
    cspace_free_slot(&root_cspace, pool->cap);
    if (pool->untyped.ut) {
        ut_free(pool->untyped.ut, seL4_ASIDPoolBits);
    }
    memory_free(pool);
    return NULL;
}

struct asid_pool *asid_assign(seL4_CPtr vspace)
{
    struct asid_pool *pool = &first;
    while (pool && pool->used == 1u << seL4_ASIDPoolIndexBits) {
        pool = pool->next;
    }
    pool = pool ? pool : new_pool();
    if (!pool || seL4_ARM_ASIDPool_Assign(pool->cap, vspace) != seL4_NoError) {
        return NULL;
    }
    pool->used++;
    return pool;
}

void asid_release(struct asid_pool *pool)
{
    if (!pool || --pool->used > 0 || pool == &first) {
        return;
    }
    struct asid_pool *before = &first;
    while (before->next != pool) {
        before = before->next;
    }
    before->next = pool->next;
    ut_free_revoke(pool->untyped.ut, seL4_ASIDPoolBits);
    cspace_free_slot(&root_cspace, pool->cap);
    memory_free(pool);
}

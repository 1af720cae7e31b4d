/* SPDX-License-Identifier: BSD-2-Clause */
#include "check/check.h"

static struct violation first;
static word_t balance[NUM_RELATIONS];

bool check(bool condition, const char *what, const void *object, const void *other)
{
    if (!condition) {
        first = (struct violation){what, object, other};
    }
    return condition;
}

/* Sums of these are as good as random: no two sets of pairs are likely to have the same. */
static word_t mix(const void *a, const void *b)
{
    word_t h = (word_t)a * 0x9e3779b97f4a7c15ull;

    h = (h ^ h >> 29 ^ (word_t)b) * 0xbf58476d1ce4e5b9ull;
    h = (h ^ h >> 32) * 0x94d049bb133111ebull;
    return h ^ h >> 31;
}

void check_relate(enum relation r, const void *a, const void *b)
{
    balance[r] += mix(a, b);
}

void check_unrelate(enum relation r, const void *a, const void *b)
{
    balance[r] -= mix(a, b);
}

bool check_balanced(enum relation r, const char *otherwise)
{
    return check(balance[r] == 0, otherwise, 0, 0);
}

const struct slot *check_next_object(enum cap_type type, const struct slot *after)
{
    const struct slot *s = slot_next(after ? after : &slot_list);

    while (s && (cap_type(check_cap(s)) != type || !check_is_first(s))) {
        s = slot_next(s);
    }
    return s;
}

bool invariants_hold(struct violation *found)
{
    for (unsigned r = 0; r < NUM_RELATIONS; r++) {
        balance[r] = 0;
    }
    bool good = check_derivation() && check_containers() && check_threads() && check_scheduling() && check_ipc() &&
                check_vcpus() && check_spaces();
    if (!good) {
        *found = first;
    }
    return good;
}

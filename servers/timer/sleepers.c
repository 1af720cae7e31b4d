/* SPDX-License-Identifier: BSD-2-Clause */
#include "sleepers.h"

#include <stdlib.h>

static bool before(const struct sleeper *a, const struct sleeper *b)
{
    return a->deadline != b->deadline ? a->deadline < b->deadline : a->number < b->number;
}

static void put(struct sleepers *s, size_t place, struct sleeper *sleeper)
{
    s->heap[place] = sleeper;
    sleeper->place = place;
}

/* Up from a place, or down, to where the sleeper belongs. */
static void settle(struct sleepers *s, size_t place, struct sleeper *sleeper)
{
    while (place > 0 && before(sleeper, s->heap[(place - 1) / 2])) {
        put(s, place, s->heap[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    for (;;) {
        size_t child = 2 * place + 1;
        if (child + 1 < s->count && before(s->heap[child + 1], s->heap[child])) {
            child++;
        }
        if (child >= s->count || !before(s->heap[child], sleeper)) {
            break;
        }
        put(s, place, s->heap[child]);
        place = child;
    }
    put(s, place, sleeper);
}

struct sleeper *sleepers_first(const struct sleepers *s)
{
    return s->count ? s->heap[0] : NULL;
}

bool sleepers_add(struct sleepers *s, struct sleeper *sleeper)
{
    if (s->count == s->places) {
        size_t places = s->places ? s->places * 2 : 64;
        struct sleeper **grown = realloc(s->heap, places * sizeof(struct sleeper *));
        if (!grown) {
            return false;
        }
        s->heap = grown;
        s->places = places;
    }
    sleeper->number = s->number++;
    s->heap[s->count] = sleeper;
    settle(s, s->count++, sleeper);
    return true;
}

void sleepers_remove(struct sleepers *s, struct sleeper *sleeper)
{
    struct sleeper *last = s->heap[--s->count];
    if (last != sleeper) {
        settle(s, sleeper->place, last);
    }
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The order of those who wait, against a list that is searched from end to end. */
#include "object/waiters.h"

#include "lib/unit.h"
#include <string.h>

enum { THREADS = 40, PRIORITIES = 5 };

static struct tcb thread[THREADS];
static struct tcb *head, *tail;
static struct tcb *model[THREADS];
static unsigned count;

static void setup(void)
{
    memset(thread, 0, sizeof thread);
    head = tail = 0;
    count = 0;
}

static void insert(struct tcb *t, unsigned priority)
{
    unsigned at = 0;

    t->priority = (uint8_t)priority;
    waiters_insert(&head, &tail, t);
    while (at < count && model[at]->priority >= priority) {
        at++;
    }
    memmove(&model[at + 1], &model[at], (count - at) * sizeof *model);
    model[at] = t;
    count++;
}

static void forget(unsigned at)
{
    count--;
    memmove(&model[at], &model[at + 1], (count - at) * sizeof *model);
}

static void check(void)
{
    struct tcb *t = head;

    for (unsigned i = 0; i < count; i++, t = t->queue_next) {
        CHECK(t == model[i]);
        CHECK(t->queue_prev == (i == 0 ? 0 : model[i - 1]));
    }
    CHECK(t == 0);
    CHECK(tail == (count ? model[count - 1] : 0));
}

/* As the fast path does. */
static void pop(void)
{
    struct tcb *t = head, *next = t->queue_next;

    head = next;
    if (next) {
        t->queue_next = 0;
        waiters_new_head(t, next);
    } else {
        tail = 0;
    }
    forget(0);
}

static void at_random(void)
{
    for (unsigned i = 0; i < 200000; i++) {
        unsigned what = (unsigned)unit_random(8);
        if (what < 4 && count < THREADS) {
            struct tcb *t = &thread[unit_random(THREADS)];
            bool waits = false;
            for (unsigned j = 0; j < count; j++) {
                waits |= model[j] == t;
            }
            if (!waits) {
                insert(t, (unsigned)unit_random(PRIORITIES));
            }
        } else if (what < 6 && count) {
            unsigned at = (unsigned)unit_random(count);
            waiters_remove(&head, &tail, model[at]);
            forget(at);
        } else if (what == 6 && count) {
            pop();
        } else if (what == 7 && unit_random(100) == 0) {
            while (count) {
                pop();
            }
        }
        check();
    }
}

int main(void)
{
    static const struct unit_case cases[] = {{"at_random", at_random}};

    return unit_run("waiters", cases, UNIT_COUNT(cases), setup);
}

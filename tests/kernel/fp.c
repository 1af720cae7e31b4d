/* SPDX-License-Identifier: BSD-2-Clause */
/* Floating-point state belongs to its thread. */
#include "cases.h"
#include "lib/objects.h"
#include "lib/worker.h"
#include <sel4/sel4.h>

/* Puts arg 0 + register number into all 32 registers, waits, and compares. */
static void keep(struct worker *w)
{
    seL4_Word seed = w->arg[0];
    seL4_Word values[64];
    for (unsigned i = 0; i < 64; i++) {
        values[i] = seed + i;
    }
    for (unsigned round = 0; round < 20; round++) {
        register seL4_Word *p __asm__("x9") = values;
        __asm__ volatile("ldp q0, q1, [x9]\n ldp q2, q3, [x9, #32]\n ldp q4, q5, [x9, #64]\n ldp q6, q7, [x9, #96]\n"
                         "ldp q8, q9, [x9, #128]\n ldp q10, q11, [x9, #160]\n ldp q12, q13, [x9, #192]\n"
                         "ldp q14, q15, [x9, #224]\n ldp q16, q17, [x9, #256]\n ldp q18, q19, [x9, #288]\n"
                         "ldp q20, q21, [x9, #320]\n ldp q22, q23, [x9, #352]\n ldp q24, q25, [x9, #384]\n"
                         "ldp q26, q27, [x9, #416]\n ldp q28, q29, [x9, #448]\n ldp q30, q31, [x9, #480]\n"
                         :
                         : "r"(p)
                         : "memory");
        if (w->arg[3]) {
            seL4_Signal(w->arg[1]);
            seL4_Wait(w->arg[2], 0);
        } else {
            seL4_Wait(w->arg[2], 0);
            seL4_Signal(w->arg[1]);
        }
        seL4_Word back[64];
        p = back;
        __asm__ volatile("stp q0, q1, [x9]\n stp q2, q3, [x9, #32]\n stp q4, q5, [x9, #64]\n stp q6, q7, [x9, #96]\n"
                         "stp q8, q9, [x9, #128]\n stp q10, q11, [x9, #160]\n stp q12, q13, [x9, #192]\n"
                         "stp q14, q15, [x9, #224]\n stp q16, q17, [x9, #256]\n stp q18, q19, [x9, #288]\n"
                         "stp q20, q21, [x9, #320]\n stp q22, q23, [x9, #352]\n stp q24, q25, [x9, #384]\n"
                         "stp q26, q27, [x9, #416]\n stp q28, q29, [x9, #448]\n stp q30, q31, [x9, #480]\n"
                         :
                         : "r"(p)
                         : "memory");
        for (unsigned i = 0; i < 64; i++) {
            w->result[0] += back[i] != values[i];
        }
        w->result[1]++;
    }
}

/* Two threads take turns after every load of the registers. */
static void two_threads(void)
{
    seL4_CPtr a = new_notification(), b = new_notification();
    struct worker *first = worker_new(keep, MAIN_PRIORITY - 1), *second = worker_new(keep, MAIN_PRIORITY - 1);
    first->arg[0] = 0x1111000000000000;
    first->arg[1] = second->arg[2] = a;
    second->arg[0] = 0x2222000000000000;
    second->arg[1] = first->arg[2] = b;
    first->arg[3] = 1; /* it signals first */
    worker_run(first);
    worker_run(second);
    worker_wait(&first->done);
    worker_wait(&second->done);
    CHECK_EQ(first->result[0], 0);
    CHECK_EQ(second->result[0], 0);
    CHECK_EQ(first->result[1], 20);
}

static void read_registers(struct worker *w)
{
    seL4_Word d0, d31;
    __asm__ volatile("fmov %0, d0\n fmov %1, d31" : "=r"(d0), "=r"(d31));
    w->result[0] = d0;
    w->result[1] = d31;
    w->result[2] = 1;
}

/* A new thread sees nothing of another's. */
static void starts_clean(void)
{
    __asm__ volatile("fmov d0, #1.5\n fmov d31, #1.5");
    struct worker *w = worker_new(read_registers, MAIN_PRIORITY + 1);
    worker_run(w);
    CHECK_EQ(w->result[2], 1);
    CHECK_EQ(w->result[0], 0);
    CHECK_EQ(w->result[1], 0);
    seL4_Word d31;
    __asm__ volatile("fmov %0, d31" : "=r"(d31));
    CHECK_EQ(d31, 0x3ff8000000000000);
}

const struct test_case fp_cases[] = {
    {"fp_two_threads", two_threads},
    {"fp_starts_clean", starts_clean},
    {0, 0},
};

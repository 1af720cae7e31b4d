/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest whose kernel is a fake: system registers are an array, list registers a table with a row an interrupt. What the hardware does
 * for a guest (acknowledge, end of interrupt) are functions here.
 */
#ifndef FIXTURE_H
#define FIXTURE_H

#include "vmm/vm.h"

#include <stdio.h>

#define FIXTURE_RAM_SIZE (8ull << 20)
#define FIXTURE_HZ       1000 /* of the counter */
#define SPURIOUS         1023u

/** One row of the fake's list registers. */
struct fake_irq {
    bool pending, active, group1, notice;
    uint8_t priority;
};

/** How the kernel was told to deliver an interrupt. */
struct fake_vppi {
    bool enabled;
    uint8_t priority;
    bool group1;
};

struct fake_vcpu {
    struct fake_irq irqs[VGIC_SPI_BASE + VGIC_SPIS];
    uint64_t regs[seL4_VCPUReg_Num];
    struct vesicle_exit_frame frame;
    unsigned starts, stops, holds, releases, settles, injections;
    struct fake_vppi vtimer, pmu;
    uint64_t id_regs[64];
};

struct fixture {
    struct vm vm;
    struct fake_vcpu fake[VM_MAX_VCPUS];
    struct chardev chardev;
    char output[4096]; /* of the guest's UART */
    size_t output_used;
    size_t output_room; /* what the back end takes before it is full */
    const char *input;  /* what the back end has */
    char log[8192];
    size_t log_used;
    uint64_t counter, seconds;
    uint64_t wake_at; /* when the host is to call */
    bool no_random;
    bool no_room; /* in the list registers, for set_state */
    unsigned ends;
    unsigned ended_irqs[VGIC_SPI_BASE + VGIC_SPIS]; /* of the machine, that may come again */
    enum vm_end end;
};

extern struct fixture fixture;
/** Counters that the kernel has for guests: 0, no PMU, unless a test sets it before fixture_start. */
extern unsigned fixture_pmu_counters;

/** A guest with so many vCPUs, reset, all vCPUs at the start of RAM. */
void fixture_start(unsigned vcpus);

/** The same of one vCPU with RAM elsewhere (0: where it is by default) and devices passed through. False if it cannot be made. */
bool fixture_start_with(uint64_t ram_base, const void *devices);

/** Frees what fixture_start took. */
void fixture_end(void);

struct vcpu *fixture_vcpu(unsigned id);

/** An exit of vCPU `id` with this syndrome; what the reply carries is injected. True if the guest goes on. */
bool fixture_exit(unsigned id, uint64_t esr);

/** Time passes on the counter and, FIXTURE_HZ ticks a second, on the clock; the host calls when it was asked to. */
void fixture_pass(uint64_t ticks);

/** A device access by a vCPU, through an exit with a valid syndrome. */
uint64_t fixture_read(unsigned id, uint64_t ipa, unsigned width);
void fixture_write(unsigned id, uint64_t ipa, unsigned width, uint64_t value);

/** As ICC_IAR1_EL1: the most urgent pending interrupt becomes active; SPURIOUS if there is none. */
unsigned fixture_ack(unsigned id);

/** As ICC_EOIR1_EL1: ended; the VMM is told if it asked. */
void fixture_eoi(unsigned id, unsigned intid);

/** Reports the program's cases in the test protocol. */
struct test_case {
    const char *name;
    void (*run)(void);
};
int test_main(const char *suite, const struct test_case *cases, size_t count);

void test_fail(const char *file, int line, const char *what);
void test_fail_values(const char *file, int line, const char *what, uint64_t value, uint64_t expected);

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            test_fail(__FILE__, __LINE__, #condition);                                                                 \
        }                                                                                                              \
    } while (0)

#define CHECK_EQ(value, expected)                                                                                      \
    do {                                                                                                               \
        uint64_t check_value = (uint64_t)(value);                                                                      \
        uint64_t check_expected = (uint64_t)(expected);                                                                \
        if (check_value != check_expected) {                                                                           \
            test_fail_values(__FILE__, __LINE__, #value, check_value, check_expected);                                 \
        }                                                                                                              \
    } while (0)

#endif

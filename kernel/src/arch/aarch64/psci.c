/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/aarch64/psci.h"

#include "arch/aarch64/uart.h"

/* DEN 0022, 5.1 */
#define PSCI_SYSTEM_OFF 0x84000008u
#define PSCI_CPU_OFF    0x84000002u
#define PSCI_CPU_ON     0xc4000003u

static bool use_hvc;

void psci_init(bool by_hvc)
{
    use_hvc = by_hvc;
}

void smc_call(uint64_t regs[8])
{
    register uint64_t x0 __asm__("x0") = regs[0];
    register uint64_t x1 __asm__("x1") = regs[1];
    register uint64_t x2 __asm__("x2") = regs[2];
    register uint64_t x3 __asm__("x3") = regs[3];
    register uint64_t x4 __asm__("x4") = regs[4];
    register uint64_t x5 __asm__("x5") = regs[5];
    register uint64_t x6 __asm__("x6") = regs[6];
    register uint64_t x7 __asm__("x7") = regs[7];

    /* SMCCC 1.0 lets x8 to x17 be changed too. */
#define CALL(instruction)                                                                                              \
    __asm__ volatile(instruction " #0"                                                                                 \
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5), "+r"(x6), "+r"(x7)                  \
                     :                                                                                                 \
                     : "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "memory")
    if (use_hvc) {
        CALL("hvc");
    } else {
        CALL("smc");
    }
#undef CALL
    regs[0] = x0;
    regs[1] = x1;
    regs[2] = x2;
    regs[3] = x3;
    regs[4] = x4;
    regs[5] = x5;
    regs[6] = x6;
    regs[7] = x7;
}

void psci_system_off(void)
{
    uint64_t regs[8] = {PSCI_SYSTEM_OFF};

    uart_flush();
    smc_call(regs);
    for (;;) {
        __asm__ volatile("wfi");
    }
}

void psci_cpu_off(void)
{
    uint64_t regs[8] = {PSCI_CPU_OFF};

    smc_call(regs);
    for (;;) {
        __asm__ volatile("wfi");
    }
}

int psci_cpu_on(uint64_t mpidr, uint64_t entry, uint64_t context)
{
    uint64_t regs[8] = {PSCI_CPU_ON, mpidr, entry, context};

    smc_call(regs);
    return (int)regs[0];
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The default machine of a guest (vmm/machine.h), and how it is reached with the MMU off. */
#ifndef BARE_MACHINE_H
#define BARE_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#define GICD_BASE  0x08000000ul
#define GICR_BASE  0x080a0000ul
#define PL011_BASE 0x09000000ul
#define PL031_BASE 0x09010000ul
#define PL061_BASE 0x09030000ul /* if it was passed through */
#define RAM_BASE   0x40000000ul

enum { INTID_VTIMER = 27, INTID_PTIMER = 30, INTID_PL011 = 33, INTID_PL061 = 39 };

#define READ_SYSREG(name)                                                                                              \
    ({                                                                                                                 \
        uint64_t value_;                                                                                               \
        __asm__ volatile("mrs %0, " #name : "=r"(value_)::"memory");                                                   \
        value_;                                                                                                        \
    })
#define WRITE_SYSREG(name, value) __asm__ volatile("msr " #name ", %0\n isb" ::"r"((uint64_t)(value)) : "memory")

static inline uint32_t read32(uint64_t address)
{
    return *(volatile uint32_t *)address;
}
static inline void write32(uint64_t address, uint32_t value)
{
    *(volatile uint32_t *)address = value;
}

/** Number of the CPU that runs this. */
static inline unsigned cpu_number(void)
{
    return READ_SYSREG(mpidr_el1) & 0xff;
}

/** SMCCC (DEN 0028) call by HVC, or by SMC. */
static inline uint64_t hvc(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
    register uint64_t x0 __asm__("x0") = function, x1 __asm__("x1") = a, x2 __asm__("x2") = b, x3 __asm__("x3") = c;
    __asm__ volatile("hvc #0"
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
                     :
                     : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17",
                       "memory");
    return x0;
}
static inline uint64_t smc(uint64_t function)
{
    register uint64_t x0 __asm__("x0") = function;
    __asm__ volatile("smc #0"
                     : "+r"(x0)
                     :
                     : "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15",
                       "x16", "x17", "memory");
    return x0;
}

/* PSCI (DEN 0022). */
#define PSCI_VERSION       0x84000000ul
#define PSCI_CPU_OFF       0x84000002ul
#define PSCI_CPU_ON        0xc4000003ul
#define PSCI_AFFINITY_INFO 0xc4000004ul
#define PSCI_SYSTEM_OFF    0x84000008ul
#define PSCI_SYSTEM_RESET  0x84000009ul

#endif

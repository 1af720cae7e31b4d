/* SPDX-License-Identifier: BSD-2-Clause */
#include "rows.h"

#include "machine.h"

enum {
    GICD_CTLR = 0,
    GICD_IIDR = 8,
    GICD_IGROUPR = 0x80,
    GICD_ISENABLER = 0x100,
    GICD_IPRIORITYR = 0x400,
    GICD_IROUTER = 0x6000
};
enum { GICR_WAKER = 0x14, GICR_SGI = 0x10000, GICR_SIZE = 0x20000, WAKER_SLEEP = 2, WAKER_ASLEEP = 4 };
enum { CTLR_ENABLE_GROUP1 = 2, CTLR_ARE = 16 };
enum { UARTDR = 0x00, UARTFR = 0x18, UARTCR = 0x30, UARTIMSC = 0x38, UARTICR = 0x44 };
enum { CR_UARTEN = 1, CR_LBE = 0x80, CR_TXE = 0x100, CR_RXE = 0x200, INT_TX = 0x20 };
enum { AHEAD_US = 10, PAGE = 4096 };

#define DEVICE_BASE 0x0b000000ul              /* of the tree's device that another PD serves */
#define FRESH_BASE  (RAM_BASE + (32ul << 20)) /* RAM that nobody has touched */
#define MARK        "hint #127\n"

uint64_t deadline;
volatile uint64_t taken_at, taken[2];

void gic_begin(void)
{
    write32(GICD_BASE + GICD_CTLR, CTLR_ARE | CTLR_ENABLE_GROUP1);
}

void gic_begin_cpu(void)
{
    uint64_t redistributor = GICR_BASE + cpu_number() * (uint64_t)GICR_SIZE;
    write32(redistributor + GICR_WAKER, read32(redistributor + GICR_WAKER) & ~(uint32_t)WAKER_SLEEP);
    while (read32(redistributor + GICR_WAKER) & WAKER_ASLEEP) {
    }
    write32(redistributor + GICR_SGI + GICD_IGROUPR, ~0u);
    write32(redistributor + GICR_SGI + GICD_ISENABLER, 1 | 1u << INTID_VTIMER);
    WRITE_SYSREG(S3_0_C12_C12_5, 1);  /* ICC_SRE_EL1 */
    WRITE_SYSREG(S3_0_C4_C6_0, 0xff); /* ICC_PMR_EL1 */
    WRITE_SYSREG(S3_0_C12_C12_7, 1);  /* ICC_IGRPEN1_EL1 */
}

static uint64_t ticks_of(uint64_t us)
{
    return us * READ_SYSREG(cntfrq_el0) / 1000000;
}

void pause_us(uint64_t us)
{
    uint64_t before = taken[cpu_number()];
    WRITE_SYSREG(cntv_cval_el0, READ_SYSREG(cntvct_el0) + ticks_of(us));
    WRITE_SYSREG(cntv_ctl_el0, 1);
    while (taken[cpu_number()] == before) {
        __asm__ volatile("wfi\n msr daifclr, #2\n isb\n msr daifset, #2" ::: "memory");
    }
}

static void nothing(void)
{
    __asm__ volatile(MARK MARK);
}

static void hvc_const(void)
{
    register uint64_t x0 __asm__("x0") = PSCI_VERSION;
    __asm__ volatile(MARK "hvc #0\n" MARK : "+r"(x0) : : "x1", "x2", "x3", "memory");
}

static void smc_const(void)
{
    register uint64_t x0 __asm__("x0") = PSCI_VERSION;
    __asm__ volatile(MARK "smc #0\n" MARK : "+r"(x0) : : "x1", "x2", "x3", "memory");
}

static void hvc_vmm(void)
{
    register uint64_t x0 __asm__("x0") = PSCI_AFFINITY_INFO, x1 __asm__("x1") = 0, x2 __asm__("x2") = 0;
    __asm__ volatile(MARK "hvc #0\n" MARK : "+r"(x0), "+r"(x1), "+r"(x2) : : "x3", "memory");
}

static void smc_vmm(void)
{
    register uint64_t x0 __asm__("x0") = PSCI_AFFINITY_INFO, x1 __asm__("x1") = 0, x2 __asm__("x2") = 0;
    __asm__ volatile(MARK "smc #0\n" MARK : "+r"(x0), "+r"(x1), "+r"(x2) : : "x3", "memory");
}

static void sysreg_id(void)
{
    uint64_t value;
    __asm__ volatile(MARK "mrs %0, id_aa64mmfr0_el1\n" MARK : "=r"(value) : : "memory");
}

static void sysreg_vmm(void)
{
    uint64_t value;
    __asm__ volatile(MARK "mrs %0, oslsr_el1\n" MARK : "=r"(value) : : "memory");
}

static void load(uint64_t address)
{
    uint32_t value;
    __asm__ volatile(MARK "ldr %w0, [%1]\n" MARK : "=r"(value) : "r"(address) : "memory");
}

static void store(uint64_t address, uint32_t value)
{
    __asm__ volatile(MARK "str %w0, [%1]\n" MARK : : "r"(value), "r"(address) : "memory");
}

static void mmio_read(void)
{
    load(PL011_BASE + UARTFR);
}

static void mmio_write(void)
{
    store(PL011_BASE + UARTIMSC, 0);
}

/* A word of servers/mailbox. */
static void mmio_pd(void)
{
    load(DEVICE_BASE + 0x10);
}

static void mmio_pd_write(void)
{
    store(DEVICE_BASE + 0x10, 1);
}

static void gicd_read(void)
{
    load(GICD_BASE + GICD_IIDR);
}

/* A register with a bit of each of 32 interrupts. */
static void gicd_bits(void)
{
    load(GICD_BASE + GICD_ISENABLER + 4);
}

static void page_in(void)
{
    static uint64_t next = FRESH_BASE;
    load(next);
    next += PAGE;
}

/* An interrupt is awaited with few instructions, and none is taken elsewhere. */
static void take(uint64_t before)
{
    __asm__ volatile("msr daifclr, #2" ::: "memory");
    while (taken[cpu_number()] == before) {
    }
    __asm__ volatile("msr daifset, #2" ::: "memory");
}

static void wfi_wake(void)
{
    uint64_t before = taken[cpu_number()];
    deadline = READ_SYSREG(cntvct_el0) + ticks_of(AHEAD_US);
    /* Masked until it has slept: the time may have come before. */
    __asm__ volatile(MARK "msr cntv_cval_el0, %0\n msr cntv_ctl_el0, %1\n isb\n wfi"
                     :
                     : "r"(deadline), "r"(1ul)
                     : "memory");
    take(before);
}

static void sgi_self(void)
{
    __asm__ volatile("msr daifclr, #2\n" MARK "msr S3_0_C12_C11_5, %0\n isb\n" MARK
                     "msr daifset, #2" /* ICC_SGI1R_EL1 */
                     :
                     : "r"(1ul << cpu_number())
                     : "memory");
}

static void vtimer(void)
{
    uint64_t before = taken[0];
    deadline = 0;
    __asm__ volatile("msr daifclr, #2\n" MARK "msr cntv_cval_el0, xzr\n msr cntv_ctl_el0, %0\n isb\n" ::"r"(1ul)
                     : "memory");
    take(before);
    __asm__ volatile(MARK);
}

/* The transmitter's interrupt: it is asked for, and is pending already. */
static void inject(void)
{
    uint64_t before = taken[0];
    __asm__ volatile("msr daifclr, #2\n" MARK "str %w0, [%1]\n" : : "r"(INT_TX), "r"(PL011_BASE + UARTIMSC) : "memory");
    take(before);
}

static void before_inject(void)
{
    uint64_t word = INTID_PL011 / 32 * 4;
    write32(PL011_BASE + UARTCR, CR_UARTEN | CR_LBE | CR_TXE | CR_RXE);
    write32(PL011_BASE + UARTDR, 0);
    write32(PL011_BASE + UARTCR, CR_UARTEN | CR_TXE);
    write32(GICD_BASE + GICD_IGROUPR + word, ~0u);
    *(volatile uint8_t *)(GICD_BASE + GICD_IPRIORITYR + INTID_PL011) = 0x80;
    *(volatile uint64_t *)(GICD_BASE + GICD_IROUTER + 8ul * INTID_PL011) = 0;
    write32(GICD_BASE + GICD_ISENABLER + word, 1u << INTID_PL011 % 32);
}

/* To the other CPU, which answers. */
static void sgi(void)
{
    uint64_t before = taken[0];
    __asm__ volatile("msr daifclr, #2\n" MARK "msr S3_0_C12_C11_5, %0\n isb" : : "r"(2ul) : "memory");
    while (taken[0] == before) {
        __asm__ volatile("msr daifset, #2" ::: "memory");
        if (taken[0] == before) {
            __asm__ volatile("wfi" ::: "memory");
        }
        __asm__ volatile("msr daifclr, #2\n isb" ::: "memory");
    }
    __asm__ volatile("msr daifset, #2" ::: "memory");
}

_Noreturn void answer_sgis(void)
{
    for (;;) {
        uint64_t before = taken[1];
        while (taken[1] == before) {
            __asm__ volatile("wfi\n msr daifclr, #2\n isb\n msr daifset, #2" ::: "memory");
        }
        __asm__ volatile("dsb sy" ::: "memory");
        WRITE_SYSREG(S3_0_C12_C11_5, 1ul);
    }
}

/* Lists: marks; from, to. */
const struct row rows[] = {
    {"nothing", nothing, 2, 0, 1, ON_ONE, .before = 0},
    {"hvc_const", hvc_const, 2, 0, 1, ON_ONE | ON_PAIR, .before = 0},
    {"smc_const", smc_const, 2, 0, 1, ON_ONE | ON_PAIR, .before = 0},
    {"hvc_vmm", hvc_vmm, 2, 0, 1, ON_ONE | ON_PAIR, .before = 0},
    {"smc_vmm", smc_vmm, 2, 0, 1, ON_ONE | ON_PAIR, .before = 0},
    {"sysreg_id", sysreg_id, 2, 0, 1, ON_ONE | ON_PAIR, .before = 0},
    {"sysreg_vmm", sysreg_vmm, 2, 0, 1, ON_ONE | ON_PAIR, .before = 0},
    {"mmio_vmm", mmio_read, 2, 0, 1, ON_ONE | ON_PAIR, .before = 0},
    {"mmio_vmm_write", mmio_write, 2, 0, 1, ON_ONE | ON_PAIR, .before = 0},
    {"mmio_pd", mmio_pd, 2, 0, 1, ON_ONE | ON_PAIR, .before = 0},
    {"mmio_pd_write", mmio_pd_write, 2, 0, 1, ON_ONE | ON_PAIR, .before = 0},
    {"gicd_read", gicd_read, 2, 0, 1, ON_ONE | ON_PAIR, .before = 0},
    {"gicd_bits", gicd_bits, 2, 0, 1, ON_ONE, .before = 0},
    {"wfi_wake", wfi_wake, 2, 0, 1, ON_ONE | ON_PAIR, .idle = true, .irqs = true, .late = true},
    {"sgi_self", sgi_self, 3, 0, 2, ON_ONE | ON_PAIR, .irqs = true},
    {"sgi", sgi, 3, 0, 1, ON_ONE | ON_CROSS, .irqs = true},
    {"vtimer", vtimer, 3, 0, 2, ON_ONE | ON_PAIR, .irqs = true},
    {"inject", inject, 2, 0, 1, ON_ONE | ON_PAIR, .irqs = true, .before = before_inject},
    {"page_in", page_in, 2, 0, 1, ON_ONE | ON_PAIR, .before = 0},
};
const unsigned row_count = sizeof rows / sizeof rows[0];

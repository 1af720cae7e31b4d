/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/aarch64/panic.h"

#include "arch/aarch64/esr_text.h"
#include "arch/aarch64/mmu.h"
#include "arch/aarch64/psci.h"
#include "arch/aarch64/sysreg.h"
#include "lib/printf.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

enum { BACKTRACE_MAX = 32, CURRENT_EL2 = 2, REGISTERS_A_LINE = 3 };

extern char __text_start[], __text_end[];

const char *(*panic_thread_name)(void);

/* MPIDR_EL1 + 1 of the core that is speaking; others that fail wait, for the text would be mixed. */
static uint64_t speaking;

static uint64_t core_id(void)
{
    return read_sysreg(mpidr_el1) & MPIDR_AFFINITY;
}

/*
 * Only the first panic is told. A second one on the same core means that telling it failed. Also runs on cores that are
 * refused for having no LSE, so by exclusives.
 */
__attribute__((target("arch=armv8-a"))) static void begin(void)
{
    uint64_t nobody = 0, me = core_id() + 1;

    if (__atomic_compare_exchange_n(&speaking, &nobody, me, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
        return;
    }
    if (nobody == me) {
        kprintf("\nPANIC while in a panic\n");
        psci_system_off();
    }
    for (;;) {
        __asm__ volatile("wfe");
    }
}

static bool is_text(uint64_t address)
{
    return address >= (uint64_t)__text_start && address < (uint64_t)__text_end;
}

/* The mapped stack part that holds `address`; its end, or 0. */
static uint64_t stack_end(uint64_t address)
{
    uint64_t offset = address - KERNEL_STACKS;
    if (offset >= STACK_SLOTS * STACK_SLOT || mmu_is_stack_guard(address)) {
        return 0;
    }
    return KERNEL_STACKS + (offset / STACK_PART + 1) * STACK_PART;
}

#if VESICLE_DEBUG
/* Frame records: the caller's x29, and its return address. AAPCS64 6.4.6 */
static void backtrace(uint64_t fp, uint64_t sp)
{
    uint64_t end = stack_end(fp);

    (void)sp;
    for (unsigned i = 0; i < BACKTRACE_MAX && end && fp % 16 == 0 && end - fp >= 16; i++) {
        const uint64_t *record = (const uint64_t *)fp;
        if (!is_text(record[1])) {
            break;
        }
        kprintf("  called from %016lx\n", record[1]);
        if (record[0] <= fp || record[0] >= end) {
            break;
        }
        fp = record[0];
    }
}
#else
/* Without frame records: whatever on the stack could be a return address. */
static void backtrace(uint64_t fp, uint64_t sp)
{
    uint64_t end = stack_end(sp);
    unsigned found = 0;

    (void)fp;
    for (sp &= ~7ull; sp < end && found < BACKTRACE_MAX; sp += 8) {
        uint64_t word = *(const uint64_t *)sp;
        if (is_text(word)) {
            kprintf("  perhaps     %016lx\n", word);
            found++;
        }
    }
}
#endif

static void print_where(void)
{
    const char *name = panic_thread_name ? panic_thread_name() : 0;

    kprintf("  core %lx, EL%lu, thread %s, image at %lx\n", core_id(), read_sysreg(currentel) >> CURRENT_EL_SHIFT,
            name ? name : "none", image_paddr.raw);
}

void panic(const char *format, ...)
{
    va_list args;

    begin();
    kprintf("\nPANIC: ");
    va_start(args, format);
    kvprintf(format, args);
    va_end(args);
    kprintf("\n");
    print_where();
    uint64_t sp;
    __asm__ volatile("mov %0, sp" : "=r"(sp));
    backtrace((uint64_t)__builtin_frame_address(0), sp);
    psci_system_off();
}

static void print_syndrome(const struct kernel_trap_frame *f)
{
    kprintf("  ESR %lx: %s, ISS %lx", f->esr, esr_class_text(f->esr), ESR_ISS(f->esr));
    if (esr_is_abort(f->esr)) {
        kprintf(" (%s fault", esr_fault_text(f->esr));
        if (esr_fault_level(f->esr) >= 0) {
            kprintf(", level %d", esr_fault_level(f->esr));
        }
        if (ESR_EC(f->esr) == EC_DABT_CURRENT) {
            kprintf(", %s", f->esr & ESR_WNR ? "write" : "read");
        }
        kprintf(")");
    }
    kprintf("\n  FAR %016lx", f->far);
    if (read_sysreg(currentel) >> CURRENT_EL_SHIFT == CURRENT_EL2) {
        kprintf("  HPFAR %016lx  HCR %016lx", read_sysreg(hpfar_el2), read_sysreg(hcr_el2));
    }
    kprintf("\n");
}

static void print_registers(const struct kernel_trap_frame *f)
{
    kprintf("  PC  %016lx  SP  %016lx  SPSR %lx\n", f->elr, f->sp, f->spsr);
    for (unsigned i = 0; i < sizeof f->x / sizeof *f->x; i++) {
        kprintf("  x%-2u %016lx%s", i, f->x[i], i % REGISTERS_A_LINE == REGISTERS_A_LINE - 1 ? "\n" : "");
    }
    kprintf("\n");
}

void panic_exception(const struct kernel_trap_frame *f)
{
    static const char *const kinds[] = {
        [TRAP_SYNC] = "exception", [TRAP_IRQ] = "IRQ", [TRAP_FIQ] = "FIQ", [TRAP_SERROR] = "SError"};

    begin();
    if (f->kind == TRAP_SYNC && (mmu_is_stack_guard(f->sp) || (esr_is_abort(f->esr) && mmu_is_stack_guard(f->far)))) {
        kprintf("\nPANIC: kernel stack overflow\n");
    } else {
        kprintf("\nPANIC: %s in the kernel: %s\n", kinds[f->kind % (sizeof kinds / sizeof *kinds)],
                f->kind == TRAP_SYNC || f->kind == TRAP_SERROR ? esr_class_text(f->esr) : "interrupts are masked here");
    }
    print_syndrome(f);
    print_where();
    print_registers(f);
    if (is_text(f->x[30])) {
        kprintf("  x30 names   %016lx\n", f->x[30]);
    }
    backtrace(f->x[29], f->sp);
    psci_system_off();
}

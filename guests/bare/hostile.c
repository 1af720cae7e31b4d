/* SPDX-License-Identifier: BSD-2-Clause */
#include "hostile.h"

#include "console.h"
#include "gic.h"
#include "machine.h"
#include "text.h"
#include "trap.h"

static void answer(uint64_t address, uint64_t value)
{
    uint64_t esr = trap_seen();
    put_text(esr ? "abort" : "word");
    say("at", address);
    say(esr ? "ESR" : "is", esr ? esr : value);
    put_text("\n");
}

void hostile_touch(uint64_t address)
{
    trap_expect();
    uint64_t value = read32(address);
    answer(address, value);
}

void hostile_write(uint64_t address)
{
    trap_expect();
    write32(address, 0x12345678);
    answer(address, 0x12345678);
}

/* Not into the own memory, of which the size is not looked up: nothing below this is. */
#define FAR_FROM_RAM 0x1000000000ul
#define SPACE_END    0x10000000000ul

void hostile_scribble(void)
{
    uint64_t aborts = 0, taken = 0;
    for (uint64_t at = 0; at < SPACE_END; at += at < RAM_BASE ? 0x10000 : 0x4000000) {
        if (at == RAM_BASE) {
            at = FAR_FROM_RAM;
        }
        if (at == PL011_BASE) {
            continue; /* what is typed is still to be read */
        }
        trap_expect();
        *(volatile uint64_t *)at = ~at;
        if (trap_seen()) {
            aborts++;
        } else {
            taken++;
        }
    }
    gic_init();
    gic_init_cpu();
    console_init();
    put_text("scribbled: ");
    put_number(aborts);
    put_text(" aborts, ");
    put_number(taken);
    put_text(" taken\n");
}

/* One instruction and a return. */
static uint32_t code[2] __attribute__((aligned(64)));

static uint64_t execute(uint32_t instruction, uint64_t value)
{
    code[0] = instruction;
    code[1] = 0xd65f03c0; /* ret */
    __asm__ volatile("dc cvau, %0\n dsb ish\n ic ivau, %0\n dsb ish\n isb" ::"r"(code) : "memory");
    register uint64_t x0 __asm__("x0") = value;
    __asm__ volatile("blr %1" : "+r"(x0) : "r"(code) : "x30", "memory");
    return x0;
}

#define SYSREG(op0, op1, crn, crm, op2) ((op0) << 19 | (op1) << 16 | (crn) << 12 | (crm) << 8 | (op2) << 5)

/* What this program itself stands on: its stack pointer and mask, MMU, vectors, and interrupts that are not lost by a read. */
static bool is_needed(uint32_t reg)
{
    return (reg & SYSREG(3u, 0, 15, 0, 0)) == SYSREG(3u, 0, 4, 0, 0) || reg == SYSREG(3u, 0, 1, 0, 0) ||
           reg == SYSREG(3u, 0, 12, 0, 0) || reg == SYSREG(3u, 0, 12, 8, 0) || reg == SYSREG(3u, 0, 12, 12, 0);
}

void hostile_sysregs(void)
{
    uint64_t read = 0, written = 0;
    for (uint32_t reg = SYSREG(2u, 0, 0, 0, 0); reg <= SYSREG(3u, 7, 15, 15, 7); reg += 1 << 5) {
        uint32_t msr = 0xd5000000u | reg;
        if (is_needed(reg)) {
            continue;
        }
        trap_expect();
        uint64_t value = execute(msr | 1u << 21, 0);
        read += trap_seen() == 0;
        trap_expect();
        execute(msr, reg < SYSREG(3u, 0, 0, 0, 0) ? 0 : ~value);
        written += trap_seen() == 0;
        trap_expect();
        execute(msr, value);
        trap_seen();
    }
    gic_init_cpu();
    put_text("system registers: ");
    put_number(read);
    put_text(" read, ");
    put_number(written);
    put_text(" written\n");
}

bool hostile_storm(const char *what, uint64_t count)
{
    bool hvcs = is_word(what, "hvc"), smcs = is_word(what, "smc"), sgis = is_word(what, "sgi"),
         mmio = is_word(what, "mmio"), wfi = is_word(what, "wfi");
    if (!hvcs && !smcs && !sgis && !mmio && !wfi) {
        return false;
    }
    for (uint64_t i = 0; count == 0 || i < count; i++) {
        if (hvcs) {
            hvc(0xc5000000ul + i, i, i, i);
        } else if (smcs) {
            smc(0xc5000000ul + i);
        } else if (sgis) {
            gic_send(cpu_number());
            __asm__ volatile("msr daifclr, #2\n isb\n msr daifset, #2" ::: "memory");
        } else if (mmio) {
            read32(PL031_BASE);
        } else {
            __asm__ volatile("wfi");
        }
    }
    return true;
}

void hostile_jump(void)
{
    WRITE_SYSREG(vbar_el1, 0xdead0000);
    __asm__ volatile("br %0" ::"r"(0xdead0000ul));
    __builtin_unreachable();
}

void hostile_mask(void)
{
    __asm__ volatile("msr daifset, #15");
    for (;;) {
    }
}

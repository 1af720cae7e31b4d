/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bare EL1 guest with a prompt: starts in no time, and does on request what guests do, or should not do.
 */
#include "console.h"
#include "cpus.h"
#include "devices.h"
#include "gic.h"
#include "hostile.h"
#include "machine.h"
#include "text.h"

char stacks[MAX_CPUS][STACK_SIZE] __attribute__((aligned(16)));

static const char help[] = "help, info, poweroff, reboot\n"
                           "cpus N        start CPUs, interrupt each, and stop them\n"
                           "again CMD     a command over and over, for ever\n"
                           "timer MS      sleep by the virtual timer\n"
                           "ptimer MS     sleep by the physical timer\n"
                           "touch ADDR    read a word\n"
                           "write ADDR    write a word\n"
                           "scribble      write all over the address space\n"
                           "sysregs       read and write every system register\n"
                           "storm hvc|smc|sgi|mmio|wfi [COUNT]\n"
                           "date          what the PL031 shows\n"
                           "key [TIMES] | hang   wait for the key at the PL061\n"
                           "level         take a level of the PL061 ten times\n"
                           "spi INTID [ADDR]     write to ADDR, and take an interrupt\n"
                           "mask          mask interrupts and spin\n"
                           "jump          go where nothing is\n";

static volatile unsigned answered[MAX_CPUS];

void secondary(void);
_Noreturn void secondary_main(unsigned cpu);
_Noreturn void main(uint64_t tree);

/* Waits for an interrupt of the first CPU, answers with one, and goes. */
void secondary_main(unsigned cpu)
{
    gic_init_cpu();
    answered[cpu] = 1;
    gic_send(0);
    while (gic_taken(0) == 0 || answered[cpu] != 2) {
        gic_wait();
    }
    answered[cpu] = 3;
    gic_send(0);
    hvc(PSCI_CPU_OFF, 0, 0, 0);
    for (;;) {
    }
}

static void wait_for(unsigned cpu, unsigned what)
{
    while (answered[cpu] != what) {
        gic_wait();
    }
}

static void cpus(uint64_t count)
{
    unsigned stopped = 0;
    if (count < 1 || count > MAX_CPUS) {
        put_text("1 to 8\n");
        return;
    }
    for (unsigned cpu = 1; cpu < count; cpu++) {
        answered[cpu] = 0;
        uint64_t error = hvc(PSCI_CPU_ON, cpu, (uint64_t)secondary, cpu);
        if (error) {
            put_text("CPU_ON");
            say("of", cpu);
            say("answers", error);
            put_text("\n");
            return;
        }
        wait_for(cpu, 1);
    }
    for (unsigned cpu = 1; cpu < count; cpu++) {
        answered[cpu] = 2;
        gic_send(cpu);
        wait_for(cpu, 3);
    }
    for (unsigned cpu = 1; cpu < count; cpu++) {
        while (hvc(PSCI_AFFINITY_INFO, cpu, 0, 0) != 1) {
        }
        stopped++;
    }
    put_number(stopped + 1);
    put_text(" CPUs answered\n");
}

static void timer(unsigned intid, uint64_t ms)
{
    uint64_t start = READ_SYSREG(cntvct_el0), frequency = READ_SYSREG(cntfrq_el0), before = gic_taken(intid);
    if (intid == INTID_VTIMER) {
        WRITE_SYSREG(cntv_cval_el0, start + ms * frequency / 1000);
        WRITE_SYSREG(cntv_ctl_el0, 1);
    } else {
        WRITE_SYSREG(cntp_cval_el0, start + ms * frequency / 1000);
        WRITE_SYSREG(cntp_ctl_el0, 1);
    }
    while (gic_taken(intid) == before) {
        gic_wait();
    }
    put_text("slept ");
    put_number((READ_SYSREG(cntvct_el0) - start) * 1000 / frequency);
    put_text(" ms\n");
}

/* Of a device that makes one when it is written to, or when somebody else does. */
static void spi(unsigned intid, uint64_t address)
{
    uint64_t before = gic_taken(intid);
    gic_enable(intid);
    put_text("waiting\n");
    if (address != 0) {
        write32(address, 1);
    }
    while (gic_taken(intid) == before) {
        gic_wait();
    }
    put_text("took it\n");
}

static void info(uint64_t tree)
{
    put_text("this is");
    say("CPU", READ_SYSREG(mpidr_el1));
    say("EL", READ_SYSREG(CurrentEL) >> 2);
    say("tree", tree);
    say("PSCI", hvc(PSCI_VERSION, 0, 0, 0));
    put_text(" counter ");
    put_number(READ_SYSREG(cntvct_el0) * 1000 / READ_SYSREG(cntfrq_el0));
    put_text(" ms");
    put_text("\n");
}

static void obey(const char *line, uint64_t tree)
{
    const char *argument = next_word(line);
    if (is_word(line, "help")) {
        put_text(help);
    } else if (is_word(line, "info")) {
        info(tree);
    } else if (is_word(line, "poweroff")) {
        hvc(PSCI_SYSTEM_OFF, 0, 0, 0);
    } else if (is_word(line, "reboot")) {
        hvc(PSCI_SYSTEM_RESET, 0, 0, 0);
    } else if (is_word(line, "cpus")) {
        cpus(number(argument));
    } else if (is_word(line, "timer")) {
        timer(INTID_VTIMER, number(argument));
    } else if (is_word(line, "ptimer")) {
        timer(INTID_PTIMER, number(argument));
    } else if (is_word(line, "touch")) {
        hostile_touch(number(argument));
    } else if (is_word(line, "write")) {
        hostile_write(number(argument));
    } else if (is_word(line, "scribble")) {
        hostile_scribble();
    } else if (is_word(line, "sysregs")) {
        hostile_sysregs();
    } else if (is_word(line, "storm") && hostile_storm(argument, number(next_word(argument)))) {
        put_text("over\n");
    } else if (is_word(line, "again") && *argument) {
        for (;;) {
            obey(argument, tree);
        }
    } else if (is_word(line, "date")) {
        devices_date();
    } else if (is_word(line, "key")) {
        devices_key(number(argument));
    } else if (is_word(line, "level")) {
        devices_level();
    } else if (is_word(line, "hang")) {
        devices_hang();
    } else if (is_word(line, "spi")) {
        spi((unsigned)number(argument), number(next_word(argument)));
    } else if (is_word(line, "mask")) {
        hostile_mask();
    } else if (is_word(line, "jump")) {
        hostile_jump();
    } else if (*line) {
        put_text("what? try help\n");
    }
}

void main(uint64_t tree)
{
    char line[80];

    gic_init();
    gic_init_cpu();
    console_init();
    put_text("VESICLE-GUEST-READY bare\n");
    for (;;) {
        put_text("bare> ");
        read_line(line, sizeof line);
        obey(line, tree);
    }
}

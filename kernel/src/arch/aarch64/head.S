/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the boot loader to kernel_main: arm64 Image header, exception level, first translation tables, MMU.
 * Until the MMU is on, everything here runs wherever it was loaded (2 MiB-aligned), with all memory as Device.
 *
 * Where VHE is missing the kernel still goes on, at EL1, up to the point where it can say so: with E2H = 1 the _EL1
 * names below mean the EL2 registers, and their formats are the same, so one sequence serves both.
 */
#include "arch/aarch64/layout.h"
#include "arch/aarch64/start.h"
#include "arch/aarch64/sysreg.h"

/* Image header flags: little endian, 4 KiB pages, anywhere in memory. */
#define IMAGE_FLAGS ((1 << 1) | (1 << 3))

    .section .head, "ax"
    .global _start
_start:
    b       primary_entry
    .long   0
    .quad   0 /* offset from the 2 MiB-aligned load address */
    .quad   KERNEL_IMAGE_SIZE
    .quad   IMAGE_FLAGS
    .quad   0, 0, 0
    .ascii  "ARM\x64"
    .long   0

primary_entry: /* x0: physical address of the device tree */
    msr     daifset, #0xf
    mov     x19, x0
    bl      enter_level
    mov     x20, x0

    adrp    x1, __bss_start
    adrp    x2, __bss_end
1:  stp     xzr, xzr, [x1], #16
    cmp     x1, x2
    b.lo    1b

    adrp    x0, __stacks_start
    add     x0, x0, #STACK_PART
    mov     sp, x0
    bl      boot_map

    /* What was written around the caches must not be hidden by lines fetched before. */
    adrp    x1, __bss_start
    adrp    x2, __bss_end
    mrs     x3, ctr_el0
    ubfx    x3, x3, #CTR_DMINLINE_SHIFT, #CTR_DMINLINE_WIDTH
    mov     x4, #4
    lsl     x3, x4, x3
2:  dc      ivac, x1
    add     x1, x1, x3
    cmp     x1, x2
    b.lo    2b
    dsb     sy

    bl      enable_mmu
    ldr     x8, =primary_virtual
    br      x8

primary_virtual:
    ldr     x1, =KERNEL_STACKS + STACK_TOP
    mov     sp, x1
    mov     x29, xzr
    mov     x30, xzr
    mov     x0, x19
    mov     x1, x20
    b       kernel_main

/* A further core, started by PSCI with the MMU off. x0: its number. */
    .global secondary_entry
secondary_entry:
    msr     daifset, #0xf
    mov     x19, x0
    bl      enter_level
    mov     x20, x0
    bl      enable_mmu
    ldr     x8, =secondary_virtual
    br      x8

secondary_virtual:
    ldr     x1, =KERNEL_STACKS + STACK_TOP
    add     x1, x1, x19, lsl #STACK_SLOT_SHIFT
    mov     sp, x1
    mov     x29, xzr
    mov     x30, xzr
    mov     x0, x19
    mov     x1, x20
    b       secondary_main

/*
 * Settles the exception level: EL2 with VHE, or EL1 with the reason. Returns START_* in x0, perhaps at another
 * exception level than it was called. Uses x0 to x2.
 */
enter_level:
    mrs     x1, currentel
    ubfx    x1, x1, #CURRENT_EL_SHIFT, #2
    mov     x0, #START_AT_EL1
    cmp     x1, #2
    b.lo    1f
    b.hi    halt

    mrs     x1, id_aa64mmfr1_el1
    ubfx    x1, x1, #ID_AA64MMFR1_VH_SHIFT, #4
    cbz     x1, no_vhe
    ldr     x0, =HCR_NATIVE
    msr     hcr_el2, x0
    isb
    mov     x0, #START_AT_EL2
1:  ldr     x1, =CPTR_BOOT
    msr     cpacr_el1, x1
    ldr     x1, =SCTLR_OFF
    msr     sctlr_el1, x1
    isb
    ret

no_vhe:
    ldr     x1, =HCR_RW
    msr     hcr_el2, x1
    mov     x1, #CNTHCTL_NO_E2H_ALL
    msr     cnthctl_el2, x1
    msr     cntvoff_el2, xzr
    mov     x1, #0x33ff /* CPTR_EL2 without E2H: RES1 bits; nothing traps */
    msr     cptr_el2, x1
    msr     hstr_el2, xzr
    ldr     x1, =SCTLR_OFF
    msr     sctlr_el1, x1
    ldr     x1, =CPTR_FPEN_ALL
    msr     cpacr_el1, x1
    mov     x1, #(SPSR_DAIF | SPSR_EL1H)
    msr     spsr_el2, x1
    msr     elr_el2, x30
    mov     x0, #START_NO_VHE
    isb
    eret

/* EL3: there is no firmware above that would switch the machine off, and nothing to speak through yet. */
halt:
    wfe
    b       halt

/*
 * Turns the MMU on with the boot tables; the caller's physical addresses stay valid (executable, not writable).
 * Uses x0 to x2.
 */
enable_mmu:
    ldr     x0, =MAIR_KERNEL
    msr     mair_el1, x0
    ldr     x0, =TCR_KERNEL
    mrs     x1, id_aa64mmfr0_el1
    ubfx    x1, x1, #ID_AA64MMFR0_PARANGE_SHIFT, #4
    mov     x2, #TCR_IPS_48
    cmp     x1, x2
    csel    x1, x1, x2, lo
    orr     x0, x0, x1, lsl #TCR_IPS_SHIFT
    msr     tcr_el1, x0
    adrp    x0, boot_identity_table
    msr     ttbr0_el1, x0
    adrp    x0, kernel_table
    msr     ttbr1_el1, x0
    ldr     x0, =vectors_one
    msr     vbar_el1, x0
    isb
    tlbi    vmalle1
    ic      iallu
    dsb     sy
    isb
    ldr     x0, =SCTLR_KERNEL
    msr     sctlr_el1, x0
    isb
    ret

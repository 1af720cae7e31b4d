/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's half of the address space (TTBR1_EL2, 48 bits). For C and assembler.
 *
 *   0xffff000000000000  KERNEL_WINDOW   RAM at its physical address, without the kernel's own image (arch/memory.h)
 *   0xffff800000000000  KERNEL_IMAGE    the image: text RX, rodata R, data and bss RW (linker.ld)
 *   0xffff900000000000  KERNEL_DEVICES  devices, one after the other
 *   0xffff980000000000  KERNEL_DTB      the machine's device tree, while booting
 *   0xffffa00000000000  KERNEL_STACKS   one slot a core
 *
 * A stack slot: guard, panic stack, guard, kernel stack, each STACK_PART bytes; guards are not mapped.
 */
#ifndef ARCH_AARCH64_LAYOUT_H
#define ARCH_AARCH64_LAYOUT_H

#ifdef __ASSEMBLER__
#define LAYOUT_ADDRESS(a) a
#else
#define LAYOUT_ADDRESS(a) a##ull
#endif

#define KERNEL_IMAGE       LAYOUT_ADDRESS(0xffff800000000000)
#define KERNEL_DEVICES     LAYOUT_ADDRESS(0xffff900000000000)
#define KERNEL_DEVICES_END LAYOUT_ADDRESS(0xffff908000000000)
#define KERNEL_DTB         LAYOUT_ADDRESS(0xffff980000000000)
#define KERNEL_STACKS      LAYOUT_ADDRESS(0xffffa00000000000)

/** What the image occupies, whatever its size: one block, so that it can be left out of the window. */
#define KERNEL_IMAGE_SIZE LAYOUT_ADDRESS(0x200000)

#define STACK_PART_SHIFT  14
#define STACK_PART        (1 << STACK_PART_SHIFT)
#define STACK_SLOT_SHIFT  16
#define STACK_SLOT        (1 << STACK_SLOT_SHIFT)
#define STACK_SLOTS_SHIFT 3
#define STACK_SLOTS       (1 << STACK_SLOTS_SHIFT)
/** Tops within a slot. */
#define STACK_PANIC_TOP (2 * STACK_PART)
#define STACK_TOP       (4 * STACK_PART)

#endif

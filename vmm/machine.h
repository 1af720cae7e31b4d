/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine a guest sees by default. Its addresses are those of QEMU's `virt`, so that firmware for it runs:
 *
 *   0x0800_0000  GIC distributor          64 KiB
 *   0x080a_0000  GIC redistributors      128 KiB a vCPU
 *   0x0900_0000  PL011                     4 KiB   SPI 1
 *   0x0901_0000  PL031                     4 KiB   SPI 2
 *
 * What is passed through to it is where it is in the real machine; a PL031 there takes the place of the emulated one.
 *
 *   0x4000_0000  RAM, unless the configuration puts it elsewhere
 */
#ifndef VMM_MACHINE_H
#define VMM_MACHINE_H

#include "loader.h"
#include "types.h"

struct vm;

#define MACHINE_GICD_BASE   0x08000000ull
#define MACHINE_GICR_BASE   0x080a0000ull
#define MACHINE_PL011_BASE  0x09000000ull
#define MACHINE_PL031_BASE  0x09010000ull
#define MACHINE_RAM_BASE    0x40000000ull

#define MACHINE_PL011_INTID (32 + 1)
#define MACHINE_PL031_INTID (32 + 2)

#define MACHINE_RAM_GRANULE 0x200000ull
/** RAM lies in the 40-bit space of guest physical addresses; no more of it than this, in one piece. */
#define MACHINE_RAM_MAX   (1ull << 39)
#define MACHINE_SPACE_END (1ull << 40)

/** What is wrong with RAM at this place, or NULL: it may still be where devices are. */
const char *machine_ram_error(uint64_t base, uint64_t size);

/** Is this the interrupt of a device that is emulated? */
bool machine_has_irq(const struct vm *vm, unsigned intid);

/** Adds the devices to the VM's table. False, with a log line, if they do not fit. */
bool machine_create(struct vm *vm);

/** Reset state of all devices. */
void machine_reset(struct vm *vm);

/** Writes the device tree of the VM and its devices. False if it does not fit. */
bool machine_fdt(struct vm *vm, const struct loader_layout *layout, void *buffer, size_t size);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guests under control: what a VMM, a resource server of type "VM" with one guest and no resources, is asked by its directory entry.
 * And how it exits.
 */
#ifndef GPI_PROTO_VM_H
#define GPI_PROTO_VM_H

#include <gpi/proto/server.h>

#define GPI_VM_TYPE "VM"

enum gpi_vm_method {
    GPI_VM_STAT = GPI_SERVER_METHOD(0), /**< -> gpi_vm_stat */
    GPI_VM_PAUSE,                       /**< the guest stands still; no time passes for it */
    GPI_VM_RESUME,                      /**< it goes on */
    GPI_VM_RESET, /**< it begins anew: clean RAM, images loaded again. Answered when it has begun */
    GPI_VM_STOP,  /**< it ends as by its power switch, and the VMM with it */
    GPI_VM_DUMP,  /**< one word: offset -> gpi_vm_text. At offset 0 it is made */
    GPI_VM_METHODS_END,
};

/** Why a VMM exits: its exit code. */
enum gpi_vm_exit {
    GPI_VM_EXIT_OFF = 0,       /**< the guest powered off, or was stopped */
    GPI_VM_EXIT_NOT_MADE = 1,  /**< it could not be made: why stands on its console */
    GPI_VM_EXIT_FORBIDDEN = 2, /**< crashed: it did what no guest may */
    GPI_VM_EXIT_WATCHDOG = 3,  /**< crashed: its watchdog saw it do nothing */
    GPI_VM_EXITS,
};

enum gpi_vm_state { GPI_VM_RUNNING, GPI_VM_PAUSED };

enum { GPI_VM_CLASSES = 16, GPI_VM_TEXT_SIZE = 896 };

/** Exits of one exception class (ESR_EL2.EC), of all vCPUs. */
struct gpi_vm_exits {
    seL4_Word ec, count;
};

struct gpi_vm_stat {
    seL4_Word state; /**< enum gpi_vm_state */
    seL4_Word vcpus;
    seL4_Word on;           /**< a bit for each vCPU that is switched on */
    seL4_Word ram;          /**< bytes */
    seL4_Word resets;       /**< how often it began anew */
    seL4_Word consumed;     /**< microseconds that its vCPUs ran, their exits included */
    seL4_Word paused;       /**< microseconds that it stood still */
    seL4_Word refused;      /**< accesses that nobody answered */
    seL4_Word psci_at;      /**< where the first vCPU made its last PSCI call, and so its kernel lies; 0: nowhere yet */
    seL4_Word kernel_exits; /**< that the kernel served, and */
    seL4_Word vmm_exits; /**< those that the VMM did, as the kernel counts them: on cores that count (sel4/trace.h) */
    seL4_Word classes;   /**< how many of these there are; all that the VMM served since it began */
    struct gpi_vm_exits exits[GPI_VM_CLASSES];
};

/*
 * Devices of the machine that a guest gets: a device tree, in a memory object whose slot the VMM is told by its environment. These are
 * properties of its root, of cells.
 */
#define GPI_VM_DEVICES        "DEVICES"    /**< the variable */
#define GPI_VM_DEVICES_MEMORY "memory"     /**< for each piece: slot of its memory object, address (2), bytes (2) */
#define GPI_VM_DEVICES_IRQS   "interrupts" /**< for each: slot of the handler's capability, INTID, 1 for an edge */
#define GPI_VM_DEVICES_RESTS                                                                                           \
    "rests" /**< for each that can be brought to rest: its kind (gpi/device_rest.h), address (2) */
#define GPI_VM_DEVICES_RAM                                                                                             \
    "ram" /**< where they may do DMA: slot of the memory object that is the guest's RAM; not 0 if it has to be cleared */
#define GPI_VM_DEVICES_NODES                                                                                           \
    "devices" /**< below this node of the root: what the root of the guest's tree gets, as it is */

struct gpi_vm_text {
    seL4_Word length; /**< 0: no more */
    char text[GPI_VM_TEXT_SIZE];
};

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices of the machine that were passed through to the guest: init gave what they are made of. */
#ifndef VMM_PD_DEVICES_H
#define VMM_PD_DEVICES_H

#include "guest.h"

#include <sel4gpi/resource_server_utils.h>

/** What init says of them, for the guest's configuration; nothing if it says nothing. A gpi_error_t. */
int devices_open(struct guest *guest);

/** Their registers become part of the guest's address space. */
void devices_add_memory(const struct guest *guest, pd_config_t *cfg);

/** Their interrupts become signals of the server, `first` and up. False, with a line on the console. */
bool devices_bind(struct guest *guest, resource_server_context_t *server, unsigned first);

/** Nothing of the guest runs: its devices are brought to rest, those that can. False, with a line on the console, if one does not. */
bool devices_rest(struct guest *guest);

/** The guest begins: interrupts that it never ended, or that came before it, may come again. */
void devices_begin(struct guest *guest);

/** Threads that wait for the interrupts of devices that others serve. A gpi_error_t. */
int devices_start_threads(struct guest *guest);

/** Signals arrived, of which those that the devices' interrupts make. While the guest is paused they wait, and do not come again. */
void devices_signalled(struct guest *guest, seL4_Word signals, unsigned first);

/** It is not paused any more. */
void devices_resume(struct guest *guest);

/** vm_host.end_irq */
void devices_end_irq(struct vm *vm, unsigned intid);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Power State Coordination Interface 1.1 (DEN 0022). The handlers take their arguments from the vCPU's frame. */
#ifndef VMM_PSCI_H
#define VMM_PSCI_H

#include "exit.h"

/** Function ids, in their 32-bit form (DEN 0022, 5.1). */
enum {
    PSCI_VERSION = 0x84000000,
    PSCI_CPU_SUSPEND = 0x84000001,
    PSCI_CPU_OFF = 0x84000002,
    PSCI_CPU_ON = 0x84000003,
    PSCI_AFFINITY_INFO = 0x84000004,
    PSCI_MIGRATE_INFO_TYPE = 0x84000006,
    PSCI_SYSTEM_OFF = 0x84000008,
    PSCI_SYSTEM_RESET = 0x84000009,
    PSCI_FEATURES = 0x8400000a,
    PSCI_SYSTEM_RESET2 = 0x84000012,
};

struct fdt;

#define PSCI_VERSION_1_1            0x10001
#define PSCI_MIGRATION_NOT_REQUIRED 2

/** Error codes (DEN 0022, 5.2.2). */
#define PSCI_SUCCESS            0
#define PSCI_NOT_SUPPORTED      (-1)
#define PSCI_INVALID_PARAMETERS (-2)
#define PSCI_ALREADY_ON         (-4)
#define PSCI_ON_PENDING         (-5)
#define PSCI_INVALID_ADDRESS    (-9)

enum exit_result psci_version(struct vcpu *vcpu);
enum exit_result psci_cpu_suspend(struct vcpu *vcpu);
enum exit_result psci_cpu_off(struct vcpu *vcpu);
enum exit_result psci_cpu_on(struct vcpu *vcpu);
enum exit_result psci_affinity_info(struct vcpu *vcpu);
enum exit_result psci_migrate_info_type(struct vcpu *vcpu);
enum exit_result psci_system_off(struct vcpu *vcpu);
enum exit_result psci_system_reset(struct vcpu *vcpu);
enum exit_result psci_system_reset2(struct vcpu *vcpu);
enum exit_result psci_features(struct vcpu *vcpu);

/** Writes its node. */
void psci_fdt(struct fdt *fdt);

#endif

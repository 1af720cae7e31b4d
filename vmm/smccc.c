/* SPDX-License-Identifier: BSD-2-Clause */
#include "smccc.h"

#include "exit.h"
#include "psci.h"
#include "trng.h"
#include "vcpu.h"

#define SMC64 (1u << 30) /* of a function id: 64-bit arguments */

enum {
    SMCCC_VERSION = 0x80000000,
    SMCCC_ARCH_FEATURES = 0x80000001,
};

#define SMCCC_VERSION_1_1 0x10001

static enum exit_result version(struct vcpu *vcpu)
{
    smccc_return(vcpu, SMCCC_VERSION_1_1);
    return EXIT_HANDLED;
}

/* Only of the architecture's own functions: no workaround is needed where ID registers say so (DEN 0028, 7.3). */
static enum exit_result arch_features(struct vcpu *vcpu)
{
    uint64_t id = smccc_argument(vcpu, 1);
    bool known = id == SMCCC_VERSION || id == SMCCC_ARCH_FEATURES;
    smccc_return(vcpu, known ? SMCCC_SUCCESS : SMCCC_NOT_SUPPORTED);
    return EXIT_HANDLED;
}

static const struct service {
    uint32_t function_id;
    enum exit_result (*handle)(struct vcpu *vcpu);
    bool (*available)(struct vcpu *vcpu); /* NULL: always */
} services[] = {
    {SMCCC_VERSION, version, NULL},
    {SMCCC_ARCH_FEATURES, arch_features, NULL},
    {PSCI_VERSION, psci_version, NULL},
    {PSCI_CPU_SUSPEND, psci_cpu_suspend, NULL},
    {PSCI_CPU_SUSPEND | SMC64, psci_cpu_suspend, NULL},
    {PSCI_CPU_OFF, psci_cpu_off, NULL},
    {PSCI_CPU_ON, psci_cpu_on, NULL},
    {PSCI_CPU_ON | SMC64, psci_cpu_on, NULL},
    {PSCI_AFFINITY_INFO, psci_affinity_info, NULL},
    {PSCI_AFFINITY_INFO | SMC64, psci_affinity_info, NULL},
    {PSCI_MIGRATE_INFO_TYPE, psci_migrate_info_type, NULL},
    {PSCI_SYSTEM_OFF, psci_system_off, NULL},
    {PSCI_SYSTEM_RESET, psci_system_reset, NULL},
    {PSCI_SYSTEM_RESET2, psci_system_reset2, NULL},
    {PSCI_SYSTEM_RESET2 | SMC64, psci_system_reset2, NULL},
    {PSCI_FEATURES, psci_features, NULL},
    {TRNG_VERSION, trng_version, trng_available},
    {TRNG_FEATURES, trng_features, trng_available},
    {TRNG_GET_UUID, trng_get_uuid, trng_available},
    {TRNG_RND, trng_rnd, trng_available},
    {TRNG_RND | SMC64, trng_rnd, trng_available},
};

static const struct service *find(struct vcpu *vcpu, uint32_t function_id)
{
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        const struct service *service = &services[i];
        if (service->function_id == function_id) {
            return service->available == NULL || service->available(vcpu) ? service : NULL;
        }
    }
    return NULL;
}

bool smccc_has(struct vcpu *vcpu, uint32_t function_id)
{
    return find(vcpu, function_id) != NULL;
}

uint64_t smccc_argument(const struct vcpu *vcpu, unsigned n)
{
    uint64_t value = vcpu->frame->x[n];
    return vcpu->frame->x[0] & SMC64 ? value : value & 0xffffffff;
}

void smccc_return(struct vcpu *vcpu, int64_t x0)
{
    vcpu->frame->x[0] = (uint64_t)x0;
}

enum exit_result smccc_handle(struct vcpu *vcpu, const struct exit *exit)
{
    if (bits_of(exit->iss, 15, 0) != 0) {
        return EXIT_UNHANDLED; /* the convention has no other immediate (DEN 0028, 2.9) */
    }
    const struct service *service = find(vcpu, (uint32_t)vcpu->frame->x[0]);
    if (service == NULL) {
        smccc_return(vcpu, SMCCC_NOT_SUPPORTED);
        return EXIT_HANDLED;
    }
    uint32_t id = service->function_id & ~SMC64;
    if (PSCI_VERSION <= id && id < TRNG_VERSION) {
        vcpu->psci_at = vcpu->frame->pc - (exit->ec == EC_HVC64 ? EXIT_INSTRUCTION_SIZE : 0);
    }
    return service->handle(vcpu);
}

void smccc_set_constants(struct vcpu *vcpu)
{
    static const struct {
        uint32_t function_id;
        uint64_t x0;
    } constants[] = {
        {SMCCC_VERSION, SMCCC_VERSION_1_1},
        {PSCI_VERSION, PSCI_VERSION_1_1},
        {PSCI_MIGRATE_INFO_TYPE, PSCI_MIGRATION_NOT_REQUIRED},
    };
    for (size_t i = 0; i < sizeof constants / sizeof constants[0]; i++) {
        vcpu->ops->set_const_call(vcpu, constants[i].function_id, constants[i].x0);
    }
}

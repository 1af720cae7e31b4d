/* SPDX-License-Identifier: BSD-2-Clause */
/* A virtual CPU: its exit frame, its interrupts on the way, its power state, and what the VMM asks of the kernel for it. */
#ifndef VMM_VCPU_H
#define VMM_VCPU_H

#include "gic/virq.h"
#include "lock.h"
#include "types.h"

#include <sel4/types.h>
#include <sel4/vesicle.h>
#include <stdatomic.h>

struct mmio_region;
struct sysreg_row;
struct vm;
struct vcpu;

/** What is asked of the kernel for one vCPU: system calls on the machine, a fake in the unit tests. */
struct vcpu_ops {
    /** Makes an interrupt pending (`vesicle_virq`); one that is there already becomes pending again. */
    void (*inject)(struct vcpu *vcpu, seL4_Word virq);
    /** Takes an interrupt's pending state away; active state stays. Returns the state it had. */
    seL4_Word (*withdraw)(struct vcpu *vcpu, unsigned intid);
    seL4_Word (*get_state)(struct vcpu *vcpu, unsigned intid);
    /** Sets the state of an interrupt (`vesicle_virq`). False if there is no room in the list registers. */
    bool (*set_state)(struct vcpu *vcpu, seL4_Word virq, seL4_Word state);
    /** Configures an interrupt that the kernel delivers by itself (the virtual timer's). */
    void (*set_vppi)(struct vcpu *vcpu, unsigned intid, bool enabled, uint8_t priority, bool group1);
    uint64_t (*read_reg)(struct vcpu *vcpu, seL4_VCPUReg reg);
    void (*write_reg)(struct vcpu *vcpu, seL4_VCPUReg reg, uint64_t value);
    /** Runs a stopped vCPU with what its frame says. */
    void (*start)(struct vcpu *vcpu);
    /** Stops another vCPU than the calling thread's. */
    void (*stop)(struct vcpu *vcpu);
    /** Stops another vCPU that is to go on later: exits that it has made are served first. */
    void (*hold)(struct vcpu *vcpu);
    /** Brings what its frame lacks of a vCPU that is held: PC, PSTATE, SP_EL0. */
    void (*read_frame)(struct vcpu *vcpu);
    /** It goes on. */
    void (*release)(struct vcpu *vcpu);
    /** Waits until another vCPU's exit thread has answered the exit that it was serving, if any. NULL: there is no need. */
    void (*settle)(struct vcpu *vcpu);
    /** Constant answers, given by the kernel without an exit. */
    void (*set_const_call)(struct vcpu *vcpu, uint32_t function_id, uint64_t x0);
    void (*set_const_id_reg)(struct vcpu *vcpu, seL4_Word key, uint64_t value);
};

/** Capabilities of the VMM for one vCPU. */
struct vcpu_caps {
    seL4_CPtr vcpu;
    seL4_CPtr tcb;
    seL4_CPtr endpoint; /**< its exits arrive here */
    seL4_CPtr reply;    /**< reply object of its exit thread */
};

/** Power state as PSCI reports it (DEN 0022, AFFINITY_INFO). */
enum vcpu_power {
    VCPU_ON = 0,
    VCPU_OFF = 1,
    VCPU_ON_PENDING = 2,
};

/** Shadows of system registers that always trap. */
struct vcpu_sysregs {
    uint64_t mdscr_el1;
    uint64_t cntp_ctl_el0;
    uint64_t cntp_cval_el0;
    bool os_lock;
    bool os_double_lock;
};

#define VCPU_LAST_EXITS 8 /**< that are remembered */

/** An exit that was served, other than a plain access to the device of the one before. */
struct vcpu_last_exit {
    uint64_t esr, pc;
};

#define VCPU_REPLY_IRQS   4  /**< interrupts that ride on the reply to an exit */
#define VCPU_EXIT_CLASSES 64 /**< exception classes of ESR_EL2.EC */

/**
 * Interrupts that go with the reply to an exit. Open from the exit to the reply; who holds the vGIC's lock adds and removes,
 * and the exit thread takes them all without that lock.
 */
struct vcpu_reply {
    _Atomic uint32_t state; /**< VCPU_REPLY_OPEN or VCPU_REPLY_HELD, and how many there are; 0: closed */
    seL4_Word irqs[VCPU_REPLY_IRQS];
};
#define VCPU_REPLY_OPEN 0x100u
#define VCPU_REPLY_HELD 0x200u /**< somebody is changing them */

struct vcpu {
    struct vm *vm;
    unsigned id;
    const struct vcpu_ops *ops;
    struct vesicle_exit_frame *frame;
    struct vcpu_caps caps;
    enum vcpu_power power; /**< under the VM's power lock */

    struct vcpu_reply reply;
    const struct mmio_region *last_region; /**< of its last device access */
    const struct sysreg_row *last_sysreg;  /**< of its last access to a system register that is served here, or null */
    uint32_t last_sysreg_key;              /**< and which it was */

    /* Under the vGIC's lock. */
    struct virq local[VIRQ_LOCALS]; /**< SGIs and PPIs */
    bool gicr_sleeps;               /**< GICR_WAKER.ProcessorSleep */

    struct lock timer_lock; /**< of the physical timer's registers in `sys`; before the vGIC's */
    struct vcpu_sysregs sys;
    uint64_t held_cntv_ctl;   /**< of the virtual timer, while the guest is paused */
    bool start_held;          /**< it was switched on meanwhile: under the VM's power lock */
    uint64_t injected_vector; /**< where the last injected exception went, 0 once the guest got on */
    uint64_t psci_at; /**< address of the HVC or SMC of its last PSCI call that reached the VMM, 0 if there was none */
    uint64_t exits[VCPU_EXIT_CLASSES];
    struct vcpu_last_exit last_exits[VCPU_LAST_EXITS]; /**< the next goes to [last_exit % VCPU_LAST_EXITS] */
    uint64_t last_exit;
    uint64_t maintenance;
    uint64_t unhandled;
};

/** Affinity of vCPU `id` as in MPIDR_EL1: 16 a cluster, so that one SGI target list reaches a whole cluster. */
uint64_t vcpu_affinity(unsigned id);

/** Prepares the fields of a vCPU; capabilities, frame and ops are set by the host. */
void vcpu_init(struct vcpu *vcpu, struct vm *vm, unsigned id);

/** Reset state: EL1 with the MMU off, interrupts masked, at `entry` with `x0`. Does not start it. */
void vcpu_reset(struct vcpu *vcpu, uint64_t entry, uint64_t x0);

/** Makes an interrupt pending: on the reply if one is due, else at once. vGIC lock held. */
void vcpu_inject(struct vcpu *vcpu, seL4_Word virq);

/** Takes an interrupt's pending state back, from a reply not yet sent too. Returns the state it had. vGIC lock held. */
seL4_Word vcpu_withdraw(struct vcpu *vcpu, unsigned intid);

/** VESICLE_VIRQ_* state, with what waits for the reply. vGIC lock held. */
seL4_Word vcpu_irq_state(struct vcpu *vcpu, unsigned intid);

/** From here to `vcpu_exit_end`, interrupts for this vCPU ride on the reply. Its exit thread only. */
static inline void vcpu_exit_begin(struct vcpu *vcpu)
{
    atomic_store_explicit(&vcpu->reply.state, VCPU_REPLY_OPEN, memory_order_release);
}

/** The same where something rides on the reply, or somebody is adding to it: `state` is what was seen. */
unsigned vcpu_exit_end_slowly(struct vcpu *vcpu, uint32_t state, seL4_Word words[]);

/** Moves what rides on the reply to `words` (room for VCPU_REPLY_IRQS); returns their number. */
static inline unsigned vcpu_exit_end(struct vcpu *vcpu, seL4_Word words[])
{
    uint32_t state = VCPU_REPLY_OPEN;
    bool none = atomic_compare_exchange_strong_explicit(&vcpu->reply.state, &state, 0, memory_order_acquire,
                                                        memory_order_relaxed);
    return none ? 0 : vcpu_exit_end_slowly(vcpu, state, words);
}

/** A general register of the frame; 31 is XZR. */
static inline uint64_t vcpu_get_x(const struct vcpu *vcpu, unsigned reg)
{
    return reg == 31 ? 0 : vcpu->frame->x[reg];
}

static inline void vcpu_set_x(struct vcpu *vcpu, unsigned reg, uint64_t value)
{
    if (reg != 31) {
        vcpu->frame->x[reg] = value;
    }
}

#endif

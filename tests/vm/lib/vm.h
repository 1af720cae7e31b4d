/* SPDX-License-Identifier: BSD-2-Clause */
/* A small guest of the running case: VCPU, thread, stage-2 space, 2 MiB of memory, exit frame. */
#ifndef VM_H
#define VM_H

#include <sel4/types.h>
#include <sel4/vesicle.h>

/** Where a guest's memory begins, in intermediate physical addresses, and its size. */
#define GUEST_RAM      0x40000000ul
#define GUEST_RAM_SIZE (1ul << seL4_LargePageBits)
/** Where a guest keeps what it wants to say, see the guests' code. */
#define GUEST_LOG (GUEST_RAM + 0x100000ul)
/** Below the first thread: it runs while that waits. */
#define GUEST_PRIORITY 90

struct vm {
    seL4_CPtr tcb, vcpu, vspace, sc;
    seL4_CPtr ep; /* exits arrive here */
    seL4_CPtr reply;
    seL4_CPtr ram_frame, exit_frame_cap;
    volatile struct vesicle_exit_frame *exit;
    volatile char *ram;
    seL4_Word message[4]; /* words of the last exit */
};

/** Once, before the first guest. */
void vm_init(void);

/** A guest whose image [code, code_end) lies at GUEST_RAM. With an exit frame; not started. */
struct vm *vm_new(const char *code, const char *code_end);
/** The same without exit frame. */
struct vm *vm_new_without_frame(const char *code, const char *code_end);
/** Forgets the guests; their objects go with the case. */
void vm_forget_all(void);

/** Starts it at `entry` (an address in the image as linked into this program), EL1h, interrupts masked. */
void vm_start(struct vm *vm, const char *code, const char *entry);
/** Waits for the next exit; returns its label. Ends the case if there is none for some seconds. */
seL4_Word vm_wait(struct vm *vm);
/** Resumes with `count` interrupts to inject, and waits for the next exit. */
seL4_Word vm_resume(struct vm *vm, seL4_Word count, const seL4_Word *virqs);
/** Resumes without waiting. */
void vm_reply(struct vm *vm, seL4_Word label);

/** Runs on until the next HVC; checks that its number is `number`. */
void vm_expect_hvc(struct vm *vm, seL4_Word number);
/** The same, after a resume. */
void vm_resume_to_hvc(struct vm *vm, seL4_Word number);

/** Word i of what the guest wrote at GUEST_LOG. */
seL4_Word vm_log(const struct vm *vm, unsigned i);

/* Syndromes. DDI 0487, ESR_ELx */
#define ESR_EC(esr)         ((esr) >> 26 & 0x3f)
#define ESR_EC_HVC64        0x16
#define ESR_EC_SMC64        0x17
#define ESR_EC_SYSREG       0x18
#define ESR_EC_ILLEGAL      0x0e
#define ESR_EC_FETCH_LOWER  0x20
#define ESR_EC_DATA_LOWER   0x24
#define ESR_IMM16(esr)      ((esr)&0xffff)
#define ESR_DATA_ISV(esr)   ((esr) >> 24 & 1)
#define ESR_DATA_BYTES(esr) (1ul << ((esr) >> 22 & 3))
#define ESR_DATA_SSE(esr)   ((esr) >> 21 & 1)
#define ESR_DATA_REG(esr)   ((esr) >> 16 & 0x1f)
#define ESR_DATA_SF(esr)    ((esr) >> 15 & 1)
#define ESR_DATA_WRITE(esr) ((esr) >> 6 & 1)
#define ESR_FSC(esr)        ((esr)&0x3f)
#define FSC_TRANSLATION     0x04 /* and the level */
#define FSC_PERMISSION      0x0c /* and the level */
#define FSC_LEVEL_MASK      0x3ul

#define PSTATE_EL1H_MASKED  0x3c5ul

#endif

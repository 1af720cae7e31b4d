/* SPDX-License-Identifier: BSD-2-Clause */
/* The registers of a virtual CPU, its interrupts, and the thread it belongs to. */
#include <assert.h>
#include <sel4/sel4.h>
#include <stdio.h>

#define ROOT  seL4_CapInitThreadCNode
#define DEPTH seL4_WordBits

static seL4_CPtr empty;

static seL4_CPtr create(seL4_Word type, seL4_Word bits)
{
    seL4_BootInfo *bi = seL4_GetBootInfo();
    for (seL4_CPtr untyped = bi->untyped.start; untyped < bi->untyped.end; untyped++) {
        if (!bi->untypedList[untyped - bi->untyped.start].isDevice &&
            seL4_Untyped_Retype(untyped, type, bits, ROOT, 0, 0, empty, 1) == seL4_NoError) {
            return empty++;
        }
    }
    return seL4_CapNull;
}

static seL4_Word read(seL4_CPtr vcpu, seL4_Word field)
{
    seL4_ARM_VCPU_ReadRegs_t result = seL4_ARM_VCPU_ReadRegs(vcpu, field);
    assert(result.error == seL4_NoError);
    return result.value;
}

static void registers(seL4_CPtr vcpu)
{
    static const seL4_Word whole[] = {
        seL4_VCPUReg_TTBR0,   seL4_VCPUReg_TTBR1,     seL4_VCPUReg_MAIR,      seL4_VCPUReg_AFSR0,
        seL4_VCPUReg_FAR,     seL4_VCPUReg_VBAR,      seL4_VCPUReg_TPIDR_EL1, seL4_VCPUReg_SP_EL1,
        seL4_VCPUReg_ELR_EL1, seL4_VCPUReg_CNTV_CVAL, seL4_VCPUReg_CNTVOFF,
    };
    for (seL4_Word i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        assert(seL4_ARM_VCPU_WriteRegs(vcpu, whole[i], 0x10000 * (i + 1)) == seL4_NoError);
    }
    for (seL4_Word i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        assert(read(vcpu, whole[i]) == 0x10000 * (i + 1));
    }
    static const seL4_Word narrow[] = {
        seL4_VCPUReg_SCTLR,      seL4_VCPUReg_CPACR,    seL4_VCPUReg_TCR,      seL4_VCPUReg_AMAIR,
        seL4_VCPUReg_CIDR,       seL4_VCPUReg_ACTLR,    seL4_VCPUReg_AFSR1,    seL4_VCPUReg_ESR,
        seL4_VCPUReg_PAR,        seL4_VCPUReg_SPSR_EL1, seL4_VCPUReg_CNTV_CTL, seL4_VCPUReg_CNTKCTL_EL1,
        seL4_VCPUReg_VMPIDR_EL2,
    };
    for (seL4_Word i = 0; i < sizeof narrow / sizeof narrow[0]; i++) {
        seL4_Word value = read(vcpu, narrow[i]);
        assert(seL4_ARM_VCPU_WriteRegs(vcpu, narrow[i], value) == seL4_NoError);
        assert(read(vcpu, narrow[i]) == value);
    }
    assert(seL4_ARM_VCPU_WriteRegs(vcpu, seL4_VCPUReg_VMPIDR_EL2, 0x80000003) == seL4_NoError);
    assert((read(vcpu, seL4_VCPUReg_VMPIDR_EL2) & 0xff) == 3);
    assert(seL4_VCPUReg_SCTLR == 0 && seL4_VCPUReg_CPACR == 1 && seL4_VCPUReg_TTBR0 == 2);
    assert(seL4_ARM_VCPU_ReadRegs(vcpu, 100000).error == seL4_InvalidArgument);
    assert(seL4_ARM_VCPU_WriteRegs(vcpu, 100000, 0) == seL4_InvalidArgument);
}

static void threads(seL4_CPtr vcpu)
{
    seL4_CPtr tcb = create(seL4_TCBObject, 0), other = create(seL4_TCBObject, 0);
    seL4_CPtr second = create(seL4_ARM_VCPUObject, 0);
    assert(seL4_ARM_VCPU_SetTCB(vcpu, ROOT) == seL4_InvalidCapability);
    assert(seL4_ARM_VCPU_SetTCB(vcpu, tcb) == seL4_NoError);
    /* Each takes a new partner, and lets the old one go. */
    assert(seL4_ARM_VCPU_SetTCB(vcpu, other) == seL4_NoError);
    assert(seL4_ARM_VCPU_SetTCB(second, other) == seL4_NoError);
    assert(seL4_CNode_Delete(ROOT, other, DEPTH) == seL4_NoError);
    assert(seL4_ARM_VCPU_SetTCB(second, tcb) == seL4_NoError);
    assert(seL4_CNode_Delete(ROOT, second, DEPTH) == seL4_NoError);
    assert(seL4_ARM_VCPU_SetTCB(vcpu, tcb) == seL4_NoError);
    assert(read(vcpu, seL4_VCPUReg_VBAR) == 0x10000 * 6);
}

static void interrupts(seL4_CPtr vcpu)
{
    assert(seL4_ARM_VCPU_InjectIRQ(vcpu, 40, 16, 1, 0) == seL4_NoError);
    assert(seL4_ARM_VCPU_InjectIRQ(vcpu, 41, 16, 1, 0) == seL4_DeleteFirst);
    assert(seL4_ARM_VCPU_InjectIRQ(vcpu, 41, 16, 1, 1) == seL4_NoError);
    assert(seL4_ARM_VCPU_InjectIRQ(vcpu, 5000, 16, 1, 2) == seL4_RangeError);
    assert(seL4_ARM_VCPU_InjectIRQ(vcpu, 42, 16, 2, 2) == seL4_RangeError);
    assert(seL4_ARM_VCPU_InjectIRQ(vcpu, 42, 16, 1, 64) == seL4_RangeError);
    assert(seL4_ARM_VCPU_AckVPPI(vcpu, 27) == seL4_NoError);
    assert(seL4_ARM_VCPU_AckVPPI(vcpu, 5) != seL4_NoError);
}

int main(void)
{
    empty = seL4_GetBootInfo()->empty.start;
    seL4_CPtr vcpu = create(seL4_ARM_VCPUObject, 0);
    assert(vcpu);
    registers(vcpu);
    threads(vcpu);
    interrupts(vcpu);
    assert(seL4_ARM_VCPU_SetTCB(ROOT, ROOT) == seL4_IllegalOperation);
    return 0;
}

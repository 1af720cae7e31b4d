/* SPDX-License-Identifier: BSD-2-Clause */
/* Types of the kernel API: words, message info, rights, registers, the IPC buffer. */
#ifndef SEL4_TYPES_H
#define SEL4_TYPES_H

#include <sel4/constants.h>
#include <stdint.h>

typedef uint64_t seL4_Word;
typedef int64_t seL4_Int64;
typedef uint64_t seL4_Uint64;
typedef uint32_t seL4_Uint32;
typedef uint16_t seL4_Uint16;
typedef uint8_t seL4_Uint8;
typedef int8_t seL4_Bool;
#define seL4_True    1
#define seL4_False   0
#define seL4_Null    ((void *)0)
#define seL4_NilData 0

typedef seL4_Word seL4_CPtr;
typedef seL4_Word seL4_NodeId;
typedef seL4_Word seL4_PAddr;
typedef seL4_Word seL4_Domain;
typedef seL4_Uint64 seL4_Time;
typedef seL4_CPtr seL4_CNode, seL4_Untyped, seL4_TCB, seL4_Endpoint, seL4_Notification, seL4_SchedContext,
    seL4_SchedControl, seL4_Reply, seL4_IRQHandler, seL4_IRQControl, seL4_DomainSet, seL4_ARM_Page, seL4_ARM_PageTable,
    seL4_ARM_VSpace, seL4_ARM_ASIDControl, seL4_ARM_ASIDPool, seL4_ARM_VCPU, seL4_ARM_SMC, vesicle_Stage2VSpace,
    vesicle_Trace;

/** Message info word: label 52, capsUnwrapped 3, extraCaps 2, length 7. */
typedef struct seL4_MessageInfo {
    seL4_Word words[1];
} seL4_MessageInfo_t;

static inline seL4_MessageInfo_t seL4_MessageInfo_new(seL4_Word label, seL4_Word caps_unwrapped, seL4_Word extra_caps,
                                                      seL4_Word length)
{
    return (seL4_MessageInfo_t){{label << 12 | (caps_unwrapped & 7) << 9 | (extra_caps & 3) << 7 | (length & 0x7f)}};
}
static inline seL4_Word seL4_MessageInfo_get_label(seL4_MessageInfo_t info)
{
    return info.words[0] >> 12;
}
static inline seL4_Word seL4_MessageInfo_get_capsUnwrapped(seL4_MessageInfo_t info)
{
    return info.words[0] >> 9 & 7;
}
static inline seL4_Word seL4_MessageInfo_get_extraCaps(seL4_MessageInfo_t info)
{
    return info.words[0] >> 7 & 3;
}
static inline seL4_Word seL4_MessageInfo_get_length(seL4_MessageInfo_t info)
{
    return info.words[0] & 0x7f;
}
static inline seL4_MessageInfo_t seL4_MessageInfo_set_label(seL4_MessageInfo_t info, seL4_Word v)
{
    return (seL4_MessageInfo_t){{(info.words[0] & 0xfff) | v << 12}};
}
static inline seL4_MessageInfo_t seL4_MessageInfo_set_capsUnwrapped(seL4_MessageInfo_t info, seL4_Word v)
{
    return (seL4_MessageInfo_t){{(info.words[0] & ~(7ul << 9)) | (v & 7) << 9}};
}
static inline seL4_MessageInfo_t seL4_MessageInfo_set_extraCaps(seL4_MessageInfo_t info, seL4_Word v)
{
    return (seL4_MessageInfo_t){{(info.words[0] & ~(3ul << 7)) | (v & 3) << 7}};
}
static inline seL4_MessageInfo_t seL4_MessageInfo_set_length(seL4_MessageInfo_t info, seL4_Word v)
{
    return (seL4_MessageInfo_t){{(info.words[0] & ~0x7ful) | (v & 0x7f)}};
}

/** Rights word: capAllowGrantReply 1, capAllowGrant 1, capAllowRead 1, capAllowWrite 1 (bit 0). */
typedef struct seL4_CapRights {
    seL4_Word words[1];
} seL4_CapRights_t;
static inline seL4_CapRights_t seL4_CapRights_new(seL4_Word grant_reply, seL4_Word grant, seL4_Word read,
                                                  seL4_Word write)
{
    return (seL4_CapRights_t){{(grant_reply & 1) << 3 | (grant & 1) << 2 | (read & 1) << 1 | (write & 1)}};
}
static inline seL4_Word seL4_CapRights_get_capAllowGrantReply(seL4_CapRights_t r)
{
    return r.words[0] >> 3 & 1;
}
static inline seL4_Word seL4_CapRights_get_capAllowGrant(seL4_CapRights_t r)
{
    return r.words[0] >> 2 & 1;
}
static inline seL4_Word seL4_CapRights_get_capAllowRead(seL4_CapRights_t r)
{
    return r.words[0] >> 1 & 1;
}
static inline seL4_Word seL4_CapRights_get_capAllowWrite(seL4_CapRights_t r)
{
    return r.words[0] & 1;
}
#define seL4_CapRightsBits 4
#define seL4_CanWrite      seL4_CapRights_new(0, 0, 0, 1)
#define seL4_CanRead       seL4_CapRights_new(0, 0, 1, 0)
#define seL4_CanGrant      seL4_CapRights_new(0, 1, 0, 0)
#define seL4_CanGrantReply seL4_CapRights_new(1, 0, 0, 0)
#define seL4_AllRights     seL4_CapRights_new(1, 1, 1, 1)
#define seL4_ReadWrite     seL4_CapRights_new(0, 0, 1, 1)
#define seL4_NoRights      seL4_CapRights_new(0, 0, 0, 0)
#define seL4_NoWrite       seL4_CapRights_new(1, 1, 1, 0)
#define seL4_NoRead        seL4_CapRights_new(1, 1, 0, 1)

/** CNode capability data: guard 58, guardSize 6. */
typedef struct seL4_CNode_CapData {
    seL4_Word words[1];
} seL4_CNode_CapData_t;
static inline seL4_CNode_CapData_t seL4_CNode_CapData_new(seL4_Word guard, seL4_Word guard_size)
{
    return (seL4_CNode_CapData_t){{guard << 6 | (guard_size & 0x3f)}};
}
static inline seL4_Word seL4_CNode_CapData_get_guard(seL4_CNode_CapData_t d)
{
    return d.words[0] >> 6;
}
static inline seL4_Word seL4_CNode_CapData_get_guardSize(seL4_CNode_CapData_t d)
{
    return d.words[0] & 0x3f;
}

/** A thread's registers, in the order of Read/WriteRegisters. */
typedef struct seL4_UserContext_ {
    seL4_Word pc, sp, spsr, x0, x1, x2, x3, x4, x5, x6, x7, x8, x16, x17, x18, x29, x30;
    seL4_Word x9, x10, x11, x12, x13, x14, x15, x19, x20, x21, x22, x23, x24, x25, x26, x27, x28;
    seL4_Word tpidr_el0, tpidrro_el0;
} seL4_UserContext;

/** The IPC buffer: one per thread, in a frame the kernel reads and writes. */
typedef struct seL4_IPCBuffer_ {
    seL4_MessageInfo_t tag;
    seL4_Word msg[seL4_MsgMaxLength];
    seL4_Word userData;
    seL4_Word caps_or_badges[seL4_MsgMaxExtraCaps];
    seL4_CPtr receiveCNode;
    seL4_CPtr receiveIndex;
    seL4_Word receiveDepth;
} seL4_IPCBuffer __attribute__((aligned(1 << seL4_IPCBufferSizeBits)));

/** Registers of a VCPU for ReadRegs and WriteRegs. */
typedef enum {
    seL4_VCPUReg_SCTLR = 0,
    seL4_VCPUReg_CPACR,
    seL4_VCPUReg_TTBR0,
    seL4_VCPUReg_TTBR1,
    seL4_VCPUReg_TCR,
    seL4_VCPUReg_MAIR,
    seL4_VCPUReg_AMAIR,
    seL4_VCPUReg_CIDR,
    seL4_VCPUReg_ACTLR,
    seL4_VCPUReg_AFSR0,
    seL4_VCPUReg_AFSR1,
    seL4_VCPUReg_ESR,
    seL4_VCPUReg_FAR,
    seL4_VCPUReg_PAR,
    seL4_VCPUReg_VBAR,
    seL4_VCPUReg_TPIDR_EL1,
    seL4_VCPUReg_VMPIDR_EL2,
    seL4_VCPUReg_SP_EL1,
    seL4_VCPUReg_ELR_EL1,
    seL4_VCPUReg_SPSR_EL1,
    seL4_VCPUReg_CNTV_CTL,
    seL4_VCPUReg_CNTV_CVAL,
    seL4_VCPUReg_CNTVOFF,
    seL4_VCPUReg_CNTKCTL_EL1,
    /* ours */
    seL4_VCPUReg_CSSELR,
    seL4_VCPUReg_MDSCR,
    seL4_VCPUReg_VPIDR_EL2,
    seL4_VCPUReg_TPIDR_EL0,
    seL4_VCPUReg_TPIDRRO_EL0,
    seL4_VCPUReg_PMCR_EL0,
    seL4_VCPUReg_ICH_VMCR_EL2, /* the GIC's CPU interface, as the guest has it */
    seL4_VCPUReg_ICH_AP0R0_EL2,
    seL4_VCPUReg_ICH_AP0R1_EL2,
    seL4_VCPUReg_ICH_AP0R2_EL2,
    seL4_VCPUReg_ICH_AP0R3_EL2,
    seL4_VCPUReg_ICH_AP1R0_EL2,
    seL4_VCPUReg_ICH_AP1R1_EL2,
    seL4_VCPUReg_ICH_AP1R2_EL2,
    seL4_VCPUReg_ICH_AP1R3_EL2,
    seL4_VCPUReg_Num
} seL4_VCPUReg;

/** Boot information handed to the root task. */
typedef struct seL4_SlotRegion {
    seL4_Word start; /**< first slot */
    seL4_Word end;   /**< one past the last */
} seL4_SlotRegion;
typedef struct seL4_UntypedDesc {
    seL4_Word paddr;
    seL4_Uint8 sizeBits;
    seL4_Uint8 isDevice;
    seL4_Uint8 padding[sizeof(seL4_Word) - 2];
} seL4_UntypedDesc;
#define CONFIG_MAX_NUM_BOOTINFO_UNTYPED_CAPS 230
typedef struct seL4_BootInfo {
    seL4_Word extraLen;
    seL4_NodeId nodeID;
    seL4_Word numNodes;
    seL4_Word numIOPTLevels;
    seL4_IPCBuffer *ipcBuffer;
    seL4_SlotRegion empty;
    seL4_SlotRegion sharedFrames;
    seL4_SlotRegion userImageFrames;
    seL4_SlotRegion userImagePaging;
    seL4_SlotRegion ioSpaceCaps;
    seL4_SlotRegion extraBIPages;
    seL4_Word initThreadCNodeSizeBits;
    seL4_Domain initThreadDomain;
    seL4_SlotRegion schedcontrol;
    seL4_SlotRegion untyped;
    seL4_UntypedDesc untypedList[CONFIG_MAX_NUM_BOOTINFO_UNTYPED_CAPS];
} seL4_BootInfo;
typedef struct seL4_BootInfoHeader {
    seL4_Word id;
    seL4_Word len; /**< this header included */
} seL4_BootInfoHeader;
#define SEL4_BOOTINFO_HEADER_PADDING 0
#define SEL4_BOOTINFO_HEADER_FDT     6

/** Registers of an SMC, for seL4_ARM_SMC_Call. */
typedef struct seL4_ARM_SMCContext_ {
    seL4_Word x0, x1, x2, x3, x4, x5, x6, x7;
} seL4_ARM_SMCContext;

#endif

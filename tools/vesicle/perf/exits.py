# SPDX-License-Identifier: BSD-2-Clause
"""Why a guest was left: names for what the kernel records (sel4/trace.h)."""

# vesicle_exit_reason, and vesicle_Exit_SystemCall of native threads.
REASONS = ("other", "WFx", "HVC", "SMC", "constant call", "system register", "FP", "debug", "SError", "interrupt", "SGI", "timer",
           "virtual timer", "maintenance", "instruction abort", "data abort", "system call")
(OTHER, WFX, HVC, SMC, CONST, SYSREG, FP, DEBUG, SERROR, IRQ, SGI, TIMER, VTIMER, MAINTENANCE, IABORT, DABORT,
 SYSCALL) = range(len(REASONS))
NUMBER = SYSCALL  # of reasons that counters have

# vesicle_syscall (sel4/invocation.h)
CALLS = ("Call", "ReplyRecv", "Recv", "NBRecv", "Send", "NBSend", "NBSendRecv", "NBSendWait", "Wait", "NBWait", "Yield",
         "DebugPutChar", "DebugHalt", "DebugSnapshot", "DebugCapIdentify", "DebugNameThread", "DebugDumpScheduler", "DebugFPSwitches",
         "DebugCheck")

# Function identifiers (DEN 0022, DEN 0098, DEN 0028) without the bit that says 64-bit arguments.
FUNCTIONS = {
    0x84000000: "VERSION", 0x84000001: "CPU_SUSPEND", 0x84000002: "CPU_OFF", 0x84000003: "CPU_ON", 0x84000004: "AFFINITY_INFO",
    0x84000005: "MIGRATE", 0x84000006: "MIGRATE_INFO_TYPE", 0x84000007: "MIGRATE_INFO_UP_CPU", 0x84000008: "SYSTEM_OFF",
    0x84000009: "SYSTEM_RESET", 0x8400000a: "FEATURES", 0x8400000e: "SYSTEM_SUSPEND", 0x84000012: "SYSTEM_RESET2",
}
TRNG = {0x84000050: "TRNG_VERSION", 0x84000051: "TRNG_FEATURES", 0x84000052: "TRNG_GET_UUID", 0x84000053: "TRNG_RND"}
ARCH = {0x80000000: "SMCCC_VERSION", 0x80000001: "SMCCC_ARCH_FEATURES"}
BIT64 = 0x40000000

# Registers that trap, by op0, op1, CRn, CRm, op2.
REGISTERS = {
    (3, 0, 12, 11, 5): "ICC_SGI1R_EL1", (3, 0, 12, 11, 6): "ICC_ASGI1R_EL1", (3, 0, 12, 11, 7): "ICC_SGI0R_EL1",
    (3, 3, 14, 2, 0): "CNTP_TVAL_EL0", (3, 3, 14, 2, 1): "CNTP_CTL_EL0", (3, 3, 14, 2, 2): "CNTP_CVAL_EL0",
    (3, 3, 14, 0, 1): "CNTPCT_EL0", (2, 0, 1, 0, 4): "OSLAR_EL1", (2, 0, 1, 1, 4): "OSLSR_EL1", (2, 0, 1, 3, 4): "OSDLR_EL1",
    (2, 0, 0, 2, 2): "MDSCR_EL1", (3, 3, 14, 15, 7): "PMCCFILTR_EL0", (3, 0, 1, 0, 1): "ACTLR_EL1",
    (3, 0, 0, 4, 0): "ID_AA64PFR0_EL1", (3, 0, 0, 4, 1): "ID_AA64PFR1_EL1", (3, 0, 0, 4, 4): "ID_AA64ZFR0_EL1",
    (3, 0, 0, 4, 5): "ID_AA64SMFR0_EL1", (3, 0, 0, 5, 0): "ID_AA64DFR0_EL1", (3, 0, 0, 5, 1): "ID_AA64DFR1_EL1",
    (3, 0, 0, 6, 0): "ID_AA64ISAR0_EL1", (3, 0, 0, 6, 1): "ID_AA64ISAR1_EL1", (3, 0, 0, 6, 2): "ID_AA64ISAR2_EL1",
    (3, 0, 0, 7, 0): "ID_AA64MMFR0_EL1", (3, 0, 0, 7, 1): "ID_AA64MMFR1_EL1", (3, 0, 0, 7, 2): "ID_AA64MMFR2_EL1",
    (3, 3, 9, 12, 0): "PMCR_EL0", (3, 3, 9, 12, 1): "PMCNTENSET_EL0", (3, 3, 9, 12, 2): "PMCNTENCLR_EL0",
    (3, 3, 9, 12, 3): "PMOVSCLR_EL0", (3, 3, 9, 12, 4): "PMSWINC_EL0", (3, 3, 9, 12, 5): "PMSELR_EL0",
    (3, 3, 9, 12, 6): "PMCEID0_EL0", (3, 3, 9, 12, 7): "PMCEID1_EL0", (3, 3, 9, 13, 0): "PMCCNTR_EL0",
    (3, 3, 9, 13, 1): "PMXEVTYPER_EL0", (3, 3, 9, 13, 2): "PMXEVCNTR_EL0", (3, 3, 9, 14, 0): "PMUSERENR_EL0",
    (3, 3, 9, 14, 3): "PMOVSSET_EL0", (3, 0, 9, 14, 1): "PMINTENSET_EL1", (3, 0, 9, 14, 2): "PMINTENCLR_EL1",
}
REGISTERS.update({(2, 0, 0, n, 4 + i): f"DBG{kind}{n}_EL1" for n in range(16) for i, kind in enumerate(("BVR", "BCR", "WVR", "WCR"))})
REGISTERS.update({(3, 3, 14, base + n // 8, n % 8): f"PMEV{kind}{n}_EL0" for n in range(31) for base, kind in ((8, "CNTR"), (12, "TYPER"))})
SGI_REGISTERS = ("ICC_SGI1R_EL1", "ICC_ASGI1R_EL1", "ICC_SGI0R_EL1")

# A guest's devices (vmm/machine.h): first address, size, name.
DEVICES = ((0x08000000, 0x10000, "GICD"), (0x080a0000, 0x100000, "GICR"), (0x09000000, 0x1000, "PL011"), (0x09010000, 0x1000, "PL031"))
RAM = 0x40000000


def ipa(record):
    """The address of an abort's Exit; None where the hardware does not know it."""
    if record[3] not in (IABORT, DABORT) or (record[6] & 0x3c == 0x0c and not record[6] >> 7 & 1):
        return None
    return (record[6] >> 32) << 12 | (record[2] & 0xfff)


def _function(value):
    plain = value & ~BIT64
    if plain in FUNCTIONS:
        return "PSCI " + FUNCTIONS[plain]
    return TRNG.get(plain) or ARCH.get(plain)


def _register(iss):
    key = (iss >> 20 & 3, iss >> 14 & 7, iss >> 10 & 15, iss >> 1 & 15, iss >> 17 & 7)
    return REGISTERS.get(key) or "S%d_%d_C%d_C%d_%d" % key


def trap_name(reason, number):
    """What a native thread's trap is called."""
    if reason != SYSCALL:
        return REASONS[reason] if reason < len(REASONS) else REASONS[OTHER]
    return CALLS[number] if number < len(CALLS) else "unknown call"


def _device(address, others):
    for first, size, name in (*DEVICES, *others):
        if first <= address < first + size:
            return name
    return "%#x" % (address & ~0xfff)


def name(reason, record, devices=()):
    """What an exit is called in tables; record: its Exit as a tuple, None if that was lost; devices: more than all guests have."""
    if record is None:
        return REASONS[reason]
    esr, w0 = record[6] & 0xffffffff, record[6] >> 32
    if reason == WFX:
        return "WFE" if esr & 1 else "WFI"
    if reason in (HVC, SMC):
        function = _function(w0)
        return f"{REASONS[reason]} " + (function or (f"#{esr & 0xffff}" if esr & 0xffff else "unknown call"))
    if reason == CONST:
        return "constant " + (_function(w0) or "call")
    if reason == SYSREG:
        register = _register(esr & 0x1ffffff)
        if register in SGI_REGISTERS:
            return f"SGI {register}"
        return f"{'MRS' if esr & 1 else 'MSR'} {register}"
    if reason in (IABORT, DABORT):
        address = ipa(record)
        if address is None or address >= RAM:
            return "stage-2 fault"
        return f"MMIO {_device(address, devices)} {'write' if reason == DABORT and esr >> 6 & 1 else 'read'}"
    return REASONS[reason]

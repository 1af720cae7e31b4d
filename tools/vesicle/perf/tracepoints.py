# SPDX-License-Identifier: BSD-2-Clause
"""The tracepoints in our perf.data: those of KVM and of the scheduler named and laid out as on Linux for arm64, and our own."""

from . import exits
from .perfdata import Tracepoint

# ESR_ELx.EC (DDI 0487 D17.2.37), by the names that KVM's tools know.
CLASSES = {
    0x00: "UNKNOWN", 0x01: "WFx", 0x07: "FP_ASIMD", 0x0E: "ILL", 0x15: "SVC64", 0x16: "HVC64", 0x17: "SMC64", 0x18: "SYS64",
    0x20: "IABT_LOW", 0x21: "IABT_CUR", 0x22: "PC_ALIGN", 0x24: "DABT_LOW", 0x25: "DABT_CUR", 0x26: "SP_ALIGN", 0x2F: "SERROR",
    0x30: "BREAKPT_LOW", 0x32: "SOFTSTP_LOW", 0x34: "WATCHPT_LOW", 0x3C: "BRK64",
}
# What kvm_exit calls `ret`.
RET_IRQ, RET_SERROR, RET_TRAP = 0, 1, 2
MMIO_READ, MMIO_WRITE = 1, 2
TASK_RUNNING, TASK_INTERRUPTIBLE, TASK_STOPPED = 0, 1, 4


def _symbols(expression, names):
    return f"__print_symbolic({expression}, " + ", ".join("{ 0x%x, \"%s\" }" % item for item in sorted(names.items())) + ")"


KVM_ENTRY = Tracepoint("kvm", "kvm_entry", 301, [("unsigned long", "vcpu_pc", "Q")], '"PC: 0x%016lx", REC->vcpu_pc')
KVM_EXIT = Tracepoint(
    "kvm", "kvm_exit", 302, [("int", "ret", "i"), ("unsigned int", "esr_ec", "I"), ("unsigned long", "vcpu_pc", "Q")],
    '"%s: HSR_EC: 0x%04x (%s), PC: 0x%016lx", ' + _symbols("REC->ret", {RET_IRQ: "IRQ", RET_SERROR: "SERROR", RET_TRAP: "TRAP"}) +
    ", REC->esr_ec, " + _symbols("REC->esr_ec", CLASSES) + ", REC->vcpu_pc")
KVM_MMIO = Tracepoint(
    "kvm", "kvm_mmio", 303, [("u32", "type", "I"), ("u32", "len", "I"), ("u64", "gpa", "Q"), ("u64", "val", "Q")],
    '"mmio %s len %u gpa 0x%llx val 0x%llx", ' +
    _symbols("REC->type", {0: "unsatisfied-read", MMIO_READ: "read", MMIO_WRITE: "write"}) + ", REC->len, REC->gpa, REC->val")
SCHED_SWITCH = Tracepoint(
    "sched", "sched_switch", 304,
    [("char", "prev_comm[16]", "16s"), ("pid_t", "prev_pid", "i"), ("int", "prev_prio", "i"), ("long", "prev_state", "q"),
     ("char", "next_comm[16]", "16s"), ("pid_t", "next_pid", "i"), ("int", "next_prio", "i")],
    '"prev_comm=%s prev_pid=%d prev_prio=%d prev_state=%s ==> next_comm=%s next_pid=%d next_prio=%d", REC->prev_comm, REC->prev_pid, '
    "REC->prev_prio, " + _symbols("REC->prev_state", {TASK_RUNNING: "R", TASK_INTERRUPTIBLE: "S", TASK_STOPPED: "T"}) +
    ", REC->next_comm, REC->next_pid, REC->next_prio")

_REASONS = _symbols("REC->reason", dict(enumerate(exits.REASONS)))
VESICLE_EXIT = Tracepoint(
    "vesicle", "exit", 311,
    [("u32", "reason", "I"), ("u32", "esr", "I"), ("u64", "pc", "Q"), ("u64", "ipa", "Q"), ("u32", "w0", "I")],
    '"%s: esr=0x%08x pc=0x%llx ipa=0x%llx w0=0x%x", ' + _REASONS + ", REC->esr, REC->pc, REC->ipa, REC->w0")
VESICLE_ENTRY = Tracepoint(
    "vesicle", "entry", 312, [("u32", "reason", "I"), ("u32", "vmm", "I"), ("u64", "pc", "Q"), ("u64", "ns", "Q")],
    '"%s: vmm=%u ns=%llu pc=0x%llx", ' + _REASONS + ", REC->vmm, REC->ns, REC->pc")
VESICLE_FAULT = Tracepoint(
    "vesicle", "fault", 313, [("u32", "type", "I"), ("u64", "pc", "Q"), ("u64", "word", "Q")],
    '"type=%u pc=0x%llx word=0x%llx", REC->type, REC->pc, REC->word')
VESICLE_IRQ = Tracepoint("vesicle", "irq", 314, [("u32", "intid", "I")], '"intid=%u", REC->intid')
VESICLE_TRAP = Tracepoint(
    "vesicle", "trap", 315,
    [("u32", "reason", "I"), ("u32", "esr", "I"), ("u64", "pc", "Q"), ("u32", "w0", "I"), ("u32", "number", "I")],
    '"%s: esr=0x%08x pc=0x%llx w0=0x%x number=%d", ' + _REASONS + ", REC->esr, REC->pc, REC->w0, (short)REC->number")
VESICLE_RETURN = Tracepoint("vesicle", "return", 316, [("u64", "pc", "Q")], '"pc=0x%llx", REC->pc')

ALL = {f"{point.system}:{point.name}": point for point in (
    KVM_ENTRY, KVM_EXIT, KVM_MMIO, SCHED_SWITCH, VESICLE_EXIT, VESICLE_ENTRY, VESICLE_FAULT, VESICLE_IRQ, VESICLE_TRAP, VESICLE_RETURN)}
DEFAULT = ("kvm:kvm_entry", "kvm:kvm_exit", "kvm:kvm_mmio", "sched:sched_switch", "vesicle:fault", "vesicle:irq")

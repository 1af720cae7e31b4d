/* SPDX-License-Identifier: BSD-2-Clause */
/* What is written when a guest does something nobody answers, or is stopped. */
#ifndef VMM_REPORT_H
#define VMM_REPORT_H

#include "exit.h"

/** One line about an access that nobody answered. */
void report_unhandled(struct vcpu *vcpu, const struct exit *exit);

/** Why a guest was stopped: the exit, the registers, the last exits, a backtrace, and how many exits it made. */
void report_crash(struct vcpu *vcpu, const struct exit *exit);

/** A vCPU as it stands: its frame has all registers. */
void report_vcpu(struct vcpu *vcpu);

/** Exits of a vCPU by class. */
void report_exits(struct vcpu *vcpu);

#endif

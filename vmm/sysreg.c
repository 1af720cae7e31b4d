/* SPDX-License-Identifier: BSD-2-Clause */
#include "sysreg.h"

#include "gic/vgic.h"
#include "idreg.h"
#include "pause.h"
#include "timer.h"
#include "vcpu.h"
#include "vm.h"

#define KEY      SYSREG_KEY
#define EXACT    SYSREG_KEY_MASK
#define ANY_CRM  KEY(3, 7, 15, 0, 7)
#define ANY_LAST KEY(3, 7, 15, 0, 0) /* any CRm and op2 */

/* MDSCR_EL1: what may reach the register itself; with no breakpoints behind it, it only makes single steps. */
#define MDSCR_SS   (1ull << 0)
#define MDSCR_TDCC (1ull << 12)
#define MDSCR_KDE  (1ull << 13)
#define MDSCR_MDE  (1ull << 15)

/* OSLSR_EL1 */
#define OSLSR_OSLK (1ull << 1)
#define OSLSR_OSLM (1ull << 3) /* the OS lock is there */

static uint64_t read_zero(struct vcpu *vcpu, uint32_t key)
{
    (void)vcpu;
    (void)key;
    return 0;
}

static void write_nothing(struct vcpu *vcpu, uint32_t key, uint64_t value)
{
    (void)vcpu;
    (void)key;
    (void)value;
}

/* ICC_SGI1R_EL1 makes group 1 interrupts; the other two group 0, seen from a machine with one security state. */
static void write_sgi1r(struct vcpu *vcpu, uint32_t key, uint64_t value)
{
    (void)key;
    vgic_sgi(vcpu, value, true);
}

static void write_sgi0r(struct vcpu *vcpu, uint32_t key, uint64_t value)
{
    (void)key;
    vgic_sgi(vcpu, value, false);
}

static uint64_t read_id(struct vcpu *vcpu, uint32_t key)
{
    return idreg_value(vcpu->vm, VESICLE_IDREG(bits_of(key, 4, 1), bits_of(key, 19, 17)));
}

static uint64_t read_mdscr(struct vcpu *vcpu, uint32_t key)
{
    (void)key;
    return vcpu->sys.mdscr_el1;
}

static void write_mdscr(struct vcpu *vcpu, uint32_t key, uint64_t value)
{
    (void)key;
    vcpu->sys.mdscr_el1 = value & (MDSCR_SS | MDSCR_TDCC | MDSCR_KDE | MDSCR_MDE);
    vcpu->ops->write_reg(vcpu, seL4_VCPUReg_MDSCR, vcpu->sys.mdscr_el1);
}

static void write_oslar(struct vcpu *vcpu, uint32_t key, uint64_t value)
{
    (void)key;
    vcpu->sys.os_lock = value & 1;
}

static uint64_t read_oslsr(struct vcpu *vcpu, uint32_t key)
{
    (void)key;
    return OSLSR_OSLM | (vcpu->sys.os_lock ? OSLSR_OSLK : 0);
}

static uint64_t read_osdlr(struct vcpu *vcpu, uint32_t key)
{
    (void)key;
    return vcpu->sys.os_double_lock;
}

static void write_osdlr(struct vcpu *vcpu, uint32_t key, uint64_t value)
{
    (void)key;
    vcpu->sys.os_double_lock = value & 1;
}

/* With the time that the guest was paused taken off, as its virtual counter has. */
static uint64_t read_cntpct(struct vcpu *vcpu, uint32_t key)
{
    (void)key;
    return vm_counter(vcpu->vm);
}

static uint64_t read_cntp(struct vcpu *vcpu, uint32_t key)
{
    return timer_read(vcpu, (enum timer_register)bits_of(key, 19, 17));
}

static void write_cntp(struct vcpu *vcpu, uint32_t key, uint64_t value)
{
    timer_write(vcpu, (enum timer_register)bits_of(key, 19, 17), value);
}

/* The first row that matches counts; the frequent ones come first. */
static const struct sysreg_row rows[] = {
    {EXACT, KEY(3, 0, 12, 11, 5), NULL, write_sgi1r},         /* ICC_SGI1R_EL1 */
    {EXACT, KEY(3, 0, 12, 11, 6), NULL, write_sgi0r},         /* ICC_ASGI1R_EL1 */
    {EXACT, KEY(3, 0, 12, 11, 7), NULL, write_sgi0r},         /* ICC_SGI0R_EL1 */
    {EXACT, KEY(2, 0, 0, 2, 2), read_mdscr, write_mdscr},     /* MDSCR_EL1 */
    {EXACT, KEY(3, 3, 14, 0, 1), read_cntpct, NULL},          /* CNTPCT_EL0 */
    {EXACT, KEY(3, 3, 14, 2, 0), read_cntp, write_cntp},      /* CNTP_TVAL_EL0 */
    {EXACT, KEY(3, 3, 14, 2, 1), read_cntp, write_cntp},      /* CNTP_CTL_EL0 */
    {EXACT, KEY(3, 3, 14, 2, 2), read_cntp, write_cntp},      /* CNTP_CVAL_EL0 */
    {ANY_LAST, KEY(3, 0, 0, 0, 0), read_id, NULL},            /* ID registers */
    {ANY_CRM, KEY(2, 0, 0, 0, 4), read_zero, write_nothing},  /* DBGBVR<n>_EL1 */
    {ANY_CRM, KEY(2, 0, 0, 0, 5), read_zero, write_nothing},  /* DBGBCR<n>_EL1 */
    {ANY_CRM, KEY(2, 0, 0, 0, 6), read_zero, write_nothing},  /* DBGWVR<n>_EL1 */
    {ANY_CRM, KEY(2, 0, 0, 0, 7), read_zero, write_nothing},  /* DBGWCR<n>_EL1 */
    {EXACT, KEY(2, 0, 0, 0, 2), read_zero, write_nothing},    /* OSDTRRX_EL1 */
    {EXACT, KEY(2, 0, 0, 2, 0), read_zero, write_nothing},    /* MDCCINT_EL1 */
    {EXACT, KEY(2, 0, 0, 3, 2), read_zero, write_nothing},    /* OSDTRTX_EL1 */
    {EXACT, KEY(2, 0, 0, 6, 2), read_zero, write_nothing},    /* OSECCR_EL1 */
    {EXACT, KEY(2, 0, 1, 0, 0), read_zero, NULL},             /* MDRAR_EL1 */
    {EXACT, KEY(2, 0, 1, 0, 4), NULL, write_oslar},           /* OSLAR_EL1 */
    {EXACT, KEY(2, 0, 1, 1, 4), read_oslsr, NULL},            /* OSLSR_EL1 */
    {EXACT, KEY(2, 0, 1, 3, 4), read_osdlr, write_osdlr},     /* OSDLR_EL1 */
    {EXACT, KEY(2, 0, 1, 4, 4), read_zero, write_nothing},    /* DBGPRCR_EL1 */
    {EXACT, KEY(2, 0, 7, 8, 6), read_zero, write_nothing},    /* DBGCLAIMSET_EL1 */
    {EXACT, KEY(2, 0, 7, 9, 6), read_zero, write_nothing},    /* DBGCLAIMCLR_EL1 */
    {EXACT, KEY(2, 0, 7, 14, 6), read_zero, NULL},            /* DBGAUTHSTATUS_EL1 */
    {EXACT, KEY(2, 3, 0, 1, 0), read_zero, NULL},             /* MDCCSR_EL0 */
    {EXACT, KEY(2, 3, 0, 4, 0), read_zero, write_nothing},    /* DBGDTR_EL0 */
    {EXACT, KEY(2, 3, 0, 5, 0), read_zero, write_nothing},    /* DBGDTRRX_EL0, DBGDTRTX_EL0 */
    {EXACT, KEY(3, 0, 1, 0, 1), read_zero, write_nothing},    /* ACTLR_EL1 */
    {EXACT, KEY(3, 0, 9, 14, 1), read_zero, write_nothing},   /* PMINTENSET_EL1 */
    {EXACT, KEY(3, 0, 9, 14, 2), read_zero, write_nothing},   /* PMINTENCLR_EL1 */
    {ANY_LAST, KEY(3, 3, 9, 0, 0), read_zero, write_nothing}, /* PMCR_EL0 and on: only of a guest without */
    {EXACT, KEY(1, 0, 7, 6, 2), NULL, write_nothing},         /* DC ISW */
    {EXACT, KEY(1, 0, 7, 10, 2), NULL, write_nothing},        /* DC CSW */
    {EXACT, KEY(1, 0, 7, 14, 2), NULL, write_nothing},        /* DC CISW */
};

static const struct sysreg_row *find(uint32_t key)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if ((key & rows[i].mask) == rows[i].key) {
            return &rows[i];
        }
    }
    return NULL;
}

/* PMEVCNTR<n>, PMEVTYPER<n>, PMCCFILTR: CRn 14, CRm 8..15. */
static bool is_pmu_counter(uint32_t key)
{
    return (key & KEY(3, 7, 15, 8, 0)) == KEY(3, 3, 14, 8, 0);
}

enum exit_result sysreg_handle(struct vcpu *vcpu, const struct exit *exit)
{
    static const struct sysreg_row pmu = {0, 0, read_zero, write_nothing};
    uint32_t key = exit->iss & EXACT;
    const struct sysreg_row *row = is_pmu_counter(key) ? &pmu : find(key);
    if (row == NULL) {
        return EXIT_UNHANDLED;
    }
    vcpu->last_sysreg = row;
    vcpu->last_sysreg_key = key;
    return sysreg_perform(vcpu, row, exit->iss) ? EXIT_HANDLED : EXIT_UNHANDLED;
}

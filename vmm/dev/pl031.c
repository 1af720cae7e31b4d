/* SPDX-License-Identifier: BSD-2-Clause */
#include "pl031.h"

#include "../fdt.h"
#include "../pause.h"
#include "../vm.h"

/* Registers (DDI 0224, table 3-1). */
enum {
    RTCDR = 0x000,
    RTCMR = 0x004,
    RTCLR = 0x008,
    RTCCR = 0x00c,
    RTCIMSC = 0x010,
    RTCRIS = 0x014,
    RTCMIS = 0x018,
    RTCICR = 0x01c,
    RTCPERIPHID0 = 0xfe0,
};

static const uint8_t ids[8] = {
    0x31, 0x10, 0x04, 0x00, /* RTCPeriphID0..3 */
    0x0d, 0xf0, 0x05, 0xb1, /* RTCPCellID0..3 */
};

static uint32_t now(const struct pl031 *rtc)
{
    return (uint32_t)rtc->vm->host->seconds(rtc->vm) + rtc->offset;
}

#define LOOKS_PER_SECOND 16 /* for the beginning of the alarm's second: the host's clock has whole ones */

/* Until the clock may show `match`, in ticks of the counter. */
static uint64_t ticks_until(const struct pl031 *rtc, uint32_t match)
{
    uint64_t frequency = rtc->vm->host->frequency(rtc->vm);
    uint32_t seconds = match - now(rtc);
    return seconds > 1 ? (seconds - 1) * frequency : frequency / LOOKS_PER_SECOND;
}

/* The alarm goes off when the clock comes to the match value (DDI 0224, 2.3), seen or not. Lock held. */
static void update(struct pl031 *rtc)
{
    const struct vm_host *host = rtc->vm->host;
    uint32_t time = now(rtc);
    uint32_t went_by = time - rtc->seen;
    bool passed = went_by <= INT32_MAX && rtc->match - rtc->seen - 1 < went_by; /* the host's clock may be set back */
    rtc->seen = time;
    rtc->alarm = rtc->alarm || passed;
    irq_line_set(&rtc->irq, rtc->alarm && rtc->unmasked);
    if (host->wake_at != NULL) {
        bool waits = rtc->unmasked && !rtc->alarm && rtc->match != time;
        deadline_set(rtc->vm, DEADLINE_RTC,
                     waits ? vm_counter(rtc->vm) + ticks_until(rtc, rtc->match) : DEADLINE_NEVER);
    }
}

/* Clock or match value were set: if they are the same, that counts. */
static void restart(struct pl031 *rtc)
{
    rtc->seen = now(rtc) - 1;
}

void pl031_update(struct pl031 *rtc)
{
    lock_acquire(&rtc->lock);
    update(rtc);
    lock_release(&rtc->lock);
}

static enum mmio_result pl031_read(void *device, struct vcpu *vcpu, uint64_t offset, unsigned width, uint64_t *value)
{
    (void)vcpu;
    (void)width;
    struct pl031 *rtc = device;
    lock_acquire(&rtc->lock);
    update(rtc);
    switch (offset) {
    case RTCDR:
        *value = now(rtc);
        break;
    case RTCMR:
        *value = rtc->match;
        break;
    case RTCLR:
        *value = rtc->load;
        break;
    case RTCCR:
        *value = 1; /* always on */
        break;
    case RTCIMSC:
        *value = rtc->unmasked;
        break;
    case RTCRIS:
        *value = rtc->alarm;
        break;
    case RTCMIS:
        *value = rtc->alarm && rtc->unmasked;
        break;
    default:
        *value = offset >= RTCPERIPHID0 && offset % 4 == 0 ? ids[(offset - RTCPERIPHID0) / 4] : 0;
        break;
    }
    lock_release(&rtc->lock);
    return MMIO_DONE;
}

static enum mmio_result pl031_write(void *device, struct vcpu *vcpu, uint64_t offset, unsigned width, uint64_t value)
{
    (void)vcpu;
    (void)width;
    struct pl031 *rtc = device;
    lock_acquire(&rtc->lock);
    switch (offset) {
    case RTCMR:
        rtc->match = (uint32_t)value;
        restart(rtc);
        break;
    case RTCLR:
        rtc->load = (uint32_t)value;
        rtc->offset += rtc->load - now(rtc);
        restart(rtc);
        break;
    case RTCIMSC:
        rtc->unmasked = value & 1;
        break;
    case RTCICR:
        rtc->alarm = rtc->alarm && !(value & 1);
        break;
    default:
        break;
    }
    update(rtc);
    lock_release(&rtc->lock);
    return MMIO_DONE;
}

const struct mmio_ops pl031_ops = {.read = pl031_read, .write = pl031_write};

void pl031_init(struct pl031 *rtc, struct vm *vm, ipa_t base, struct irq_line irq)
{
    *rtc = (struct pl031){.base = base, .irq = irq, .vm = vm};
    rtc->seen = now(rtc);
    deadline_set(vm, DEADLINE_RTC, DEADLINE_NEVER);
}

void pl031_fdt(const struct pl031 *rtc, struct fdt *fdt, uint32_t phandle, uint32_t clock)
{
    fdt_add_node_at(fdt, "pl031", rtc->base);
    fdt_add_strings(fdt, "compatible", (const char *[]){"arm,pl031", "arm,primecell"}, 2);
    fdt_add_reg(fdt, (const uint64_t[]){rtc->base.addr, PL031_SIZE}, 1);
    fdt_add_spi(fdt, rtc->irq.intid);
    fdt_add_cells(fdt, "clocks", (const uint32_t[]){clock}, 1);
    fdt_add_strings(fdt, "clock-names", (const char *[]){"apb_pclk"}, 1);
    fdt_add_cell(fdt, "phandle", phandle);
    fdt_close(fdt);
}

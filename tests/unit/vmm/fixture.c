/* SPDX-License-Identifier: BSD-2-Clause */
#define _DEFAULT_SOURCE 1 /* MAP_ANONYMOUS */
#include "fixture.h"

#include "vmm/exit.h"
#include "vmm/machine.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define GUARD 4096

struct fixture fixture;
unsigned fixture_pmu_counters;

void lock_wait(void)
{
    test_fail(__FILE__, __LINE__, "a lock is taken twice");
    abort();
}

/* The kernel's side */

static struct fake_vcpu *fake_of(struct vcpu *vcpu)
{
    return &fixture.fake[vcpu->id];
}

static void put(struct vcpu *vcpu, seL4_Word virq)
{
    struct fake_irq *irq = &fake_of(vcpu)->irqs[virq & VESICLE_VIRQ_ID_MASK];
    if (!irq->pending && !irq->active) {
        irq->priority = (uint8_t)(virq >> VESICLE_VIRQ_PRIORITY_SHIFT);
        irq->group1 = virq & VESICLE_VIRQ_GROUP1;
        irq->notice = virq & VESICLE_VIRQ_EOI_NOTICE;
    }
}

static void inject(struct vcpu *vcpu, seL4_Word virq)
{
    put(vcpu, virq);
    fake_of(vcpu)->irqs[virq & VESICLE_VIRQ_ID_MASK].pending = true;
    fake_of(vcpu)->injections++;
}

static seL4_Word get_state(struct vcpu *vcpu, unsigned intid)
{
    const struct fake_irq *irq = &fake_of(vcpu)->irqs[intid];
    return (irq->pending ? VESICLE_VIRQ_PENDING : 0) | (irq->active ? VESICLE_VIRQ_ACTIVE : 0);
}

static seL4_Word withdraw(struct vcpu *vcpu, unsigned intid)
{
    seL4_Word state = get_state(vcpu, intid);
    fake_of(vcpu)->irqs[intid].pending = false;
    return state;
}

static bool set_state(struct vcpu *vcpu, seL4_Word virq, seL4_Word state)
{
    if (fixture.no_room && state != 0 && get_state(vcpu, virq & VESICLE_VIRQ_ID_MASK) == 0) {
        return false;
    }
    put(vcpu, virq);
    struct fake_irq *irq = &fake_of(vcpu)->irqs[virq & VESICLE_VIRQ_ID_MASK];
    irq->pending = state & VESICLE_VIRQ_PENDING;
    irq->active = state & VESICLE_VIRQ_ACTIVE;
    return true;
}

static void set_vppi(struct vcpu *vcpu, unsigned intid, bool enabled, uint8_t priority, bool group1)
{
    CHECK(intid == VESICLE_VTIMER_PPI || (intid == VESICLE_PMU_PPI && vcpu->vm->pmu));
    struct fake_vppi *vppi = intid == VESICLE_VTIMER_PPI ? &fake_of(vcpu)->vtimer : &fake_of(vcpu)->pmu;
    *vppi = (struct fake_vppi){enabled, priority, group1};
}

static uint64_t read_reg(struct vcpu *vcpu, seL4_VCPUReg reg)
{
    uint64_t counters = reg == seL4_VCPUReg_PMCR_EL0 ? (uint64_t)fixture_pmu_counters : 0;
    return fake_of(vcpu)->regs[reg] | counters << 11;
}

static void write_reg(struct vcpu *vcpu, seL4_VCPUReg reg, uint64_t value)
{
    fake_of(vcpu)->regs[reg] = value;
}

static void start(struct vcpu *vcpu)
{
    fake_of(vcpu)->starts++;
}

static void stop(struct vcpu *vcpu)
{
    fake_of(vcpu)->stops++;
}

static void hold(struct vcpu *vcpu)
{
    fake_of(vcpu)->holds++;
}

static void release(struct vcpu *vcpu)
{
    fake_of(vcpu)->releases++;
}

static void settle(struct vcpu *vcpu)
{
    CHECK_EQ(fake_of(vcpu)->settles, fake_of(vcpu)->starts); /* first the old run ends */
    fake_of(vcpu)->settles++;
}

static void set_const_call(struct vcpu *vcpu, uint32_t function_id, uint64_t x0)
{
    (void)vcpu;
    (void)function_id;
    (void)x0;
}

static void set_const_id_reg(struct vcpu *vcpu, seL4_Word key, uint64_t value)
{
    fake_of(vcpu)->id_regs[key] = value;
}

static const struct vcpu_ops fake_ops = {
    .inject = inject,
    .withdraw = withdraw,
    .get_state = get_state,
    .set_state = set_state,
    .set_vppi = set_vppi,
    .read_reg = read_reg,
    .write_reg = write_reg,
    .start = start,
    .stop = stop,
    .hold = hold,
    .release = release,
    .settle = settle,
    .set_const_call = set_const_call,
    .set_const_id_reg = set_const_id_reg,
};

/* The host's side */

/* Between pages that must not be touched; nothing is cleared that is not used. */
static void *host_ram(struct vm *vm, ipa_t base, uint64_t size)
{
    (void)vm;
    (void)base;
    char *room = mmap(NULL, size + 2 * GUARD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED || mprotect(room + GUARD, size, PROT_READ | PROT_WRITE) != 0) {
        return NULL;
    }
    return room + GUARD;
}

static bool host_vcpu(struct vm *vm, struct vcpu *vcpu)
{
    (void)vm;
    vcpu->ops = &fake_ops;
    vcpu->frame = &fake_of(vcpu)->frame;
    return true;
}

static void host_clean(struct vm *vm, void *from, uint64_t size)
{
    (void)vm;
    (void)from;
    (void)size;
}

static void host_end(struct vm *vm, enum vm_end how)
{
    (void)vm;
    fixture.ends++;
    fixture.end = how;
}

static void host_log(struct vm *vm, const char *line)
{
    (void)vm;
    int room = (int)(sizeof fixture.log - fixture.log_used);
    int used = snprintf(fixture.log + fixture.log_used, (size_t)room, "%s\n", line);
    fixture.log_used += (size_t)(used < room ? used : room - 1);
}

static bool host_random(struct vm *vm, void *bytes, size_t size)
{
    (void)vm;
    memset(bytes, 0xa5, size);
    return !fixture.no_random;
}

static uint64_t host_counter(struct vm *vm)
{
    (void)vm;
    return fixture.counter;
}

static uint64_t host_seconds(struct vm *vm)
{
    (void)vm;
    return fixture.seconds;
}

static uint64_t host_frequency(struct vm *vm)
{
    (void)vm;
    return FIXTURE_HZ;
}

static void host_wake_at(struct vm *vm, uint64_t counter)
{
    (void)vm;
    fixture.wake_at = counter;
}

static void host_end_irq(struct vm *vm, unsigned intid)
{
    (void)vm;
    fixture.ended_irqs[intid]++;
}

static const struct vm_host host = {
    .ram = host_ram,
    .vcpu = host_vcpu,
    .clean = host_clean,
    .end = host_end,
    .log = host_log,
    .random = host_random,
    .counter = host_counter,
    .seconds = host_seconds,
    .frequency = host_frequency,
    .wake_at = host_wake_at,
    .end_irq = host_end_irq,
};

static size_t chardev_write(struct chardev *chardev, const uint8_t *bytes, size_t count)
{
    (void)chardev;
    size_t done = 0;
    while (done < count && fixture.output_room > 0 && fixture.output_used + 1 < sizeof fixture.output) {
        fixture.output[fixture.output_used++] = (char)bytes[done++];
        fixture.output_room--;
    }
    return done;
}

static size_t chardev_read(struct chardev *chardev, uint8_t *bytes, size_t count)
{
    (void)chardev;
    size_t done = 0;
    while (done < count && *fixture.input != '\0') {
        bytes[done++] = (uint8_t)*fixture.input++;
    }
    return done;
}

static const struct chardev_ops chardev_ops = {.write = chardev_write, .read = chardev_read};

static bool create(unsigned vcpus, uint64_t ram_base, const void *devices)
{
    memset(&fixture, 0, sizeof fixture);
    fixture.chardev.ops = &chardev_ops;
    fixture.output_room = sizeof fixture.output;
    fixture.input = "";
    struct vm_config config = {
        .name = "guest",
        .vcpus = vcpus,
        .ram_base = ram_base,
        .ram_size = FIXTURE_RAM_SIZE,
        .devices = devices,
        .bootargs = "console=ttyAMA0",
        .console = &fixture.chardev,
    };
    if (!vm_create(&fixture.vm, &config, &host)) {
        return false;
    }
    for (unsigned i = 0; i < vcpus; i++) {
        vcpu_reset(&fixture.vm.vcpus[i], fixture.vm.config.ram_base, 0);
    }
    fixture.vm.vcpus[0].power = VCPU_ON;
    return true;
}

void fixture_start(unsigned vcpus)
{
    CHECK(create(vcpus, 0, NULL));
}

bool fixture_start_with(uint64_t ram_base, const void *devices)
{
    return create(1, ram_base, devices);
}

void fixture_end(void)
{
    for (unsigned i = 0; i < fixture.vm.memory.count; i++) {
        const struct ram *ram = &fixture.vm.memory.ram[i];
        munmap((char *)ram->host - GUARD, ram->size + 2 * GUARD);
    }
    fixture.vm.memory.count = 0;
}

struct vcpu *fixture_vcpu(unsigned id)
{
    return &fixture.vm.vcpus[id];
}

void fixture_pass(uint64_t ticks)
{
    uint64_t end = fixture.counter + ticks;
    while (fixture.wake_at <= end && fixture.wake_at != DEADLINE_NEVER) {
        fixture.counter = fixture.wake_at > fixture.counter ? fixture.wake_at : fixture.counter;
        fixture.seconds = fixture.counter / FIXTURE_HZ;
        vm_wake(&fixture.vm);
    }
    fixture.counter = end;
    fixture.seconds = end / FIXTURE_HZ;
}

bool fixture_exit(unsigned id, uint64_t esr)
{
    struct vcpu *vcpu = fixture_vcpu(id);
    uint64_t words[VCPU_REPLY_IRQS];
    vcpu->frame->esr = esr;
    vcpu_exit_begin(vcpu);
    bool resume = exit_handle(vcpu);
    unsigned count = vcpu_exit_end(vcpu, words);
    for (unsigned i = 0; i < count; i++) {
        inject(vcpu, words[i]);
    }
    return resume;
}

#define DABT(width_log2, rt, write)                                                                                    \
    ((uint64_t)EC_DABT_LOWER << 26 | 1ull << 25 | 1ull << 24 | (uint64_t)(width_log2) << 22 | (uint64_t)(rt) << 16 |   \
     1ull << 15 | (uint64_t)(write) << 6)

static void access_device(unsigned id, uint64_t ipa, unsigned width, bool write)
{
    struct vesicle_exit_frame *frame = fixture_vcpu(id)->frame;
    unsigned log2 = width == 8 ? 3 : width == 4 ? 2 : width == 2 ? 1 : 0;
    frame->ipa = ipa;
    frame->far = ipa;
    frame->flags = VESICLE_EXIT_IPA_VALID;
    uint64_t pc = frame->pc;
    CHECK(fixture_exit(id, DABT(log2, 5, write)));
    CHECK_EQ(frame->pc, pc + 4);
}

uint64_t fixture_read(unsigned id, uint64_t ipa, unsigned width)
{
    access_device(id, ipa, width, false);
    return fixture_vcpu(id)->frame->x[5];
}

void fixture_write(unsigned id, uint64_t ipa, unsigned width, uint64_t value)
{
    fixture_vcpu(id)->frame->x[5] = value;
    access_device(id, ipa, width, true);
}

unsigned fixture_ack(unsigned id)
{
    struct fake_irq *best = NULL;
    unsigned intid = SPURIOUS;
    for (unsigned i = 0; i < VGIC_SPI_BASE + VGIC_SPIS; i++) {
        struct fake_irq *irq = &fixture.fake[id].irqs[i];
        if (irq->pending && !irq->active && (best == NULL || irq->priority < best->priority)) {
            best = irq;
            intid = i;
        }
    }
    if (best != NULL) {
        best->pending = false;
        best->active = true;
    }
    return intid;
}

void fixture_eoi(unsigned id, unsigned intid)
{
    struct fake_irq *irq = &fixture.fake[id].irqs[intid];
    CHECK(irq->active);
    irq->active = false;
    if (irq->notice && !irq->pending) {
        vgic_eoi(fixture_vcpu(id), intid);
    }
}

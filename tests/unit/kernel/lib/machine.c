/* SPDX-License-Identifier: BSD-2-Clause */
#define _DEFAULT_SOURCE 1 /* MAP_ANONYMOUS */
#include "machine.h"

#include "../../../../kernel/src/arch/fake/fake.h"
#include "arch/irq.h"
#include "cpu.h"
#include "ipc/message.h"
#include "object/irq.h"
#include "object/vspace.h"
#include "trace/trace.h"
#include "unit.h"
#include <string.h>
#include <sys/mman.h>

_Alignas(1 << seL4_TCBBits) struct tcb machine_thread;

static uint8_t *memory;
static struct slot *cspace;
static struct asid_pool *first_pool;
static _Alignas(1 << seL4_PageBits) union {
    seL4_IPCBuffer buffer;
    char page[1 << seL4_PageBits];
} buffer_frame;
static seL4_CPtr next_free;

/* Physical memory: aligned to its size, no business of the leak checker. */
static void *allocate(size_t size)
{
    uint8_t *p = mmap(0, 2 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(p != MAP_FAILED);
    return (void *)(((uintptr_t)p + size - 1) & ~(size - 1));
}

void machine_give_buffer(struct tcb *t, void *page)
{
    unsigned info = FRAME_SMALL | FRAME_READ | FRAME_WRITE | FRAME_IPC_BUFFER;

    slot_insert_root(cap_make(CAP_FRAME, virt_to_phys(page), info, 0), &t->slots[TCB_BUFFER]);
    t->buffer = page;
}

void machine_setup(void)
{
    machine_setup_after(1ul << MACHINE_MEMORY_BITS);
}

void machine_setup_after(size_t used)
{
    size_t memory_size = 1ul << MACHINE_MEMORY_BITS, cspace_size = sizeof(struct slot) << CSPACE_BITS;

    if (!memory) {
        memory = allocate(memory_size);
        cspace = allocate(cspace_size);
        first_pool = allocate(sizeof *first_pool);
    }
    /* Untyped memory need not be clear; the kernel clears what it makes of it. */
    memset(memory, 0xa5, used);
    memset(cspace, 0, cspace_size);
    memset(first_pool, 0, sizeof *first_pool);

    fake_reset();
    memset(cpus, 0, sizeof cpus);
    memset(irq_slots, 0, sizeof irq_slots);
    memset(trace_buffers, 0, MAX_CPUS * sizeof *trace_buffers);
    for (unsigned i = 0; i < FAKE_IRQS; i++) {
        irq_finalise(i);
    }
    fake_reset();
    memset(asid_table, 0, sizeof asid_table);
    memset(&machine_thread, 0, sizeof machine_thread);
    memset(&buffer_frame, 0, sizeof buffer_frame);
    next_free = CPTR_FREE;
    vmid_bits = 8;
    cpu_count = 1;

    struct cpu *cpu = cpu_init(0, 0);
    struct cap node = cap_make(CAP_CNODE, virt_to_phys(cspace), CSPACE_BITS, seL4_WordBits - CSPACE_BITS);

    tcb_init(&machine_thread);
    machine_thread.state = THREAD_RUNNING;
    cpu->current = &machine_thread;
    slot_insert_root(node, &cspace[CPTR_CNODE]);
    slot_insert_derived(cap_with_info(node, CSPACE_BITS | CNODE_IN_TCB), &cspace[CPTR_CNODE],
                        &machine_thread.slots[TCB_CSPACE]);
    tcb_update_cspace(&machine_thread);
    machine_give_buffer(&machine_thread, &buffer_frame);
    slot_insert_root(cap_make(CAP_TCB, virt_to_phys(&machine_thread), 0, 0), &cspace[CPTR_TCB]);
    slot_insert_root(cap_untyped_make(virt_to_phys(memory), MACHINE_MEMORY_BITS, false, 0), &cspace[CPTR_UNTYPED]);
    slot_insert_root(cap_untyped_make((paddr_t){MACHINE_DEVICE}, MACHINE_DEVICE_BITS, true, 0),
                     &cspace[CPTR_DEVICE_UNTYPED]);
    slot_insert_root(cap_make(CAP_IRQ_CONTROL, (paddr_t){0}, 0, 0), &cspace[CPTR_IRQ_CONTROL]);
    slot_insert_root(cap_make(CAP_ASID_CONTROL, (paddr_t){0}, 0, 0), &cspace[CPTR_ASID_CONTROL]);
    slot_insert_root(cap_make(CAP_ASID_POOL, virt_to_phys(first_pool), 0, 0), &cspace[CPTR_ASID_POOL]);
    asid_table[0] = first_pool;
}

struct slot *machine_slot(seL4_CPtr cptr)
{
    return &cspace[cptr];
}

void machine_begin(seL4_CPtr cptr, word_t label, struct arguments a)
{
    word_t *x = machine_thread.regs->x;

    for (unsigned i = 0; i < a.caps; i++) {
        buffer_frame.buffer.caps_or_badges[i] = a.cap[i];
    }
    x[REG_BADGE] = cptr;
    x[REG_INFO] = seL4_MessageInfo_new(label, 0, a.caps, a.words).words[0];
    x[REG_SYSCALL] = vesicle_SysCall;
    for (unsigned i = 0; i < 4; i++) {
        x[REG_MSG + i] = 0;
    }
    for (unsigned i = 0; i < a.words; i++) {
        message_set_word(&machine_thread, i, a.word[i]);
    }
}

bool machine_attempt(void)
{
    word_t pc = machine_thread.pc = 0x1000;

    syscall_handle(&machine_thread);
    return machine_thread.pc == pc;
}

struct answer machine_answer(void)
{
    seL4_MessageInfo_t info = {{machine_thread.regs->x[REG_INFO]}};
    struct answer answer = {.error = (seL4_Error)seL4_MessageInfo_get_label(info)};

    for (unsigned i = 0; i < 6; i++) {
        answer.word[i] = message_word(&machine_thread, i);
    }
    return answer;
}

struct answer machine_call(seL4_CPtr cptr, word_t label, struct arguments a)
{
    machine_begin(cptr, label, a);
    while (!machine_attempt()) {
    }
    return machine_answer();
}

seL4_CPtr machine_retype(seL4_CPtr untyped, word_t type, word_t size_bits, unsigned count)
{
    seL4_CPtr first = next_free;

    next_free += count;
    struct answer r = invoke(untyped, UntypedRetype, CAPS(CPTR_CNODE), WORDS(type, size_bits, 0, 0, first, count));
    CHECK_EQ(r.error, seL4_NoError);
    return first;
}

seL4_CPtr machine_new(word_t type)
{
    return machine_retype(CPTR_UNTYPED, type, 0, 1);
}

seL4_CPtr machine_empty_slot(void)
{
    return next_free++;
}

seL4_CPtr machine_copy(seL4_CPtr src, seL4_CapRights_t rights)
{
    seL4_CPtr dest = machine_empty_slot();
    struct answer r = invoke(CPTR_CNODE, CNodeCopy, CAPS(CPTR_CNODE),
                             WORDS(dest, seL4_WordBits, src, seL4_WordBits, rights.words[0]));

    CHECK_EQ(r.error, seL4_NoError);
    return dest;
}

void machine_delete(seL4_CPtr cptr)
{
    CHECK_EQ(invoke(CPTR_CNODE, CNodeDelete, WORDS(cptr, seL4_WordBits)).error, seL4_NoError);
    CHECK(slot_is_empty(machine_slot(cptr)));
}

static seL4_CPtr new_space(word_t type)
{
    seL4_CPtr space = machine_new(type);

    CHECK_EQ(invoke(CPTR_ASID_POOL, ASIDPoolAssign, CAPS(space)).error, seL4_NoError);
    return space;
}

seL4_CPtr machine_new_space(void)
{
    return new_space(seL4_ARM_VSpaceObject);
}
seL4_CPtr machine_new_stage2(void)
{
    return new_space(vesicle_Stage2VSpaceObject);
}

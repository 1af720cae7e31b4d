/* SPDX-License-Identifier: BSD-2-Clause */
#include "vm.h"

#include "kernel/lib/objects.h"
#include "kernel/lib/test.h"
#include <gpi/thread.h>
#include <sel4/sel4.h>
#include <string.h>

enum { MAX_GUESTS = 4, WATCH_BADGE = 1, WATCH_SECONDS = 5 };
#define RAM_WINDOW   (WINDOW + 0x10000000ul)
#define FRAME_WINDOW (WINDOW + 0x20000000ul)
#define NORMAL       (seL4_ARM_Default_VMAttributes | seL4_ARM_ExecuteNever)

static struct vm guests[MAX_GUESTS];
static unsigned guest_count;
static struct gpi_thread watch;
static char watch_stack[4096] __attribute__((aligned(4096)));
static seL4_CPtr watch_signal;

/* Signals the first thread once a second: a wait for a guest that is stuck comes to an end. */
static void watch_loop(void *argument)
{
    (void)argument;
    for (;;) {
        seL4_Yield();
        seL4_Signal(watch_signal);
    }
}

void vm_init(void)
{
    seL4_CPtr notification = cspace_alloc_slot(&root_cspace);
    ut_t *ut = ut_alloc(seL4_NotificationBits, &root_cspace);
    watch_signal = cspace_alloc_slot(&root_cspace);
    cspace_untyped_retype(&root_cspace, ut->cap, notification, seL4_NotificationObject, 0);
    cspace_mint(&root_cspace, watch_signal, &root_cspace, notification, seL4_CanWrite, WATCH_BADGE);
    seL4_TCB_BindNotification(seL4_CapInitThreadTCB, notification);
    struct gpi_thread_config config = {
        .entry = watch_loop,
        .authority = seL4_CapInitThreadTCB,
        .priority = seL4_MaxPrio,
        .sched_control = sched_control(0),
        .budget = 1000,
        .period = 1000000,
        .cspace_root = ROOT_CNODE,
        .vspace_root = seL4_CapInitThreadVSpace,
        .stack = watch_stack,
        .stack_size = sizeof(watch_stack),
    };
    if (gpi_thread_create(&watch, &root_cspace, &config) == seL4_NoError) {
        gpi_thread_start(&watch);
    }
}

void vm_forget_all(void)
{
    guest_count = 0;
}

static void make_ram(struct vm *vm, unsigned index, const char *code, const char *code_end)
{
    seL4_Word here = RAM_WINDOW + index * GUEST_RAM_SIZE;
    vm->ram_frame = new_frame(seL4_LargePageBits);
    seL4_CPtr own = new_copy(vm->ram_frame, seL4_AllRights);
    REQUIRE_OK(map_with_tables(own, seL4_CapInitThreadVSpace, here, seL4_ReadWrite, NORMAL));
    vm->ram = (volatile char *)here;
    memcpy((void *)here, code, (size_t)(code_end - code));
    REQUIRE_OK(seL4_ARM_Page_CleanInvalidate_Data(own, 0, GUEST_RAM_SIZE));
    REQUIRE_OK(seL4_ARM_Page_Unify_Instruction(own, 0, GUEST_RAM_SIZE));
    REQUIRE_OK(map_with_tables(vm->ram_frame, vm->vspace, GUEST_RAM, seL4_ReadWrite, seL4_ARM_Default_VMAttributes));
}

struct vm *vm_new_without_frame(const char *code, const char *code_end)
{
    if (guest_count == MAX_GUESTS) {
        test_fail("too many guests in this case");
    }
    unsigned index = guest_count++;
    struct vm *vm = &guests[index];
    *vm = (struct vm){0};
    vm->vspace = new_object(vesicle_Stage2VSpaceObject, 0);
    REQUIRE_OK(seL4_ARM_ASIDPool_Assign(seL4_CapInitThreadASIDPool, vm->vspace));
    make_ram(vm, index, code, code_end);
    vm->ep = new_endpoint();
    vm->reply = new_reply();
    vm->vcpu = new_object(seL4_ARM_VCPUObject, 0);
    vm->sc = new_object(seL4_SchedContextObject, seL4_MinSchedContextBits);
    vm->tcb = new_object(seL4_TCBObject, 0);
    REQUIRE_OK(seL4_ARM_VCPU_SetTCB(vm->vcpu, vm->tcb));
    REQUIRE_OK(seL4_TCB_SetSpace(vm->tcb, vm->ep, ROOT_CNODE, 0, vm->vspace, 0));
    REQUIRE_OK(seL4_SchedControl_Configure(sched_control(0), vm->sc, 10000, 10000, 0, 0));
    REQUIRE_OK(seL4_TCB_SetSchedParams(vm->tcb, seL4_CapInitThreadTCB, 0, GUEST_PRIORITY, vm->sc, vm->ep));
    return vm;
}

struct vm *vm_new(const char *code, const char *code_end)
{
    struct vm *vm = vm_new_without_frame(code, code_end);
    seL4_Word here = FRAME_WINDOW + ((seL4_Word)(vm - guests) << seL4_PageBits);
    vm->exit_frame_cap = new_page_at(here);
    vm->exit = (volatile struct vesicle_exit_frame *)here;
    REQUIRE_OK(vesicle_VCPU_SetExitFrame(vm->vcpu, vm->exit_frame_cap));
    return vm;
}

void vm_start(struct vm *vm, const char *code, const char *entry)
{
    seL4_UserContext regs = {.pc = GUEST_RAM + (seL4_Word)(entry - code), .spsr = PSTATE_EL1H_MASKED};
    REQUIRE_OK(seL4_TCB_WriteRegisters(vm->tcb, 1, 0, 3, &regs));
}

/* A message from the guest, or the watch. */
static seL4_Word take(struct vm *vm, seL4_MessageInfo_t info, seL4_Word badge)
{
    for (int seconds = 0; badge & WATCH_BADGE; seconds++) {
        if (seconds == WATCH_SECONDS) {
            test_fail("the guest is stuck");
        }
        info = seL4_RecvWithMRs(vm->ep, &badge, &vm->message[0], &vm->message[1], &vm->message[2], &vm->message[3],
                                vm->reply);
    }
    return seL4_MessageInfo_get_label(info);
}

seL4_Word vm_wait(struct vm *vm)
{
    seL4_Word badge;
    seL4_MessageInfo_t info =
        seL4_RecvWithMRs(vm->ep, &badge, &vm->message[0], &vm->message[1], &vm->message[2], &vm->message[3], vm->reply);
    return take(vm, info, badge);
}

seL4_Word vm_resume(struct vm *vm, seL4_Word count, const seL4_Word *virqs)
{
    seL4_Word badge;
    for (seL4_Word i = 0; i < count; i++) {
        vm->message[i] = virqs[i];
    }
    seL4_MessageInfo_t info =
        seL4_ReplyRecvWithMRs(vm->ep, seL4_MessageInfo_new(0, 0, 0, count), &badge, &vm->message[0], &vm->message[1],
                              &vm->message[2], &vm->message[3], vm->reply);
    return take(vm, info, badge);
}

void vm_reply(struct vm *vm, seL4_Word label)
{
    seL4_Send(vm->reply, seL4_MessageInfo_new(label, 0, 0, 0));
}

static void check_hvc(struct vm *vm, seL4_Word label, seL4_Word number)
{
    REQUIRE_EQ(label, seL4_Fault_VCPUFault);
    seL4_Word esr = vm->message[seL4_VCPUFault_HSR];
    REQUIRE_EQ(ESR_EC(esr), ESR_EC_HVC64);
    REQUIRE_EQ(ESR_IMM16(esr), number);
}

void vm_expect_hvc(struct vm *vm, seL4_Word number)
{
    check_hvc(vm, vm_wait(vm), number);
}

void vm_resume_to_hvc(struct vm *vm, seL4_Word number)
{
    check_hvc(vm, vm_resume(vm, 0, 0), number);
}

seL4_Word vm_log(const struct vm *vm, unsigned i)
{
    return *(volatile seL4_Word *)(vm->ram + (GUEST_LOG - GUEST_RAM) + i * sizeof(seL4_Word));
}

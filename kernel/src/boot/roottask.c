/* SPDX-License-Identifier: BSD-2-Clause */
#include "boot/roottask.h"

#include "arch/aarch64/context_inline.h"
#include "arch/aarch64/mmu.h"
#include "arch/aarch64/panic.h"
#include "arch/aarch64/timer.h"
#include "arch/aarch64/trap.h"
#include "arch/cache.h"
#include "boot/elf.h"
#include "boot/memory.h"
#include "cpu.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "object/cnode.h"
#include "object/schedcontext.h"
#include "object/tcb.h"
#include "object/untyped.h"
#include "object/vspace.h"
#include "platform/platform.h"
#include "sched/budget.h"
#include "sched/scheduler.h"
#include <libfdt.h>
#include <sel4/vesicle.h>

enum {
    ROOT_CNODE_BITS = 15,
    ROOT_TIME_SLICE_US = 5000,
    ROOT_PRIORITY = seL4_MaxPrio,
    MIN_PIECE_BITS = seL4_PageBits,
};
/* Above this no device is expected: the top of the physical addresses handed out as device memory. */
#define DEVICE_TOP (1ull << 40)
#define NOWHERE    UINT64_MAX

struct root {
    struct regions ram; /* what is left of it */
    struct slot *cnode; /* slots of the root CNode */
    struct slot *vspace;
    void *spare_table;
    word_t next_slot;
    uint64_t next_vaddr; /* behind the image: IPC buffer, boot information */
    seL4_BootInfo *info;
};

static void *take(struct root *root, unsigned bits)
{
    uint64_t at = regions_take(&root->ram, 1ull << bits, 1ull << bits);

    if (!at) {
        panic("not enough memory for the root task (an object of %u KiB)", 1u << (bits - 10));
    }
    void *p = phys_to_virt((paddr_t){at});
    zero_memory(p, 1ull << bits);
    return p;
}

static struct slot *next_slot(struct root *root)
{
    if (root->next_slot == 1ull << ROOT_CNODE_BITS) {
        panic("the root CNode is full");
    }
    return &root->cnode[root->next_slot++];
}

static void make(struct slot *s, word_t type, void *where, word_t size_bits)
{
    slot_insert_root(untyped_make_object(type, virt_to_phys(where), size_bits, false), s);
}

/* Adds the page tables that `vaddr` needs and that are missing. */
static void ensure_tables(struct root *root, uint64_t vaddr)
{
    enum { LEVELS = 3 };

    for (unsigned i = 0; i < LEVELS; i++) {
        if (!root->spare_table) {
            root->spare_table = take(root, seL4_PageTableBits);
        }
        struct slot *s = next_slot(root);
        make(s, seL4_ARM_PageTableObject, root->spare_table, 0);
        if (!vspace_boot_map_table(s, root->vspace, vaddr)) {
            slot_clear(s);
            root->next_slot--;
            return;
        }
        root->spare_table = 0;
    }
}

/* A frame of the root task's, mapped. The tables are there. */
static void *map_frame(struct root *root, struct slot *s, uint64_t vaddr, word_t rights, word_t attributes)
{
    void *page = take(root, seL4_PageBits);

    make(s, seL4_ARM_SmallPageObject, page, 0);
    if (!vspace_boot_map_frame(s, root->vspace, vaddr, rights, attributes)) {
        panic("root task: cannot map address 0x%lx", vaddr);
    }
    return page;
}

static void load_segment(struct root *root, const struct elf_segment *seg)
{
    const uint64_t page_size = 1ull << seL4_PageBits;
    word_t rights = CAP_RIGHT_READ | (seg->writable ? CAP_RIGHT_WRITE : 0);
    word_t attributes = seL4_ARM_Default_VMAttributes | (seg->executable ? 0 : seL4_ARM_ExecuteNever);
    uint64_t end = seg->vaddr + seg->memsz;

    for (uint64_t page = seg->vaddr & ~(page_size - 1); page < end; page += page_size) {
        char *to = map_frame(root, next_slot(root), page, rights, attributes);
        uint64_t from = page > seg->vaddr ? page : seg->vaddr, filled = seg->vaddr + seg->filesz;
        if (from < filled) {
            uint64_t size = (filled < page + page_size ? filled : page + page_size) - from;
            memcpy(to + (from - page), (const char *)seg->data + (from - seg->vaddr), size);
        }
        if (seg->executable) {
            cache_unify(to, page_size);
        }
    }
    if (end > root->next_vaddr) {
        root->next_vaddr = (end + page_size - 1) & ~(page_size - 1);
    }
}

static void load_image(struct root *root, const struct elf_image *elf)
{
    /* Tables first, so that the frames' capabilities are adjacent; also for what comes behind the image. */
    const uint64_t table_span = 1ull << seL4_LargePageBits, behind = 2 * table_span;
    root->info->userImagePaging.start = root->next_slot;
    for (unsigned i = 0; i < elf->segment_count; i++) {
        struct elf_segment seg;
        elf_segment(elf, i, &seg);
        for (uint64_t v = seg.vaddr & ~(table_span - 1); v < seg.vaddr + seg.memsz + behind; v += table_span) {
            ensure_tables(root, v);
        }
    }
    root->info->userImagePaging.end = root->info->userImageFrames.start = root->next_slot;
    for (unsigned i = 0; i < elf->segment_count; i++) {
        struct elf_segment seg;
        elf_segment(elf, i, &seg);
        load_segment(root, &seg);
    }
    root->info->userImageFrames.end = root->next_slot;
    ((struct tcb *)cap_object(root->cnode[seL4_CapInitThreadTCB].cap))->pc = elf->entry;
}

/* Chunks behind the page of boot information: the machine's tree, the archive's place. */
static void extra_info(struct root *root, const struct platform *platform)
{
    void *fdt = phys_to_virt((paddr_t){platform->dtb.base});
    const uint64_t page_size = 1ull << seL4_PageBits;

    fdt_pack(fdt);
    struct {
        seL4_BootInfoHeader header;
        struct vesicle_bootinfo_archive archive;
    } where = {{VESICLE_BOOTINFO_HEADER_ARCHIVE, sizeof where}, {platform->initrd.base, platform->initrd.size}};
    uint64_t fdt_size = fdt_totalsize(fdt);
    seL4_BootInfoHeader fdt_header = {SEL4_BOOTINFO_HEADER_FDT, (sizeof fdt_header + fdt_size + 7) & ~7ull};
    const struct {
        const void *data;
        uint64_t size, room;
    } pieces[] = {{&where, sizeof where, sizeof where},
                  {&fdt_header, sizeof fdt_header, sizeof fdt_header},
                  {fdt, fdt_size, (fdt_size + 7) & ~7ull}};

    char *to = 0;
    uint64_t used = 0;
    root->info->extraBIPages.start = root->next_slot;
    for (unsigned i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        for (uint64_t done = 0; done < pieces[i].room; done++, used++) {
            if (used % page_size == 0) {
                struct slot *s = next_slot(root);
                to = map_frame(root, s, root->next_vaddr, CAP_RIGHT_READ,
                               seL4_ARM_Default_VMAttributes | seL4_ARM_ExecuteNever);
                root->next_vaddr += page_size;
            }
            to[used % page_size] = done < pieces[i].size ? ((const char *)pieces[i].data)[done] : 0;
        }
    }
    root->info->extraBIPages.end = root->next_slot;
    root->info->extraLen = used;
}

#if VESICLE_DEBUG
static void check_zeroed(paddr_t where, unsigned bits)
{
    const word_t *at = phys_to_virt(where), *end = at + (1ull << bits) / sizeof *at;

    while (at < end && *at == 0) {
        at++;
    }
    if (at < end) {
        panic("RAM at %lx is not zero, as the boot argument zeroed-ram says", virt_to_phys(at).raw);
    }
}
#endif

/* Pieces from `zeroed` on are zero already. */
static void add_untypeds(struct root *root, struct regions *set, bool device, uint64_t zeroed)
{
    uint64_t start;
    unsigned bits;

    while (regions_next_piece(set, MIN_PIECE_BITS, seL4_MaxUntypedBits, &start, &bits)) {
        word_t n = root->info->untyped.end - root->info->untyped.start;
        if (n == CONFIG_MAX_NUM_BOOTINFO_UNTYPED_CAPS) {
            kprintf("boot: more pieces of memory than the boot information holds; some is not used\n");
            return;
        }
        struct cap c = cap_untyped_make((paddr_t){start}, bits, device, 0);
#if VESICLE_DEBUG
        if (start >= zeroed) {
            check_zeroed((paddr_t){start}, bits);
        }
#endif
        slot_insert_root(cap_with_info(c, start >= zeroed ? UNTYPED_ZEROED : 0), next_slot(root));
        root->info->untypedList[n] =
            (seL4_UntypedDesc){.paddr = start, .sizeBits = (seL4_Uint8)bits, .isDevice = device};
        root->info->untyped.end = root->next_slot;
    }
}

static void control_caps(struct root *root)
{
    struct slot *c = root->cnode;

    slot_insert_root(cap_make(CAP_IRQ_CONTROL, (paddr_t){0}, 0, 0), &c[seL4_CapIRQControl]);
    slot_insert_root(cap_make(CAP_ASID_CONTROL, (paddr_t){0}, 0, 0), &c[seL4_CapASIDControl]);
    slot_insert_root(cap_make(CAP_DOMAIN, (paddr_t){0}, 0, 0), &c[seL4_CapDomain]);
    slot_insert_root(cap_make(CAP_SMC, (paddr_t){0}, 0, 0), &c[seL4_CapSMC]);
    slot_insert_root(cap_make(CAP_TRACE, (paddr_t){0}, 0, 0), &c[vesicle_CapTrace]);
    root->info->schedcontrol.start = root->next_slot;
    for (unsigned i = 0; i < cpu_count; i++) {
        slot_insert_root(cap_make(CAP_SCHED_CONTROL, (paddr_t){0}, 0, i), next_slot(root));
    }
    root->info->schedcontrol.end = root->next_slot;
}

static void make_vspace(struct root *root)
{
    struct asid_pool *pool = take(root, seL4_ASIDPoolBits);

    root->vspace = &root->cnode[seL4_CapInitThreadVSpace];
    make(root->vspace, seL4_ARM_VSpaceObject, take(root, seL4_VSpaceBits), 0);
    slot_insert_root(cap_make(CAP_ASID_POOL, virt_to_phys(pool), 0, 0), &root->cnode[seL4_CapInitThreadASIDPool]);
    asid_table[0] = pool;
    root->vspace->cap.w1 = asid_assign(pool, 0, cap_object(root->vspace->cap), false);
}

/* A copy of `from` in the thread's own slot. */
static void give(struct tcb *t, enum tcb_slot which, struct slot *from, unsigned info)
{
    slot_insert_derived(cap_with_info(from->cap, cap_info(from->cap) | info), from, &t->slots[which]);
}

static void make_thread(struct root *root)
{
    struct slot *c = root->cnode;

    make(&c[seL4_CapInitThreadTCB], seL4_TCBObject, take(root, seL4_TCBBits), 0);
    make(&c[seL4_CapInitThreadSC], seL4_SchedContextObject, take(root, 8), 8);
    struct tcb *t = cap_object(c[seL4_CapInitThreadTCB].cap);
    struct sched_context *sc = cap_object(c[seL4_CapInitThreadSC].cap);
    t->priority = t->mcp = ROOT_PRIORITY;
    memcpy(t->name, "roottask", sizeof "roottask");
    sc->cpu = cpu_this();
    budget_new(sc, 2, timer_us_to_ticks(ROOT_TIME_SLICE_US), 0, timer_now());
    sc->tcb = t;
    t->sc = sc;
}

static void finish_thread(struct root *root, uint64_t buffer_vaddr, seL4_IPCBuffer *buffer, uint64_t info_vaddr)
{
    struct slot *c = root->cnode;
    struct tcb *t = cap_object(c[seL4_CapInitThreadTCB].cap);

    give(t, TCB_CSPACE, &c[seL4_CapInitThreadCNode], CNODE_IN_TCB);
    give(t, TCB_VSPACE, root->vspace, VSPACE_IN_TCB);
    struct cap frame = cap_with_info(c[seL4_CapInitThreadIPCBuffer].cap,
                                     cap_info(c[seL4_CapInitThreadIPCBuffer].cap) | FRAME_IPC_BUFFER);
    frame.w1 = 0;
    slot_insert_derived(frame, &c[seL4_CapInitThreadIPCBuffer], &t->slots[TCB_BUFFER]);
    t->buffer = buffer;
    t->buffer_vaddr = buffer_vaddr;
    tcb_update_vspace(t);
    tcb_update_cspace(t);
    t->regs->x[0] = info_vaddr;
    t->state = THREAD_RUNNING;
    sched_wake(t);
}

void boot_root_task(const struct platform *platform, const struct elf_image *program)
{
    struct root root = {0};
    struct regions devices = {0};

    if (!boot_memory(platform, DEVICE_TOP, &root.ram, &devices)) {
        panic("the machine's memory map has too many pieces");
    }
    context_init(mmu_image_paddr(context_empty_table()));

    root.cnode = take(&root, ROOT_CNODE_BITS + seL4_SlotBits);
    root.next_slot = vesicle_NumInitialCaps;
    /* A guard for all bits above the radix: slot n has address n. */
    struct cap cnode = untyped_make_object(seL4_CapTableObject, virt_to_phys(root.cnode), ROOT_CNODE_BITS, false);
    slot_insert_root(cap_set_data(cnode, seL4_CNode_CapData_new(0, seL4_WordBits - ROOT_CNODE_BITS).words[0]),
                     &root.cnode[seL4_CapInitThreadCNode]);
    make_vspace(&root);
    make_thread(&root);

    /* The page of boot information is filled before it has an address: where it goes depends on the image. */
    seL4_BootInfo *info = take(&root, seL4_PageBits);
    root.info = info;
    load_image(&root, program);

    uint64_t buffer_vaddr = root.next_vaddr, info_vaddr = buffer_vaddr + (1ull << seL4_PageBits);
    word_t data = seL4_ARM_Default_VMAttributes | seL4_ARM_ExecuteNever;
    seL4_IPCBuffer *buffer = map_frame(&root, &root.cnode[seL4_CapInitThreadIPCBuffer], buffer_vaddr,
                                       CAP_RIGHT_READ | CAP_RIGHT_WRITE, data);
    seL4_BootInfo *mapped = map_frame(&root, &root.cnode[seL4_CapBootInfoFrame], info_vaddr, CAP_RIGHT_READ, data);
    root.next_vaddr = info_vaddr + (1ull << seL4_PageBits);
    control_caps(&root);
    extra_info(&root, platform);

    info->numNodes = cpu_count;
    info->numIOPTLevels = ~0ull;
    info->ipcBuffer = (seL4_IPCBuffer *)buffer_vaddr;
    info->initThreadCNodeSizeBits = ROOT_CNODE_BITS;
    /* RAM comes last: what the root task's own objects took is gone from it. */
    info->untyped.start = info->untyped.end = root.next_slot;
    add_untypeds(&root, &devices, true, NOWHERE);
    add_untypeds(&root, &root.ram, false, platform->ram_zeroed ? boot_loaded_end(platform) : NOWHERE);
    info->empty = (seL4_SlotRegion){root.next_slot, 1ull << ROOT_CNODE_BITS};
    memcpy(mapped, info, sizeof *info);

    finish_thread(&root, buffer_vaddr, buffer, info_vaddr);
    trap_start(cpu_this());
}

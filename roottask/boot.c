/* SPDX-License-Identifier: BSD-2-Clause */
#include "boot.h"

#include "mo.h"
#include "pd.h"
#include "resspc.h"

#include <gpi/boot_image.h>
#include <gpi/initial_stack.h>
#include <gpi/layout.h>
#include <sel4/sel4.h>
#include <stdio.h>
#include <string.h>

enum { STACK_PAGES = 32, HEAP_PAGES = 256, PRIORITY = 200, RX = ADS_RIGHT_READ | ADS_RIGHT_EXECUTE };
#define PAGE (1ul << seL4_PageBits)

/* One step after the other; after the first that fails nothing more happens. */
struct boot {
    struct account *account;
    struct ads *ads;
    struct pd *pd;
    struct cpu *cpu;
    struct mo *osm, *ipc;
    const struct gpi_boot_image *image;
    seL4_Word stack_pointer;
    gpi_error_t error;
    const char *step;
};

static bool begin(struct boot *boot, const char *step)
{
    if (boot->error == GPI_OK) {
        boot->step = step;
    }
    return boot->error == GPI_OK;
}

/* Shows a memory object in the first PD. */
static void show(struct boot *boot, seL4_Word vaddr, size_t pages, sel4utils_reservation_type_t type, unsigned rights,
                 struct mo *mo, size_t offset)
{
    if (boot->error == GPI_OK) {
        vmr_map(boot->ads, vaddr, pages, ads_attributes(type, seL4_PageBits, rights), mo, offset, &boot->error);
    }
}

static struct mo *memory(struct boot *boot, size_t pages)
{
    return boot->error == GPI_OK ? mo_new(boot->account, pages, seL4_PageBits, 0, 0, &boot->error) : NULL;
}

/* A memory object as the root task sees it, until hide(). */
static void *see(struct boot *boot, struct mo *mo)
{
    struct vmr *vmr = NULL;
    if (boot->error == GPI_OK) {
        unsigned rights = ADS_RIGHT_READ | (mo->read_only ? 0 : ADS_RIGHT_WRITE);
        vmr = vmr_map(&root_ads, 0, mo->pages, ads_attributes(SEL4UTILS_RES_TYPE_GENERIC, seL4_PageBits, rights), mo, 0,
                      &boot->error);
    }
    return vmr ? (void *)vmr->vaddr : NULL;
}

static void hide(void *address)
{
    object_end(&vmr_at(&root_ads, (seL4_Word)address)->object);
}

static void load(struct boot *boot, const char *file, struct mo *image_mo)
{
    const struct gpi_boot_image *image = boot->image;
    size_t text = (image->text - image->base) >> seL4_PageBits, data = (image->data - image->base) >> seL4_PageBits;
    show(boot, image->base, text, SEL4UTILS_RES_TYPE_GENERIC, ADS_RIGHT_READ, image_mo, 0);
    show(boot, image->text, data - text, SEL4UTILS_RES_TYPE_CODE, RX, image_mo, text);
    size_t pages = (image->end - image->data + PAGE - 1) >> seL4_PageBits;
    struct mo *mo = memory(boot, pages);
    char *copy = mo ? see(boot, mo) : NULL;
    if (copy) {
        memcpy(copy, file + (image->data - image->base), image->data_end - image->data);
        hide(copy);
    }
    show(boot, image->data, pages, SEL4UTILS_RES_TYPE_DATA, 0, mo, 0);
}

static void make_stack(struct boot *boot, seL4_Word bottom)
{
    static const char *const argv[] = {BOOT_IMAGE};
    const struct gpi_boot_image *image = boot->image;
    const struct gpi_aux aux[] = {
        {GPI_AT_PHDR, image->phdr},
        {GPI_AT_PHENT, 56},
        {GPI_AT_PHNUM, image->phnum},
        {GPI_AT_PAGESZ, PAGE},
        {GPI_AT_ENTRY, image->entry},
        {GPI_AT_IPC_BUFFER, gpi_layout_ipc_buffer(image->end)},
        {GPI_AT_OSM_DATA, gpi_layout_osm(image->end)},
        {GPI_AT_HEAP, GPI_LAYOUT_HEAP},
        {GPI_AT_HEAP_SIZE, HEAP_PAGES * PAGE},
    };
    const struct gpi_initial_stack what = {1, argv, NULL, aux, sizeof aux / sizeof aux[0]};
    struct mo *mo = memory(boot, STACK_PAGES);
    void *stack = mo ? see(boot, mo) : NULL;
    if (stack) {
        boot->stack_pointer = gpi_initial_stack(&what, stack, STACK_PAGES * PAGE, bottom);
        hide(stack);
    }
    show(boot, bottom, STACK_PAGES, SEL4UTILS_RES_TYPE_STACK, 0, mo, 0);
}

static void give_rights(struct boot *boot)
{
    for (gpi_cap_t type = 1; boot->error == GPI_OK && type < GPICAP_TYPE_CORE_END; type++) {
        seL4_CPtr slot;
        if (type != GPICAP_TYPE_VMR) {
            boot->error =
                resspc_give_rde(resspc_core(type), pd_space(boot->pd), GPI_RIGHTS_ALL | GPI_RIGHT_SYSTEM, &slot);
        }
    }
}

static void make(struct boot *boot)
{
    size_t size;
    struct mo *image_mo = mo_open_image(BOOT_IMAGE, strlen(BOOT_IMAGE), false, &size, &boot->error);
    const char *file = image_mo ? see(boot, image_mo) : NULL;
    if (!file) {
        return;
    }
    boot->image = (const struct gpi_boot_image *)(file + GPI_BOOT_IMAGE_OFFSET);
    if (size < PAGE || boot->image->magic != GPI_BOOT_IMAGE_MAGIC) {
        boot->error = GPI_ERR_BAD_ARGUMENT;
        return;
    }
    const struct gpi_boot_image *image = boot->image;
    seL4_Word ipc = gpi_layout_ipc_buffer(image->end), osm = gpi_layout_osm(image->end);
    if (begin(boot, "its address space")) {
        boot->ads = ads_new(boot->account, 0);
        boot->error = boot->ads ? GPI_OK : GPI_ERR_NO_MEMORY;
    }
    if (begin(boot, "loading it")) {
        load(boot, file, image_mo);
    }
    if (begin(boot, "its stack, heap and pages")) {
        make_stack(boot, gpi_layout_stack(image->end));
        show(boot, GPI_LAYOUT_HEAP, HEAP_PAGES, SEL4UTILS_RES_TYPE_HEAP, 0, memory(boot, HEAP_PAGES), 0);
        boot->ipc = memory(boot, 1);
        boot->osm = memory(boot, 1);
        show(boot, ipc, 1, SEL4UTILS_RES_TYPE_IPC_BUF, 0, boot->ipc, 0);
        show(boot, osm, 1, SEL4UTILS_RES_TYPE_OSM_DATA, ADS_RIGHT_READ, boot->osm, 0);
    }
    if (begin(boot, "the PD")) {
        boot->pd = pd_new(boot->account, boot->osm, BADGE_OBJ_ID_NULL, &boot->error);
    }
    if (begin(boot, "its CPU")) {
        strcpy(boot->pd->name, BOOT_IMAGE);
        boot->pd->system = true;
        boot->pd->first = true;
        give_rights(boot);
        boot->cpu = cpu_new(boot->account);
        boot->error = boot->cpu ? boot->error : GPI_ERR_NO_MEMORY;
    }
    if (begin(boot, "starting it")) {
        struct cpu_setup setup = {
            .pd = boot->pd, .ads = boot->ads, .ipc_buffer = boot->ipc, .ipc_vaddr = ipc, .priority = PRIORITY};
        boot->error = cpu_configure(boot->cpu, &setup);
    }
    if (boot->error == GPI_OK) {
        struct cpu_start start = {.pc = image->entry, .sp = boot->stack_pointer};
        boot->error = cpu_prepare(boot->cpu, &start);
    }
    if (boot->error == GPI_OK) {
        boot->error = cpu_resume(boot->cpu);
    }
    hide((void *)(seL4_Word)file);
}

gpi_error_t boot_first_pd(void)
{
    struct boot boot = {.account = account_new(NULL, UINT64_MAX), .step = "its file in the boot archive"};
    if (!boot.account) {
        boot.error = GPI_ERR_NO_MEMORY;
    } else {
        make(&boot);
    }
    if (boot.error != GPI_OK) {
        printf("roottask: the first PD, \"%s\", cannot be started: %s: %s\n", BOOT_IMAGE, boot.step,
               gpi_strerror(boot.error));
    }
    return boot.error;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs: static ELF files for AArch64, whose segments have pages of their own (tools/cmake/native.ld). */
#include "creation.h"

#include <elf.h>
#include <gpi/lock.h>
#include <stdlib.h>
#include <string.h>

#define PAGE         (1ul << MO_PAGE_BITS)
#define PAGE_DOWN(x) ((x) & ~(PAGE - 1))
#define PAGES(x)     (((x) + PAGE - 1) >> MO_PAGE_BITS)
#define ADDRESS_END  (1ul << 47)

static const Elf64_Phdr *headers(const struct image *image, size_t *count)
{
    const Elf64_Ehdr *elf = (const Elf64_Ehdr *)(const void *)image->file;
    *count = elf->e_phnum;
    return (const Elf64_Phdr *)(const void *)(image->file + elf->e_phoff);
}

static int check_header(const struct image *image)
{
    const Elf64_Ehdr *elf = (const Elf64_Ehdr *)(const void *)image->file;
    if (image->size < sizeof *elf || memcmp(elf->e_ident, ELFMAG, SELFMAG) != 0) {
        return config_refuse("ads_cfg.image_name: \"%s\" is not an ELF file", image->name);
    }
    if (elf->e_ident[EI_CLASS] != ELFCLASS64 || elf->e_ident[EI_DATA] != ELFDATA2LSB || elf->e_machine != EM_AARCH64) {
        return config_refuse("ads_cfg.image_name: \"%s\" is not for 64-bit Arm", image->name);
    }
    if (elf->e_type != ET_EXEC) {
        return config_refuse("ads_cfg.image_name: \"%s\" is not a static program", image->name);
    }
    if (elf->e_phentsize != sizeof(Elf64_Phdr) || elf->e_phoff % 8 != 0 || elf->e_phoff > image->size ||
        elf->e_phnum > (image->size - elf->e_phoff) / sizeof(Elf64_Phdr)) {
        return config_refuse("ads_cfg.image_name: \"%s\" is cut off", image->name);
    }
    return GPI_OK;
}

static int check_segment(const struct image *image, const Elf64_Phdr *p, seL4_Word above)
{
    if (p->p_offset > image->size || p->p_filesz > image->size - p->p_offset) {
        return config_refuse("ads_cfg.image_name: \"%s\" is cut off", image->name);
    }
    if (p->p_filesz > p->p_memsz || p->p_vaddr < PAGE || p->p_vaddr >= ADDRESS_END ||
        p->p_memsz > ADDRESS_END - p->p_vaddr) {
        return config_refuse("ads_cfg.image_name: \"%s\" has a segment with impossible addresses", image->name);
    }
    if ((p->p_vaddr - p->p_offset) % PAGE != 0 || PAGE_DOWN(p->p_vaddr) < above) {
        return config_refuse("ads_cfg.image_name: segments of \"%s\" are not aligned to pages, or overlap",
                             image->name);
    }
    return GPI_OK;
}

int elf_inspect(const struct image *image, struct program *program)
{
    int error = check_header(image);
    if (error != GPI_OK) {
        return error;
    }
    const Elf64_Ehdr *elf = (const Elf64_Ehdr *)(const void *)image->file;
    size_t count;
    const Elf64_Phdr *p = headers(image, &count);
    *program = (struct program){.entry = elf->e_entry, .phnum = count};
    for (size_t i = 0; i < count; i++) {
        if (p[i].p_type != PT_LOAD || p[i].p_memsz == 0) {
            continue;
        }
        error = check_segment(image, &p[i], program->end);
        if (error != GPI_OK) {
            return error;
        }
        program->start = program->start ? program->start : PAGE_DOWN(p[i].p_vaddr);
        program->end = (p[i].p_vaddr + p[i].p_memsz + PAGE - 1) & ~(PAGE - 1);
        if (elf->e_phoff >= p[i].p_offset && elf->e_phoff < p[i].p_offset + p[i].p_filesz) {
            program->phdr = p[i].p_vaddr + (elf->e_phoff - p[i].p_offset);
        }
    }
    return program->end ? GPI_OK : config_refuse("ads_cfg.image_name: \"%s\" has nothing to load", image->name);
}

/* A segment that can be written gets memory of its own. */
static void load_copy(const struct image *image, const Elf64_Phdr *p, struct making *making, struct part *part)
{
    seL4_Word first = PAGE_DOWN(p->p_vaddr), attributes = ads_attributes(SEL4UTILS_RES_TYPE_DATA, MO_PAGE_BITS, 0);
    size_t pages = PAGES(p->p_vaddr + p->p_memsz - first);
    if (p->p_filesz == 0) {
        struct ads_map_new in = {first, pages, attributes, seL4_CapNull};
        gpi_batch_add(&making->batch, &making->ads, ADS_MAP_NEW, &in, GPI_WORDS(in), &part->at, 1);
        return;
    }
    struct ads_map_shown in = {first, pages, attributes, making->own_ads, 0, PAGES(p->p_vaddr + p->p_filesz - first)};
    part->data = image->file + p->p_offset;
    part->size = p->p_filesz;
    part->offset = p->p_vaddr - first;
    GPI_BATCH_ADD(&making->batch, &making->ads, ADS_MAP_SHOWN, &in, &part->at);
}

static void load_segment(const struct image *image, const Elf64_Phdr *p, struct making *making)
{
    struct part *part = making_add(making);
    if (p->p_flags & PF_W || p->p_memsz > p->p_filesz) {
        load_copy(image, p, making, part);
        return;
    }
    seL4_Word first = PAGE_DOWN(p->p_vaddr);
    bool code = (p->p_flags & PF_X) != 0;
    struct ads_map in = {first,
                         PAGES(p->p_vaddr + p->p_memsz - first),
                         ads_attributes(code ? SEL4UTILS_RES_TYPE_CODE : SEL4UTILS_RES_TYPE_GENERIC, 0,
                                        ADS_RIGHT_READ | (code ? ADS_RIGHT_EXECUTE : 0u)),
                         image->mo.ep,
                         p->p_offset >> MO_PAGE_BITS,
                         seL4_CapNull};
    gpi_batch_add(&making->batch, &making->ads, ADS_MAP, &in, GPI_WORDS(in), &part->at, 1);
}

size_t elf_segments(const struct image *image)
{
    size_t count;
    headers(image, &count);
    return count;
}

void elf_load(const struct image *image, struct making *making)
{
    size_t count;
    const Elf64_Phdr *p = headers(image, &count);
    for (size_t i = 0; i < count; i++) {
        if (p[i].p_type == PT_LOAD && p[i].p_memsz > 0) {
            load_segment(image, &p[i], making);
        }
    }
}

/* Which program was loaded for which PD, by this one, through the call below. */
struct loaded {
    gpi_obj_id_t pd;
    const struct image *image;
    struct loaded *next;
};
static struct loaded *all_loaded;

static struct loaded **find_loaded(gpi_obj_id_t pd)
{
    struct loaded **link = &all_loaded;
    while (*link && (*link)->pd != pd) {
        link = &(*link)->next;
    }
    return link;
}

const struct image *elf_loaded(gpi_obj_id_t pd)
{
    gpi_lock();
    const struct loaded *loaded = *find_loaded(pd);
    const struct image *image = loaded ? loaded->image : NULL;
    gpi_unlock();
    return image;
}

void elf_forget(gpi_obj_id_t pd)
{
    gpi_lock();
    struct loaded **link = find_loaded(pd), *loaded = *link;
    if (loaded) {
        *link = loaded->next;
        free(loaded);
    }
    gpi_unlock();
}

static int remember(gpi_obj_id_t pd, const struct image *image)
{
    gpi_lock();
    struct loaded *loaded = *find_loaded(pd);
    if (!loaded && (loaded = malloc(sizeof *loaded)) != NULL) {
        *loaded = (struct loaded){pd, image, all_loaded};
        all_loaded = loaded;
    }
    if (loaded) {
        loaded->image = image;
    }
    gpi_unlock();
    return loaded ? GPI_OK : GPI_ERR_NO_MEMORY;
}

/* A program alone is a configuration of one region. */
static int load_alone(const ads_client_context_t *ads, const pd_client_context_t *pd, const struct image *image)
{
    vmr_config_t code = {.share_mode = GPI_DISJOINT, .type = SEL4UTILS_RES_TYPE_CODE};
    linked_list_node_t node = {.data = &code};
    linked_list_t list = {.head = &node, .count = 1};
    const ads_config_t cfg = {.vmr_cfgs = &list};
    struct plan plan = {.kind = RUNTIME_FULL, .image = image, .program = image->program};
    const sel4gpi_runnable_t r = {.ads = *ads};
    runtime_context_t context;
    struct making making = {.count = 0};
    int error = regions_make(&cfg, &r, &plan, NULL, &making, &context);
    if (error == GPI_OK) {
        error = remember(pd->id, image);
        if (error != GPI_OK) {
            regions_undo(&making);
        }
    }
    regions_free(&making);
    return error;
}

int ads_client_load_elf(ads_client_context_t *loadee_ads, pd_client_context_t *loadee_pd, const char *image_name,
                        void **ret_entry_point)
{
    int error;
    const struct image *image = image_open(image_name, &error);
    if (image) {
        error = load_alone(loadee_ads, loadee_pd, image);
    }
    if (error == GPI_OK && ret_entry_point) {
        *ret_entry_point = (void *)image->program.entry;
    }
    return error;
}

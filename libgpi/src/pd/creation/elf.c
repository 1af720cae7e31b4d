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
static int load_copy(const struct image *image, const Elf64_Phdr *p, seL4_CPtr ads)
{
    mo_client_context_t mo;
    seL4_Word first = PAGE_DOWN(p->p_vaddr);
    size_t pages = PAGES(p->p_vaddr + p->p_memsz - first);
    int error = mo_component_client_connect(sel4gpi_get_rde(GPICAP_TYPE_MO), (uint32_t)pages, MO_PAGE_BITS, &mo);
    if (error != GPI_OK) {
        return error;
    }
    void *copy;
    size_t written = PAGES(p->p_vaddr + p->p_filesz - first);
    if (p->p_filesz > 0) {
        error =
            vmr_client_map(sel4gpi_get_bound_vmr_rde(), NULL, &mo, 0, written, SEL4UTILS_RES_TYPE_GENERIC, 0, &copy);
        if (error == GPI_OK) {
            memcpy((char *)copy + (p->p_vaddr - first), image->file + p->p_offset, p->p_filesz);
            error = vmr_client_delete_by_vaddr(sel4gpi_get_bound_vmr_rde(), copy);
        }
    }
    if (error == GPI_OK) {
        error = vmr_client_map(ads, (void *)first, &mo, 0, 0, SEL4UTILS_RES_TYPE_DATA, 0, NULL);
    }
    mo_component_client_disconnect(&mo);
    return error;
}

static int load_segment(const struct image *image, const Elf64_Phdr *p, seL4_CPtr ads)
{
    if (p->p_flags & PF_W || p->p_memsz > p->p_filesz) {
        return load_copy(image, p, ads);
    }
    mo_client_context_t mo = image->mo;
    seL4_Word first = PAGE_DOWN(p->p_vaddr);
    bool code = (p->p_flags & PF_X) != 0;
    return vmr_client_map(ads, (void *)first, &mo, p->p_offset >> MO_PAGE_BITS, PAGES(p->p_vaddr + p->p_memsz - first),
                          code ? SEL4UTILS_RES_TYPE_CODE : SEL4UTILS_RES_TYPE_GENERIC,
                          ADS_RIGHT_READ | (code ? ADS_RIGHT_EXECUTE : 0u), NULL);
}

/* Takes the first `count` segments away again. */
static void unload(const struct image *image, seL4_CPtr ads, size_t count)
{
    size_t all;
    const Elf64_Phdr *p = headers(image, &all);
    for (size_t i = 0; i < count; i++) {
        if (p[i].p_type == PT_LOAD && p[i].p_memsz > 0) {
            vmr_client_delete_by_vaddr(ads, (void *)PAGE_DOWN(p[i].p_vaddr));
        }
    }
}

void elf_unload(const struct image *image, seL4_CPtr ads)
{
    size_t count;
    headers(image, &count);
    unload(image, ads, count);
}

int elf_load(const struct image *image, seL4_CPtr ads)
{
    size_t count;
    const Elf64_Phdr *p = headers(image, &count);
    int error = GPI_OK;
    for (size_t i = 0; error == GPI_OK && i < count; i++) {
        if (p[i].p_type == PT_LOAD && p[i].p_memsz > 0) {
            error = load_segment(image, &p[i], ads);
            if (error != GPI_OK) {
                unload(image, ads, i);
            }
        }
    }
    return error;
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

int ads_client_load_elf(ads_client_context_t *loadee_ads, pd_client_context_t *loadee_pd, const char *image_name,
                        void **ret_entry_point)
{
    int error;
    const struct image *image = image_open(image_name, &error);
    if (image) {
        error = elf_load(image, loadee_ads->ep);
    }
    if (error == GPI_OK) {
        error = remember(loadee_pd->id, image);
        if (error != GPI_OK) {
            elf_unload(image, loadee_ads->ep);
        }
    }
    if (error == GPI_OK && ret_entry_point) {
        *ret_entry_point = (void *)image->program.entry;
    }
    return error;
}

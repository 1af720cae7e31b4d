/* SPDX-License-Identifier: BSD-2-Clause */
#include "creation.h"

#include <gpi/lock.h>
#include <stdlib.h>
#include <string.h>

static struct image *images;

static const struct image *find(const char *name)
{
    const struct image *image = images;
    while (image && strncmp(image->name, name, GPI_NAME_SIZE) != 0) {
        image = image->next;
    }
    return image;
}

static const struct image *map(const char *name, int *error)
{
    *error = GPI_ERR_NO_MEMORY;
    struct image *image = calloc(1, sizeof *image);
    if (!image) {
        return NULL;
    }
    memcpy(image->name, name, strnlen(name, GPI_NAME_SIZE));
    *error = mo_client_open_image(sel4gpi_get_rde(GPICAP_TYPE_MO), name, &image->mo, &image->size);
    if (*error == GPI_OK) {
        void *at;
        *error = vmr_client_map(sel4gpi_get_bound_vmr_rde(), NULL, &image->mo, 0, 0, SEL4UTILS_RES_TYPE_GENERIC,
                                ADS_RIGHT_READ, &at);
        if (*error == GPI_OK) {
            image->file = at;
            *error = elf_inspect(image, &image->program);
            if (*error == GPI_OK) {
                image->next = images;
                images = image;
                return image;
            }
            vmr_client_delete_by_vaddr(sel4gpi_get_bound_vmr_rde(), at);
        }
        mo_component_client_disconnect(&image->mo);
    }
    free(image);
    return NULL;
}

const struct image *image_open(const char *name, int *error)
{
    *error = GPI_ERR_NOT_FOUND;
    if (!name || strlen(name) > GPI_NAME_SIZE) {
        return NULL;
    }
    gpi_lock();
    const struct image *image = find(name);
    *error = GPI_OK;
    image = image ? image : map(name, error);
    gpi_unlock();
    return image;
}

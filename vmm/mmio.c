/* SPDX-License-Identifier: BSD-2-Clause */
#include "mmio.h"

#include "vcpu.h"
#include "vm.h"

bool mmio_add(struct mmio *mmio, struct mmio_region region)
{
    uint64_t base = region.base.addr;
    if (mmio->count == MMIO_MAX_REGIONS || region.size < MMIO_MIN_SIZE || base + region.size < base) {
        return false;
    }
    unsigned at = 0;
    while (at < mmio->count && mmio->regions[at].base.addr < base) {
        at++;
    }
    if (at > 0 && mmio->regions[at - 1].base.addr + mmio->regions[at - 1].size > base) {
        return false;
    }
    if (at < mmio->count && base + region.size > mmio->regions[at].base.addr) {
        return false;
    }
    for (unsigned i = mmio->count; i > at; i--) {
        mmio->regions[i] = mmio->regions[i - 1];
    }
    mmio->regions[at] = region;
    mmio->count++;
    return true;
}

const struct mmio_region *mmio_find(const struct mmio *mmio, ipa_t ipa, uint64_t size)
{
    unsigned low = 0;
    unsigned high = mmio->count;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        const struct mmio_region *region = &mmio->regions[middle];
        uint64_t offset = ipa.addr - region->base.addr;
        if (ipa.addr < region->base.addr) {
            high = middle;
        } else if (offset >= region->size) {
            low = middle + 1;
        } else {
            return size <= region->size - offset ? region : NULL;
        }
    }
    return NULL;
}

uint64_t mmio_extend(const struct mmio_access *access, uint64_t value)
{
    unsigned sign = access->width * 8u - 1;
    value = access->sign_extend ? sign_extend(value, sign) : bits_of(value, sign, 0);
    return access->reg64 ? value : value & 0xffffffff;
}

enum mmio_result mmio_perform(struct vcpu *vcpu, const struct mmio_access *access)
{
    /* Most accesses go where the last one went. */
    const struct mmio_region *region = vcpu->last_region;
    uint64_t offset = region == NULL ? 0 : access->ipa.addr - region->base.addr;
    if (region == NULL || offset > region->size - access->width) {
        region = mmio_find(&vcpu->vm->mmio, access->ipa, access->width);
        if (region == NULL) {
            return MMIO_UNKNOWN;
        }
        vcpu->last_region = region;
        offset = access->ipa.addr - region->base.addr;
    }
    if (access->write) {
        uint64_t value = bits_of(vcpu_get_x(vcpu, access->rt), access->width * 8u - 1, 0);
        return region->ops->write(region->device, vcpu, offset, access->width, value);
    }
    uint64_t value = 0;
    enum mmio_result result = region->ops->read(region->device, vcpu, offset, access->width, &value);
    if (result == MMIO_DONE) {
        vcpu_set_x(vcpu, access->rt, mmio_extend(access, value));
    }
    return result;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Placement of images, and the errors of images that are not what they should be. */
#include "fixture.h"

#include "vmm/loader.h"
#include "vmm/machine.h"

#include <string.h>

static unsigned char image[4096];
static unsigned char initrd[5000];

static void put64(unsigned at, uint64_t value)
{
    for (unsigned i = 0; i < 8; i++) {
        image[at + i] = (unsigned char)(value >> (8 * i));
    }
}

static struct vm_config config(uint64_t text_offset, uint64_t image_size)
{
    memset(image, 0x11, sizeof image);
    memset(initrd, 0x22, sizeof initrd);
    put64(8, text_offset);
    put64(16, image_size);
    memcpy(image + 56, "ARM\x64", 4);
    return (struct vm_config){
        .ram_size = FIXTURE_RAM_SIZE,
        .kernel = image,
        .kernel_size = sizeof image,
        .initrd = initrd,
        .initrd_size = sizeof initrd,
    };
}

static const char *plan(const struct vm_config *c, struct loader_layout *layout)
{
    return loader_plan(c, ipa_of(MACHINE_RAM_BASE), layout);
}

static void placement(void)
{
    struct loader_layout layout;
    struct vm_config c = config(0, 0x210000);
    CHECK(plan(&c, &layout) == NULL);
    CHECK_EQ(layout.entry.addr, 0x40000000);
    CHECK_EQ(layout.kernel_span, 0x210000);
    CHECK_EQ(layout.dtb.addr, 0x40400000);
    CHECK_EQ(layout.initrd.addr, 0x40410000);
    c = config(0x80000, 0x1000);
    CHECK(plan(&c, &layout) == NULL);
    CHECK_EQ(layout.entry.addr, 0x40080000);
    /* A file longer than it says needs its length. */
    c = config(0, 16);
    CHECK(plan(&c, &layout) == NULL);
    CHECK_EQ(layout.kernel_span, sizeof image);
    c.initrd_size = 0;
    CHECK(plan(&c, &layout) == NULL);
    CHECK_EQ(layout.initrd_size, 0);
}

static bool says(const struct vm_config *c, const char *what)
{
    struct loader_layout layout;
    const char *error = plan(c, &layout);
    return error != NULL && strstr(error, what) != NULL;
}

static void errors(void)
{
    struct vm_config c = config(0, 0x1000);
    c.kernel_size = 0;
    CHECK(says(&c, "too short"));
    c.kernel_size = 63;
    CHECK(says(&c, "too short"));
    c = config(0, 0x1000);
    image[56] = 'B';
    CHECK(says(&c, "not an arm64 Image"));
    c = config(0, FIXTURE_RAM_SIZE + 1);
    CHECK(says(&c, "kernel: does not fit"));
    c = config(0, ~0ull);
    CHECK(says(&c, "kernel: does not fit"));
    c = config(~0ull, 0x1000);
    CHECK(says(&c, "kernel: does not fit"));
    c = config(0, FIXTURE_RAM_SIZE - 0x1000);
    CHECK(says(&c, "device tree"));
    c = config(0, 0x1000);
    c.initrd_size = FIXTURE_RAM_SIZE;
    CHECK(says(&c, "initrd: does not fit"));
    c.initrd_size = ~(size_t)0;
    CHECK(says(&c, "initrd: does not fit"));
}

static void loading_and_loading_again(void)
{
    fixture_start(2);
    struct vm_config c = config(0, 0x2000);
    fixture.vm.config.kernel = c.kernel;
    fixture.vm.config.kernel_size = c.kernel_size;
    fixture.vm.config.initrd = c.initrd;
    fixture.vm.config.initrd_size = c.initrd_size;
    for (unsigned i = 0; i < 2; i++) {
        CHECK(vm_load(&fixture.vm));
        const unsigned char *ram = memory_at(&fixture.vm.memory, ipa_of(MACHINE_RAM_BASE), FIXTURE_RAM_SIZE);
        CHECK_EQ(memcmp(ram, image, sizeof image), 0);
        CHECK_EQ(ram[sizeof image], 0);
        CHECK_EQ(memcmp(ram + 0x210000, initrd, sizeof initrd), 0);
        CHECK_EQ(fixture.fake[0].frame.pc, MACHINE_RAM_BASE);
        CHECK_EQ(fixture.fake[0].frame.x[0], MACHINE_RAM_BASE + 0x200000);
        vm_start(&fixture.vm);
        CHECK_EQ(fixture.fake[0].starts, i + 1);
        /* The guest leaves its traces. */
        *(unsigned char *)memory_at(&fixture.vm.memory, ipa_of(MACHINE_RAM_BASE + sizeof image), 1) = 0x55;
        fixture.fake[0].irqs[33].active = true;
        fixture_write(0, MACHINE_GICD_BASE, 4, 3);
        vm_end(&fixture.vm, fixture_vcpu(0), VM_RESET);
        CHECK_EQ(fixture.ends, i + 1);
    }
    CHECK(vm_load(&fixture.vm));
    CHECK(!fixture.fake[0].irqs[33].active);
    CHECK_EQ(fixture.vm.vgic.ctlr, 0);
    fixture_end();
}

int main(void)
{
    static const struct test_case cases[] = {
        {"placement", placement},
        {"errors", errors},
        {"loading_and_loading_again", loading_and_loading_again},
    };
    return test_main("vmm-loader", cases, sizeof cases / sizeof cases[0]);
}

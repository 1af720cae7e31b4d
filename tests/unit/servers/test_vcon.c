/* SPDX-License-Identifier: BSD-2-Clause */
#include "fake_device.h"
#include "lib/unit.h"
#include "servers/console/control.h"

#include <string.h>

static struct vcon vcon;

static void all_ports_are_found(void)
{
    fake_start(&vcon, 31);
    CHECK_EQ(vcon_find(&vcon, "vesicle.control."), 31);
    CHECK_EQ(strcmp(vcon.port[31].name, "vesicle.control.30"), 0);
    CHECK_EQ(vcon_find(&vcon, "vesicle.console.7"), 7);
    CHECK_EQ(vcon_find(&vcon, "none"), -1);
}

/* Those that are more than it uses do not matter. */
static void too_many_ports(void)
{
    fake_begin(0xfffffff0u);
    CHECK(vcon_start(&vcon, NULL, &fake_memory, (uintptr_t)&fake_memory));
    CHECK_EQ(vcon.ports, VCON_PORTS);
}

static void output_comes_back_in_order(void)
{
    static unsigned char bytes[1000];
    fake_start(&vcon, 3);
    for (unsigned i = 0; i < sizeof bytes; i++) {
        bytes[i] = (unsigned char)i;
    }
    uint32_t at = 0, back = 0;
    while (back < sizeof bytes) {
        uint32_t length = 1 + (uint32_t)unit_random(20);
        length = length < sizeof bytes - at ? length : (uint32_t)sizeof bytes - at;
        if (length > 0 && vcon_write(&vcon, 2, (uintptr_t)bytes + at, length)) {
            at += length;
            continue;
        }
        fake_work(1 + (unsigned)unit_random(5), true);
        while ((length = vcon_written(&vcon, 2)) > 0) {
            back += length;
        }
        CHECK(back <= at);
    }
    CHECK_EQ(fake_port[2].length, sizeof bytes);
    CHECK_EQ(memcmp(fake_port[2].log, bytes, sizeof bytes), 0);
    CHECK_EQ(vcon_writing(&vcon, 2), 0);
}

static void input_is_kept_until_taken(void)
{
    static unsigned char bytes[10000];
    const unsigned char *got;
    fake_start(&vcon, 3);
    for (unsigned i = 0; i < sizeof bytes; i++) {
        bytes[i] = (unsigned char)unit_random(256);
    }
    fake_port[1].input = bytes;
    fake_port[1].input_length = sizeof bytes;
    for (uint32_t at = 0; at < sizeof bytes;) {
        fake_work(2, false);
        uint32_t length = vcon_read(&vcon, 1, &got);
        length = length ? 1 + (uint32_t)unit_random(length) : 0;
        CHECK_EQ(memcmp(got, bytes + at, length), 0);
        at += length;
        vcon_taken(&vcon, 1, length);
    }
    CHECK_EQ(vcon_read(&vcon, 1, &got), 0);
}

static unsigned char control_data[CONTROL_SIZE];
static struct control control;

static void records(void)
{
    fake_start(&vcon, 2);
    control_begin(&control, &vcon, 2, control_data, (uintptr_t)control_data);
    CHECK(control_send(&control, "exit 3"));
    CHECK(control_send(&control, "no\nline end\x7f"));
    CHECK(!control_is_idle(&control));
    fake_work(8, true);
    control_pump(&control);
    CHECK(control_is_idle(&control));
    CHECK_EQ(fake_port[2].length, 20);
    CHECK_EQ(memcmp(fake_port[2].log, "exit 3\nno?line end?\n", 20), 0);
}

static void records_wait_for_room(void)
{
    unsigned sent = 0;
    fake_start(&vcon, 2);
    control_begin(&control, &vcon, 2, control_data, (uintptr_t)control_data);
    while (control_send(&control, "a record of some length")) {
        CHECK(++sent < 1000);
    }
    CHECK(sent > 100);
    while (!control_is_idle(&control)) {
        fake_work(8, false);
        control_pump(&control);
    }
    CHECK(control_send(&control, "again"));
    CHECK_EQ(fake_port[2].length, sent * 24);
}

static void lines_of_the_host(void)
{
    static const unsigned char text[] = "one\n\ntwo and more\n";
    static const char *const lines[] = {"one", "", "two and more"};
    fake_start(&vcon, 2);
    control_begin(&control, &vcon, 2, control_data, (uintptr_t)control_data);
    fake_port[2].input = text;
    fake_port[2].input_length = sizeof text - 1;
    for (unsigned i = 0; i < 3;) {
        fake_work(1, false);
        control_pump(&control);
        if (control_line(&control)) {
            CHECK_EQ(strncmp(control_line(&control), lines[i], GPI_CONSOLE_RECORD_SIZE), 0);
            control_next(&control);
            i++;
        }
    }
    static unsigned char endless[3000];
    memset(endless, 'x', sizeof endless - 1);
    endless[sizeof endless - 1] = '\n';
    fake_port[2].input = endless;
    fake_port[2].input_length = sizeof endless;
    while (!control_line(&control)) {
        fake_work(1, false);
        control_pump(&control);
    }
    CHECK_EQ(strspn(control_line(&control), "x") >= GPI_CONSOLE_RECORD_SIZE, 1);
}

int main(void)
{
    static const struct unit_case cases[] = {
        {"all_ports_are_found", all_ports_are_found},
        {"too_many_ports", too_many_ports},
        {"output_comes_back_in_order", output_comes_back_in_order},
        {"input_is_kept_until_taken", input_is_kept_until_taken},
        {"records", records},
        {"records_wait_for_room", records_wait_for_room},
        {"lines_of_the_host", lines_of_the_host},
    };
    return unit_run("vcon", cases, UNIT_COUNT(cases), NULL);
}

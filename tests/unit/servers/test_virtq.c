/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/unit.h"
#include "servers/console/virtq.h"

enum { SIZE = 8 };

static struct virtq_memory memory;
static struct virtq queue;
static uint16_t which;
static uint32_t length;

static void setup(void)
{
    memory = (struct virtq_memory){0};
    virtq_init(&queue, &memory, SIZE);
}

static void use(uint32_t id, uint32_t count)
{
    memory.used.ring[memory.used.index % SIZE].id = id;
    memory.used.ring[memory.used.index % SIZE].length = count;
    memory.used.index++;
}

static void layout(void)
{
    /* 2.7: what the device expects of a full queue. */
    CHECK_EQ(sizeof(struct virtq_desc), 16);
    CHECK_EQ(sizeof(struct virtq_avail), 4 + 2 * VIRTQ_MAX);
    CHECK_EQ(sizeof(struct virtq_used), 4 + 8 * VIRTQ_MAX);
    virtq_add(&queue, 0x1234567890, 77, true);
    virtq_add(&queue, 0x1000, 5, false);
    CHECK_EQ(memory.desc[0].address, 0x1234567890);
    CHECK_EQ(memory.desc[0].length, 77);
    CHECK_EQ(memory.desc[0].flags, 2);
    CHECK_EQ(memory.desc[1].flags, 0);
    CHECK_EQ(memory.avail.ring[0], 0);
    CHECK_EQ(memory.avail.ring[1], 1);
    CHECK_EQ(memory.avail.index, 2);
}

static void round_and_round(void)
{
    uint32_t added = 0, taken = 0;
    for (unsigned i = 0; i < 200000; i++) {
        while (unit_random(3) && virtq_add(&queue, added, added, false)) {
            added++;
        }
        CHECK(added - taken <= SIZE);
        CHECK_EQ(virtq_in_flight(&queue), added - taken);
        while ((uint16_t)(memory.avail.index - memory.used.index) > 0 && unit_random(3)) {
            use(memory.avail.ring[memory.used.index % SIZE], 0);
        }
        while (unit_random(4) && virtq_take(&queue, &which, &length)) {
            CHECK_EQ(length, taken++);
        }
    }
    CHECK(taken > 65536 && !queue.broken);
}

static void full(void)
{
    for (unsigned i = 0; i < SIZE; i++) {
        CHECK(virtq_add(&queue, i, 1, false));
    }
    CHECK(!virtq_add(&queue, 9, 1, false));
    use(0, 0);
    CHECK(virtq_take(&queue, &which, &length));
    CHECK(virtq_add(&queue, 9, 1, false));
}

static void used_in_another_order(void)
{
    for (unsigned i = 0; i < 4; i++) {
        virtq_add(&queue, i, 10 + i, false);
    }
    use(2, 0);
    use(1, 0);
    CHECK(!virtq_take(&queue, &which, &length));
    use(0, 0);
    for (unsigned i = 0; i < 3; i++) {
        CHECK(virtq_take(&queue, &which, &length));
        CHECK_EQ(which, i);
        CHECK_EQ(length, 10 + i);
    }
    CHECK(!virtq_take(&queue, &which, &length));
}

static void lengths(void)
{
    virtq_add(&queue, 0, 100, true);
    virtq_add(&queue, 0, 100, true);
    use(0, 40);
    use(1, 1000);
    CHECK(virtq_take(&queue, &which, &length));
    CHECK_EQ(length, 40);
    CHECK(virtq_take(&queue, &which, &length));
    CHECK_EQ(length, 100); /* no more than it was */
}

static void told_once(void)
{
    CHECK(!virtq_wants_notice(&queue));
    virtq_add(&queue, 0, 1, false);
    CHECK(virtq_wants_notice(&queue));
    CHECK(!virtq_wants_notice(&queue));
    memory.used.flags = 1;
    virtq_add(&queue, 0, 1, false);
    CHECK(!virtq_wants_notice(&queue));
}

static void wrong_devices(void)
{
    static const uint32_t ids[] = {1, SIZE, 0x10000, UINT32_MAX};
    for (unsigned i = 0; i < 4; i++) {
        setup();
        virtq_add(&queue, 0, 1, false);
        use(ids[i], 1);
        CHECK(!virtq_take(&queue, &which, &length));
        CHECK(queue.broken);
        CHECK(!virtq_add(&queue, 0, 1, false));
    }
    setup();
    virtq_add(&queue, 0, 1, false);
    virtq_add(&queue, 0, 1, false);
    use(1, 1);
    use(1, 1); /* twice */
    CHECK(!virtq_take(&queue, &which, &length));
    CHECK(queue.broken);
    setup();
    virtq_add(&queue, 0, 1, false);
    memory.used.index = 40000; /* more than it had */
    CHECK(virtq_take(&queue, &which, &length) || queue.broken);
    while (virtq_take(&queue, &which, &length)) {
    }
    CHECK(queue.broken);
}

int main(void)
{
    static const struct unit_case cases[] = {
        {"layout", layout},
        {"round_and_round", round_and_round},
        {"full", full},
        {"used_in_another_order", used_in_another_order},
        {"lengths", lengths},
        {"told_once", told_once},
        {"wrong_devices", wrong_devices},
    };
    return unit_run("virtq", cases, UNIT_COUNT(cases), setup);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/unit.h"

#include <gpi/ring.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>

enum { SIZE = 64, LONG = 400000 };

static struct gpi_ring_shared shared;
static unsigned char data[SIZE];
static struct gpi_ring writer, reader;

static void setup(void)
{
    shared = (struct gpi_ring_shared){0};
    gpi_ring_init(&writer, &shared, data, SIZE);
    gpi_ring_init(&reader, &shared, data, SIZE);
}

static void in_order(void)
{
    unsigned char in[2 * SIZE], out[2 * SIZE], next_in = 0, next_out = 0;
    for (int i = 0; i < 20000; i++) {
        size_t count = unit_random(sizeof in + 1), room = gpi_ring_room(&writer);
        for (size_t k = 0; k < count; k++) {
            in[k] = (unsigned char)(next_in + k);
        }
        size_t put = gpi_ring_put(&writer, in, count);
        CHECK_EQ(put, count < room ? count : room);
        next_in = (unsigned char)(next_in + put);
        size_t got = gpi_ring_get(&reader, out, unit_random(sizeof out + 1));
        for (size_t k = 0; k < got; k++) {
            CHECK_EQ(out[k], next_out++);
        }
        CHECK_EQ(gpi_ring_available(&reader), SIZE - gpi_ring_room(&writer));
    }
    CHECK(!writer.broken && !reader.broken);
}

static void positions_wrap(void)
{
    unsigned char byte = 7;
    writer.own = reader.own = shared.written = shared.read = UINT32_MAX - 2;
    for (int i = 0; i < 6; i++) {
        CHECK_EQ(gpi_ring_put(&writer, &byte, 1), 1);
    }
    CHECK_EQ(gpi_ring_available(&reader), 6);
    CHECK_EQ(gpi_ring_room(&writer), SIZE - 6);
    CHECK_EQ(gpi_ring_get(&reader, (unsigned char[8]){0}, 8), 6);
}

static void single_bytes(void)
{
    unsigned char byte;
    bool wake = false;
    writer.own = reader.own = shared.written = shared.read = UINT32_MAX - 2;
    CHECK(gpi_ring_wait_for_data(&reader));
    CHECK_EQ(gpi_ring_put_byte(&writer, 'a', &wake), 1);
    CHECK(wake);
    for (int i = 1; i < SIZE; i++) {
        CHECK_EQ(gpi_ring_put_byte(&writer, (unsigned char)('a' + i), &wake), 1);
        CHECK(!wake);
    }
    CHECK_EQ(gpi_ring_put_byte(&writer, 0, &wake), 0);
    for (int i = 0; i < SIZE; i++) {
        CHECK_EQ(gpi_ring_get(&reader, &byte, 1), 1);
        CHECK_EQ(byte, (unsigned char)('a' + i));
    }
    shared.read = writer.own + 1;
    CHECK_EQ(gpi_ring_put_byte(&writer, 0, &wake), 0);
    CHECK(writer.broken);
    shared.read = writer.own;
    CHECK_EQ(gpi_ring_put_byte(&writer, 0, &wake), 0);
}

static void spans(void)
{
    uint32_t offset;
    unsigned char bytes[SIZE] = {0};
    gpi_ring_put(&writer, bytes, 50);
    gpi_ring_take(&reader, 40);
    gpi_ring_put(&writer, bytes, 30); /* 10 + 30: 24 to the end, 16 behind */
    CHECK_EQ(gpi_ring_span(&reader, 0, &offset), 24);
    CHECK_EQ(offset, 40);
    CHECK_EQ(gpi_ring_span(&reader, 4, &offset), 20);
    CHECK_EQ(gpi_ring_span(&reader, 24, &offset), 16);
    CHECK_EQ(offset, 0);
    CHECK_EQ(gpi_ring_span(&reader, 40, &offset), 0);
    CHECK_EQ(gpi_ring_span(&reader, 60, &offset), 0);
}

static void impossible_positions_break_it(void)
{
    unsigned char bytes[SIZE];
    shared.written = SIZE + 1;
    CHECK_EQ(gpi_ring_available(&reader), 0);
    CHECK(reader.broken);
    shared.written = 1;
    CHECK_EQ(gpi_ring_get(&reader, bytes, sizeof bytes), 0); /* for ever */
    shared.read = 1;
    CHECK_EQ(gpi_ring_put(&writer, bytes, 1), 0);
    CHECK(writer.broken);
}

static void any_positions_stay_inside(void)
{
    unsigned char bytes[2 * SIZE] = {0};
    for (int i = 0; i < 200000; i++) {
        uint32_t offset, skip = (uint32_t)unit_random(2 * SIZE);
        if (i % 100 == 0) {
            setup();
            writer.own = reader.own = shared.written = shared.read = (uint32_t)unit_random(1ull << 32);
        }
        uint32_t *place = unit_random(2) ? &shared.written : &shared.read;
        *place = unit_random(2) ? (uint32_t)unit_random(1ull << 32) : *place + (uint32_t)unit_random(SIZE);
        uint32_t span = gpi_ring_span(&reader, skip, &offset);
        CHECK(offset < SIZE && span <= SIZE - offset);
        CHECK(gpi_ring_put(&writer, bytes, unit_random(sizeof bytes)) <= SIZE);
        CHECK(gpi_ring_get(&reader, bytes, unit_random(sizeof bytes)) <= SIZE);
    }
}

static sem_t for_reader, for_writer;

static void *write_much(void *argument)
{
    (void)argument;
    for (unsigned i = 0; i < LONG;) {
        unsigned char bytes[24];
        unsigned count = 1 + i % sizeof bytes;
        for (unsigned k = 0; k < count; k++) {
            bytes[k] = (unsigned char)(i + k);
        }
        bool wake;
        size_t put = count == 1 ? gpi_ring_put_byte(&writer, *bytes, &wake) : gpi_ring_put(&writer, bytes, count);
        i += (unsigned)put;
        if (count == 1 ? wake : gpi_ring_reader_waits(&writer)) {
            sem_post(&for_reader);
        }
        if (put < count && gpi_ring_wait_for_room(&writer)) {
            sem_wait(&for_writer);
        }
    }
    return NULL;
}

/* Nobody sleeps for ever: the test would. */
static void sleepers_are_woken(void)
{
    pthread_t thread;
    unsigned got = 0, wrong = 0;
    sem_init(&for_reader, 0, 0);
    sem_init(&for_writer, 0, 0);
    CHECK_EQ(pthread_create(&thread, NULL, write_much, NULL), 0);
    while (got < LONG) {
        unsigned char bytes[40];
        size_t count = gpi_ring_get(&reader, bytes, sizeof bytes);
        for (size_t k = 0; k < count; k++) {
            wrong += bytes[k] != (unsigned char)got++;
        }
        if (count > 0 && gpi_ring_writer_waits(&reader)) {
            sem_post(&for_writer);
        }
        if (count == 0 && gpi_ring_wait_for_data(&reader)) {
            sem_wait(&for_reader);
        }
    }
    pthread_join(thread, NULL);
    CHECK(wrong == 0 && got >= LONG);
}

int main(void)
{
    static const struct unit_case cases[] = {
        {"in_order", in_order},
        {"positions_wrap", positions_wrap},
        {"single_bytes", single_bytes},
        {"spans", spans},
        {"impossible_positions_break_it", impossible_positions_break_it},
        {"any_positions_stay_inside", any_positions_stay_inside},
        {"sleepers_are_woken", sleepers_are_woken},
    };
    return unit_run("ring", cases, UNIT_COUNT(cases), setup);
}

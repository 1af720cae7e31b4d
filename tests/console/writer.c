/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints so many KiB of lines that tell who printed them and which they are: what the driver expects, byte for byte. */
#include <gpi/console.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINE = 64, BATCH = 8 };

/* "ww nnnnnnnn " and letters that depend on both. */
static void make_line(char *line, unsigned writer, unsigned number)
{
    uint32_t state = writer * 2654435761u + number;
    line[0] = (char)('0' + writer / 100 % 10);
    line[1] = (char)('0' + writer / 10 % 10);
    line[2] = (char)('0' + writer % 10);
    line[3] = ' ';
    for (int i = 11; i >= 4; i--, number /= 10) {
        line[i] = (char)('0' + number % 10);
    }
    line[12] = ' ';
    for (int i = 13; i < LINE - 1; i++) {
        state = state * 1664525u + 1013904223u;
        line[i] = (char)('a' + (state >> 24) % 26);
    }
    line[LINE - 1] = '\n';
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        return 1;
    }
    unsigned writer = (unsigned)atoi(argv[0]), lines = (unsigned)atoi(argv[1]) * 1024 / LINE;
    static char batch[BATCH * LINE];
    for (unsigned done = 0; done < lines;) {
        /* Some one by one, some together, some by stdio. */
        unsigned count = done % 32 == 0 ? 1 : lines - done < BATCH ? lines - done : BATCH - done % BATCH;
        for (unsigned i = 0; i < count; i++) {
            make_line(batch + i * LINE, writer, done + i);
        }
        if (done % 512 == 0) {
            printf("%.64s", batch);
        } else {
            gpi_console_write(batch, count * LINE);
        }
        done += count;
    }
    return 0;
}

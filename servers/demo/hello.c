/* SPDX-License-Identifier: BSD-2-Clause */
/* A process: says hello, with its arguments and environment; ends with the status in the first argument. */
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    const char *whom = getenv("WHOM");
    printf("hello, %s\n", whom ? whom : "world");
    for (int i = 0; i < argc; i++) {
        printf("argument %d: %s\n", i, argv[i]);
    }
    return argc > 0 ? atoi(argv[0]) : 0;
}

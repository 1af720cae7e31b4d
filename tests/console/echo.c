/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints lines back, with a prompt that has no line end; ends with a line "end". */
#include <stdio.h>
#include <string.h>

int main(void)
{
    static char line[300];
    unsigned count = 0;
    for (;;) {
        printf("> ");
        size_t length = 0;
        int c;
        while ((c = getchar()) != '\n' && c != EOF) {
            if (length < sizeof line - 1) {
                line[length++] = (char)c;
            }
        }
        line[length] = '\0';
        if (c == EOF || strcmp(line, "end") == 0) {
            printf("%u lines\n", count);
            return c == EOF;
        }
        printf("%s\n", line);
        count++;
    }
}

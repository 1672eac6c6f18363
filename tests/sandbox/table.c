/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the system call table of the rooms as SECURITY.md shows it. */
#include <stdio.h>
#include <string.h>

#include "signer/sandbox/syscalls.h"

static const struct syscall_row *row_of(const char *name, enum room room, const struct syscall_row *from)
{
    for (const struct syscall_row *row = from; row < syscall_table + syscall_count; row++)
        if (strcmp(row->name, name) == 0 && (row->rooms >> room & 1))
            return row;
    return NULL;
}

static void print_cell(const char *name, enum room room)
{
    const struct syscall_row *row = row_of(name, room, syscall_table);
    if (!row)
        printf(" |");
    else if (row->verdict == SYSCALL_REFUSE)
        printf(" ENOSYS |");
    else if (!row->only)
        printf(" yes |");
    for (const char *comma = " "; row && row->only; comma = "; ", row = row_of(name, room, row + 1))
        printf("%s%s%s", comma, row->only, row_of(name, room, row + 1) ? "" : " |");
}

static void print_reasons(const struct syscall_row *first)
{
    const char *last = NULL;
    for (const struct syscall_row *row = first;
         row < syscall_table + syscall_count && strcmp(row->name, first->name) == 0; row++) {
        if (!last || strcmp(last, row->reason) != 0)
            printf("%s%s", last ? "; " : " ", row->reason);
        last = row->reason;
    }
    printf(" |\n");
}

int main(void)
{
    puts("| call | gate | inspector | store | vault | access | why |");
    puts("|---|---|---|---|---|---|---|");
    for (const struct syscall_row *row = syscall_table; row < syscall_table + syscall_count; row++) {
        if (row > syscall_table && strcmp(row->name, row[-1].name) == 0)
            continue;
        printf("| %s |", row->name);
        for (enum room room = 0; room < ROOM_COUNT; room++)
            print_cell(row->name, room);
        print_reasons(row);
    }
    return 0;
}

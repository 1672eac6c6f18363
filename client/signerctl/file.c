/* SPDX-License-Identifier: Apache-2.0 */
#include "client/signerctl/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/command.h"

FILE *file_open(const char *path)
{
    if (strcmp(path, "-") == 0)
        return stdin;
    FILE *file = fopen(path, "re");
    if (!file)
        command_fail("cannot read %s: %s", path, strerror(errno));
    return file;
}

void file_close(FILE *file)
{
    if (file && file != stdin)
        fclose(file);
}

uint8_t *file_read(FILE *file, const char *path, size_t most, size_t *length)
{
    uint8_t *bytes = malloc(most + 1);
    if (!bytes) {
        command_fail("out of memory");
        return NULL;
    }
    *length = fread(bytes, 1, most + 1, file);
    if (*length <= most && !ferror(file))
        return bytes;
    if (ferror(file))
        command_fail("cannot read %s: %s", path, strerror(errno));
    else
        command_fail("%s has more than %zu bytes, the most that a request can have", path, most);
    free(bytes);
    return NULL;
}

bool file_write(const char *path, const uint8_t *bytes, size_t length)
{
    FILE *file = path ? fopen(path, "we") : stdout;
    bool written = file && fwrite(bytes, 1, length, file) == length && fflush(file) == 0;
    int number = errno;
    if (file && file != stdout && fclose(file) != 0 && written) {
        written = false;
        number = errno;
    }
    if (!written)
        command_fail("cannot write %s: %s", path ? path : "standard output", strerror(number));
    return written;
}

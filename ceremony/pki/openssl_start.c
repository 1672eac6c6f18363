/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/openssl_start.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ceremony/pki/openssl_memory.h"

enum { NAME_MAX_LENGTH = 256 };

/* A name that ends in '_' is a prefix. */
static bool is_of_openssl(const char *entry, size_t length)
{
    static const char *const names[] = {
        "CTLOG_FILE", "OPENSSL_", "OSSL_", "QLOGDIR", "RANDFILE", "SSLKEYLOGFILE", "SSL_",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t size = strlen(names[i]);
        if (names[i][size - 1] == '_' ? length >= size && strncmp(entry, names[i], size) == 0
                                      : length == size && strncmp(entry, names[i], size) == 0)
            return true;
    }
    return false;
}

/* Whether a variable was removed. */
static bool forget_one(void)
{
    char name[NAME_MAX_LENGTH];
    for (char **entry = environ; entry && *entry; entry++) {
        size_t length = strcspn(*entry, "=");
        if (length >= sizeof name || !is_of_openssl(*entry, length))
            continue;
        snprintf(name, sizeof name, "%.*s", (int)length, *entry);
        return unsetenv(name) == 0;
    }
    return false;
}

void openssl_start_forget_environment(void)
{
    while (forget_one())
        continue;
}

bool openssl_start(bool in_arena)
{
    if (in_arena && CRYPTO_set_mem_functions(openssl_memory_alloc, openssl_memory_realloc, openssl_memory_free) != 1)
        return false;
    return OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL) == 1;
}

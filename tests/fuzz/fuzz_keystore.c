/* SPDX-License-Identifier: Apache-2.0 */
/* Files of a keystore, with the checksum made right so that what lies behind it is reached: what is
 * accepted is the one encoding of what was read, and nothing opens. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "keystore/format/checksum.h"
#include "keystore/kek/header.h"
#include "keystore/key/sealed_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_header(const uint8_t *bytes, size_t length)
{
    struct header header;
    uint8_t again[HEADER_FILE_MAX];
    if (header_parse(bytes, length, &header) != FAULT_NONE)
        return;
    if (header_encode(&header, again) != length || memcmp(again, bytes, length) != 0)
        abort();
}

static void try_sealed_key(const uint8_t *bytes, size_t length)
{
    static uint8_t pkcs8[PKCS8_MAX], again[KEY_PUBLIC_MAX];
    struct sealed_key sealed;
    struct key_public public;
    struct key_id id = { "fuzz" };
    struct kek kek = { .key = { 1 } };
    const uint8_t keystore[KEYSTORE_ID_SIZE] = { 0 };
    size_t opened;
    if (sealed_key_look(bytes, length, &sealed) != FAULT_NONE)
        return;
    kek.id = sealed_key_kek(&sealed, 0);
    if (sealed_key_open(&sealed, &kek, keystore, &id, pkcs8, &opened) == FAULT_NONE)
        abort();
    if (key_public_parse(sealed.public_part, sealed.public_length, &public) == FAULT_NONE
        && (key_public_encode(&public, again, sizeof again) != sealed.public_length
            || memcmp(again, sealed.public_part, sealed.public_length) != 0))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t file[SEALED_KEY_MAX + CHECKSUM_SIZE];
    if (size > SEALED_KEY_MAX)
        return 0;
    memcpy(file, data, size);
    checksum(file, size, file + size);
    try_header(file, size + CHECKSUM_SIZE);
    try_sealed_key(file, size + CHECKSUM_SIZE);
    return 0;
}

#include "keystore/unseal_file.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keystore/bytes.h"
#include "keystore/share.h"
#include "keystore/share_set.h"

#define TITLE "signer unseal 1\n"

/* -- writing -------------------------------------------------------------------------------------------- */

static void put_line(struct writer *to, const char *name, const char *value)
{
    bytes_put(to, name, strlen(name));
    bytes_put(to, " ", 1);
    bytes_put(to, value, strlen(value));
    bytes_put(to, "\n", 1);
}

static void put_hex(struct writer *to, const char *name, const uint8_t *bytes, size_t length)
{
    char hex[2 * UNSEAL_KEY_SIZE + 1];
    bytes_to_hex(bytes, length, hex);
    put_line(to, name, hex);
}

size_t unseal_file_encode(const struct unseal_file *file, uint8_t *out, size_t capacity)
{
    struct writer to = { out, capacity, false };
    char text[32];
    bytes_put(&to, TITLE, strlen(TITLE));
    put_hex(&to, "keystore", file->keystore_id, KEYSTORE_ID_SIZE);
    time_text(file->started, text);
    put_line(&to, "started", text);
    for (size_t i = 0; i < file->vault_count; i++)
        put_hex(&to, "vault", file->vaults[i], UNSEAL_KEY_SIZE);
    for (size_t i = 0; i < file->record_count; i++) {
        snprintf(text, sizeof text, "%zu", file->records[i].length);
        put_line(&to, "record", text);
        bytes_put(&to, file->records[i].bytes, file->records[i].length);
    }
    bytes_put(&to, "end\n", 4);
    return to.failed ? 0 : capacity - to.left;
}

/* -- reading ----------------------------------------------------------------------------------------------- */

/* Takes one line "name value\n"; false, and nothing taken, if the next one is another. */
static bool take_line(struct reader *from, const char *name, char *value, size_t size)
{
    size_t skip = strlen(name) + 1;
    const uint8_t *end = from->left > 0 ? memchr(from->at, '\n', from->left) : NULL;
    size_t length = end ? (size_t)(end - from->at) : 0;
    if (!end || length <= skip || length - skip >= size || memcmp(from->at, name, skip - 1) != 0
        || from->at[skip - 1] != ' ')
        return false;
    memcpy(value, from->at + skip, length - skip);
    value[length - skip] = '\0';
    bytes_take(from, length + 1);
    return true;
}

static bool take_hex(struct reader *from, const char *name, uint8_t *out, size_t length)
{
    char hex[2 * UNSEAL_KEY_SIZE + 1];
    size_t read = 0;
    return take_line(from, name, hex, sizeof hex)
        && sodium_hex2bin(out, length, hex, strlen(hex), NULL, &read, NULL) == 0 && read == length;
}

static bool take_records(struct reader *from, struct unseal_file *out)
{
    char text[16];
    while (take_line(from, "record", text, sizeof text)) {
        size_t length;
        char end;
        if (out->record_count == UNSEAL_RECORDS_MAX || sscanf(text, "%8zu%c", &length, &end) != 1)
            return false;
        out->records[out->record_count].length = length;
        out->records[out->record_count++].bytes = bytes_take(from, length);
    }
    const uint8_t *end = bytes_take(from, 4);
    return end && memcmp(end, "end\n", 4) == 0 && from->left == 0;
}

static bool is_the_one_encoding(const struct unseal_file *file, const uint8_t *bytes, size_t length)
{
    uint8_t *again = malloc(length + 1);
    bool same = again && unseal_file_encode(file, again, length) == length && memcmp(again, bytes, length) == 0;
    free(again);
    return same;
}

enum fault unseal_file_parse(const uint8_t *bytes, size_t length, struct unseal_file *out)
{
    struct reader from = { bytes, length, false };
    char started[32];
    *out = (struct unseal_file){ 0 };
    const uint8_t *title = bytes_take(&from, strlen(TITLE));
    if (!title || memcmp(title, TITLE, strlen(TITLE)) != 0
        || !take_hex(&from, "keystore", out->keystore_id, KEYSTORE_ID_SIZE)
        || !take_line(&from, "started", started, sizeof started) || !time_parse(started, &out->started))
        return FAULT_RECORD_CORRUPT;
    while (out->vault_count < UNSEAL_VAULTS_MAX
           && take_hex(&from, "vault", out->vaults[out->vault_count], UNSEAL_KEY_SIZE))
        out->vault_count++;
    bool ok = out->vault_count > 0 && take_records(&from, out) && !from.failed && is_the_one_encoding(out, bytes, length);
    return ok ? FAULT_NONE : FAULT_RECORD_CORRUPT;
}

void unseal_file_fingerprint(const struct unseal_file *file, char out[static UNSEAL_FINGERPRINT_TEXT])
{
    uint8_t fingerprint[UNSEAL_FINGERPRINT_SIZE];
    unseal_fingerprint(file->vaults[0], file->vault_count, fingerprint);
    share_fingerprint_text(fingerprint, out);
}

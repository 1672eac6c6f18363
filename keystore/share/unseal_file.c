/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/share/unseal_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "keystore/format/lines.h"
#include "keystore/share/share.h"
#include "keystore/share/share_set.h"

#define TITLE "signer unseal 1\n"

/* -- writing -- */

size_t unseal_file_encode(const struct unseal_file *file, uint8_t *out, size_t capacity)
{
    struct writer to = { out, capacity, false };
    char text[32];
    bytes_put(&to, TITLE, strlen(TITLE));
    lines_put_hex(&to, "keystore", file->keystore_id, KEYSTORE_ID_SIZE);
    time_text(file->started, text);
    lines_put(&to, "started", text);
    for (size_t i = 0; i < file->vault_count; i++)
        lines_put_hex(&to, "vault", file->vaults[i], UNSEAL_KEY_SIZE);
    for (size_t i = 0; i < file->record_count; i++) {
        snprintf(text, sizeof text, "%zu", file->records[i].length);
        lines_put(&to, "record", text);
        bytes_put(&to, file->records[i].bytes, file->records[i].length);
    }
    bytes_put(&to, "end\n", 4);
    return to.failed ? 0 : capacity - to.left;
}

/* -- reading -- */

static bool parse_records(struct reader *from, struct unseal_file *out)
{
    char text[16];
    while (lines_read(from, "record", text, sizeof text)) {
        size_t length;
        char end;
        if (out->record_count == UNSEAL_RECORDS_MAX || sscanf(text, "%8zu%c", &length, &end) != 1)
            return false;
        out->records[out->record_count].length = length;
        out->records[out->record_count++].bytes = bytes_read(from, length);
    }
    const uint8_t *end = bytes_read(from, 4);
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
    if (!lines_read_title(&from, TITLE) || !lines_read_hex(&from, "keystore", out->keystore_id, KEYSTORE_ID_SIZE)
        || !lines_read(&from, "started", started, sizeof started) || !time_parse(started, &out->started))
        return FAULT_RECORD_CORRUPT;
    while (out->vault_count < UNSEAL_VAULTS_MAX
           && lines_read_hex(&from, "vault", out->vaults[out->vault_count], UNSEAL_KEY_SIZE))
        out->vault_count++;
    bool ok = out->vault_count > 0 && parse_records(&from, out) && !from.failed
        && is_the_one_encoding(out, bytes, length);
    return ok ? FAULT_NONE : FAULT_RECORD_CORRUPT;
}

void unseal_file_fingerprint(const struct unseal_file *file, char out[static UNSEAL_FINGERPRINT_TEXT])
{
    uint8_t fingerprint[UNSEAL_FINGERPRINT_SIZE];
    unseal_box_fingerprint(file->vaults[0], file->vault_count, fingerprint);
    share_fingerprint_text(fingerprint, out);
}

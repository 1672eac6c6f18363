/* SPDX-License-Identifier: Apache-2.0 */
/* What custodians' tools and vaults read: SOCKET.unseal, the record of a share set with its checksum made
 * right, and the content of a box that was sealed to the vault. The first byte says which. */
#include <sodium.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "keystore/format/bytes.h"
#include "keystore/format/checksum.h"
#include "keystore/share/share_set.h"
#include "keystore/share/unseal_box.h"
#include "keystore/share/unseal_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CONTENT = 1 + 10 + 32, PLAIN = UNSEAL_BOX_SIZE - crypto_box_SEALBYTES };

static bool is_same_file(const struct unseal_file *a, const struct unseal_file *b)
{
    bool same = memcmp(a->keystore_id, b->keystore_id, KEYSTORE_ID_SIZE) == 0 && a->started == b->started
        && a->vault_count == b->vault_count && memcmp(a->vaults, b->vaults, a->vault_count * UNSEAL_KEY_SIZE) == 0
        && a->record_count == b->record_count;
    for (size_t i = 0; i < a->record_count && same; i++)
        same = a->records[i].length == b->records[i].length
            && memcmp(a->records[i].bytes, b->records[i].bytes, a->records[i].length) == 0;
    return same;
}

static void try_file(const uint8_t *bytes, size_t length)
{
    static uint8_t again[UNSEAL_FILE_MAX];
    struct unseal_file file, back;
    char fingerprint[UNSEAL_FINGERPRINT_TEXT];
    if (unseal_file_parse(bytes, length, &file) != FAULT_NONE)
        return;
    unseal_file_fingerprint(&file, fingerprint);
    size_t written = unseal_file_encode(&file, again, sizeof again);
    if (written == 0 || unseal_file_parse(again, written, &back) != FAULT_NONE || !is_same_file(&file, &back))
        abort();
}

static void try_record(const uint8_t *bytes, size_t length)
{
    static uint8_t record[SHARE_SET_FILE_MAX], again[SHARE_SET_FILE_MAX];
    static struct share_set set;
    char sum[2 * CHECKSUM_SIZE + 1];
    uint8_t digest[CHECKSUM_SIZE];
    if (length + sizeof sum + 10 > sizeof record)
        return;
    memcpy(record, bytes, length);
    checksum(bytes, length, digest);
    bytes_to_hex(digest, sizeof digest, sum);
    memcpy(record + length, "checksum ", 9);
    memcpy(record + length + 9, sum, sizeof sum - 1);
    record[length + 9 + sizeof sum - 1] = '\n';
    length += 9 + sizeof sum;
    if (share_set_parse(record, length, &set) == FAULT_NONE
        && (share_set_encode(&set, again, sizeof again) != length || memcmp(again, record, length) != 0))
        abort();
}

static void try_box(const uint8_t *bytes, size_t length)
{
    static const uint8_t keystore_id[KEYSTORE_ID_SIZE] = { 1 }, challenge[UNSEAL_CHALLENGE_SIZE] = { 2 };
    static struct unseal_pair pair;
    uint8_t plain[PLAIN] = "SIGNRUNS", box[UNSEAL_BOX_SIZE];
    uint16_t words[SLIP39_WORDS_MAX];
    struct unseal_content content;
    struct slip39_share back;
    if (sodium_is_zero(pair.public_key, sizeof pair.public_key))
        unseal_box_new_pair(&pair);
    memcpy(plain + 8, keystore_id, sizeof keystore_id);
    memcpy(plain + 8 + sizeof keystore_id, challenge, sizeof challenge);
    memcpy(plain + PLAIN - CONTENT, bytes, length < CONTENT ? length : CONTENT);
    if (crypto_box_seal(box, plain, sizeof plain, pair.public_key) != 0)
        abort();
    if (unseal_box_open(box, sizeof box, &pair, keystore_id, challenge, &content) != FAULT_NONE
        || content.kind == UNSEAL_KEK)
        return;
    size_t count = slip39_encode(&content.share, words); /* what is taken is what words could have said */
    if (slip39_decode(words, count, &back) != FAULT_NONE || memcmp(back.value, content.share.value, 32) != 0
        || !slip39_same_set(&back, &content.share) || back.member != content.share.member)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || sodium_init() < 0)
        return 0;
    switch (data[0]) {
    case 'f': try_file(data + 1, size - 1); break;
    case 'r': try_record(data + 1, size - 1); break;
    default: try_box(data + 1, size - 1);
    }
    return 0;
}

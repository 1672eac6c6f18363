/* SPDX-License-Identifier: Apache-2.0 */
/* A small keystore and its archive, made in memory as backup makes one: a header, two sealed keys, a
 * certificate, two records, one of them empty. */
#ifndef TESTS_UNIT_ARCHIVE_SAMPLE_H
#define TESTS_UNIT_ARCHIVE_SAMPLE_H

#include "ceremony/archive/archive.h"
#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

enum { SAMPLE_FILES = 6, SAMPLE_TIME = 1767225600 };

static struct sample {
    struct kek kek;
    struct header header;
    struct manifest manifest;
    struct archive_file files[SAMPLE_FILES];
    uint8_t bytes[SAMPLE_FILES][SEALED_KEY_MAX];
    uint8_t *contents[SAMPLE_FILES];
} sample;

static inline bool sample_kek(uint8_t first, struct kek *out)
{
    uint8_t raw[KEK_SIZE];
    for (unsigned i = 0; i < KEK_SIZE; i++)
        raw[i] = (uint8_t)(first + i);
    return kek_from_bytes(raw, out) == FAULT_NONE;
}

/* Names the content that is in place already. */
static inline struct archive_file *sample_name(size_t i, enum part part, const char *name, size_t size)
{
    struct archive_file *file = &sample.files[i];
    *file = (struct archive_file){ .part = part, .size = size };
    snprintf(file->name, sizeof file->name, "%s", name);
    sha256(sample.bytes[i], size, file->sha256);
    sample.contents[i] = sample.bytes[i];
    return file;
}

static inline void sample_text(size_t i, enum part part, const char *name, const char *text)
{
    memcpy(sample.bytes[i], text, strlen(text));
    (void)sample_name(i, part, name, strlen(text));
}

static inline bool sample_seal(size_t i, const char *id, const char *name, enum algorithm algorithm)
{
    static const uint8_t spki[23] = "a public key of a kind", pkcs8[40] = "a private key";
    struct key_public key = { .algorithm = algorithm,
                              .created = SAMPLE_TIME,
                              .policy = algorithm_policy(algorithm),
                              .spki = spki,
                              .spki_length = sizeof spki };
    struct sealed_key_seed seed = { .wrap_nonce = { 1, (uint8_t)i } };
    memcpy(key.keystore_id, sample.header.keystore_id, KEYSTORE_ID_SIZE);
    bool ok = key_id_from_text(id, &key.id);
    size_t size = sealed_key_seal(&key, &sample.kek, &seed, pkcs8, sizeof pkcs8, sample.bytes[i]);
    struct archive_file *file = sample_name(i, PART_KEYS, name, size);
    file->algorithm = algorithm;
    sha256(spki, sizeof spki, file->public_sha256);
    file->keks[file->kek_count++] = sample.kek.id;
    return ok && size > 0;
}

static inline bool sample_make(void)
{
    static const uint8_t keystore_id[KEYSTORE_ID_SIZE] = { 0xa0, 1, 2, 3, 4, 5, 6, 7, 8, 9 };
    if (!secret_start() || !sample_kek(0, &sample.kek))
        return false;
    header_create(&sample.header, keystore_id, &sample.kek, SAMPLE_TIME - 1000);
    (void)sample_name(0, PART_ROOT, "keystore", header_encode(&sample.header, sample.bytes[0]));
    bool ok = sample_seal(1, "ca", "ca.key", ALGORITHM_EC_P256)
        && sample_seal(2, "root-1", "root-1.key", ALGORITHM_ML_DSA_65);
    sample_text(3, PART_CERTS, "ca.pem", "-----BEGIN CERTIFICATE-----\nof a kind\n-----END CERTIFICATE-----\n");
    sample_text(4, PART_RECORDS, "set-3f91-8a17-b121-6618-1.txt", "signer share set 1\n");
    sample_text(5, PART_RECORDS, "transcript-000001.txt", "");
    sample.manifest = (struct manifest){ .header = sample.header,
                                         .time = SAMPLE_TIME,
                                         .tool = "signer-ceremony 0.1.0",
                                         .libraries = "libsodium 1.0.18",
                                         .count = SAMPLE_FILES,
                                         .files = sample.files };
    return ok;
}

/* The archive that backup would write of it. */
static inline bool sample_pack(bool authenticated, struct archive_bytes *out)
{
    if (archive_begin(&sample.manifest, sample.contents, out) != FAULT_NONE)
        return false;
    out->trailer.authenticated = authenticated;
    if (authenticated)
        archive_mac(&sample.kek, &out->trailer.claim, out->trailer.mac);
    archive_end(out);
    return true;
}

static inline bool sample_write(const char *path, bool authenticated)
{
    struct archive_bytes packed;
    bool ok = sample_pack(authenticated, &packed) && unit_write(path, packed.bytes, packed.length, 0600);
    archive_discard(&packed);
    return ok;
}

#endif

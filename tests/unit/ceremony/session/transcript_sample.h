/* SPDX-License-Identifier: Apache-2.0 */
/* A keystore's records with a transcript of as many entries as a test wants, authenticated by a KEK or not. */
#ifndef TESTS_UNIT_CEREMONY_SESSION_TRANSCRIPT_SAMPLE_H
#define TESTS_UNIT_CEREMONY_SESSION_TRANSCRIPT_SAMPLE_H

#include "ceremony/session/transcript.h"
#include "keystore/files/records.h"
#include "keystore/format/bytes.h"
#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

#define SAMPLE_KEYSTORE "keystore cafe0000000000000000000000000000\n"
#define SAMPLE_KEK "3f91-8a17-b121-6618"

static struct directory sample_directory;
static const struct header sample_header = { .keystore_id = { 0xca, 0xfe } };
static struct kek sample_kek, sample_stranger;
static char sample_text[TRANSCRIPT_MAX + 1];

static inline bool sample_prepare(void)
{
    uint8_t raw[KEK_SIZE];
    for (unsigned i = 0; i < KEK_SIZE; i++)
        raw[i] = (uint8_t)i;
    bool ok = secret_start() && kek_from_bytes(raw, &sample_kek) == FAULT_NONE;
    raw[0] = 0x77;
    return ok && kek_from_bytes(raw, &sample_stranger) == FAULT_NONE && unit_make_directory()
        && directory_create(unit_path("ks"), geteuid(), getegid(), &sample_directory) == FAULT_NONE;
}

static inline const char *sample_path(unsigned number)
{
    char name[TRANSCRIPT_NAME], path[64];
    transcript_chain_name(number, ".txt", name);
    snprintf(path, sizeof path, "ks/records/%s", name);
    return unit_path(path);
}

/* Reads an entry into sample_text. */
static inline size_t sample_read(unsigned number)
{
    char name[TRANSCRIPT_NAME];
    size_t length = 0;
    transcript_chain_name(number, ".txt", name);
    CU_ASSERT(records_read(&sample_directory, name, (uint8_t *)sample_text, TRANSCRIPT_MAX, &length) == FAULT_NONE);
    sample_text[length] = '\0';
    return length;
}

static inline bool sample_write(unsigned number, const char *text)
{
    return unit_write(sample_path(number), text, strlen(text), 0600);
}

static inline bool sample_append(const char *verb, const char *kek_line, const struct kek *kek)
{
    struct transcript entry;
    if (!transcript_begin(&entry, verb))
        return false;
    transcript_add(&entry, "kek", "%s", kek_line);
    return transcript_append(&entry, &sample_directory, &sample_header, kek) && !entry.text;
}

/* Each test begins with a chain of this many entries. */
static inline void sample_begin(unsigned count, const struct kek *kek)
{
    struct record_list list;
    UNIT_NEED(records_list(&sample_directory, "", &list) == FAULT_NONE);
    for (size_t i = 0; i < list.count; i++) {
        char path[RECORD_NAME_MAX + 16];
        snprintf(path, sizeof path, "ks/records/%s", list.names[i]);
        CU_ASSERT(unlink(unit_path(path)) == 0);
    }
    records_free(&list);
    for (unsigned number = 1; number <= count; number++)
        CU_ASSERT(sample_append("test", "-", kek));
}

static inline void sample_end(void)
{
    directory_close(&sample_directory);
    unit_remove_directory();
}

#endif

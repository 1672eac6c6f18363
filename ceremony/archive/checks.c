/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/archive/checks.h"

#include <stdio.h>
#include <string.h>

#include "ceremony/pki/private_key.h"
#include "keystore/format/bytes.h"
#include "keystore/format/sha256.h"
#include "keystore/memory/arena.h"
#include "pki/pem_chain.h"

enum { SUBJECT = KEY_ID_SIZE + 16 };

static void fail(const struct checks *checks, const char *subject, enum fault fault)
{
    report_add(checks->report, FINDING_FAIL, subject, fault_name(fault), "%s", fault_advice(fault));
}

/* -- the KEK that a key needs -- */

static bool opens(const struct header *header, const struct kek_id *kek)
{
    const struct header_kek *entry = header_find(header, kek);
    return entry && entry->role != KEK_RETIRED;
}

static bool has_wrap_of_header(const struct header *header, const struct sealed_key *sealed)
{
    for (size_t i = 0; i < sealed->wrap_count; i++) {
        const struct kek_id kek = sealed_key_kek(sealed, i);
        if (opens(header, &kek))
            return true;
    }
    return false;
}

static void report_wrong_kek(const struct checks *checks, const char *subject, const struct sealed_key *sealed)
{
    char has[KEK_ID_TEXT], needed[KEK_ID_TEXT];
    const struct kek_id kek = sealed_key_kek(sealed, 0);
    kek_id_text(&kek, has);
    kek_id_text(&header_current(checks->header)->id, needed);
    report_add(checks->report, FINDING_FAIL, subject, fault_name(FAULT_KEK_MISMATCH),
               "it is sealed under KEK %s, but the keystore's KEK is %s; %s", has, needed,
               fault_advice(FAULT_KEK_MISMATCH));
}

/* -- opening -- */

/* The public key derived from the decoded private key must be the one in the file. */
static const char *prove(struct private_key *key, const uint8_t *pkcs8, size_t length, const struct key_public *public)
{
    const char *wrong = private_key_decode(pkcs8, length, key);
    if (wrong)
        return wrong;
    if (key->spki_length != public->spki_length || memcmp(key->spki, public->spki, public->spki_length) != 0)
        return "its private key does not belong to its public key";
    return NULL;
}

/* Decrypts before it parses the public part, as a vault does: nothing is parsed before it is authenticated. */
static enum fault open_here(const struct checks *checks, const struct key_id *id, const struct sealed_key *sealed,
                            const char **wrong)
{
    struct key_public public;
    size_t length = 0;
    uint8_t *pkcs8 = arena_alloc(PKCS8_MAX);
    struct private_key *key = arena_alloc(sizeof *key);
    enum fault fault = pkcs8 && key
        ? sealed_key_open(sealed, checks->kek, checks->header->keystore_id, id, pkcs8, &length)
        : FAULT_MEMORY;
    if (!fault)
        fault = key_public_parse(sealed->public_part, sealed->public_length, &public);
    if (!fault)
        *wrong = prove(key, pkcs8, length, &public);
    arena_free(pkcs8); /* freeing wipes */
    arena_free(key);
    return fault;
}

static bool check_here(const struct checks *checks, const char *subject, const struct key_id *id,
                       const struct sealed_key *sealed)
{
    const char *wrong = NULL;
    enum fault fault = open_here(checks, id, sealed, &wrong);
    if (fault)
        fail(checks, subject, fault);
    else if (wrong)
        report_add(checks->report, FINDING_FAIL, subject, fault_name(FAULT_KEY_TAMPERED), "%s", wrong);
    return !fault && !wrong;
}

static bool check_there(const struct checks *checks, const char *subject, const struct key_id *id, const uint8_t *bytes,
                        size_t length)
{
    struct signer_error error = { 0 };
    if (signer_check_key(checks->client, id->text, bytes, length, &error) == SIGNER_OK)
        return true;
    report_add(checks->report, FINDING_FAIL, subject, error.reason, "%s", error.message);
    return false;
}

/* What can be checked without opening the key. */
static enum fault check_names(const struct checks *checks, const struct key_id *id, const struct key_public *public)
{
    if (memcmp(public->keystore_id, checks->header->keystore_id, KEYSTORE_ID_SIZE) != 0)
        return FAULT_KEY_FOREIGN;
    return strcmp(public->id.text, id->text) == 0 ? FAULT_NONE : FAULT_KEY_MISNAMED;
}

static const struct kek_id *opener(const struct checks *checks)
{
    return checks->kek ? &checks->kek->id : checks->client ? &checks->client_kek : NULL;
}

/* During a rekey a key may be sealed only under the other KEK of the header. */
static void report_state(const struct checks *checks, const char *subject, bool opened, enum algorithm algorithm)
{
    const char *name = algorithm_name(algorithm);
    if (opened)
        report_add(checks->report, FINDING_OK, subject, NULL, "opens (%s)", name);
    else if (opener(checks))
        report_add(checks->report, checks->strict ? FINDING_FAIL : FINDING_WARN, subject,
                   checks->strict ? fault_name(FAULT_KEK_MISMATCH) : NULL,
                   "not opened: %s sealed only under another KEK of the header (%s)",
                   checks->header->rekey == REKEY_NONE ? "it is" : "a rekey is under way, and it is", name);
    else
        report_add(checks->report, FINDING_OK, subject, NULL, "whole; not opened, as no KEK was given (%s)", name);
}

static bool is_openable(const struct checks *checks, const struct sealed_key *sealed)
{
    const struct kek_id *kek = opener(checks);
    return kek && sealed_key_has_kek(sealed, kek);
}

/* Locates the parts of a sealed key, and checks that it has a wrap for a KEK of the header. */
static bool look(const struct checks *checks, const char *subject, const uint8_t *bytes, size_t length,
                 struct sealed_key *sealed)
{
    enum fault fault = sealed_key_look(bytes, length, sealed);
    if (fault)
        fail(checks, subject, fault);
    else if (!has_wrap_of_header(checks->header, sealed))
        report_wrong_kek(checks, subject, sealed);
    else
        return true;
    return false;
}

bool checks_key(const struct checks *checks, const struct key_id *id, const uint8_t *bytes, size_t length,
                struct key_public *public)
{
    struct sealed_key sealed;
    char subject[SUBJECT];
    snprintf(subject, sizeof subject, "keys/%s.key", id->text);
    if (!look(checks, subject, bytes, length, &sealed))
        return false;
    bool opened = is_openable(checks, &sealed);
    if (opened
        && !(checks->kek ? check_here(checks, subject, id, &sealed) : check_there(checks, subject, id, bytes, length)))
        return false;
    enum fault fault = key_public_parse(sealed.public_part, sealed.public_length, public);
    if (!fault)
        fault = check_names(checks, id, public);
    if (fault)
        fail(checks, subject, fault);
    else
        report_state(checks, subject, opened, public->algorithm);
    return !fault;
}

/* -- certificates -- */

void checks_certificate(const struct checks *checks, const struct key_id *id, const struct key_public *public,
                        const uint8_t *pem, size_t length)
{
    static uint8_t der[DIRECTORY_CERTIFICATE_MAX]; /* DER is shorter than its PEM */
    char subject[SUBJECT], hash[SHA256_TEXT];
    snprintf(subject, sizeof subject, "certs/%s.pem", id->text);
    if (!pem) {
        report_add(checks->report, FINDING_WARN, subject, fault_name(FAULT_CERTIFICATE_MISSING), "%s",
                   fault_advice(FAULT_CERTIFICATE_MISSING));
    } else if (pem_chain_check_key(pem, length, public->spki, public->spki_length) != PEM_CHAIN_HAS_KEY) {
        report_add(checks->report, checks->packing ? FINDING_WARN : FINDING_FAIL, subject,
                   fault_name(FAULT_CERTIFICATE_OTHER_KEY), "%s", fault_advice(FAULT_CERTIFICATE_OTHER_KEY));
    } else {
        size_t count, size = pem_chain_first(pem, length, der, sizeof der, &count);
        sha256_text(der, size, hash);
        report_add(checks->report, FINDING_OK, subject, NULL, "belongs to its key; SHA-256 %s%s", hash,
                   count > 1 ? ", with its chain" : "");
    }
}

void checks_lost_key(const struct checks *checks, const struct key_id *id)
{
    char subject[SUBJECT];
    snprintf(subject, sizeof subject, "certs/%s.pem", id->text);
    fail(checks, subject, FAULT_KEY_LOST);
}

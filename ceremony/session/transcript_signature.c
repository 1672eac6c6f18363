/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/session/transcript_signature.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/pki/signature.h"
#include "ceremony/session/transcript.h"
#include "ceremony/signers/private_signer.h"
#include "ceremony/tool/tool.h"
#include "keystore/files/records.h"
#include "keystore/format/bytes.h"

#define TITLE "signer transcript signature 1\n"

enum { SIGNATURE_FILE_MAX = 128 * 1024, STATEMENT_MAX = 512 };

/* The text that is signed: a title that no certificate begins with, and the name and hash of the entry. */
static bool make_statement(const struct directory *directory, const struct header *header, unsigned number,
                           char out[static STATEMENT_MAX])
{
    char keystore[2 * KEYSTORE_ID_SIZE + 1], name[TRANSCRIPT_NAME], hash[SHA256_TEXT];
    size_t length;
    uint8_t *text = malloc(TRANSCRIPT_MAX);
    transcript_name(number, ".txt", name);
    bool ok = text && records_read(directory, name, text, TRANSCRIPT_MAX, &length) == FAULT_NONE;
    if (ok) {
        bytes_to_hex(header->keystore_id, KEYSTORE_ID_SIZE, keystore);
        sha256_text(text, length, hash);
        snprintf(out, STATEMENT_MAX, TITLE "keystore %s\nentry %s\nsha256 %s\n", keystore, name, hash);
    }
    free(text);
    return ok;
}

static bool publish(const struct signed_keystore *keystore, unsigned number, const char *statement, const char *id,
                    const char *scheme, const uint8_t *signature, size_t length)
{
    char name[TRANSCRIPT_NAME], *text = malloc(SIGNATURE_FILE_MAX + 1);
    if (!text || 2 * length + STATEMENT_MAX + 256 > SIGNATURE_FILE_MAX) {
        free(text);
        return false;
    }
    int used = snprintf(text, SIGNATURE_FILE_MAX, "%skey %s\nscheme %s\nsignature ", statement, id, scheme);
    bytes_to_hex(signature, length, text + used);
    size_t size = (size_t)used + 2 * length;
    text[size++] = '\n';
    transcript_name(number, ".sig", name);
    enum fault fault = records_create(keystore->directory, name, (const uint8_t *)text, size);
    if (fault)
        tool_refuse(fault, name);
    free(text);
    return fault == FAULT_NONE;
}

static bool sign(const struct signed_keystore *keystore, unsigned number, struct private_signer *signer,
                 const struct key_id *id, const char *statement)
{
    static uint8_t signature[SIGNER_SIGNATURE_MAX];
    char scheme[SIGNATURE_SCHEME_TEXT];
    size_t length = sizeof signature;
    struct signer_key *key = NULL;
    struct signer_error error = { 0 };
    bool ok = signer_get_key(signer->client, id->text, &key, &error) == SIGNER_OK
        && signature_make(signer->client, key, statement, strlen(statement), signature, &length, scheme, &error);
    if (!ok)
        command_fail("the transcript could not be signed with key %s: %s: %s", id->text, error.reason, error.message);
    ok = ok && publish(keystore, number, statement, id->text, scheme, signature, length);
    signer_key_free(key);
    return ok;
}

/* During a rekey a key may have a wrap only for the other KEK. */
static bool opens(const struct signed_keystore *keystore, const struct key_id *id)
{
    static uint8_t bytes[SEALED_KEY_MAX];
    struct sealed_key sealed;
    size_t length;
    return directory_read_key(keystore->directory, id, bytes, &length, NULL) == FAULT_NONE
        && sealed_key_look(bytes, length, &sealed) == FAULT_NONE && sealed_key_has_kek(&sealed, &keystore->kek->id);
}

static bool find_key(const struct signed_keystore *keystore, struct key_id *out)
{
    struct key_list list;
    bool found = false;
    if (directory_list_keys(keystore->directory, &list) != FAULT_NONE)
        return false;
    for (size_t i = 0; i < list.count && !found; i++)
        if ((found = opens(keystore, &list.ids[i])))
            *out = list.ids[i];
    directory_free_list(&list);
    return found;
}

bool transcript_signature_make(const struct signed_keystore *keystore, unsigned number)
{
    struct private_signer signer;
    struct key_id id;
    char statement[STATEMENT_MAX];
    if (!find_key(keystore, &id))
        return true;
    if (!make_statement(keystore->directory, keystore->header, number, statement)
        || !private_signer_start(&signer, keystore->directory->root, keystore->kek))
        return false;
    bool ok = sign(keystore, number, &signer, &id, statement);
    private_signer_stop(&signer);
    return ok;
}

/* -- verifying -- */

struct signed_text {
    char id[KEY_ID_SIZE + 1], scheme[SIGNATURE_SCHEME_TEXT];
    uint8_t *signature; /* owned */
    size_t length;
};

/* Parses an even number of lower-case hex digits and a newline at the end of `text`. `out` has room for the bytes. */
static bool read_hex(const char *text, uint8_t *out, size_t *length)
{
    size_t digits = strspn(text, "0123456789abcdef");
    if (digits == 0 || digits % 2 != 0 || strcmp(text + digits, "\n") != 0)
        return false;
    for (size_t i = 0; i < digits; i += 2) {
        unsigned byte = 0;
        (void)!sscanf(text + i, "%2x", &byte);
        out[i / 2] = (uint8_t)byte;
    }
    *length = digits / 2;
    return true;
}

static bool read_signature(const char *text, const char *statement, struct signed_text *out)
{
    size_t size = strlen(statement);
    int used = 0;
    if (strncmp(text, statement, size) != 0
        || sscanf(text + size, "key %64s\nscheme %31[^\n]\nsignature %n", out->id, out->scheme, &used) != 2
        || used == 0)
        return false;
    out->signature = malloc(strlen(text));
    return out->signature && read_hex(text + size + used, out->signature, &out->length);
}

static enum signature_verdict check(const struct directory *directory, const struct signed_text *read,
                                    const char *statement)
{
    static uint8_t sealed_bytes[SEALED_KEY_MAX];
    struct sealed_key sealed;
    struct key_public public;
    struct key_id id;
    size_t length;
    if (!key_id_from_text(read->id, &id))
        return SIGNATURE_WRONG;
    if (directory_read_key(directory, &id, sealed_bytes, &length, NULL) != FAULT_NONE
        || sealed_key_look(sealed_bytes, length, &sealed) != FAULT_NONE
        || key_public_parse(sealed.public_part, sealed.public_length, &public) != FAULT_NONE)
        return SIGNATURE_KEY_GONE;
    return signature_verify(public.spki, public.spki_length, read->scheme, statement, strlen(statement),
                            read->signature, read->length)
        ? SIGNATURE_RIGHT
        : SIGNATURE_WRONG;
}

enum signature_verdict transcript_signature_verify(const struct directory *directory, const struct header *header,
                                                   unsigned number)
{
    char name[TRANSCRIPT_NAME], statement[STATEMENT_MAX], *text = calloc(1, SIGNATURE_FILE_MAX + 1);
    struct signed_text read = { .signature = NULL };
    size_t length;
    transcript_name(number, ".sig", name);
    enum fault fault = text ? records_read(directory, name, (uint8_t *)text, SIGNATURE_FILE_MAX, &length)
                            : FAULT_MEMORY;
    enum signature_verdict verdict = fault == FAULT_FILE_MISSING ? SIGNATURE_NONE : SIGNATURE_WRONG;
    if (!fault && strlen(text) == length && make_statement(directory, header, number, statement)
        && read_signature(text, statement, &read))
        verdict = check(directory, &read, statement);
    free(read.signature);
    free(text);
    return verdict;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/import.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "ceremony/pki/import_inputs.h"
#include "ceremony/tool/aftermath.h"
#include "ceremony/tool/tool.h"
#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"
#include "pki/pem_chain.h"

enum { LOCK_WAIT_MS = 5000 };

/* Where the keystore has a certificate for this id already, only its own key may be imported: a restore may have lost
 * that key. */
static bool suits_certificate(const struct directory *directory, const struct key_id *id, const struct private_key *key,
                              const struct import_options *options)
{
    size_t length;
    uint8_t *pem = arena_alloc(DIRECTORY_CERTIFICATE_MAX);
    enum fault fault = pem ? directory_read_certificate(directory, id, pem, &length) : FAULT_MEMORY;
    bool suits = fault == FAULT_FILE_MISSING
        || (fault == FAULT_NONE && pem_chain_check_key(pem, length, key->spki, key->spki_length) == PEM_CHAIN_HAS_KEY);
    arena_free(pem);
    if (!suits && fault)
        tool_refuse(fault, options->id);
    else if (!suits)
        command_fail("CERTIFICATE_OTHER_KEY: certs/%s.pem: exists and does not belong to %s; choose another id",
                     options->id, options->key);
    return suits;
}

static bool can_read(const char *path)
{
    bool ok = !path || access(path, R_OK) == 0;
    if (!ok)
        command_fail("%s: %s; nothing was imported", path, strerror(errno));
    return ok;
}

bool import_is_possible(const struct import_options *options, const struct directory *directory,
                        const struct key_id *id)
{
    struct file_identity there;
    bool taken = directory_identify_key(directory, id, &there) == FAULT_NONE;
    if (taken)
        tool_refuse(FAULT_KEY_EXISTS, options->id);
    return !taken && can_read(options->key) && can_read(options->certificate);
}

static struct policy policy_of(const struct private_key *key)
{
    struct policy policy = algorithm_policy(key->algorithm);
    if (key->only_pss)
        policy.schemes = 1u << SCHEME_RSA_PSS;
    return policy;
}

static size_t seal(const struct header *header, const struct kek *kek, const struct key_id *id,
                   const struct private_key *key, uint8_t *sealed)
{
    struct sealed_key_seed seed;
    struct key_public public = {
        .id = *id,
        .algorithm = key->algorithm,
        .created = time_now(),
        .policy = policy_of(key),
        .spki = key->spki,
        .spki_length = key->spki_length,
    };
    memcpy(public.keystore_id, header->keystore_id, KEYSTORE_ID_SIZE);
    sealed_key_seed_random(&seed);
    size_t length = sealed_key_seal(&public, kek, &seed, key->pkcs8, key->pkcs8_length, sealed);
    secret_wipe(&seed, sizeof seed);
    return length;
}

/* Opens the key from disk again, so that a failure is found now and not when the key is needed. */
static enum fault verify(const struct directory *directory, const struct header *header, const struct kek *kek,
                         const struct key_id *id)
{
    struct sealed_key sealed;
    size_t length, pkcs8_length;
    uint8_t *bytes = arena_alloc(SEALED_KEY_MAX), *pkcs8 = arena_alloc(PKCS8_MAX);
    enum fault fault = bytes && pkcs8 ? directory_read_key(directory, id, bytes, &length, NULL) : FAULT_MEMORY;
    if (!fault)
        fault = sealed_key_look(bytes, length, &sealed);
    if (!fault)
        fault = sealed_key_open(&sealed, kek, header->keystore_id, id, pkcs8, &pkcs8_length);
    arena_free(bytes);
    arena_free(pkcs8);
    return fault;
}

static enum fault publish(const struct directory *directory, const struct key_id *id, const uint8_t *sealed,
                          size_t length, const struct import_inputs *inputs)
{
    enum fault fault = directory_lock_within(directory, LOCK_WAIT_MS);
    if (fault)
        return fault;
    fault = directory_create_key(directory, id, sealed, length);
    if (!fault && inputs->pem) {
        fault = directory_replace_certificate(directory, id, inputs->pem, inputs->pem_length);
        if (fault)
            (void)!directory_remove_key(directory, id); /* made just above: import both, or neither */
    }
    directory_unlock(directory);
    return fault;
}

/* A key that does not open again: import both key and certificate, or neither. */
static void take_back(const struct directory *directory, const struct key_id *id, bool has_certificate,
                      const struct import_options *options)
{
    enum fault fault = directory_lock_within(directory, LOCK_WAIT_MS);
    if (!fault)
        fault = directory_remove_key(directory, id);
    if (!fault && has_certificate)
        fault = directory_remove_certificate(directory, id);
    directory_unlock(directory);
    if (fault)
        aftermath_note("key %s: does not open, and could not be removed again: remove its files in keys and certs",
                       options->id);
}

static int bring(const struct import_options *options, const struct directory *directory, const struct header *header,
                 const struct kek *kek, const struct key_id *id, const struct import_inputs *inputs)
{
    uint8_t *sealed = arena_alloc(SEALED_KEY_MAX);
    if (!sealed || !tool_become(directory->owner, directory->group)
        || !suits_certificate(directory, id, inputs->key, options))
        return EXIT_REFUSED;
    size_t length = seal(header, kek, id, inputs->key, sealed);
    enum fault fault = length > 0 ? publish(directory, id, sealed, length, inputs) : FAULT_CRYPTO;
    arena_free(sealed);
    if (!fault && (fault = verify(directory, header, kek, id)) != FAULT_NONE)
        take_back(directory, id, inputs->pem, options);
    if (fault)
        return tool_refuse(fault, options->id);
    aftermath_note("key %s: is imported and whole; signerctl destroy removes it", options->id);
    printf("imported %s (%s)%s; back the keystore up, then destroy %s\n", options->id,
           algorithm_name(inputs->key->algorithm), inputs->pem ? " with its certificate" : "", options->key);
    return EXIT_DONE;
}

int import_key(const struct import_options *options, const struct directory *directory, const struct header *header,
               const struct kek *kek, const struct key_id *id)
{
    const struct import_inputs_files files = { options->key, options->certificate, options->passphrase,
                                               options->weak_allowed };
    struct import_inputs inputs;
    int code = import_inputs_read(&files, &inputs) ? bring(options, directory, header, kek, id, &inputs) : EXIT_REFUSED;
    if (options->weak)
        *options->weak = inputs.weak;
    import_inputs_free(&inputs);
    return code;
}

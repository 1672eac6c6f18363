/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/time.h"
#include "ceremony/pki/private_key.h"
#include "ceremony/tool/aftermath.h"
#include "ceremony/tool/passphrase.h"
#include "ceremony/tool/tool.h"
#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"
#include "pki/pem_chain.h"

enum { INPUT_MAX = 64 * 1024, LOCK_WAIT_MS = 5000 };

struct certificate {
    uint8_t *pem;
    size_t length;
};

/* Reads an input file into the arena. Any owner and mode will do, as it is not a keystore file. */
static uint8_t *read_input(const char *path, size_t *length)
{
    uint8_t *content = arena_alloc(INPUT_MAX);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = content && fd >= 0 ? io_read_to_end(fd, content, INPUT_MAX) : -1;
    bool ok = n >= 0 && n < INPUT_MAX;
    if (!ok)
        command_fail("%s: %s", path, n < 0 ? strerror(errno) : "larger than 64 KiB");
    *length = ok ? (size_t)n : 0;
    if (fd >= 0)
        close(fd);
    if (ok)
        return content;
    arena_free(content);
    return NULL;
}

static int ask(char *out, int size, void *context)
{
    return passphrase_read(context, "Passphrase of the key to import: ", out, size);
}

static struct private_key *read_key(const struct import_options *options)
{
    size_t length;
    struct private_key *key = arena_alloc(sizeof *key);
    uint8_t *content = read_input(options->key, &length);
    const char *wrong = NULL;
    if (!key || !content)
        return NULL;
    wrong = private_key_decode(content, length, ask, (void *)options->passphrase, key);
    arena_free(content); /* freeing wipes */
    if (!wrong)
        return key;
    command_fail("%s: %s", options->key, wrong);
    arena_free(key);
    return NULL;
}

/* Keeps only the certificates in the file, as it may also hold the private key. */
static bool read_certificate(const struct import_options *options, const struct private_key *key,
                             struct certificate *out)
{
    size_t length;
    if (!options->certificate)
        return true;
    uint8_t *content = read_input(options->certificate, &length);
    out->pem = arena_alloc(DIRECTORY_CERTIFICATE_MAX);
    if (!content || !out->pem)
        return false;
    out->length = pem_chain_rewrite(content, length, out->pem, DIRECTORY_CERTIFICATE_MAX);
    arena_free(content);
    if (pem_chain_check_key(out->pem, out->length, key->spki, key->spki_length) == PEM_CHAIN_HAS_KEY)
        return true;
    command_fail("CERTIFICATE_OTHER_KEY: %s: its public key is not that of %s; nothing was imported",
                 options->certificate, options->key);
    return false;
}

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
                          size_t length, const struct certificate *certificate)
{
    enum fault fault = directory_lock_within(directory, LOCK_WAIT_MS);
    if (fault)
        return fault;
    fault = directory_create_key(directory, id, sealed, length);
    if (!fault && certificate->pem) {
        fault = directory_replace_certificate(directory, id, certificate->pem, certificate->length);
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

int import_key(const struct import_options *options, const struct directory *directory, const struct header *header,
               const struct kek *kek, const struct key_id *id)
{
    struct certificate certificate = { 0 };
    struct private_key *key = read_key(options);
    uint8_t *sealed = arena_alloc(SEALED_KEY_MAX);
    if (!key || !sealed || !read_certificate(options, key, &certificate)
        || !tool_become(directory->owner, directory->group) || !suits_certificate(directory, id, key, options))
        return EXIT_REFUSED;
    size_t length = seal(header, kek, id, key, sealed);
    enum fault fault = length > 0 ? publish(directory, id, sealed, length, &certificate) : FAULT_CRYPTO;
    if (!fault && (fault = verify(directory, header, kek, id)) != FAULT_NONE)
        take_back(directory, id, certificate.pem, options);
    if (fault)
        return tool_refuse(fault, options->id);
    aftermath_note("key %s: is imported and whole; signerctl destroy removes it", options->id);
    printf("imported %s (%s)%s; back the keystore up, then destroy %s\n", options->id, algorithm_name(key->algorithm),
           certificate.pem ? " with its certificate" : "", options->key);
    return EXIT_DONE;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/signerctl/digest.h"
#include "client/signerctl/file.h"
#include "client/signerctl/names.h"
#include "client/signerctl/verbs.h"

static const char help[] = "usage: signerctl [--socket PATH] [--timeout SECONDS] [--json] sign ID --in FILE\n"
                           "               [--hash H] [--pss] [--out FILE]\n"
                           "\n"
                           "Sign a file.\n"
                           "\n"
                           "  --in FILE    what to sign; - is standard input\n"
                           "  --hash H     for RSA and ECDSA, the hash of the file: sha256 (default), sha384\n"
                           "               or sha512; Ed25519, Ed448, ML-DSA and SLH-DSA sign the whole\n"
                           "               file, less than 1 MiB\n"
                           "  --pss        sign with RSA-PSS instead of RSA PKCS#1 v1.5\n"
                           "  --out FILE   where to write the raw signature (DER for ECDSA); default\n"
                           "               standard output\n";

enum { MESSAGE_MAX = 1024 * 1024 - 512 }; /* a request of 1 MiB, less room for its other fields */

struct wanted {
    const char *in, *out;
    enum signer_hash hash;
    bool hash_given, pss;
};

static bool parse_option(int option, struct wanted *wanted)
{
    switch (option) {
    case 'i': wanted->in = optarg; return true;
    case 'o': wanted->out = optarg; return true;
    case 'p': wanted->pss = true; return true;
    case 'H':
        wanted->hash_given = true;
        if (names_to_hash(optarg, &wanted->hash))
            return true;
        command_misuse("--hash %s is not sha256, sha384 or sha512", optarg);
        return false;
    default: return false;
    }
}

/* Chooses the scheme by the key's algorithm, and checks that the options fit it. */
static int choose(const struct signer_key *key, struct wanted *wanted, struct signer_sign *what)
{
    if (!names_scheme_of(key->algorithm, &what->scheme))
        return command_fail("key %s is %s, which this signerctl does not know", key->id, key->algorithm);
    if (wanted->pss && what->scheme != SIGNER_RSA_PKCS1)
        return command_fail("key %s is %s: --pss is for RSA", key->id, key->algorithm);
    if (wanted->pss)
        what->scheme = SIGNER_RSA_PSS;
    bool digest = names_wants_digest(what->scheme);
    if (!wanted->hash_given)
        wanted->hash = digest ? SIGNER_SHA256 : SIGNER_HASH_NONE;
    what->hash = wanted->hash;
    if (digest == (wanted->hash != SIGNER_HASH_NONE))
        return EXIT_DONE;
    return command_fail("key %s is %s: it signs %s, not with --hash %s", key->id, key->algorithm,
                        digest ? "a hash" : "the whole file", names_hash(wanted->hash));
}

/* Signs what->input and writes the signature. */
static int sign(struct context *context, const struct wanted *wanted, const struct signer_sign *what)
{
    static uint8_t signature[SIGNER_SIGNATURE_MAX];
    struct signer_error error;
    size_t length = sizeof signature;
    if (signer_sign(context->client, what, signature, &length, &error) != SIGNER_OK)
        return context_error(&error);
    return file_write(wanted->out, signature, length) ? EXIT_DONE : EXIT_REFUSED;
}

static int sign_digest(struct context *context, const struct wanted *wanted, struct signer_sign *what, FILE *file)
{
    uint8_t digest[DIGEST_SIZE];
    what->input = digest;
    what->input_length = digest_file(file, what->hash, digest);
    if (what->input_length == 0)
        return command_fail("cannot hash %s: %s", wanted->in, strerror(errno));
    return sign(context, wanted, what);
}

static int sign_message(struct context *context, const struct wanted *wanted, struct signer_sign *what, FILE *file)
{
    uint8_t *message = file_read(file, wanted->in, MESSAGE_MAX, &what->input_length);
    if (!message)
        return EXIT_REFUSED;
    what->input = message;
    int code = sign(context, wanted, what);
    free(message);
    return code;
}

static int sign_opened(struct context *context, const struct wanted *wanted, struct signer_sign *what)
{
    FILE *file = file_open(wanted->in);
    if (!file)
        return EXIT_REFUSED;
    int code = names_wants_digest(what->scheme) ? sign_digest(context, wanted, what, file)
                                                : sign_message(context, wanted, what, file);
    file_close(file);
    return code;
}

static int sign_file(struct context *context, const char *id, struct wanted *wanted)
{
    struct signer_error error;
    struct signer_key *key = NULL;
    struct signer_sign what = { .id = id };
    if (!context_connect(context))
        return EXIT_REFUSED;
    if (signer_get_key(context->client, id, &key, &error) != SIGNER_OK)
        return context_error(&error);
    what.public_key_sha256 = key->public_key_sha256;
    int code = choose(key, wanted, &what);
    if (code == EXIT_DONE)
        code = sign_opened(context, wanted, &what);
    signer_key_free(key);
    return code;
}

static int run_sign(int argc, char **argv)
{
    struct context *context = context_get();
    static const struct option options[] = { CONTEXT_OPTIONS,
                                             { "in", required_argument, NULL, 'i' },
                                             { "out", required_argument, NULL, 'o' },
                                             { "hash", required_argument, NULL, 'H' },
                                             { "pss", no_argument, NULL, 'p' },
                                             { NULL, 0, NULL, 0 } };
    struct wanted wanted = { 0 };
    int option;
    while ((option = context_option(argc, argv, options)) != -1)
        if (!parse_option(option, &wanted))
            return EXIT_USAGE;
    const char *id = context_id(argc, argv);
    if (!id)
        return EXIT_USAGE;
    if (!wanted.in)
        return command_misuse("sign needs --in FILE");
    if (!wanted.out && isatty(STDOUT_FILENO))
        return command_misuse("a signature is binary and is not written to a terminal: name a file with --out");
    return sign_file(context, id, &wanted);
}

const struct command_verb cmd_sign = { "sign", run_sign, "Sign a file", help, 0 };

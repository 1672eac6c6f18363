/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/json.h"
#include "client/signerctl/key_text.h"
#include "client/signerctl/names.h"
#include "client/signerctl/verbs.h"

static const char help[] = "usage: signerctl [--socket PATH] [--timeout SECONDS] [--json] generate ID\n"
                           "               [--algorithm A] [--schemes LIST] [--hashes LIST]\n"
                           "\n"
                           "Make a key, or return the existing one if it has the same algorithm and policy.\n"
                           "\n"
                           "  --algorithm A   ec-p256 (default), ec-p384, ec-p521, rsa-2048, rsa-3072,\n"
                           "                  rsa-4096, ed25519, ed448, and the ml-dsa and slh-dsa sets that\n"
                           "                  the signer offers; P-256, prime256v1, RSA2048 and the like\n"
                           "                  mean the same. `signerctl algorithms` lists what this signer\n"
                           "                  offers\n"
                           "  --schemes LIST  the schemes allowed:\n"
                           "                  rsa-pkcs1,rsa-pss,ecdsa,eddsa,ml-dsa,slh-dsa\n"
                           "  --hashes LIST   the hashes allowed: sha256,sha384,sha512\n"
                           "rsa-pss alone makes an id-RSASSA-PSS key, which many programs cannot read.\n"
                           "Without lists everything that the algorithm supports is allowed. A policy never\n"
                           "changes.\n";

enum { GENERATE_TIMEOUT_MS = 180 * 1000 }; /* a large RSA key may wait behind others */

struct wanted {
    const char *algorithm;
    char name[NAMES_ALGORITHM]; /* where it was named otherwise than the signer does */
    struct signer_policy policy;
};

static bool parse_option(int option, struct wanted *wanted)
{
    switch (option) {
    case 'a': wanted->algorithm = names_algorithm(optarg, wanted->name); return true;
    case 's':
        if (names_add_schemes(optarg, &wanted->policy))
            return true;
        command_misuse("--schemes %s has a name that is not a scheme", optarg);
        return false;
    case 'H':
        if (names_add_hashes(optarg, &wanted->policy))
            return true;
        command_misuse("--hashes %s has a name that is not a hash", optarg);
        return false;
    default: return false;
    }
}

static void print(const struct context *context, const struct signer_key *key, bool created)
{
    char fingerprint[FINGERPRINT_SIZE];
    struct json json = { .out = stdout };
    key_text_fingerprint(key, fingerprint);
    if (!context->json) {
        printf("%s %s %s %s\n", created ? "created" : "existing", key->id, key->algorithm, fingerprint);
        if (key_text_is_pss(key))
            fprintf(stderr,
                    "signerctl: notice: %s is an id-RSASSA-PSS key, which many programs cannot read; --schemes "
                    "rsa-pkcs1,rsa-pss makes a plain RSA key that signs by PSS too\n",
                    key->id);
        return;
    }
    json_open(&json, NULL, '{');
    json_text(&json, "id", key->id);
    json_text(&json, "algorithm", key->algorithm);
    json_bool(&json, "created", created);
    json_text(&json, "public_key_sha256", fingerprint);
    json_close(&json, '}');
    json_end(&json);
}

static int run_generate(int argc, char **argv)
{
    struct context *context = context_get();
    static const struct option options[] = { CONTEXT_OPTIONS,
                                             { "algorithm", required_argument, NULL, 'a' },
                                             { "schemes", required_argument, NULL, 's' },
                                             { "hashes", required_argument, NULL, 'H' },
                                             { NULL, 0, NULL, 0 } };
    struct wanted wanted = { 0 };
    struct signer_error error;
    struct signer_key *key = NULL;
    bool created = false;
    int option;
    while ((option = context_option(argc, argv, options)) != -1)
        if (!parse_option(option, &wanted))
            return EXIT_USAGE;
    const char *id = context_id(argc, argv);
    if (!id)
        return EXIT_USAGE;
    if (context->timeout_ms == 0)
        context->timeout_ms = GENERATE_TIMEOUT_MS;
    if (!context_connect(context))
        return EXIT_REFUSED;
    if (signer_generate(context->client, id, wanted.algorithm, &wanted.policy, &key, &created, &error) != SIGNER_OK)
        return context_error(&error);
    print(context, key, created);
    signer_key_free(key);
    return EXIT_DONE;
}

const struct command_verb cmd_generate = { "generate", run_generate,
                                           "Make a key, or return the one that is there, if it is the same", help, 0 };

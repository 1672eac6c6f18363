#include <stdio.h>

#include "client/signerctl/cmd.h"
#include "client/signerctl/digest.h"
#include "client/signerctl/json.h"
#include "client/signerctl/names.h"

enum { GENERATE_TIMEOUT_MS = 180 * 1000 }; /* a large RSA key may wait behind others */

struct wanted {
    const char *algorithm;
    struct signer_policy policy;
};

static bool take_option(struct context *context, int option, struct wanted *wanted)
{
    switch (option) {
    case 'a': wanted->algorithm = optarg; return true;
    case 's':
        if (names_add_schemes(optarg, &wanted->policy))
            return true;
        command_misuse(context, "--schemes %s has a name that is no scheme", optarg);
        return false;
    case 'H':
        if (names_add_hashes(optarg, &wanted->policy))
            return true;
        command_misuse(context, "--hashes %s has a name that is no hash", optarg);
        return false;
    default: return false;
    }
}

static void print(const struct context *context, const struct signer_key *key, bool created)
{
    char fingerprint[FINGERPRINT_SIZE];
    struct json json = { .out = stdout };
    digest_fingerprint(key->public_key, key->public_key_length, fingerprint);
    if (!context->json) {
        printf("%s %s %s %s\n", created ? "created" : "existing", key->id, key->algorithm, fingerprint);
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

int cmd_generate(struct context *context, int argc, char **argv)
{
    static const struct option options[] = { COMMAND_OPTIONS,
                                             { "algorithm", required_argument, NULL, 'a' },
                                             { "schemes", required_argument, NULL, 's' },
                                             { "hashes", required_argument, NULL, 'H' },
                                             { NULL, 0, NULL, 0 } };
    struct wanted wanted = { 0 };
    struct signer_error error;
    struct signer_key *key = NULL;
    bool created = false;
    int option;
    while ((option = command_option(context, argc, argv, options)) != -1)
        if (!take_option(context, option, &wanted))
            return COMMAND_USAGE;
    const char *id = command_id(context, argc, argv);
    if (!id)
        return COMMAND_USAGE;
    if (context->timeout_ms == 0)
        context->timeout_ms = GENERATE_TIMEOUT_MS;
    if (!command_connect(context))
        return COMMAND_FAILED;
    if (signer_generate(context->client, id, wanted.algorithm, &wanted.policy, &key, &created, &error) != SIGNER_OK)
        return command_error(&error);
    print(context, key, created);
    signer_key_free(key);
    return COMMAND_DONE;
}

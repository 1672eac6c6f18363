/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "client/signerctl/digest.h"
#include "client/signerctl/key_text.h"
#include "client/signerctl/verbs.h"

static const char help[] = "usage: signerctl [--socket PATH] [--timeout SECONDS] [--json] show ID\n"
                           "       [--pem | --cert | --reference]\n"
                           "\n"
                           "Show a key's public part.\n"
                           "\n"
                           "  --pem        print only the public key (PEM, SubjectPublicKeyInfo)\n"
                           "  --cert       print only its certificate, with the chain (PEM)\n"
                           "  --reference  print a file that names the key and holds nothing secret (PEM): a\n"
                           "               program that opens a private key file by OpenSSL takes it, with\n"
                           "               the provider, and signs by the signer; see signer-provider(7)\n";

static void print_json(const struct signer_key *key)
{
    struct json json = { .out = stdout };
    key_text_json(&json, key);
    json_bool(&json, "certificate", key->certificate != NULL);
    json_close(&json, '}');
    json_end(&json);
}

static int print_certificate(const struct signer_key *key)
{
    if (!key->certificate)
        return command_fail("key %s has no certificate: store one with signerctl cert", key->id);
    size_t length = strlen(key->certificate);
    fputs(key->certificate, stdout);
    if (length > 0 && key->certificate[length - 1] != '\n')
        putchar('\n');
    return EXIT_DONE;
}

static int print_reference(const struct signer_key *key)
{
    uint8_t der[SIGNER_REFERENCE_MAX];
    size_t length;
    struct signer_error error;
    if (signer_reference_write(key, der, &length, &error) != SIGNER_OK)
        return context_error(&error);
    digest_pem(stdout, SIGNER_REFERENCE_LABEL, der, length);
    return EXIT_DONE;
}

static int print(const struct context *context, const struct signer_key *key, int form)
{
    if (form == 'c')
        return print_certificate(key);
    if (form == 'r')
        return print_reference(key);
    if (form == 'p')
        digest_pem(stdout, "PUBLIC KEY", key->public_key, key->public_key_length);
    else if (context->json)
        print_json(key);
    else
        key_text_page(key);
    return EXIT_DONE;
}

static int run_show(int argc, char **argv)
{
    struct context *context = context_get();
    static const struct option options[] = {
        CONTEXT_OPTIONS,
        { "pem", no_argument, NULL, 'p' },
        { "cert", no_argument, NULL, 'c' },
        { "reference", no_argument, NULL, 'r' },
        { NULL, 0, NULL, 0 },
    };
    struct signer_error error;
    struct signer_key *key = NULL;
    int option, form = 0;
    while ((option = context_option(argc, argv, options)) != -1) {
        if (option == '?')
            return EXIT_USAGE;
        if (form != 0 && form != option)
            return command_misuse("--pem, --cert and --reference exclude each other");
        form = option;
    }
    const char *id = context_id(argc, argv);
    if (!id)
        return EXIT_USAGE;
    if (!context_connect(context))
        return EXIT_REFUSED;
    if (signer_get_key(context->client, id, &key, &error) != SIGNER_OK)
        return context_error(&error);
    int code = print(context, key, form);
    signer_key_free(key);
    return code;
}

const struct command_verb cmd_show = { "show", run_show, "Show a key's public part", help, 0 };

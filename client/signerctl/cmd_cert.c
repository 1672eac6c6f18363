/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "client/signerctl/file.h"
#include "client/signerctl/verbs.h"
#include "proto/limits.h"

static const char help[] = "usage: signerctl [--socket PATH] [--timeout SECONDS] [--json] cert ID --set FILE\n"
                           "\n"
                           "Store a key's certificate.\n"
                           "\n"
                           "  --set FILE   PEM: the key's certificate first, then its chain; - is standard\n"
                           "               input\n";

static int set(struct context *context, const char *id, const char *path)
{
    struct signer_error error;
    size_t length = 0;
    FILE *file = file_open(path);
    uint8_t *pem = file ? file_read(file, path, CERTIFICATE_MAX, &length) : NULL;
    file_close(file);
    if (!pem)
        return EXIT_REFUSED;
    int code = EXIT_REFUSED;
    if (context_connect(context)) {
        code = EXIT_DONE;
        if (signer_set_certificate(context->client, id, (const char *)pem, length, &error) != SIGNER_OK)
            code = context_error(&error);
    }
    free(pem);
    return code;
}

static int run_cert(int argc, char **argv)
{
    struct context *context = context_get();
    static const struct option options[] = { CONTEXT_OPTIONS,
                                             { "set", required_argument, NULL, 's' },
                                             { NULL, 0, NULL, 0 } };
    const char *path = NULL;
    int option;
    while ((option = context_option(argc, argv, options)) != -1) {
        if (option != 's')
            return EXIT_USAGE;
        path = optarg;
    }
    const char *id = context_id(argc, argv);
    if (!id)
        return EXIT_USAGE;
    if (!path)
        return command_misuse("cert needs --set FILE; signerctl show %s --cert prints it", id);
    return set(context, id, path);
}

const struct command_verb cmd_cert = { "cert", run_cert, "Store a key's certificate", help, 0 };

#include <stdio.h>
#include <stdlib.h>

#include "client/signerctl/cmd.h"
#include "client/signerctl/file.h"
#include "proto/limits.h"

static int set(struct context *context, const char *id, const char *path)
{
    struct signer_error error;
    size_t length = 0;
    FILE *file = file_open(path);
    uint8_t *pem = file ? file_read(file, path, CERTIFICATE_MAX, &length) : NULL;
    file_close(file);
    if (!pem)
        return COMMAND_FAILED;
    int code = COMMAND_FAILED;
    if (command_connect(context)) {
        code = COMMAND_DONE;
        if (signer_set_certificate(context->client, id, (const char *)pem, length, &error) != SIGNER_OK)
            code = command_error(&error);
    }
    free(pem);
    return code;
}

int cmd_cert(struct context *context, int argc, char **argv)
{
    static const struct option options[] = { COMMAND_OPTIONS,
                                             { "set", required_argument, NULL, 's' },
                                             { NULL, 0, NULL, 0 } };
    const char *path = NULL;
    int option;
    while ((option = command_option(context, argc, argv, options)) != -1) {
        if (option != 's')
            return COMMAND_USAGE;
        path = optarg;
    }
    const char *id = command_id(context, argc, argv);
    if (!id)
        return COMMAND_USAGE;
    if (!path)
        return command_misuse(context, "cert needs --set FILE; signerctl show %s --cert prints it", id);
    return set(context, id, path);
}

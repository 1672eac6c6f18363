/* SPDX-License-Identifier: Apache-2.0 */
#include "client/target.h"

#include <stdlib.h>
#include <string.h>

#include "client/error.h"

static bool is_known(const struct target *target, const char *path, size_t length)
{
    for (size_t i = 0; i < target->count; i++)
        if (strlen(target->paths[i]) == length && memcmp(target->paths[i], path, length) == 0)
            return true;
    return false;
}

static enum signer_status add_path(struct target *target, const char *setting, const char *path, size_t length,
                                   struct signer_error *error)
{
    if (length == 0 || length >= CONNECTION_PATH_SIZE)
        return error_set(error, SIGNER_INVALID_ARGUMENT, ERROR_ARGUMENT,
                         "%s: the path of a socket \"%.*s%s\" has %zu characters: 1 to %d are allowed", setting,
                         length > 40 ? 40 : (int)length, path, length > 40 ? "..." : "", length,
                         CONNECTION_PATH_SIZE - 1);
    if (target->count == TARGET_SOCKETS_MAX)
        return error_set(error, SIGNER_INVALID_ARGUMENT, ERROR_ARGUMENT,
                         "%s names more sockets than %d: leave some out (a colon separates them)", setting,
                         TARGET_SOCKETS_MAX);
    if (is_known(target, path, length))
        return error_set(error, SIGNER_INVALID_ARGUMENT, ERROR_ARGUMENT,
                         "%s names the socket %.*s twice: leave one out (a colon separates them)", setting, (int)length,
                         path);
    memcpy(target->paths[target->count++], path, length);
    return SIGNER_OK;
}

enum signer_status target_parse(struct target *target, const char *setting, const char *list,
                                struct signer_error *error)
{
    memset(target->paths, 0, sizeof target->paths);
    target->count = 0;
    for (;;) {
        size_t length = strcspn(list, ":");
        enum signer_status status = add_path(target, setting, list, length, error);
        if (status != SIGNER_OK || list[length] == '\0')
            return status;
        list += length + 1;
    }
}

const char *target_environment(void)
{
    const char *named = secure_getenv("SIGNER_SOCKET");
    return named && *named ? named : NULL;
}

enum signer_status target_one(const char *chosen, char path[static CONNECTION_PATH_SIZE], struct signer_error *error)
{
    struct target target;
    const char *named = target_environment();
    const char *setting = chosen || !named ? "the socket" : "SIGNER_SOCKET";
    enum signer_status status = target_parse(&target, setting, chosen ? chosen : named ? named : TARGET_USUAL, error);
    if (status != SIGNER_OK)
        return status;
    if (target.count > 1)
        return error_set(error, SIGNER_INVALID_ARGUMENT, ERROR_ARGUMENT,
                         "%s names %zu sockets, separated by colons, and this is for one signer: name one", setting,
                         target.count);
    memcpy(path, target.paths[0], CONNECTION_PATH_SIZE);
    return SIGNER_OK;
}

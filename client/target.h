/* SPDX-License-Identifier: Apache-2.0 */
/* Where a client connects: the sockets, in the order in which they are tried, and who must serve them. */
#ifndef CLIENT_TARGET_H
#define CLIENT_TARGET_H

#include "client/connection.h"

enum { TARGET_SOCKETS_MAX = 8 };

struct target {
    size_t count; /* of paths, at least 1 */
    char paths[TARGET_SOCKETS_MAX][CONNECTION_PATH_SIZE];
    struct connection_server server;
};

/* Parses a path, or several separated by ':', into the target's paths. INVALID_ARGUMENT, with a message that begins
 * with `setting`, if one is empty, too long for a socket address or there twice, or if there are too many. */
enum signer_status target_parse(struct target *target, const char *setting, const char *list,
                                struct signer_error *error) __attribute__((warn_unused_result));

/* Writes the path of the only socket to `path`: `chosen` unless that is NULL, else $SIGNER_SOCKET, else the usual one.
 * INVALID_ARGUMENT also if that names several. */
enum signer_status target_one(const char *chosen, char path[static CONNECTION_PATH_SIZE], struct signer_error *error)
    __attribute__((warn_unused_result));

/* $SIGNER_SOCKET; NULL if it is unset or empty. */
const char *target_environment(void);

#define TARGET_USUAL "/run/signer/signer.sock"

#endif

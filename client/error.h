/* SPDX-License-Identifier: Apache-2.0 */
/* Filling struct signer_error. `error` may be NULL everywhere: then only the status is returned. */
#ifndef CLIENT_ERROR_H
#define CLIENT_ERROR_H

#include "client/signer.h"
#include "proto/response.h"

#define ERROR_REFUSED "CONNECTION_REFUSED"
#define ERROR_LOST "CONNECTION_LOST"
#define ERROR_TIMEOUT "TIMEOUT"
#define ERROR_PROTOCOL "PROTOCOL"
#define ERROR_TOO_MANY "TOO_MANY"
#define ERROR_MEMORY "OUT_OF_MEMORY"
#define ERROR_BUFFER "BUFFER_TOO_SMALL"
#define ERROR_TICKET "TICKET_UNKNOWN"
#define ERROR_ARGUMENT "ARGUMENT"
#define ERROR_SERVER "SERVER_UNEXPECTED"
#define ERROR_REFERENCE "REFERENCE_INVALID"

/* Fills *error for a failure found by this library, and returns `status`. */
enum signer_status error_set(struct signer_error *error, enum signer_status status, const char *reason,
                             const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same for OUT_OF_MEMORY. */
enum signer_status error_memory(struct signer_error *error);

/* Fills *error from the signer's answer, and returns its status; a status that this library does not know becomes
 * SIGNER_INTERNAL. Control characters become spaces. A refusal of a field says that the signer is older. */
enum signer_status error_from_response(struct signer_error *error, const struct response *response);

/* Copies an error, and returns its status. */
enum signer_status error_copy(struct signer_error *error, const struct signer_error *from);

#endif

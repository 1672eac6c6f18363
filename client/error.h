/* Filling struct signer_error. `error` may be NULL everywhere: the status alone is then told. */
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

/* Describes a failure that this library found, and returns `status`. */
enum signer_status error_set(struct signer_error *error, enum signer_status status, const char *reason,
                             const char *format, ...) __attribute__((format(printf, 4, 5)));

enum signer_status error_memory(struct signer_error *error);

/* Describes what the signer answered, and returns its status. Bytes that would break the line
 * are replaced; a status that this library does not know is SIGNER_INTERNAL. */
enum signer_status error_from_response(struct signer_error *error, const struct response *response);

/* Hands an error on, and returns its status. */
enum signer_status error_copy(struct signer_error *error, const struct signer_error *from);

#endif

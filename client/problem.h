/* Filling struct signer_error. `error` may be NULL everywhere: the status alone is then told. */
#ifndef CLIENT_PROBLEM_H
#define CLIENT_PROBLEM_H

#include "client/signer.h"
#include "proto/response.h"

#define PROBLEM_REFUSED "CONNECTION_REFUSED"
#define PROBLEM_LOST "CONNECTION_LOST"
#define PROBLEM_TIMEOUT "TIMEOUT"
#define PROBLEM_PROTOCOL "PROTOCOL"
#define PROBLEM_TOO_MANY "TOO_MANY"
#define PROBLEM_MEMORY "OUT_OF_MEMORY"
#define PROBLEM_BUFFER "BUFFER_TOO_SMALL"
#define PROBLEM_TICKET "TICKET_UNKNOWN"
#define PROBLEM_ARGUMENT "ARGUMENT"

/* Describes a failure that this library found, and returns `status`. */
enum signer_status problem_set(struct signer_error *error, enum signer_status status, const char *reason,
                               const char *format, ...) __attribute__((format(printf, 4, 5)));

enum signer_status problem_memory(struct signer_error *error);

/* Describes what the signer answered, and returns its status. Bytes that would break the line
 * are replaced; a status that this library does not know is SIGNER_INTERNAL. */
enum signer_status problem_from_response(struct signer_error *error, const struct response *response);

/* Hands an error on, and returns its status. */
enum signer_status problem_copy(struct signer_error *error, const struct signer_error *from);

#endif

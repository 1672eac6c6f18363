/* Answers to clients: results, and faults as a status, a reason and a sentence. Each of these
 * ends the job. */
#ifndef SIGNER_ANSWER_H
#define SIGNER_ANSWER_H

#include "keystore/fault.h"
#include "proto/response.h"
#include "signer/gate/core/job.h"
#include "signer/gate/core/state.h"

/* Sends a result. The response's id is filled in here. */
void answer_result(struct job *job, struct response *response);

/* Refuses with a fault of the keystore or a vault. `detail`, a sentence of more knowledge, may be
 * NULL: then the fault's own advice about the job's key is given. */
void answer_fault(struct job *job, enum fault fault, const char *detail);

/* Refuses with a reason of the gate. */
void answer_refusal(struct job *job, enum status status, const char *reason, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same for a request that never became a job. `id` 0 speaks of the connection itself. */
void answer_early(struct gate *gate, struct connection *connection, uint64_t id, enum status status, const char *reason,
                  const char *sentence);

/* The same, saying when to try again; 0: no word of that. */
void answer_later(struct gate *gate, struct connection *connection, uint64_t id, enum status status, const char *reason,
                  const char *sentence, uint32_t retry_after_ms);

/* Ends a job without an answer: its connection is gone, or it was answered. */
void answer_nothing(struct job *job);

/* The connection is gone: what has not begun ends, the rest loses only its answer. */
void answer_nobody(struct connection *connection);

/* Refuses jobs whose deadline has passed; what a room works on for them goes on. */
void answer_overdue(struct gate *gate);

/* The status that goes with a fault. */
enum status answer_status(enum fault fault);

#endif

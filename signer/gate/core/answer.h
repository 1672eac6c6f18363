/* SPDX-License-Identifier: Apache-2.0 */
/* Answers to clients: results, and faults as a status, a reason and a sentence. Every function that answers a job
 * ends and frees it. */
#ifndef SIGNER_GATE_CORE_ANSWER_H
#define SIGNER_GATE_CORE_ANSWER_H

#include "keystore/fault.h"
#include "proto/response.h"
#include "signer/gate/core/job.h"
#include "signer/gate/core/state.h"

/* Sends a result; sets the response's id. */
void answer_result(struct job *job, struct response *response);

/* Refuses with a fault of the keystore or a vault. `detail` is a more specific sentence; if it is NULL, the fault's
 * advice about the job's key is sent. */
void answer_fault(struct job *job, enum fault fault, const char *detail);

/* Refuses with a reason of the gate. */
void answer_refusal(struct job *job, enum status status, const char *reason, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same for a request that never became a job. `id` 0: the answer is about the connection itself. */
void answer_early(struct gate *gate, struct connection *connection, uint64_t id, enum status status, const char *reason,
                  const char *sentence);

/* Makes a sentence that may quote what a client sent one line of printable ASCII. */
void answer_make_printable(char *sentence);

/* The same, with a time after which to try again; 0: none is sent. */
void answer_later(struct gate *gate, struct connection *connection, uint64_t id, enum status status, const char *reason,
                  const char *sentence, uint32_t retry_after_ms);

/* Ends a job without an answer: its connection is gone, or it was answered. */
void answer_nothing(struct job *job);

/* Detaches the jobs of a connection that is gone: those in a queue end, the others go on without an answer. */
void answer_nobody(struct connection *connection);

/* Answers jobs whose deadline has passed; a worker's work for them goes on. */
void answer_overdue(struct gate *gate);

/* When answer_overdue has to be called next, on the clock of `now_ns`; far away if no job has a deadline. */
uint64_t answer_overdue_at(const struct gate *gate);

/* The status that goes with a fault. */
enum status answer_status(enum fault fault);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Finds out, once at the start, how standard error can be written to without waiting. */
#ifndef SIGNER_PROCESS_LOG_OPEN_H
#define SIGNER_PROCESS_LOG_OPEN_H

/* Chooses the log's sink and whether its lines bear priorities: they do where standard error is the journal's
 * ($JOURNAL_STREAM, systemd.exec(5)). A pipe or a terminal is opened anew, so that not waiting is a property of this
 * signer's descriptor alone and not of the programs that share it. */
void log_open(void);

#endif

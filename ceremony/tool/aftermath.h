/* SPDX-License-Identifier: Apache-2.0 */
/* What a verb has done so far, for the case that a later step of it fails: then a person has to know exactly what is
 * there, and what to do with it. Whoever writes something notes it, and main prints it where the verb failed. */
#ifndef CEREMONY_TOOL_AFTERMATH_H
#define CEREMONY_TOOL_AFTERMATH_H

#include <stdbool.h>

/* Notes a sentence: what is where, and what to do with it. A sentence that was noted already is not noted again. */
void aftermath_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The verb undid what it did, has done what it was asked for, or has said itself what is there. */
void aftermath_clear(void);

/* Prints each sentence on standard error, oldest first, as "signer-ceremony: left: SENTENCE". `stopped`: people stopped
 * the verb, who are told as well where it had written nothing. */
void aftermath_print(bool stopped);

#endif

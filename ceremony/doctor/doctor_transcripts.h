/* SPDX-License-Identifier: Apache-2.0 */
/* The check of the transcript: its chain, and what a KEK proves of it. */
#ifndef CEREMONY_DOCTOR_DOCTOR_TRANSCRIPTS_H
#define CEREMONY_DOCTOR_DOCTOR_TRANSCRIPTS_H

#include "ceremony/tool/report.h"
#include "keystore/files/directory.h"

/* `kek` NULL: nothing is proven, and the report says so. */
void doctor_transcripts(struct report *report, const struct directory *directory, const struct header *header,
                        const struct kek *kek);

#endif

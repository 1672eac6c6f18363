/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of the records: share sets, rekeys, and unfinished ceremonies. */
#ifndef CEREMONY_DOCTOR_DOCTOR_RECORDS_H
#define CEREMONY_DOCTOR_DOCTOR_RECORDS_H

#include "ceremony/tool/report.h"
#include "keystore/files/directory.h"

void doctor_records(struct report *report, const struct directory *directory, const struct header *header);

#endif

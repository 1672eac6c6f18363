/* SPDX-License-Identifier: Apache-2.0 */
/* All checks of an open keystore: keys and certificates, stray files, records, the transcript, drills, and the file
 * system. */
#ifndef CEREMONY_DOCTOR_DOCTOR_H
#define CEREMONY_DOCTOR_DOCTOR_H

#include "ceremony/archive/checks.h"

/* Reports to checks->report. `kek` proves transcript and drill reports, and may be a retired one; NULL: they stay
 * unproven. The caller is the keystore's owner. */
void doctor_check(const struct directory *directory, const struct checks *checks, const struct kek *kek);

#endif

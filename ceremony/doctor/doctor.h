/* Everything that a check of an opened keystore says: keys and certificates, what should not be there, the
 * records, and what the file system can do. */
#ifndef CEREMONY_DOCTOR_DOCTOR_H
#define CEREMONY_DOCTOR_DOCTOR_H

#include "ceremony/archive/checks.h"

/* The caller is the keystore's owner. */
void doctor_check(const struct directory *directory, const struct checks *checks);

#endif

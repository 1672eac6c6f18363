/* SPDX-License-Identifier: Apache-2.0 */
/* Compares an archive with the keystore that it was made of. */
#ifndef CEREMONY_ARCHIVE_ARCHIVE_DIFF_H
#define CEREMONY_ARCHIVE_ARCHIVE_DIFF_H

#include "ceremony/archive/archive_inspect.h"

/* Reports as FAIL: a key that the archive lacks, and an archive of another keystore. As WARN: a key that the keystore
 * lacks, and a certificate that is new or changed. */
void archive_diff_run(const struct archive_inspection *inspection, const struct directory *directory,
                      const struct header *header, struct report *report);

#endif

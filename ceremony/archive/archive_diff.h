/* An archive beside the keystore that it is of: what only one of the two has. */
#ifndef CEREMONY_ARCHIVE_ARCHIVE_DIFF_H
#define CEREMONY_ARCHIVE_ARCHIVE_DIFF_H

#include "ceremony/archive/archive_inspect.h"

/* Keys that the archive lacks fail; keys that the keystore lacks, and certificates that changed, warn. */
void archive_diff_run(const struct archive_inspection *inspection, const struct directory *directory,
                      const struct header *header, struct report *report);

#endif

/* An archive beside the keystore that it is of: what only one of the two has. */
#ifndef CEREMONY_COMPARING_H
#define CEREMONY_COMPARING_H

#include "ceremony/archive/opening.h"

/* Keys that the archive lacks fail; keys that the keystore lacks, and certificates that changed, warn. */
void comparing_run(const struct opening *opening, const struct directory *directory, const struct header *header,
                   struct report *report);

#endif

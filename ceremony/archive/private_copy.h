/* An archive restored where only we can look, in memory: to be opened by a private signer, and removed. */
#ifndef CEREMONY_ARCHIVE_PRIVATE_COPY_H
#define CEREMONY_ARCHIVE_PRIVATE_COPY_H

#include "ceremony/archive/archive.h"
#include "ceremony/tool/private_directory.h"

struct private_copy {
    struct private_directory directory;
    char keystore[96];
};

/* False: refused, which was said. */
bool private_copy_make(struct private_copy *copy, const struct archive *archive) __attribute__((warn_unused_result));
void private_copy_remove(struct private_copy *copy);

#endif

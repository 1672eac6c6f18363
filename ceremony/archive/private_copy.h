/* SPDX-License-Identifier: Apache-2.0 */
/* An archive restored into a private directory in memory, for a private signer; removed afterwards. */
#ifndef CEREMONY_ARCHIVE_PRIVATE_COPY_H
#define CEREMONY_ARCHIVE_PRIVATE_COPY_H

#include "ceremony/archive/archive.h"
#include "ceremony/tool/private_directory.h"

struct private_copy {
    struct private_directory directory;
    char keystore[96];
};

/* `archive` must be open. False: refused; the reason was printed. */
bool private_copy_make(struct private_copy *copy, const struct archive *archive) __attribute__((warn_unused_result));
void private_copy_remove(struct private_copy *copy);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/unseal_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/time.h"
#include "keystore/files/records.h"
#include "keystore/share/share_set.h"
#include "signer/process/log.h"

/* -- records -- */

/* Copied, never parsed here: the custodian's program parses it. */
static void add_record(const struct directory *directory, const char *name, struct unseal_file *file)
{
    static uint8_t bytes[SHARE_SET_FILE_MAX];
    size_t length;
    if (file->record_count == UNSEAL_RECORDS_MAX
        || records_read(directory, name, bytes, sizeof bytes, &length) != FAULT_NONE)
        return;
    uint8_t *copy = malloc(length + 1);
    if (!copy)
        return;
    memcpy(copy, bytes, length);
    file->records[file->record_count].bytes = copy;
    file->records[file->record_count++].length = length;
}

static void add_records_of(const struct directory *directory, const struct kek_id *kek, struct unseal_file *file)
{
    struct record_list list;
    char id[KEK_ID_TEXT], prefix[RECORD_NAME_MAX];
    kek_id_text(kek, id);
    snprintf(prefix, sizeof prefix, "set-%s-", id);
    if (records_list(directory, prefix, &list) != FAULT_NONE)
        return;
    for (size_t i = 0; i < list.count; i++)
        add_record(directory, list.names[i], file);
    records_free(&list);
}

void unseal_keys_gather(const struct directory *directory, const struct header *header, struct unseal_file *file)
{
    memcpy(file->keystore_id, header->keystore_id, KEYSTORE_ID_SIZE);
    file->started = time_now();
    for (size_t i = 0; i < header->kek_count; i++)
        if (header->keks[i].role != KEK_RETIRED)
            add_records_of(directory, &header->keks[i].id, file);
}

/* -- the file -- */

/* Written under another name and then renamed, so that nobody reads half of it. */
static bool publish(const char *path, const uint8_t *bytes, size_t length)
{
    char temporary[PATH_MAX];
    int size = snprintf(temporary, sizeof temporary, "%s.%d", path, (int)getpid());
    if (size < 0 || (size_t)size >= sizeof temporary)
        return false;
    (void)unlink(temporary); /* left by an earlier process with our process id */
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return false;
    bool ok = fchmod(fd, 0644) == 0 && io_write_all(fd, bytes, length) && rename(temporary, path) == 0;
    int why = errno;
    close(fd);
    if (!ok)
        (void)unlink(temporary);
    errno = why;
    return ok;
}

static bool write_file(const struct unseal_file *file, const char *socket, char path[static PATH_MAX])
{
    uint8_t *text = malloc(UNSEAL_FILE_MAX);
    size_t length = text ? unseal_file_encode(file, text, UNSEAL_FILE_MAX) : 0;
    int size = snprintf(path, PATH_MAX, "%s" UNSEAL_FILE_SUFFIX, socket);
    bool ok = length > 0 && size > 0 && size < PATH_MAX && publish(path, text, length);
    free(text);
    return ok;
}

void unseal_keys_publish(const struct unseal_file *file, const char *socket, bool needed)
{
    char path[PATH_MAX], fingerprint[UNSEAL_FINGERPRINT_TEXT];
    if (!write_file(file, socket, path)) {
        if (needed)
            log_die("%s: custodians could not unseal without it: %s", path, strerror(errno));
        log_warning("warning: %s: %s; once sealed, this signer cannot be unsealed", path, strerror(errno));
        return;
    }
    unseal_file_fingerprint(file, fingerprint);
    log_line("unseal keys %s in %s", fingerprint, path);
}

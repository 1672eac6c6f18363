/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/archive/archive_diff.h"

#include <stdio.h>
#include <string.h>

static void add(struct report *report, enum finding finding, const char *subject, enum fault fault)
{
    report_add(report, finding, subject, fault_name(fault), "%s", fault_advice(fault));
}

/* -- what is in the keystore -- */

static bool is_same_key(const struct archive_file *file, const uint8_t *bytes, size_t length)
{
    struct sealed_key sealed;
    struct key_public public;
    uint8_t hash[SHA256_SIZE];
    if (sealed_key_look(bytes, length, &sealed) != FAULT_NONE
        || key_public_parse(sealed.public_part, sealed.public_length, &public) != FAULT_NONE)
        return false;
    sha256(public.spki, public.spki_length, hash);
    return memcmp(hash, file->public_sha256, sizeof hash) == 0;
}

static void compare_key(const struct archive_inspection *inspection, const struct directory *directory,
                        const struct key_id *id, struct report *report)
{
    static uint8_t bytes[SEALED_KEY_MAX];
    char name[KEY_ID_SIZE + 8], subject[KEY_ID_SIZE + 16];
    size_t length;
    snprintf(name, sizeof name, "%s.key", id->text);
    snprintf(subject, sizeof subject, "keys/%s", name);
    const struct archive_file *file = manifest_find(&inspection->archive.manifest, PART_KEYS, name);
    enum fault fault = directory_read_key(directory, id, bytes, &length, NULL);
    if (fault)
        add(report, FINDING_FAIL, subject, fault);
    else if (!file)
        add(report, FINDING_FAIL, subject, FAULT_ARCHIVE_LACKS_KEY);
    else if (!is_same_key(file, bytes, length))
        report_add(report, FINDING_FAIL, subject, fault_name(FAULT_ARCHIVE_LACKS_KEY),
                   "the archive has a different key with this id: it was destroyed and made again since; %s",
                   fault_advice(FAULT_ARCHIVE_LACKS_KEY));
}

static void compare_certificate(const struct archive_inspection *inspection, const struct directory *directory,
                                const struct key_id *id, struct report *report)
{
    static uint8_t pem[DIRECTORY_CERTIFICATE_MAX];
    char name[KEY_ID_SIZE + 8], subject[KEY_ID_SIZE + 16];
    uint8_t hash[SHA256_SIZE];
    size_t length;
    snprintf(name, sizeof name, "%s.pem", id->text);
    snprintf(subject, sizeof subject, "certs/%s", name);
    const struct archive_file *file = manifest_find(&inspection->archive.manifest, PART_CERTS, name);
    if (directory_read_certificate(directory, id, pem, &length) != FAULT_NONE)
        return;
    sha256(pem, length, hash);
    if (!file || memcmp(hash, file->sha256, sizeof hash) != 0)
        report_add(report, FINDING_WARN, subject, NULL,
                   "it was filed or changed after the archive was made; make a new backup");
}

/* -- what is only in the archive -- */

static void compare_packed(const struct directory *directory, const struct archive_file *file, struct report *report)
{
    struct file_identity identity;
    struct key_id id;
    char subject[TAR_NAME_MAX];
    manifest_path(file, subject);
    if (file->part == PART_KEYS && manifest_key_id(file, &id)
        && directory_identify_key(directory, &id, &identity) == FAULT_KEY_UNKNOWN)
        add(report, FINDING_WARN, subject, FAULT_KEYSTORE_LACKS_KEY);
}

void archive_diff_run(const struct archive_inspection *inspection, const struct directory *directory,
                      const struct header *header, struct report *report)
{
    const struct manifest *manifest = &inspection->archive.manifest;
    struct key_list list;
    if (memcmp(header->keystore_id, inspection->header.keystore_id, KEYSTORE_ID_SIZE) != 0) {
        add(report, FINDING_FAIL, inspection->path, FAULT_ARCHIVE_OTHER_KEYSTORE);
        return;
    }
    enum fault fault = directory_list_keys(directory, &list);
    if (fault)
        add(report, FINDING_FAIL, "keys", fault);
    for (size_t i = 0; !fault && i < list.count; i++) {
        compare_key(inspection, directory, &list.ids[i], report);
        compare_certificate(inspection, directory, &list.ids[i], report);
    }
    directory_free_list(&list);
    for (size_t i = 0; i < manifest->count; i++)
        compare_packed(directory, &manifest->files[i], report);
}

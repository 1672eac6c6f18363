/* SPDX-License-Identifier: Apache-2.0 */
/* The archive inspection: what verify-backup, restore and drill share. An archive that was verified, its share set
 * records, and the KEK for it where one was given. */
#ifndef CEREMONY_ARCHIVE_ARCHIVE_INSPECT_H
#define CEREMONY_ARCHIVE_ARCHIVE_INSPECT_H

#include "ceremony/archive/archive.h"
#include "ceremony/archive/checks.h"
#include "ceremony/session/transcript.h"
#include "ceremony/share/kek_options.h"
#include "ceremony/share/kek_source.h"

enum mac_verdict { MAC_UNCHECKED, MAC_VALID, MAC_INVALID, MAC_OTHER_KEK, MAC_ABSENT };

struct archive_inspection {
    const char *path;
    struct archive archive;
    struct header header;
    struct known_sets known; /* the share set records in the archive */
    struct kek *kek;         /* in the arena, owned; NULL: none was given */
    struct kek_origin origin;
    enum mac_verdict mac;
};

/* Opens and verifies the archive. `path` must outlive the inspection. False: refused; the reason was printed. */
bool archive_inspect_open(struct archive_inspection *inspection, const char *path) __attribute__((warn_unused_result));

/* Reads the KEK (kek_source.h), checks it against the header's tag, and verifies the MAC with it. False: refused, or
 * the MAC is invalid; the reason was printed. */
bool archive_inspect_read_kek(struct archive_inspection *inspection, const struct kek_options *options)
    __attribute__((warn_unused_result));

/* The verdict as one word for programs; "yes" only where the MAC was verified and is valid. A static string. */
const char *archive_inspect_mac_text(const struct archive_inspection *inspection);
/* The verdict as a finding. An archive without a MAC, or a MAC that was not checked, is a warning. */
void archive_inspect_print_mac(const struct archive_inspection *inspection, struct report *report);

/* Adds facts: keystore, KEK, time, age, and the version that made it. */
void archive_inspect_print_facts(const struct archive_inspection *inspection, struct report *report);

/* Whether header and keys are of one keystore, as in every archive that backup makes. False: the reason was printed. */
bool archive_inspect_is_one(const struct archive_inspection *inspection) __attribute__((warn_unused_result));

/* Checks every key and certificate in the archive, one finding each. */
void archive_inspect_check(const struct archive_inspection *inspection, const struct checks *checks);

/* Reads a key's certificate (PEM) into `out` of DIRECTORY_CERTIFICATE_MAX bytes and returns `out`; NULL: the archive
 * has none, or it cannot be read. */
const uint8_t *archive_inspect_certificate(const struct archive_inspection *inspection, const struct key_id *id,
                                           uint8_t *out, size_t *length);

/* Adds the archive's path, content hash and time to a transcript entry. */
void archive_inspect_describe(const struct archive_inspection *inspection, struct transcript *entry);
void archive_inspect_close(struct archive_inspection *inspection);

#endif

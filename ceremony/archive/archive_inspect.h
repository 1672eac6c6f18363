/* An archive that a verb works on, and the KEK that opens what is in it. */
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
    struct known_sets known; /* the archive's own records of share sets */
    struct kek *kek;         /* in the arena; NULL: none was given */
    struct kek_origin origin;
    enum mac_verdict mac;
};

/* Opens and verifies the archive. False: refused, which was said. */
bool archive_inspect_open(struct archive_inspection *inspection, const char *path) __attribute__((warn_unused_result));

/* Reads the KEK (kek_source.h), proves it by the header, and judges the MAC with it. */
bool archive_inspect_read_kek(struct archive_inspection *inspection, const struct kek_options *options)
    __attribute__((warn_unused_result));

/* "yes" only where the MAC was proven right: what a program may read for it. */
const char *archive_inspect_mac_text(const struct archive_inspection *inspection);
/* What the MAC says, as a finding. Nobody's, or not asked, is a warning. */
void archive_inspect_print_mac(const struct archive_inspection *inspection, struct report *report);

/* Facts: keystore, KEK, time, age, what made it. */
void archive_inspect_print_facts(const struct archive_inspection *inspection, struct report *report);

/* Every key and certificate that is packed, one finding each. */
void archive_inspect_check(const struct archive_inspection *inspection, const struct checks *checks);

/* A certificate that is packed, or NULL; `out` holds DIRECTORY_CERTIFICATE_MAX bytes. */
const uint8_t *archive_inspect_certificate(const struct archive_inspection *inspection, const struct key_id *id,
                                           uint8_t *out, size_t *length);

void archive_inspect_describe(const struct archive_inspection *inspection, struct transcript *entry);
void archive_inspect_close(struct archive_inspection *inspection);

/* "3 days 2 hours" */
enum { AGE_TEXT = 48 };
void archive_inspect_age(uint64_t seconds, char out[static AGE_TEXT]);

#endif

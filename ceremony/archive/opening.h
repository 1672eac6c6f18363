/* An archive that a verb works on, and the KEK that opens what is in it. */
#ifndef CEREMONY_OPENING_H
#define CEREMONY_OPENING_H

#include "ceremony/archive/archive.h"
#include "ceremony/archive/examine.h"
#include "ceremony/session/transcript.h"
#include "ceremony/share/kek_options.h"
#include "ceremony/share/kek_source.h"

enum vouched { VOUCHED_NOT_ASKED, VOUCHED_RIGHT, VOUCHED_WRONG, VOUCHED_BY_OTHER_KEK, VOUCHED_BY_NOBODY };

struct opening {
    const char *path;
    struct archive archive;
    struct header header;
    struct known_sets known; /* the archive's own records of share sets */
    struct kek *kek;         /* in the arena; NULL: none was given */
    struct kek_origin origin;
    enum vouched vouched;
};

/* Opens and verifies the archive. False: refused, which was said. */
bool opening_open(struct opening *opening, const char *path) __attribute__((warn_unused_result));

/* Reads the KEK (kek_source.h), proves it by the header, and judges the MAC with it. */
bool opening_take_kek(struct opening *opening, const struct kek_options *options) __attribute__((warn_unused_result));

/* "yes" only where the MAC was proven right: what a program may read for it. */
const char *opening_vouched_text(const struct opening *opening);
/* What the MAC says, as a finding. Nobody's, or not asked, is a warning. */
void opening_say_vouched(const struct opening *opening, struct report *report);

/* Facts: keystore, KEK, time, age, what made it. */
void opening_say_facts(const struct opening *opening, struct report *report);

/* Every key and certificate that is packed, one finding each. */
void opening_examine(const struct opening *opening, const struct examination *examination);

/* A certificate that is packed, or NULL; `out` holds DIRECTORY_CERTIFICATE_MAX bytes. */
const uint8_t *opening_certificate(const struct opening *opening, const struct key_id *id, uint8_t *out,
                                   size_t *length);

void opening_describe(const struct opening *opening, struct transcript *entry);
void opening_close(struct opening *opening);

/* "3 days 2 hours" */
enum { AGE_TEXT = 48 };
void opening_age(uint64_t seconds, char out[static AGE_TEXT]);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/session/clock.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "ceremony/pki/authority.h"
#include "ceremony/session/transcript_last.h"

enum { SLACK = 5 * 60, YEAR = 365 * 24 * 60 * 60 };

bool clock_is_future(uint64_t when)
{
    return when > time_now() + SLACK;
}

static void check_transcript(const struct directory *directory, clock_say *say, void *context)
{
    char now[TIME_TEXT], then[TIME_TEXT], sentence[CLOCK_SENTENCE];
    uint64_t last = transcript_last_time(directory);
    time_text(time_now(), now);
    time_text(last, then);
    if (clock_is_future(last))
        snprintf(
            sentence, sizeof sentence,
            "the clock says %s, but the transcript has an entry of %s: this clock is behind, or that one was ahead",
            now, then);
    else if (last > 0 && last + YEAR < time_now())
        snprintf(
            sentence, sizeof sentence,
            "the clock says %s, and the last entry of the transcript is of %s, more than a year before: compare it",
            now, then);
    else
        return;
    say("clock", sentence, context);
}

static void check_certificate(const struct directory *directory, const struct key_id *id, clock_say *say, void *context)
{
    char now[TIME_TEXT], begin[TIME_TEXT], subject[KEY_ID_SIZE + 16], sentence[CLOCK_SENTENCE];
    char *pem = calloc(1, DIRECTORY_CERTIFICATE_MAX + 1);
    size_t length;
    uint64_t when;
    if (pem && directory_read_certificate(directory, id, (uint8_t *)pem, &length) == FAULT_NONE
        && authority_begins(pem, &when) && clock_is_future(when)) {
        time_text(time_now(), now);
        time_text(when, begin);
        snprintf(subject, sizeof subject, "certs/%s.pem", id->text);
        snprintf(sentence, sizeof sentence, "the clock says %s, and this certificate begins at %s: compare the clock",
                 now, begin);
        say(subject, sentence, context);
    }
    free(pem);
}

void clock_check(const struct directory *directory, clock_say *say, void *context)
{
    struct key_list list;
    check_transcript(directory, say, context);
    if (directory_list_certificates(directory, &list) != FAULT_NONE)
        return;
    for (size_t i = 0; i < list.count; i++)
        check_certificate(directory, &list.ids[i], say, context);
    directory_free_list(&list);
}

bool clock_check_archive(uint64_t made, char out[static CLOCK_SENTENCE])
{
    char now[TIME_TEXT], then[TIME_TEXT];
    time_text(time_now(), now);
    time_text(made, then);
    if (clock_is_future(made))
        snprintf(
            out, CLOCK_SENTENCE,
            "the clock says %s, and the archive was made at %s, in the future: compare the clock; it never counts as"
            " the newest",
            now, then);
    else if (made + YEAR < time_now())
        snprintf(
            out, CLOCK_SENTENCE,
            "the clock says %s, and the archive was made at %s, more than a year before: compare the clock, and look"
            " for a newer archive",
            now, then);
    else
        return false;
    return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/doctor/doctor_drills.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "ceremony/doctor/drill_report.h"
#include "ceremony/session/clock.h"
#include "ceremony/session/transcript.h"
#include "keystore/files/records.h"
#include "keystore/share/share_set.h"

#define FORGED "its MAC is wrong: it was altered, or made without the KEK that it names"

enum { DAY = 24 * 60 * 60, KEK_DAYS = 40, SHARES_DAYS = 100 };

/* -- filing -- */

static bool refuse(struct report *report, const char *source, const char *reason, const char *text)
{
    report_add(report, FINDING_FAIL, source, reason, "%s", text);
    return false;
}

static bool is_right(enum drill_verdict verdict, const struct drill_report *drill, const struct header *header,
                     const char *source, struct report *report)
{
    if (verdict == DRILL_MALFORMED)
        return refuse(report, source, "DRILL_REPORT", "this is not a drill report; file what drill --report wrote");
    if (verdict == DRILL_OLD)
        return refuse(report, source, "DRILL_REPORT",
                      "it was written before reports had a MAC, so it proves nothing; drill again");
    if (memcmp(drill->keystore_id, header->keystore_id, KEYSTORE_ID_SIZE) != 0)
        return refuse(report, source, fault_name(FAULT_ARCHIVE_OTHER_KEYSTORE), "the drill was of another keystore");
    if (verdict == DRILL_WITHOUT_MAC)
        return refuse(report, source, "DRILL_REPORT", "it has no MAC, as no KEK opened the archive: it proves nothing");
    if (verdict == DRILL_FORGED)
        return refuse(report, source, "DRILL_REPORT", FORGED);
    return true;
}

/* Only with the line `kek` does the entry count as a proof of the current KEK (rekey_status.h). */
static bool note(const struct directory *directory, const struct header *header, const struct kek *own,
                 const struct drill_report *drill, bool proven, const char *name, const uint8_t *bytes, size_t length)
{
    struct transcript entry;
    char kek[KEK_ID_TEXT], made[TIME_TEXT], hash[SHA256_TEXT];
    kek_id_text(&drill->kek, kek);
    time_text(drill->archive_made, made);
    sha256_text(bytes, length, hash);
    if (!transcript_begin(&entry, "drill"))
        return false;
    if (drill->passed && proven)
        transcript_add(&entry, "kek", "%s", kek);
    transcript_add(&entry, "verdict", "%s", drill->passed ? "PASSED" : "FAILED");
    transcript_add(&entry, "archive-made", "%s", made);
    transcript_add(&entry, "report", "%s sha256 %s", name, hash);
    return transcript_append(&entry, directory, header, own);
}

static bool is_filed(const struct directory *directory, const char *name, const uint8_t *bytes, size_t length)
{
    static uint8_t found[RECORD_MAX];
    size_t size;
    return records_read(directory, name, found, sizeof found, &size) == FAULT_NONE && size == length
        && memcmp(found, bytes, length) == 0;
}

void doctor_drills_file(const struct directory *directory, const struct header *header, const struct kek *kek,
                        const char *source, const uint8_t *bytes, size_t length, struct report *report)
{
    struct drill_report drill;
    char name[DRILL_REPORT_NAME];
    const enum drill_verdict verdict = drill_report_verify(kek, bytes, length, &drill);
    const bool proven = verdict == DRILL_PROVEN;
    if (!is_right(verdict, &drill, header, source, report))
        return;
    drill_report_name(&drill, name);
    enum fault fault = records_create(directory, name, bytes, length);
    if (fault == FAULT_FILE_EXISTS && !is_filed(directory, name, bytes, length)) {
        refuse(report, source, fault_name(fault), "another report of the same second is filed; drill again");
        return;
    }
    if (fault && fault != FAULT_FILE_EXISTS)
        refuse(report, source, fault_name(fault), fault_advice(fault));
    else if (!fault && !note(directory, header, kek, &drill, proven, name, bytes, length))
        refuse(report, source, fault_name(FAULT_STORE_IO), "it was filed, but its transcript entry was not written");
    else
        report_add(report, proven ? FINDING_OK : FINDING_WARN, source, NULL, "%s; %s as records/%s",
                   proven ? "its MAC is right" : "not proven: only --kek with the KEK of the drill verifies its MAC",
                   fault ? "it was filed before" : "filed", name);
}

/* -- the age of the last drills -- */

/* The times of the last drills that passed, by a KEK and by shares. */
struct ages {
    uint64_t proven[2], claimed[2]; /* claimed: by reports whose MAC was not verified */
};

static void look_at(const struct directory *directory, const struct header *header, const struct kek *kek,
                    const char *name, struct ages *ages, struct report *report)
{
    static uint8_t bytes[RECORD_MAX];
    struct drill_report drill = { .passed = false };
    size_t length;
    enum fault fault = records_read(directory, name, bytes, sizeof bytes, &length);
    enum drill_verdict verdict = fault ? DRILL_MALFORMED : drill_report_verify(kek, bytes, length, &drill);
    uint64_t *newest = verdict == DRILL_PROVEN ? ages->proven : ages->claimed;
    if (verdict == DRILL_OLD)
        report_add(report, FINDING_WARN, name, NULL, "not authenticated: written before reports had a MAC");
    else if ((verdict != DRILL_PROVEN && verdict != DRILL_UNPROVEN)
             || memcmp(drill.keystore_id, header->keystore_id, KEYSTORE_ID_SIZE) != 0)
        report_add(report, FINDING_FAIL, name, "DRILL_REPORT", FORGED "; compare with a backup");
    else if (clock_is_future(drill.drilled) || clock_is_future(drill.archive_made))
        report_add(
            report, FINDING_WARN, name, NULL,
            "this drill, or its archive, is dated in the future: it does not count; compare the clocks of both hosts");
    else if (drill.passed && drill.drilled > newest[drill.by_shares])
        newest[drill.by_shares] = drill.drilled;
}

static void check_age(const struct ages *ages, bool by_shares, unsigned days, struct report *report)
{
    const char *kind = by_shares ? "shares" : "a KEK";
    const bool proven = ages->proven[by_shares] >= ages->claimed[by_shares];
    const uint64_t newest = proven ? ages->proven[by_shares] : ages->claimed[by_shares];
    char when[TIME_TEXT];
    time_text(newest, when);
    if (newest == 0)
        return;
    if (newest + (uint64_t)days * DAY < time_now())
        report_add(report, FINDING_WARN, "drill", NULL,
                   "the last drill by %s that passed was at %s, more than %u days ago; drill again", kind, when, days);
    else if (!proven)
        report_add(
            report, FINDING_WARN, "drill", NULL,
            "not proven: by %s, passed at %s, says a report whose MAC only --kek with the KEK of the drill verifies",
            kind, when);
    else
        report_add(report, FINDING_OK, "drill", NULL, "by %s, passed at %s: proven by MAC", kind, when);
}

void doctor_drills(const struct directory *directory, const struct header *header, const struct kek *kek,
                   struct report *report)
{
    struct record_list list;
    struct ages ages = { { 0, 0 }, { 0, 0 } };
    if (records_list(directory, "drill-", &list) != FAULT_NONE)
        return;
    for (size_t i = 0; i < list.count; i++)
        look_at(directory, header, kek, list.names[i], &ages, report);
    records_free(&list);
    if (!ages.proven[0] && !ages.proven[1] && !ages.claimed[0] && !ages.claimed[1])
        report_add(report, FINDING_WARN, "drill", NULL,
                   "no recovery drill that passed is on file; run drill on an archive, and file its report with doctor "
                   "--drill-report");
    check_age(&ages, false, KEK_DAYS, report);
    check_age(&ages, true, SHARES_DAYS, report);
}

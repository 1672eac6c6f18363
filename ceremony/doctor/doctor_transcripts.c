/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/doctor/doctor_transcripts.h"

#include <stdio.h>
#include <string.h>

#include "ceremony/run/run_state.h"
#include "ceremony/session/transcript_check.h"
#include "keystore/format/text.h"

#define MORE ", and more"

enum { RANGES_MAX = 160 };

/* Entries with the same verdict, as "1, 3 to 7". */
struct ranges {
    unsigned count, from, to;
    char text[RANGES_MAX];
    struct text rest;
};

struct look {
    struct report *report;
    unsigned count, proven_last; /* proven_last: the number of the last entry that is proven */
    struct kek_id other;         /* the KEK of the first entry that could not be checked */
    struct ranges of[TRANSCRIPT_VERDICTS];
};

/* -- ranges -- */

static void put_range(struct ranges *ranges)
{
    if (!ranges->rest.at)
        ranges->rest = (struct text){ ranges->text, sizeof ranges->text - sizeof MORE, false };
    if (ranges->rest.full)
        return;
    char one[32];
    snprintf(one, sizeof one, ranges->from == ranges->to ? "%s%u" : "%s%u to %u", ranges->text[0] ? ", " : "",
             ranges->from, ranges->to);
    if (strlen(one) < ranges->rest.left) {
        text_put(&ranges->rest, "%s", one);
        return;
    }
    ranges->rest.full = true;
    memcpy(ranges->rest.at, MORE, sizeof MORE);
}

static void add_number(struct ranges *ranges, unsigned number)
{
    if (ranges->count++ > 0 && number == ranges->to + 1) {
        ranges->to = number;
        return;
    }
    if (ranges->count > 1)
        put_range(ranges);
    ranges->from = ranges->to = number;
}

/* "entry 3", "entries 1, 3 to 7"; "" for none. */
static const char *name_them(struct ranges *ranges, char out[static RANGES_MAX + 16])
{
    out[0] = '\0';
    if (ranges->count == 0)
        return out;
    put_range(ranges);
    snprintf(out, RANGES_MAX + 16, "%s %s", ranges->count == 1 ? "entry" : "entries", ranges->text);
    return out;
}

/* -- the verdicts -- */

static void fail(const struct look *look, unsigned number, const char *reason, const char *what)
{
    char name[TRANSCRIPT_NAME];
    transcript_chain_name(number, ".txt", name);
    report_add(look->report, FINDING_FAIL, name, reason, "%s: the transcript was altered; compare with a backup", what);
}

static void visit(enum transcript_verdict verdict, unsigned number, const struct kek_id *kek, void *context)
{
    struct look *look = context;
    look->count = number;
    if (verdict == TRANSCRIPT_BROKEN && look->of[verdict].count == 0)
        fail(look, number, "TRANSCRIPT_BROKEN", "it does not follow from the entry before it, or is missing");
    if (verdict == TRANSCRIPT_FORGED)
        fail(look, number, "TRANSCRIPT_FORGED", "its MAC is not of this KEK");
    if (verdict == TRANSCRIPT_PROVEN)
        look->proven_last = number;
    if (verdict == TRANSCRIPT_UNCHECKED && look->of[verdict].count == 0)
        look->other = *kek;
    add_number(&look->of[verdict], number);
}

static void report_rest(struct look *look, enum transcript_verdict verdict, const char *why)
{
    char which[RANGES_MAX + 16], held[80] = "";
    if (look->of[verdict].count == 0)
        return;
    if (look->proven_last > look->of[verdict].from)
        snprintf(held, sizeof held, "; entry %u, which is proven, holds what is before it as it was then",
                 look->proven_last);
    report_add(look->report, FINDING_WARN, "transcript", NULL, "%s: %s%s", name_them(&look->of[verdict], which), why,
               held);
}

static void report_unproven(struct look *look)
{
    report_add(look->report, FINDING_WARN, "transcript", NULL,
               "not proven: each of %u entries follows from the one before it, but whoever can write to the keystore "
               "can make such a chain; only --kek proves it",
               look->count);
}

static void report_proven(struct look *look, const struct kek *kek)
{
    char id[KEK_ID_TEXT], which[RANGES_MAX + 16], why[160];
    kek_id_text(&kek->id, id);
    if (look->proven_last > 0)
        report_add(look->report, FINDING_OK, "transcript", NULL, "%s of %u: proven by MAC with KEK %s",
                   name_them(&look->of[TRANSCRIPT_PROVEN], which), look->count, id);
    kek_id_text(&look->other, id);
    snprintf(why, sizeof why, "not proven: the MAC is of another KEK, of %s for the first; give that one with --kek",
             id);
    report_rest(look, TRANSCRIPT_UNCHECKED, why);
}

/* A first ceremony has no transcript entry before it commits. */
static bool is_under_way(const struct directory *directory)
{
    struct run_state state;
    return run_state_read(directory, &state) == FAULT_NONE && (state.step == RUN_PENDING || state.step == RUN_VERIFIED);
}

static void report_missing(struct report *report, const struct directory *directory)
{
    if (!is_under_way(directory))
        report_add(report, FINDING_FAIL, "transcript", "TRANSCRIPT_BROKEN",
                   "there is none, but every keystore has one from the start: bring records/ back from a backup");
}

void doctor_transcripts(struct report *report, const struct directory *directory, const struct header *header,
                        const struct kek *kek)
{
    struct look look = { .report = report };
    enum fault fault = transcript_check(directory, header, kek, visit, &look);
    if (fault)
        report_add(report, FINDING_FAIL, "transcript", fault_name(fault), "%s", fault_advice(fault));
    else if (look.count == 0)
        report_missing(report, directory);
    if (fault || look.count == 0 || look.of[TRANSCRIPT_BROKEN].count > 0)
        return;
    if (kek)
        report_proven(&look, kek);
    else
        report_unproven(&look);
    report_rest(&look, TRANSCRIPT_UNSEALED, "not authenticated: no KEK was at hand when it was written");
    report_rest(&look, TRANSCRIPT_ANCIENT, "not authenticated: written before entries had a MAC");
}

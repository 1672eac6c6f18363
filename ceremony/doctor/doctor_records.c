/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/doctor/doctor_records.h"

#include <stdio.h>

#include "base/time.h"
#include "ceremony/rekey/rekey.h"
#include "ceremony/rekey/rekey_status.h"
#include "ceremony/run/run_state.h"
#include "ceremony/session/clock.h"
#include "ceremony/session/session.h"

enum { UNCHECKED_DAYS = 400, DAY = 24 * 60 * 60 };

/* -- shares -- */

static void check_holder(struct report *report, const struct share_set *set, const struct share_holder *holder)
{
    char member[SHARE_MEMBER_TEXT], date[TIME_TEXT], name[SHARE_SET_NAME_MAX];
    uint64_t now = time_now();
    const bool is_future = clock_is_future(holder->verified);
    if (holder->verified != 0 && !is_future && holder->verified + (uint64_t)UNCHECKED_DAYS * DAY > now)
        return;
    share_set_name(set, name);
    share_member_text(set->group_count, holder->group, holder->member, member);
    time_text(holder->verified, date);
    report_add(report, FINDING_WARN, name, NULL, "member %s%s%s%s %s%s; ask them to run verify-share", member,
               holder->label[0] ? " (" : "", holder->label, holder->label[0] ? ")" : "",
               is_future              ? "was verified in the future, which does not count: "
                   : holder->verified ? "was last verified "
                                      : "was never verified",
               holder->verified ? date : "");
}

static void check_sets(struct report *report, const struct session *session)
{
    char id[KEK_ID_TEXT];
    const struct kek_id *current = &header_current(&session->header)->id;
    unsigned verified = known_sets_verified(&session->known, current);
    kek_id_text(current, id);
    if (verified)
        report_add(report, FINDING_OK, "shares", NULL, "KEK %s has a VERIFIED set, generation %u", id, verified);
    else
        report_add(report, FINDING_WARN, "shares", NULL,
                   "KEK %s has no VERIFIED set of shares: if its file is lost, so is the CA", id);
    for (size_t i = 0; i < session->known.count; i++) {
        const struct share_set *set = &session->known.sets[i];
        if (kek_id_equal(&set->kek, current) && set->generation >= verified)
            for (size_t j = 0; j < set->count; j++)
                check_holder(report, set, &set->holders[j]);
    }
}

/* -- rekeys and ceremonies -- */

static void check_rekey(struct report *report, const struct session *session)
{
    char id[KEK_ID_TEXT];
    const struct header_kek *keep = rekey_status_keep(session);
    if (session->header.rekey != REKEY_NONE)
        report_add(report, FINDING_WARN, "rekey", NULL, "is in state \"%s\"; rekey --status shows the next step",
                   header_rekey_name(session->header.rekey));
    if (!keep)
        return;
    kek_id_text(&keep->id, id);
    report_add(report, FINDING_WARN, "rekey", NULL,
               "KEEP THE OLD SHARES of KEK %s: no archive made since was verified or drilled with the current KEK", id);
}

static void check_ceremony(struct report *report, const struct session *session)
{
    struct run_state state;
    enum fault fault = run_state_read(&session->directory, &state);
    if (fault)
        report_add(report, FINDING_FAIL, "records/ceremony-state.txt", fault_name(fault), "%s", fault_advice(fault));
    else if (state.step == RUN_VOID)
        report_add(report, FINDING_FAIL, "ceremony", NULL,
                   "this keystore is VOID: its ceremony was given up; use none of its keys");
    else if (state.step != RUN_NONE && state.step != RUN_COMMITTED)
        report_add(report, FINDING_WARN, "ceremony", NULL, "is %s and not committed; run it again with the same plan",
                   run_state_step_name(state.step));
}

void doctor_records(struct report *report, const struct directory *directory, const struct header *header)
{
    struct session session = { .directory = *directory, .header = *header };
    enum fault fault = known_sets_of_keystore(&session.known, directory);
    if (fault)
        report_add(report, FINDING_FAIL, "records", fault_name(fault), "%s", fault_advice(fault));
    check_sets(report, &session);
    check_rekey(report, &session);
    check_ceremony(report, &session);
    known_sets_free(&session.known);
}

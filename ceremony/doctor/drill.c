/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/doctor/drill.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "ceremony/pki/authority.h"
#include "ceremony/pki/drill_certificate.h"
#include "ceremony/session/clock.h"
#include "ceremony/tool/terminal.h"
#include "ceremony/tool/tool.h"
#include "keystore/format/bytes.h"
#include "keystore/memory/secret.h"

enum { ISSUED_MAX = 16 };

enum step { STEP_READ, STEP_KEK, STEP_RESTORE, STEP_START, STEP_SIGN, STEP_ISSUE, STEPS };

static const char *const step_names[STEPS] = {
    [STEP_READ] = "read",   [STEP_KEK] = "kek",   [STEP_RESTORE] = "restore",
    [STEP_START] = "start", [STEP_SIGN] = "sign", [STEP_ISSUE] = "issue",
};

struct course { /* the state of one drill */
    struct drill *drill;
    struct archive_inspection inspection;
    struct archive_proof proof;
    struct text to;
    uint64_t begun_ns, spent_ns[STEPS];
    size_t signed_count, issued;
    char issues[ISSUED_MAX][KEY_ID_SIZE + 160]; /* lines of the report */
    const struct kek *kek;                      /* the inspection's, once it was found right; else NULL */
};

static void end_step(struct course *course, enum step step)
{
    uint64_t now = time_monotonic_ns();
    course->spent_ns[step] = now - course->begun_ns;
    course->begun_ns = now;
}

static void fail(struct course *course, const char *subject, const char *reason, const char *text)
{
    report_add(course->drill->findings, FINDING_FAIL, subject, reason, "%s", text);
}

/* -- the steps -- */

static bool read_kek(struct course *course)
{
    bool ok = archive_inspect_read_kek(&course->inspection, &course->drill->kek);
    end_step(course, STEP_KEK);
    if (ok)
        course->kek = course->inspection.kek;
    else if (!terminal_was_stopped())
        report_add_failure(course->drill->findings, "kek");
    return ok;
}

static bool restore(struct course *course)
{
    bool ok = archive_prove_restore(&course->proof, &course->inspection);
    end_step(course, STEP_RESTORE);
    ok = ok && archive_prove_start(&course->proof, &course->inspection);
    end_step(course, STEP_START);
    if (!ok)
        report_add_failure(course->drill->findings, "signer");
    return ok;
}

static void sign(struct course *course)
{
    const struct checks checks = {
        .report = course->drill->findings,
        .header = &course->inspection.header,
        .client = course->proof.authenticator.client,
        .client_kek = course->proof.authenticator.kek,
        .strict = true,
    };
    archive_inspect_check(&course->inspection, &checks);
    course->signed_count = archive_prove_sign(&course->proof, &course->inspection, course->drill->findings);
    if (course->signed_count < manifest_count(&course->inspection.archive.manifest, PART_KEYS))
        fail(course, "keys", "KEYS_NOT_PROVEN",
             "not every key of the archive signed; a drill passes only if all of them do");
    if (course->signed_count == 0)
        fail(course, "keys", "NOTHING_SIGNED", "no key of the archive signed");
    end_step(course, STEP_SIGN);
}

/* A key whose certificate is a CA certificate issues the drill certificate. */
static void issue_with(struct course *course, const struct key_id *id)
{
    static uint8_t pem[DIRECTORY_CERTIFICATE_MAX + 1];
    struct drill_certificate made;
    const char *why = NULL;
    size_t length = 0;
    if (!archive_inspect_certificate(&course->inspection, id, pem, &length))
        return;
    pem[length] = '\0';
    if (!authority_is_ca((const char *)pem))
        return;
    if (!drill_certificate_issue(id, (const char *)pem, &made, &why)) {
        fail(course, id->text, "CERTIFICATE_FAILED", why);
        return;
    }
    snprintf(course->issues[course->issued++], sizeof course->issues[0], "%s serial %s sha256 %s", id->text,
             made.serial, made.sha256);
    report_add(course->drill->findings, FINDING_OK, id->text, NULL,
               "issued the certificate DRILL, serial %s, which verifies with the CA's", made.serial);
}

static void issue(struct course *course)
{
    const struct manifest *manifest = &course->inspection.archive.manifest;
    struct key_id id;
    if (!authority_open(course->proof.authenticator.own.socket)) {
        fail(course, "openssl", "CERTIFICATE_FAILED", "OpenSSL could not load the signer provider");
        return;
    }
    for (size_t i = 0; i < manifest->count && course->issued < ISSUED_MAX; i++)
        if (manifest->files[i].part == PART_KEYS && manifest_has_kek(&manifest->files[i], &course->inspection.kek->id)
            && manifest_key_id(&manifest->files[i], &id))
            issue_with(course, &id);
    authority_close();
    if (course->issued == ISSUED_MAX)
        report_add(course->drill->findings, FINDING_WARN, "certificates", NULL,
                   "the first %d CAs issued one; the others were not tried", ISSUED_MAX);
    if (course->issued == 0)
        report_add(course->drill->findings, FINDING_WARN, "certificates", NULL,
                   "no key has a CA certificate, so no drill certificate was issued");
    end_step(course, STEP_ISSUE);
}

/* -- the report -- */

static void put_archive(struct course *course, struct text *to)
{
    const struct archive_inspection *inspection = &course->inspection;
    char hash[SHA256_TEXT], made[TIME_TEXT], kek[KEK_ID_TEXT];
    const struct kek_id *id = inspection->kek ? &inspection->kek->id : &header_current(&inspection->header)->id;
    bytes_to_hex(inspection->archive.trailer.claim.sha256, SHA256_SIZE, hash);
    time_text(inspection->archive.manifest.time, made);
    kek_id_text(id, kek);
    drill_report_add(to, "archive", "%s", hash);
    drill_report_add(to, "archive-made", "%s", made);
    drill_report_add(to, "authenticated", "%s", archive_inspect_mac_text(inspection));
    drill_report_add(to, "kek", "%s", kek);
    drill_report_add(to, "kek-from", "%s", kek_options_kind(&course->drill->kek));
}

static void put_shares(const struct course *course, struct text *to)
{
    const struct kek_origin *origin = &course->inspection.origin;
    char set[SHARE_SET_TEXT];
    share_set_text(origin->set, set);
    for (size_t i = 0; i < origin->share_count; i++)
        drill_report_add(to, "opened-with", "set %s group %u member %u", set, origin->shares[i].group + 1,
                         origin->shares[i].member + 1);
}

static void put_uncertified(const struct manifest *manifest, struct text *to)
{
    struct key_id id;
    size_t further = 0;
    for (size_t i = 0; i < manifest->count; i++) {
        const struct archive_file *file = &manifest->files[i];
        if (file->part != PART_KEYS || manifest_partner(manifest, file) || !manifest_key_id(file, &id))
            continue;
        if (to->left > DRILL_REPORT_MAX / 2)
            drill_report_add(to, "without-certificate", "%s", id.text);
        else
            further++;
    }
    if (further > 0)
        drill_report_add(to, "without-certificate", "and %zu further keys", further);
}

static void put_keys(struct course *course, struct text *to)
{
    const struct manifest *manifest = &course->inspection.archive.manifest;
    drill_report_add(to, "keys", "%zu", manifest_count(manifest, PART_KEYS));
    drill_report_add(to, "signed", "%zu", course->signed_count);
    put_uncertified(manifest, to);
    for (size_t i = 0; i < course->issued; i++)
        drill_report_add(to, "certificate", "%s", course->issues[i]);
    if (course->drill->findings->counts[FINDING_FAIL] > 0)
        drill_report_add(to, "failed", "%u findings; the first: %s", course->drill->findings->counts[FINDING_FAIL],
                         course->drill->findings->first_failure);
}

static void put_times(struct course *course, struct text *to)
{
    uint64_t sum = 0, now = time_now(), made = course->inspection.archive.manifest.time;
    for (enum step step = 0; step < STEPS; step++) {
        drill_report_add(to, "step", "%s %.3f", step_names[step], (double)course->spent_ns[step] / 1e9);
        sum += course->spent_ns[step];
    }
    drill_report_add(to, "rto", "%.3f", (double)sum / 1e9);
    drill_report_add(to, "rpo", "%llu", (unsigned long long)(now > made ? now - made : 0));
    drill_report_add(to, "excludes", "fetching the archive, gathering custodians");
}

static void write_report(struct course *course)
{
    char keystore[2 * KEYSTORE_ID_SIZE + 1], now[TIME_TEXT];
    struct text *to = &course->to;
    bytes_to_hex(course->inspection.header.keystore_id, KEYSTORE_ID_SIZE, keystore);
    time_text(time_now(), now);
    course->drill->passed = course->drill->findings->counts[FINDING_FAIL] == 0;
    text_put(to, DRILL_REPORT_TITLE);
    drill_report_add(to, "keystore", "%s", keystore);
    drill_report_add(to, "verdict", "%s", course->drill->passed ? "PASSED" : "FAILED");
    drill_report_add(to, "drilled", "%s", now);
    put_archive(course, to);
    put_shares(course, to);
    put_keys(course, to);
    put_times(course, to);
    drill_report_add(to, "tool", "signer-ceremony " SIGNER_VERSION);
    drill_report_add(to, "libraries", "%s, archive by %s", secret_library(), course->inspection.archive.manifest.tool);
}

/* -- the drill -- */

static void run_course(struct course *course)
{
    if (!read_kek(course) || !restore(course))
        return;
    archive_inspect_print_mac(&course->inspection, course->drill->findings);
    sign(course);
    issue(course);
}

static void check_time(const struct course *course)
{
    char sentence[CLOCK_SENTENCE];
    if (clock_check_archive(course->inspection.archive.manifest.time, sentence))
        report_add(course->drill->findings, FINDING_WARN, course->drill->archive, NULL, "%s", sentence);
}

bool drill_run(struct drill *drill)
{
    static struct course course;
    course = (struct course){ .drill = drill, .begun_ns = time_monotonic_ns() };
    drill->text = calloc(1, DRILL_REPORT_MAX);
    course.to = (struct text){ drill->text, DRILL_REPORT_MAX, false };
    if (!drill->text || !archive_inspect_open(&course.inspection, drill->archive))
        return false;
    end_step(&course, STEP_READ);
    check_time(&course);
    run_course(&course);
    bool stopped = terminal_was_stopped();
    if (!stopped) {
        write_report(&course);
        drill_report_authenticate(drill->text, &course.to, course.inspection.header.keystore_id, course.kek);
    }
    bool ok = !stopped && !course.to.full;
    if (!ok && !stopped)
        command_fail("the report is too long");
    archive_prove_end(&course.proof);
    archive_inspect_close(&course.inspection);
    return ok;
}

void drill_free(struct drill *drill)
{
    free(drill->text);
    drill->text = NULL;
}

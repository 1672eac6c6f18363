/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/archive/backup.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "ceremony/archive/archive.h"
#include "ceremony/archive/checks.h"
#include "ceremony/archive/snapshot.h"
#include "ceremony/session/clock.h"
#include "ceremony/tool/aftermath.h"
#include "ceremony/tool/progress.h"
#include "ceremony/tool/tool.h"
#include "keystore/format/bytes.h"

enum { NAMES_MAX = 100 };

static bool refuse(struct report *report, const char *subject, enum fault fault)
{
    report_add(report, FINDING_FAIL, subject, fault_name(fault), "%s", fault_advice(fault));
    return false;
}

/* -- the keys -- */

static void check_key(const struct checks *checks, const struct snapshot *snapshot, size_t number)
{
    const struct archive_file *file = &snapshot->manifest.files[number];
    struct key_id id;
    struct key_public public;
    if (!manifest_key_id(file, &id) || !checks_key(checks, &id, snapshot->contents[number], file->size, &public))
        return;
    const struct archive_file *pem = manifest_partner(&snapshot->manifest, file);
    checks_certificate(checks, &id, &public, pem ? snapshot->contents[pem - snapshot->manifest.files] : NULL,
                       pem ? pem->size : 0);
}

static void check_lost(const struct checks *checks, const struct manifest *manifest)
{
    for (size_t i = 0; i < manifest->count; i++) {
        const struct archive_file *file = &manifest->files[i];
        if (file->part == PART_CERTS && !manifest_partner(manifest, file))
            report_add(checks->report, FINDING_WARN, file->name, fault_name(FAULT_KEY_LOST), "%s",
                       fault_advice(FAULT_KEY_LOST));
    }
}

static bool check_snapshot(const struct snapshot *snapshot, const struct archive_authenticator *authenticator,
                           struct report *report)
{
    struct checks checks = { .report = report, .header = &snapshot->header, .packing = true };
    struct progress progress;
    unsigned failed = report->counts[FINDING_FAIL];
    if (authenticator) {
        checks.client = authenticator->client;
        checks.client_kek = authenticator->kek;
    }
    progress_begin(&progress, "checking keys", snapshot->manifest.count);
    for (size_t i = 0; i < snapshot->manifest.count; i++) {
        if (snapshot->manifest.files[i].part == PART_KEYS)
            check_key(&checks, snapshot, i);
        progress_step(&progress, i + 1);
    }
    progress_end(&progress);
    check_lost(&checks, &snapshot->manifest);
    return report->counts[FINDING_FAIL] == failed;
}

static void check_shares(const struct session *session, struct report *report)
{
    char id[KEK_ID_TEXT];
    const struct kek_id *current = &header_current(&session->header)->id;
    kek_id_text(current, id);
    if (known_sets_verified(&session->known, current) == 0)
        report_add(report, FINDING_WARN, "shares", NULL,
                   "KEK %s has no VERIFIED set of shares: if its file is lost, no archive can be opened", id);
}

static void report_clock(const char *subject, const char *sentence, void *context)
{
    report_add(context, FINDING_WARN, subject, NULL, "%s", sentence);
}

/* -- the archive -- */

/* Opens the published file by its name again: it must verify, and have the same trailer. */
static enum fault read_again(const char *path, const struct trailer *written)
{
    struct archive archive;
    uint8_t expected[TRAILER_MAX], found[TRAILER_MAX];
    enum fault fault = archive_open(path, &archive);
    if (fault)
        return fault;
    size_t size = trailer_encode(written, expected);
    bool same = trailer_encode(&archive.trailer, found) == size && memcmp(expected, found, size) == 0;
    archive_close(&archive);
    return same ? FAULT_NONE : FAULT_ARCHIVE_CORRUPT;
}

static bool publish(const struct archive_bytes *bytes, struct backup_place *place, const struct manifest *manifest,
                    struct report *report, struct backup_result *result)
{
    enum fault fault;
    if (place->names)
        file_sweep(place->dir);
    sha256_text(bytes->bytes, bytes->length, result->sha256);
    unsigned tries = 0;
    do { /* another backup may take the name in between */
        backup_place_name(place, manifest, &bytes->trailer.kek);
        backup_place_path(place, result->path);
        fault = backup_place_publish(place, bytes->bytes, bytes->length);
    } while (fault == FAULT_FILE_EXISTS && place->names && ++tries < NAMES_MAX);
    bool is_there = !fault || fault == FAULT_STORE_UNSYNCED;
    if (!fault)
        fault = read_again(result->path, &bytes->trailer);
    if (!fault)
        aftermath_note("%s: an archive, whole and verified: keep it or remove it", result->path);
    else if (is_there && unlinkat(place->dir, place->name, 0) != 0) /* one that is no good must not look like one */
        aftermath_note("%s: an archive that could not be read back, nor removed: remove it", result->path);
    return fault ? refuse(report, result->path, fault) : true;
}

static bool seal(struct archive_bytes *bytes, const struct archive_authenticator *authenticator, struct report *report)
{
    struct trailer *trailer = &bytes->trailer;
    if (authenticator) {
        trailer->authenticated = archive_authenticator_make_mac(authenticator, &trailer->claim, &trailer->kek,
                                                                trailer->mac);
        if (!trailer->authenticated)
            return refuse(report, "the signer", FAULT_ARCHIVE_UNAUTHENTICATED);
    } else {
        report_add(report, FINDING_WARN, "UNAUTHENTICATED", fault_name(FAULT_ARCHIVE_UNAUTHENTICATED), "%s",
                   fault_advice(FAULT_ARCHIVE_UNAUTHENTICATED));
    }
    archive_end(bytes);
    return true;
}

static void print_facts(const struct manifest *manifest, const struct archive_bytes *bytes,
                        const struct backup_result *result, struct report *report)
{
    char time[TIME_TEXT], kek[KEK_ID_TEXT], keystore[2 * KEYSTORE_ID_SIZE + 1];
    time_text(manifest->time, time);
    kek_id_text(&bytes->trailer.kek, kek);
    bytes_to_hex(manifest->header.keystore_id, KEYSTORE_ID_SIZE, keystore);
    report_fact(report, "archive", "%s", result->path);
    report_fact(report, "sha256", "%s", result->sha256);
    report_fact(report, "keystore", "%s", keystore);
    report_fact(report, "kek", "%s", kek);
    report_fact(report, "made", "%s", time);
    report_fact(report, "authenticated", "%s", bytes->trailer.authenticated ? "yes" : "UNAUTHENTICATED");
    report_fact(report, "keys", "%zu", manifest_count(manifest, PART_KEYS));
    report_fact(report, "certificates", "%zu", manifest_count(manifest, PART_CERTS));
    report_fact(report, "records", "%zu", manifest_count(manifest, PART_RECORDS));
}

static bool pack(const struct snapshot *snapshot, struct backup_place *place,
                 const struct archive_authenticator *authenticator, struct report *report, struct backup_result *result)
{
    struct archive_bytes bytes;
    enum fault fault = archive_begin(&snapshot->manifest, snapshot->contents, &bytes);
    if (fault)
        return refuse(report, "the archive", fault);
    bool ok = seal(&bytes, authenticator, report) && publish(&bytes, place, &snapshot->manifest, report, result);
    if (ok)
        print_facts(&snapshot->manifest, &bytes, result, report);
    archive_discard(&bytes);
    return ok;
}

/* A signer that still has a KEK which a rekey retired would authenticate an archive with a KEK that opens nothing. */
static bool is_of_header(const struct archive_authenticator *authenticator, const struct header *header,
                         struct report *report)
{
    const struct header_kek *entry = authenticator ? header_find(header, &authenticator->kek) : NULL;
    if (!authenticator || (entry && entry->role != KEK_RETIRED))
        return true;
    return refuse(report, "the signer", entry ? FAULT_KEK_RETIRED : FAULT_KEK_MISMATCH);
}

bool backup_make(const struct session *session, struct backup_place *place,
                 const struct archive_authenticator *authenticator, struct report *report, struct backup_result *result)
{
    struct snapshot snapshot;
    bool ok = snapshot_make(&session->directory, report, &snapshot)
        && is_of_header(authenticator, &snapshot.header, report) && check_snapshot(&snapshot, authenticator, report);
    if (ok) {
        check_shares(session, report);
        clock_check(&session->directory, report_clock, report);
    }
    ok = ok && pack(&snapshot, place, authenticator, report, result);
    snapshot_free(&snapshot);
    return ok;
}

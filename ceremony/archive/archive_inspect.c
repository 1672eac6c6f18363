/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/archive/archive_inspect.h"

#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "ceremony/session/clock.h"
#include "ceremony/tool/progress.h"
#include "ceremony/tool/tool.h"
#include "keystore/files/records.h"
#include "keystore/format/bytes.h"
#include "keystore/kek/kek_file.h"
#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"

/* -- the archive -- */

enum { SETS_MAX = 256 }; /* more than any keystore has; a bound, since the archive is not authenticated yet */

/* A damaged record is reported and skipped: no recovery needs one. */
static enum fault read_sets(struct archive_inspection *inspection)
{
    static uint8_t bytes[RECORD_MAX];
    const struct manifest *manifest = &inspection->archive.manifest;
    enum fault fault = FAULT_NONE;
    for (size_t i = 0; !fault && i < manifest->count && inspection->known.count < SETS_MAX; i++) {
        const struct archive_file *file = &manifest->files[i];
        if (file->part != PART_RECORDS || strncmp(file->name, "set-", 4) != 0)
            continue;
        fault = archive_read(&inspection->archive, file, bytes);
        if (!fault && known_sets_add(&inspection->known, bytes, file->size) != FAULT_NONE)
            tool_refuse(FAULT_RECORD_CORRUPT, file->name);
    }
    return fault;
}

bool archive_inspect_open(struct archive_inspection *inspection, const char *path)
{
    *inspection = (struct archive_inspection){ .path = path };
    enum fault fault = archive_open(path, &inspection->archive);
    if (!fault)
        fault = archive_header(&inspection->archive, &inspection->header);
    if (!fault)
        fault = read_sets(inspection);
    if (fault)
        tool_refuse(fault, path);
    return fault == FAULT_NONE;
}

void archive_inspect_close(struct archive_inspection *inspection)
{
    arena_free(inspection->kek);
    known_sets_free(&inspection->known);
    archive_close(&inspection->archive);
    *inspection = (struct archive_inspection){ .archive = { .fd = -1 } };
}

/* -- the KEK -- */

static enum mac_verdict check_mac(const struct archive_inspection *inspection)
{
    const struct trailer *trailer = &inspection->archive.trailer;
    uint8_t mac[ARCHIVE_MAC_SIZE];
    if (!trailer->authenticated)
        return MAC_ABSENT;
    if (!kek_id_equal(&trailer->kek, &inspection->kek->id))
        return MAC_OTHER_KEK;
    archive_mac(inspection->kek, &trailer->claim, mac);
    return secret_equal(mac, trailer->mac, sizeof mac) ? MAC_VALID : MAC_INVALID;
}

bool archive_inspect_read_kek(struct archive_inspection *inspection, const struct kek_options *options)
{
    static const struct known_sets none = { .count = 0 };
    const struct kek_request request = {
        .header = &inspection->header,
        .known = options->no_record ? &none : &inspection->known,
        .shares = options->shares,
        .share_count = options->share_count,
        .purpose = inspection->path,
    };
    inspection->kek = kek_source_read(options->kek, &request, &inspection->origin);
    if (!inspection->kek
        || !tool_check_kek(&inspection->header, inspection->kek, options->kek ? options->kek : "the shares",
                           inspection->path))
        return false;
    inspection->mac = check_mac(inspection);
    if (inspection->mac == MAC_INVALID)
        tool_refuse(FAULT_ARCHIVE_FORGED, inspection->path);
    return inspection->mac != MAC_INVALID;
}

void archive_inspect_print_mac(const struct archive_inspection *inspection, struct report *report)
{
    char kek[KEK_ID_TEXT];
    const struct trailer *trailer = &inspection->archive.trailer;
    kek_id_text(&trailer->kek, kek);
    if (!trailer->authenticated)
        report_add(report, FINDING_WARN, "UNAUTHENTICATED", fault_name(FAULT_ARCHIVE_UNAUTHENTICATED), "%s",
                   fault_advice(FAULT_ARCHIVE_UNAUTHENTICATED));
    else if (inspection->mac == MAC_VALID)
        report_add(report, FINDING_OK, "mac", NULL, "this archive was made with KEK %s", kek);
    else if (inspection->mac == MAC_INVALID)
        report_add(report, FINDING_FAIL, "mac", fault_name(FAULT_ARCHIVE_FORGED), "%s",
                   fault_advice(FAULT_ARCHIVE_FORGED));
    else
        report_add(report, FINDING_WARN, "mac", NULL,
                   "not checked: that needs KEK %s, or a signer that has it; without it only accidental damage is "
                   "detected",
                   kek);
}

/* -- facts -- */

enum { AGE_TEXT = 48 };

static void age_text(uint64_t made, char out[static AGE_TEXT])
{
    const uint64_t now = time_now(), seconds = now > made ? now - made : 0;
    const unsigned long long days = seconds / 86400, hours = seconds / 3600 % 24, minutes = seconds / 60 % 60;
    if (clock_is_future(made))
        snprintf(out, AGE_TEXT, "in the future: compare the clock");
    else if (days > 0)
        snprintf(out, AGE_TEXT, "%llu days %llu hours", days, hours);
    else
        snprintf(out, AGE_TEXT, "%llu hours %llu minutes", hours, minutes);
}

const char *archive_inspect_mac_text(const struct archive_inspection *inspection)
{
    static const char *const texts[] = {
        [MAC_UNCHECKED] = "not-proven",   [MAC_VALID] = "yes",
        [MAC_INVALID] = "FORGED",         [MAC_OTHER_KEK] = "by-other-kek",
        [MAC_ABSENT] = "UNAUTHENTICATED",
    };
    return inspection->archive.trailer.authenticated ? texts[inspection->mac] : "UNAUTHENTICATED";
}

void archive_inspect_print_facts(const struct archive_inspection *inspection, struct report *report)
{
    const struct manifest *manifest = &inspection->archive.manifest;
    char keystore[2 * KEYSTORE_ID_SIZE + 1], kek[KEK_ID_TEXT], made[TIME_TEXT], since[TIME_TEXT], age[AGE_TEXT];
    bytes_to_hex(inspection->header.keystore_id, KEYSTORE_ID_SIZE, keystore);
    kek_id_text(&header_current(&inspection->header)->id, kek);
    time_text(header_current(&inspection->header)->since, since);
    time_text(manifest->time, made);
    age_text(manifest->time, age);
    report_fact(report, "archive", "%s", inspection->path);
    report_detail(report, "keystore", "%s", keystore);
    report_fact(report, "kek", "%s", kek);
    report_detail(report, "kek since", "%s", since);
    report_fact(report, "made", "%s", made);
    report_fact(report, "age", "%s", age);
    report_detail(report, "made by", "%s, %s", manifest->tool, manifest->libraries);
    report_detail(report, "authenticated", "%s", archive_inspect_mac_text(inspection));
    report_fact(report, "keys", "%zu", manifest_count(manifest, PART_KEYS));
    char sentence[CLOCK_SENTENCE];
    if (clock_check_archive(manifest->time, sentence))
        report_add(report, FINDING_WARN, inspection->path, NULL, "%s", sentence);
}

void archive_inspect_describe(const struct archive_inspection *inspection, struct transcript *entry)
{
    char hash[SHA256_TEXT], made[TIME_TEXT];
    bytes_to_hex(inspection->archive.trailer.claim.sha256, SHA256_SIZE, hash);
    time_text(inspection->archive.manifest.time, made);
    transcript_add(entry, "archive", "%s content-sha256 %s", inspection->path, hash);
    transcript_add(entry, "archive-made", "%s", made);
}

/* -- the keys and certificates in it -- */

const uint8_t *archive_inspect_certificate(const struct archive_inspection *inspection, const struct key_id *id,
                                           uint8_t *out, size_t *length)
{
    char name[KEY_ID_SIZE + 8];
    snprintf(name, sizeof name, "%s.pem", id->text);
    const struct archive_file *file = manifest_find(&inspection->archive.manifest, PART_CERTS, name);
    if (!file || archive_read(&inspection->archive, file, out) != FAULT_NONE)
        return NULL;
    *length = file->size;
    return out;
}

/* A key that cannot be parsed is no foreign one: the checks after the restore name it. */
static bool is_foreign(const struct archive_inspection *inspection, const struct archive_file *file)
{
    static uint8_t bytes[SEALED_KEY_MAX];
    struct sealed_key sealed;
    struct key_public public;
    return file->part == PART_KEYS && archive_read(&inspection->archive, file, bytes) == FAULT_NONE
        && sealed_key_look(bytes, file->size, &sealed) == FAULT_NONE
        && key_public_parse(sealed.public_part, sealed.public_length, &public) == FAULT_NONE
        && memcmp(public.keystore_id, inspection->header.keystore_id, KEYSTORE_ID_SIZE) != 0;
}

bool archive_inspect_is_one(const struct archive_inspection *inspection)
{
    const struct manifest *manifest = &inspection->archive.manifest;
    char keystore[2 * KEYSTORE_ID_SIZE + 1];
    bytes_to_hex(inspection->header.keystore_id, KEYSTORE_ID_SIZE, keystore);
    for (size_t i = 0; i < manifest->count; i++)
        if (is_foreign(inspection, &manifest->files[i])) {
            command_fail("%s: keys/%s in %s: %s; the header in the archive is of keystore %s, and nothing was written",
                         fault_name(FAULT_KEY_FOREIGN), manifest->files[i].name, inspection->path,
                         fault_advice(FAULT_KEY_FOREIGN), keystore);
            return false;
        }
    return true;
}

static void check_file(const struct archive_inspection *inspection, const struct checks *checks,
                       const struct archive_file *file)
{
    static uint8_t sealed[SEALED_KEY_MAX], pem[DIRECTORY_CERTIFICATE_MAX];
    struct key_public public;
    struct key_id id;
    size_t length = 0;
    enum fault fault = archive_read(&inspection->archive, file, sealed);
    if (fault)
        report_add(checks->report, FINDING_FAIL, file->name, fault_name(fault), "%s", fault_advice(fault));
    if (fault || !manifest_key_id(file, &id) || !checks_key(checks, &id, sealed, file->size, &public))
        return;
    const uint8_t *certificate = archive_inspect_certificate(inspection, &id, pem, &length);
    checks_certificate(checks, &id, &public, certificate, length);
}

static void check_orphan(const struct archive_inspection *inspection, const struct checks *checks,
                         const struct archive_file *file)
{
    struct key_id id;
    if (manifest_key_id(file, &id) && !manifest_partner(&inspection->archive.manifest, file))
        checks_lost_key(checks, &id);
}

void archive_inspect_check(const struct archive_inspection *inspection, const struct checks *checks)
{
    const struct manifest *manifest = &inspection->archive.manifest;
    struct progress progress;
    progress_begin(&progress, "checking keys", manifest->count);
    for (size_t i = 0; i < manifest->count; i++) {
        if (manifest->files[i].part == PART_KEYS)
            check_file(inspection, checks, &manifest->files[i]);
        else if (manifest->files[i].part == PART_CERTS)
            check_orphan(inspection, checks, &manifest->files[i]);
        progress_step(&progress, i + 1);
    }
    progress_end(&progress);
}

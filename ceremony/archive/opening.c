#include "ceremony/archive/opening.h"

#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "ceremony/tool/progress.h"
#include "ceremony/tool/tool.h"
#include "keystore/files/records.h"
#include "keystore/format/bytes.h"
#include "keystore/kek/kek_file.h"
#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"

/* -- the archive -- */

enum { SETS_MAX = 256 }; /* more than any keystore has; whoever made the archive is not known yet */

/* No recovery needs a record, so one that is damaged is said and passed over. */
static enum fault read_sets(struct opening *opening)
{
    static uint8_t bytes[RECORD_MAX];
    const struct manifest *manifest = &opening->archive.manifest;
    enum fault fault = FAULT_NONE;
    for (size_t i = 0; !fault && i < manifest->count && opening->known.count < SETS_MAX; i++) {
        const struct archive_file *file = &manifest->files[i];
        if (file->part != PART_RECORDS || strncmp(file->name, "set-", 4) != 0)
            continue;
        fault = archive_read(&opening->archive, file, bytes);
        if (!fault && known_sets_add(&opening->known, bytes, file->size) != FAULT_NONE)
            tool_refuse(FAULT_RECORD_CORRUPT, file->name);
    }
    return fault;
}

bool opening_open(struct opening *opening, const char *path)
{
    *opening = (struct opening){ .path = path };
    enum fault fault = archive_open(path, &opening->archive);
    if (!fault)
        fault = archive_header(&opening->archive, &opening->header);
    if (!fault)
        fault = read_sets(opening);
    if (fault)
        tool_refuse(fault, path);
    return fault == FAULT_NONE;
}

void opening_close(struct opening *opening)
{
    arena_free(opening->kek);
    known_sets_free(&opening->known);
    archive_close(&opening->archive);
    *opening = (struct opening){ .archive = { .fd = -1 } };
}

/* -- the KEK -- */

static enum vouched judge_mac(const struct opening *opening)
{
    const struct trailer *trailer = &opening->archive.trailer;
    uint8_t mac[ARCHIVE_MAC_SIZE];
    if (!trailer->authenticated)
        return VOUCHED_BY_NOBODY;
    if (!kek_id_equal(&trailer->kek, &opening->kek->id))
        return VOUCHED_BY_OTHER_KEK;
    archive_mac(opening->kek, &trailer->claim, mac);
    return secret_equal(mac, trailer->mac, sizeof mac) ? VOUCHED_RIGHT : VOUCHED_WRONG;
}

bool opening_take_kek(struct opening *opening, const struct kek_options *options)
{
    static const struct known_sets none = { .count = 0 };
    const struct kek_wish wish = {
        .header = &opening->header,
        .known = options->no_record ? &none : &opening->known,
        .shares = options->shares,
        .share_count = options->share_count,
        .purpose = opening->path,
    };
    opening->kek = kek_source_read(options->kek, &wish, &opening->origin);
    if (!opening->kek
        || !tool_check_kek(&opening->header, opening->kek, options->kek ? options->kek : "the shares", opening->path))
        return false;
    opening->vouched = judge_mac(opening);
    if (opening->vouched == VOUCHED_WRONG)
        tool_refuse(FAULT_ARCHIVE_FORGED, opening->path);
    return opening->vouched != VOUCHED_WRONG;
}

void opening_say_vouched(const struct opening *opening, struct report *report)
{
    char kek[KEK_ID_TEXT];
    const struct trailer *trailer = &opening->archive.trailer;
    kek_id_text(&trailer->kek, kek);
    if (!trailer->authenticated)
        report_add(report, FINDING_WARN, "UNAUTHENTICATED", fault_name(FAULT_ARCHIVE_UNAUTHENTICATED), "%s",
                   fault_advice(FAULT_ARCHIVE_UNAUTHENTICATED));
    else if (opening->vouched == VOUCHED_RIGHT)
        report_add(report, FINDING_OK, "mac", NULL, "whoever made this archive had KEK %s", kek);
    else if (opening->vouched == VOUCHED_WRONG)
        report_add(report, FINDING_FAIL, "mac", fault_name(FAULT_ARCHIVE_FORGED), "%s",
                   fault_advice(FAULT_ARCHIVE_FORGED));
    else
        report_add(report, FINDING_WARN, "mac", NULL,
                   "not proven: that takes KEK %s, or a signer that has it; without it accidents are detected, and "
                   "nothing else",
                   kek);
}

/* -- facts -- */

void opening_age(uint64_t seconds, char out[static AGE_TEXT])
{
    const unsigned long long days = seconds / 86400, hours = seconds / 3600 % 24, minutes = seconds / 60 % 60;
    if (days > 0)
        snprintf(out, AGE_TEXT, "%llu days %llu hours", days, hours);
    else
        snprintf(out, AGE_TEXT, "%llu hours %llu minutes", hours, minutes);
}

const char *opening_vouched_text(const struct opening *opening)
{
    static const char *const texts[] = {
        [VOUCHED_NOT_ASKED] = "not-proven",
        [VOUCHED_RIGHT] = "yes",
        [VOUCHED_WRONG] = "FORGED",
        [VOUCHED_BY_OTHER_KEK] = "by-other-kek",
        [VOUCHED_BY_NOBODY] = "UNAUTHENTICATED",
    };
    return opening->archive.trailer.authenticated ? texts[opening->vouched] : "UNAUTHENTICATED";
}

void opening_say_facts(const struct opening *opening, struct report *report)
{
    const struct manifest *manifest = &opening->archive.manifest;
    char keystore[2 * KEYSTORE_ID_SIZE + 1], kek[KEK_ID_TEXT], made[TIME_TEXT], since[TIME_TEXT], age[AGE_TEXT];
    uint64_t now = time_now();
    bytes_to_hex(opening->header.keystore_id, KEYSTORE_ID_SIZE, keystore);
    kek_id_text(&header_current(&opening->header)->id, kek);
    time_text(header_current(&opening->header)->since, since);
    time_text(manifest->time, made);
    opening_age(now > manifest->time ? now - manifest->time : 0, age);
    report_fact(report, "archive", "%s", opening->path);
    report_fact(report, "keystore", "%s", keystore);
    report_fact(report, "kek", "%s", kek);
    report_fact(report, "kek since", "%s", since);
    report_fact(report, "made", "%s", made);
    report_fact(report, "age", "%s", age);
    report_fact(report, "made by", "%s, %s", manifest->tool, manifest->libraries);
    report_fact(report, "authenticated", "%s", opening_vouched_text(opening));
    report_fact(report, "keys", "%zu", manifest_count(manifest, PART_KEYS));
}

void opening_describe(const struct opening *opening, struct transcript *entry)
{
    char hash[SHA256_TEXT], made[TIME_TEXT];
    bytes_to_hex(opening->archive.trailer.claim.sha256, SHA256_SIZE, hash);
    time_text(opening->archive.manifest.time, made);
    transcript_add(entry, "archive", "%s content-sha256 %s", opening->path, hash);
    transcript_add(entry, "archive-made", "%s", made);
}

/* -- what is packed -- */

const uint8_t *opening_certificate(const struct opening *opening, const struct key_id *id, uint8_t *out, size_t *length)
{
    char name[KEY_ID_SIZE + 8];
    snprintf(name, sizeof name, "%s.pem", id->text);
    const struct archive_file *file = manifest_find(&opening->archive.manifest, PART_CERTS, name);
    if (!file || archive_read(&opening->archive, file, out) != FAULT_NONE)
        return NULL;
    *length = file->size;
    return out;
}

static void examine_file(const struct opening *opening, const struct examination *examination,
                         const struct archive_file *file)
{
    static uint8_t sealed[SEALED_KEY_MAX], pem[DIRECTORY_CERTIFICATE_MAX];
    struct key_public public;
    struct key_id id;
    size_t length = 0;
    enum fault fault = archive_read(&opening->archive, file, sealed);
    if (fault)
        report_add(examination->report, FINDING_FAIL, file->name, fault_name(fault), "%s", fault_advice(fault));
    if (fault || !manifest_key_id(file, &id) || !examine_key(examination, &id, sealed, file->size, &public))
        return;
    const uint8_t *certificate = opening_certificate(opening, &id, pem, &length);
    examine_certificate(examination, &id, &public, certificate, length);
}

static void examine_orphan(const struct opening *opening, const struct examination *examination,
                           const struct archive_file *file)
{
    struct key_id id;
    if (manifest_key_id(file, &id) && !manifest_partner(&opening->archive.manifest, file))
        examine_lost(examination, &id);
}

void opening_examine(const struct opening *opening, const struct examination *examination)
{
    const struct manifest *manifest = &opening->archive.manifest;
    struct progress progress;
    progress_begin(&progress, "checking keys", manifest->count);
    for (size_t i = 0; i < manifest->count; i++) {
        if (manifest->files[i].part == PART_KEYS)
            examine_file(opening, examination, &manifest->files[i]);
        else if (manifest->files[i].part == PART_CERTS)
            examine_orphan(opening, examination, &manifest->files[i]);
        progress_step(&progress, i + 1);
    }
    progress_end(&progress);
}

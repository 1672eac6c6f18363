/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/doctor/doctor.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ceremony/archive/snapshot.h"
#include "ceremony/doctor/doctor_drills.h"
#include "ceremony/doctor/doctor_records.h"
#include "ceremony/doctor/doctor_transcripts.h"
#include "ceremony/session/clock.h"
#include "ceremony/tool/tool.h"
#include "keystore/memory/arena.h"

struct visit {
    const struct directory *directory;
    const struct checks *checks;
};

static void add_fault(const struct visit *visit, const char *subject, enum fault fault)
{
    report_add(visit->checks->report, FINDING_FAIL, subject, fault_name(fault), "%s", fault_advice(fault));
}

/* -- keys -- */

static void check_certificate(const struct visit *visit, const struct key_id *id, const struct key_public *public)
{
    char name[KEY_ID_SIZE + 16];
    size_t length = 0;
    uint8_t *pem = arena_alloc(DIRECTORY_CERTIFICATE_MAX);
    enum fault fault = pem ? directory_read_certificate(visit->directory, id, pem, &length) : FAULT_MEMORY;
    snprintf(name, sizeof name, "certs/%s.pem", id->text);
    if (fault && fault != FAULT_FILE_MISSING)
        add_fault(visit, name, fault);
    else
        checks_certificate(visit->checks, id, public, fault ? NULL : pem, length);
    arena_free(pem);
}

static void check_key(const struct visit *visit, const struct key_id *id)
{
    struct key_public public;
    char name[KEY_ID_SIZE + 16];
    size_t length;
    uint8_t *bytes = arena_alloc(SEALED_KEY_MAX);
    snprintf(name, sizeof name, "keys/%s.key", id->text);
    enum fault fault = bytes ? directory_read_key(visit->directory, id, bytes, &length, NULL) : FAULT_MEMORY;
    if (fault)
        add_fault(visit, name, fault);
    else if (checks_key(visit->checks, id, bytes, length, &public))
        check_certificate(visit, id, &public);
    arena_free(bytes);
}

static void check_keys(const struct visit *visit)
{
    struct key_list list;
    enum fault fault = directory_list_keys(visit->directory, &list);
    if (fault)
        add_fault(visit, "keys", fault);
    for (size_t i = 0; !fault && i < list.count; i++)
        check_key(visit, &list.ids[i]);
    if (!fault && list.count == 0)
        report_add(visit->checks->report, FINDING_WARN, "keys", NULL, "there are none yet");
    directory_free_list(&list);
}

/* -- lost keys, stray files, the mark of a restore -- */

static void check_lost(const struct visit *visit)
{
    struct key_list list;
    struct file_identity identity;
    if (directory_list_certificates(visit->directory, &list) != FAULT_NONE)
        return;
    for (size_t i = 0; i < list.count; i++)
        if (directory_identify_key(visit->directory, &list.ids[i], &identity) == FAULT_KEY_UNKNOWN)
            checks_lost_key(visit->checks, &list.ids[i]);
    directory_free_list(&list);
}

static void report_stray(enum part part, const char *name, enum kind kind, void *context)
{
    const struct visit *visit = context;
    if (kind == KIND_STRAY)
        report_add(visit->checks->report, FINDING_WARN, part == PART_ROOT ? "keystore" : kinds_part_name(part), NULL,
                   "\"%s\" is not a keystore file and is never read; move it away", name);
}

static void check_strays(struct visit *visit)
{
    for (enum part part = PART_ROOT; part < PART_COUNT; part++) {
        enum fault fault = snapshot_walk(visit->directory, part, report_stray, visit);
        if (fault)
            add_fault(visit, kinds_part_name(part), fault);
    }
}

static void check_restored(const struct visit *visit)
{
    if (directory_is_restored(visit->directory))
        report_add(visit->checks->report, FINDING_WARN, "restored", fault_name(FAULT_RESTORED), "%s",
                   fault_advice(FAULT_RESTORED));
}

/* -- the file system -- */

/* Tries what the store relies on: publish a file, fail to publish it again, replace it, remove it. */
static enum fault try_publishing(const struct directory *directory)
{
    static const char name[] = ".tmp-doctor";
    static const uint8_t bytes[] = "signer-ceremony doctor";
    (void)unlinkat(directory->root, name, 0);
    enum fault fault = file_publish(directory->root, name, bytes, sizeof bytes);
    enum fault again = fault ? FAULT_FILE_EXISTS : file_publish(directory->root, name, bytes, sizeof bytes);
    if (again != FAULT_FILE_EXISTS)
        fault = again ? again : FAULT_STORE_UNSUPPORTED;
    if (!fault)
        fault = file_replace(directory->root, name, bytes, sizeof bytes);
    enum fault removed = file_remove(directory->root, name);
    return fault ? fault : removed;
}

static void check_file_system(const struct visit *visit)
{
    if (geteuid() != visit->directory->owner) {
        report_add(visit->checks->report, FINDING_WARN, "file system", NULL, "not tried: only the owner may write");
        return;
    }
    enum fault fault = directory_lock_within(visit->directory, 5000);
    if (fault == FAULT_STORE_READ_ONLY) {
        report_add(visit->checks->report, FINDING_WARN, "file system", fault_name(fault), "%s", fault_advice(fault));
        return;
    }
    if (!fault)
        fault = try_publishing(visit->directory);
    directory_unlock(visit->directory);
    if (fault)
        add_fault(visit, "file system", fault);
    else
        report_add(visit->checks->report, FINDING_OK, "file system", NULL,
                   "can lock, publish without replacing, replace and sync");
}

/* -- the clock -- */

static void report_clock(const char *subject, const char *sentence, void *context)
{
    const struct visit *visit = context;
    report_add(visit->checks->report, FINDING_WARN, subject, NULL, "%s", sentence);
}

void doctor_check(const struct directory *directory, const struct checks *checks, const struct kek *kek)
{
    struct visit visit = { directory, checks };
    check_keys(&visit);
    check_lost(&visit);
    check_strays(&visit);
    check_restored(&visit);
    doctor_records(checks->report, directory, checks->header);
    doctor_transcripts(checks->report, directory, checks->header, kek);
    doctor_drills(directory, checks->header, kek, checks->report);
    clock_check(directory, report_clock, &visit);
    check_file_system(&visit);
}

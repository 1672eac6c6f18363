/* SPDX-License-Identifier: Apache-2.0 */
/* doctor: checks a keystore, its KEK and records, and the file system that it is on. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "ceremony/archive/archive_authenticator.h"
#include "ceremony/archive/kek_search.h"
#include "ceremony/archive/snapshot.h"
#include "ceremony/doctor/doctor.h"
#include "ceremony/doctor/doctor_drills.h"
#include "ceremony/doctor/drill_report.h"
#include "ceremony/tool/surroundings.h"
#include "ceremony/tool/tool.h"
#include "ceremony/verbs.h"
#include "keystore/kek/kek_file.h"
#include "keystore/kek/source_advice.h"
#include "keystore/memory/arena.h"

static const char help[] = "usage: signer-ceremony doctor --keystore DIR [--kek SOURCE | --socket PATH]\n"
                           "               [--json] [--drill-report FILE] [--repair]\n"
                           "\n"
                           "Checks owner, permissions and header; that the KEK belongs to this keystore and\n"
                           "is not stored in it; that every key opens, and its private key belongs to its\n"
                           "public key; that each certificate belongs to a key that is there; that the\n"
                           "current KEK has a VERIFIED set of shares, which custodians have not checked\n"
                           "their share for 400 days, and which old shares must be kept; that the transcript\n"
                           "is one chain; and what the file system can do. --kek opens the keys in this\n"
                           "process, and proves the transcript's entries by their MACs; a retired KEK proves\n"
                           "those of its time. --socket has the vaults of the signer that serves this\n"
                           "keystore open the keys, and no KEK leaves those. Without either, no key is\n"
                           "opened; without --kek neither transcript nor drills are proven; the report says\n"
                           "so. --drill-report files the report of a recovery drill, with --kek only if its\n"
                           "MAC is right; doctor warns when the last drill is too old. --repair makes what\n"
                           "is missing of lock, certs and records in a keystore that has a header and its\n"
                           "keys; what was in them is not brought back. Exit code 1 if anything is wrong.\n";

struct visit {
    const char *keystore, *kek_source, *socket, *drill;
    uint8_t *drill_bytes;
    size_t drill_length;
    bool repair;
    struct directory directory;
    struct header header;
    struct archive_authenticator authenticator;
    struct report report;
    struct checks checks;
    struct kek *kek; /* in the arena; proves transcript and drills, and so may be retired; NULL: none */
};

static void add_fault(struct visit *visit, const char *subject, enum fault fault)
{
    char advice[SOURCE_ADVICE];
    int error = fault == FAULT_STORE_IO ? errno : 0;
    report_add(&visit->report, FINDING_FAIL, subject, fault_name(fault), "%s%s%s%s",
               source_advice(fault, subject, advice), error ? ": " : "", error ? strerror(error) : "",
               surroundings_cause(error));
}

/* A KEK that is not the keystore's is told with the ids of both; `given` is read for these faults alone. */
static void add_kek_fault(struct visit *visit, const char *subject, enum fault fault, const struct kek_id *given)
{
    char has[KEK_ID_TEXT], needed[KEK_ID_TEXT], since[TIME_TEXT];
    const struct header_kek *current = header_current(&visit->header);
    if (fault != FAULT_KEK_MISMATCH && fault != FAULT_KEK_RETIRED) {
        add_fault(visit, subject, fault);
        return;
    }
    kek_id_text(given, has);
    kek_id_text(&current->id, needed);
    time_text(current->since, since);
    report_add(&visit->report, FINDING_FAIL, subject, fault_name(fault),
               "is KEK %s, but the keystore needs KEK %s, current since %s; %s", has, needed, since,
               fault_advice(fault));
}

static void check_kek(struct visit *visit)
{
    if (!visit->kek_source)
        return;
    enum fault fault = kek_file_is_apart(visit->kek_source, visit->keystore);
    struct kek *kek = arena_alloc(sizeof *kek);
    if (!fault)
        fault = kek ? kek_file_read(visit->kek_source, kek) : FAULT_MEMORY;
    if (!fault)
        fault = header_check(&visit->header, kek);
    if (fault) {
        add_kek_fault(visit, visit->kek_source, fault, kek ? &kek->id : NULL);
        if (fault == FAULT_KEK_RETIRED)
            visit->kek = kek;
        else
            arena_free(kek);
        return;
    }
    report_add(&visit->report, FINDING_OK, visit->kek_source, NULL,
               header_incoming(&visit->header) && kek_id_equal(&header_incoming(&visit->header)->id, &kek->id)
                   ? "is the incoming KEK of a rekey"
                   : "is the keystore's KEK");
    visit->checks.kek = visit->kek = kek;
}

static void check_inside(enum part part, const char *name, enum kind kind, void *context)
{
    struct visit *visit = context;
    char subject[PATH_MAX];
    bool is_one;
    if (kind != KIND_STRAY)
        return;
    snprintf(subject, sizeof subject, "%s%s%s", kinds_part_name(part), part == PART_ROOT ? "" : "/", name);
    enum fault fault = kek_search_look(snapshot_directory(&visit->directory, part), name, &visit->header, &is_one);
    if (fault || is_one)
        add_fault(visit, subject, fault ? fault : FAULT_KEK_INSIDE_KEYSTORE);
}

/* Of any KEK, and before root becomes the owner, who may not be allowed to read a copy that root left there. */
static void check_apart(struct visit *visit)
{
    for (enum part part = PART_ROOT; part < PART_COUNT; part++)
        (void)!snapshot_walk(&visit->directory, part, check_inside, visit); /* doctor_check tells that it failed */
}

/* False: the signer could not be asked; the reason was printed. */
static bool check_socket(struct visit *visit)
{
    char id[KEK_ID_TEXT];
    if (!visit->socket)
        return true;
    if (!archive_authenticator_connect(&visit->authenticator, visit->socket, visit->header.keystore_id,
                                       &visit->directory.owner))
        return false;
    visit->checks.client = visit->authenticator.client;
    visit->checks.client_kek = visit->authenticator.kek;
    kek_id_text(&visit->authenticator.kek, id);
    const struct header_kek *entry = header_find(&visit->header, &visit->authenticator.kek);
    if (!entry || entry->role == KEK_RETIRED)
        add_kek_fault(visit, visit->socket, entry ? FAULT_KEK_RETIRED : FAULT_KEK_MISMATCH, &visit->authenticator.kek);
    report_add(&visit->report, FINDING_OK, visit->socket, NULL, "serves this keystore with KEK %s", id);
    return true;
}

/* Before root becomes the keystore's owner, who may not be allowed to read the file. */
static bool read_drill(struct visit *visit)
{
    if (!visit->drill)
        return true;
    visit->drill_bytes = malloc(DRILL_REPORT_MAX);
    enum fault fault = visit->drill_bytes
        ? tool_read_source(visit->drill, visit->drill_bytes, DRILL_REPORT_MAX, &visit->drill_length)
        : FAULT_MEMORY;
    if (fault)
        tool_refuse(fault, visit->drill);
    return fault == FAULT_NONE;
}

static void check_header(struct visit *visit)
{
    char id[KEK_ID_TEXT];
    kek_id_text(&header_current(&visit->header)->id, id);
    report_add(&visit->report, FINDING_OK, visit->keystore, NULL, "owner and permissions are right");
    report_add(&visit->report, FINDING_OK, "header", NULL, "whole; current KEK %s", id);
}

static enum fault repair(struct visit *visit)
{
    struct directory_repairs made;
    enum fault fault = directory_repair(visit->keystore, &made);
    if (made.certs)
        report_add(&visit->report, FINDING_WARN, "certs", NULL,
                   "was missing, and is made anew, empty: bring the certificates back from a backup, or file them with "
                   "signerctl cert");
    if (made.records)
        report_add(&visit->report, FINDING_WARN, "records", NULL,
                   "was missing, and is made anew, empty: bring the records back from a backup");
    if (made.lock)
        report_add(
            &visit->report, FINDING_WARN, "lock", NULL,
            "was missing, and is made anew: restart the signers that serve this keystore, which hold the old one");
    return fault;
}

static int run_checks(struct visit *visit)
{
    enum fault fault = visit->repair ? repair(visit) : FAULT_NONE;
    if (!fault)
        fault = directory_open(visit->keystore, &visit->directory);
    if (!fault)
        fault = directory_read_header(&visit->directory, &visit->header);
    if (fault) {
        add_fault(visit, visit->keystore, fault);
        return report_end(&visit->report);
    }
    visit->checks.header = &visit->header;
    visit->checks.report = &visit->report;
    check_header(visit);
    check_kek(visit);
    check_apart(visit);
    if (!check_socket(visit) || !read_drill(visit) || !tool_become(visit->directory.owner, visit->directory.group))
        return report_refuse(&visit->report, visit->keystore);
    if (visit->drill)
        doctor_drills_file(&visit->directory, &visit->header, visit->checks.kek, visit->drill, visit->drill_bytes,
                           visit->drill_length, &visit->report);
    free(visit->drill_bytes);
    doctor_check(&visit->directory, &visit->checks, visit->kek);
    arena_free(visit->kek);
    archive_authenticator_close(&visit->authenticator);
    directory_close(&visit->directory);
    return report_end(&visit->report);
}

static int run_doctor(int argc, char **argv)
{
    static const struct option known[] = {
        { "keystore", required_argument, NULL, 'd' },
        { "kek", required_argument, NULL, 'k' },
        { "socket", required_argument, NULL, 's' },
        { "drill-report", required_argument, NULL, 'r' },
        { "json", no_argument, NULL, 'j' },
        { "repair", no_argument, NULL, 'R' },
        { 0 },
    };
    static struct visit visit;
    bool json = false;
    int option;
    while ((option = command_option(argc, argv, known)) != -1)
        switch (option) {
        case 'd': visit.keystore = optarg; break;
        case 'k': visit.kek_source = optarg; break;
        case 's': visit.socket = optarg; break;
        case 'r': visit.drill = optarg; break;
        case 'j': json = true; break;
        case 'R': visit.repair = true; break;
        default: return EXIT_USAGE;
        }
    if (!visit.keystore || optind < argc)
        return command_misuse("needs --keystore DIR");
    if (visit.kek_source && visit.socket)
        return command_misuse("accepts only one of --kek and --socket");
    if (visit.kek_source && kek_file_descriptor(visit.kek_source) >= 0
        && kek_file_exists(visit.kek_source) != FAULT_NONE)
        return tool_refuse(FAULT_KEK_MISSING, visit.kek_source);
    report_begin(&visit.report, json);
    return run_checks(&visit);
}

const struct command_verb cmd_doctor = { "doctor", run_doctor, "check a keystore, its KEK, every key and certificate",
                                         help, VERB_USES_SIGNER | VERB_PARSES_KEYS };

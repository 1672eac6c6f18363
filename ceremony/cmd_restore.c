/* SPDX-License-Identifier: Apache-2.0 */
/* restore: writes the keystore in an archive to an absent or empty directory. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "ceremony/archive/archive_authenticator.h"
#include "ceremony/archive/archive_inspect.h"
#include "ceremony/archive/restore.h"
#include "ceremony/doctor/doctor.h"
#include "ceremony/session/session.h"
#include "ceremony/share/kek_options.h"
#include "ceremony/signers/private_signer.h"
#include "ceremony/tool/aftermath.h"
#include "ceremony/tool/tool.h"
#include "ceremony/verbs.h"
#include "keystore/files/restored.h"

static const char help[] = "usage: signer-ceremony restore FILE --keystore DIR [--user NAME]\n"
                           "               [--kek SOURCE | --share FILE...] [--no-record] [--verbose]\n"
                           "               [--json]\n"
                           "       signer-ceremony restore --accept --keystore DIR\n"
                           "\n"
                           "Verifies all of an archive, writes its keystore to a directory that is absent or\n"
                           "empty (a mount point, for example), and checks it as doctor does. If it is\n"
                           "stopped, run it again: until then every tool reports INCOMPLETE. With --kek or\n"
                           "--share it first verifies the archive's MAC, and opens every key. Without them a\n"
                           "signer does that: start it sealed, unseal it, then run doctor and verify-backup\n"
                           "with --socket. As root, name the signer's user with --user. It prints what is\n"
                           "not right, what is missing, and a verdict; with --verbose everything that was\n"
                           "checked.\n"
                           "\n"
                           "First stop every signer of a shared volume, and move a damaged keystore aside as\n"
                           "evidence. Keys that were made after the archive are missing, and keys that were\n"
                           "destroyed since are back. Until you have checked that and run --accept, the\n"
                           "signer signs but makes no new key.\n";

enum { LOCK_WAIT_MS = 5000 };

struct options {
    const char *archive, *keystore, *user;
    struct kek_options kek;
    bool accept, json, verbose;
};

/* -- checks and report -- */

static void print_time(const struct archive_inspection *inspection, struct report *report)
{
    char made[TIME_TEXT];
    time_text(inspection->archive.manifest.time, made);
    archive_inspect_print_facts(inspection, report);
    report_fact(report, "missing", "keys made after %s are missing, keys destroyed after %s are back", made, made);
    if (!inspection->kek)
        report_fact(report, "not proven",
                    "the archive's MAC, and that its keys open: start the signer, sealed or with its KEK, then run "
                    "doctor --socket and verify-backup --socket");
}

static void print_verdict(const struct session *session, struct report *report)
{
    char kek[KEK_ID_TEXT];
    if (report->quiet && report->counts[FINDING_WARN] > 0)
        report_fact(report, "to look at", "%u warnings, which doctor, or --verbose here, prints",
                    report->counts[FINDING_WARN]);
    if (report->counts[FINDING_FAIL] > 0) {
        report_fact(report, "verdict", "RESTORED, AND NOT RIGHT: what is wrong stands above");
    } else if (session->kek) {
        kek_id_text(&session->kek->id, kek);
        report_fact(report, "verdict", "RESTORED, and PROVEN: every key in %s opens with KEK %s", session->path, kek);
    } else {
        report_fact(report, "verdict", "RESTORED to %s, and not proven yet", session->path);
    }
}

static bool note(struct session *session, const struct archive_inspection *inspection)
{
    struct transcript entry;
    if (!session_note_opened(session) || !transcript_begin(&entry, "restore"))
        return false;
    session_describe(session, &entry);
    archive_inspect_describe(inspection, &entry);
    return session_append(session, &entry);
}

/* Runs the checks of doctor on the restored directory. What it warns of the
 * surroundings (shares, transcript, drills) is for later, and doctor says it again. */
static bool check(struct session *session, struct report *report)
{
    struct archive_authenticator authenticator = { .client = NULL };
    struct checks checks = { .report = report, .header = &session->header };
    if (session->kek) {
        if (!archive_authenticator_start(&authenticator, session->directory.root, session->kek))
            return false;
        checks.client = authenticator.client;
        checks.client_kek = authenticator.kek;
    }
    report->only_named = true;
    doctor_check(&session->directory, &checks, session->kek);
    report->only_named = false;
    archive_authenticator_close(&authenticator);
    return true;
}

static int finish(const struct options *options, struct archive_inspection *inspection, struct report *report)
{
    static struct session session;
    if (!session_open(&session, options->keystore) || !session_become_owner(&session))
        return report_refuse(report, options->keystore);
    report_add(report, FINDING_OK, options->keystore, NULL, "restored");
    report->only_named = strcmp(archive_inspect_mac_text(inspection), "not-proven") == 0; /* a fact says that */
    archive_inspect_print_mac(inspection, report);
    report->only_named = false;
    print_time(inspection, report);
    session.kek = inspection->kek; /* owned by the session from here */
    session.origin = inspection->origin;
    inspection->kek = NULL;
    bool ok = check(&session, report);
    print_verdict(&session, report);
    int code = report_end(report);
    ok = note(&session, inspection) && ok;
    session_close(&session);
    if (ok)
        aftermath_clear(); /* the report says what is there */
    return ok ? code : EXIT_REFUSED;
}

static int restore(const struct options *options)
{
    static struct archive_inspection inspection;
    struct owner owner;
    struct report report;
    report_begin(&report, options->json);
    report.quiet = !options->verbose && !options->json;
    if (!archive_inspect_open(&inspection, options->archive))
        return report_refuse(&report, options->archive);
    bool ok = archive_inspect_is_one(&inspection) && restore_choose_owner(options->keystore, options->user, &owner)
        && restore_is_possible(options->keystore);
    if (ok && kek_options_are_given(&options->kek))
        ok = private_signer_is_possible() && archive_inspect_read_kek(&inspection, &options->kek);
    ok = ok && restore_run(&inspection.archive, options->keystore, &owner);
    if (ok)
        aftermath_note(
            "%s: the keystore, restored whole; check it with doctor, then use restore --accept, or remove it",
            options->keystore);
    int code = ok ? finish(options, &inspection, &report) : report_refuse(&report, options->archive);
    archive_inspect_close(&inspection);
    return code;
}

/* -- accepting -- */

static enum fault remove_mark(const struct session *session)
{
    enum fault fault = directory_lock_within(&session->directory, LOCK_WAIT_MS);
    if (fault)
        return fault;
    fault = restored_accept(&session->directory);
    directory_unlock(&session->directory);
    return fault;
}

static int accept(const struct options *options)
{
    static struct session session;
    struct transcript entry;
    if (!session_open(&session, options->keystore) || !session_become_owner(&session))
        return EXIT_REFUSED;
    if (!directory_is_restored(&session.directory)) {
        command_fail("%s: there is nothing to accept: it was not restored, or was accepted before", options->keystore);
        return EXIT_REFUSED;
    }
    if (!transcript_begin(&entry, "restore-accept") || !session_append(&session, &entry))
        return EXIT_REFUSED;
    enum fault fault = remove_mark(&session);
    session_close(&session);
    if (fault)
        return tool_refuse(fault, options->keystore);
    fprintf(stderr, "%s is accepted as it is: signers make keys again\n", options->keystore);
    return EXIT_DONE;
}

/* NULL, or a sentence about what is wrong. */
static const char *check_options(const struct options *options, int arguments)
{
    if (!options->keystore || arguments != (options->accept ? 0 : 1))
        return options->accept ? "--accept needs --keystore DIR and no other argument"
                               : "needs one archive and --keystore DIR";
    if (options->accept && (options->user || kek_options_are_given(&options->kek)))
        return "--accept needs --keystore DIR and no other argument";
    return options->kek.kek && options->kek.share_count > 0 ? "accepts only one of --kek and --share" : NULL;
}

static int run_restore(int argc, char **argv)
{
    static const struct option known[] = {
        { "keystore", required_argument, NULL, 'd' },
        { "user", required_argument, NULL, 'u' },
        { "kek", required_argument, NULL, 'k' },
        { "share", required_argument, NULL, 'S' },
        { "no-record", no_argument, NULL, 'n' },
        { "accept", no_argument, NULL, 'a' },
        { "json", no_argument, NULL, 'j' },
        { "verbose", no_argument, NULL, 'v' },
        { 0 },
    };
    struct options options = { .archive = NULL };
    int option;
    while ((option = command_option(argc, argv, known)) != -1)
        switch (option) {
        case 'd': options.keystore = optarg; break;
        case 'u': options.user = optarg; break;
        case 'k': options.kek.kek = optarg; break;
        case 'a': options.accept = true; break;
        case 'j': options.json = true; break;
        case 'v': options.verbose = true; break;
        case 'n': options.kek.no_record = true; break;
        case 'S':
            if (!kek_options_share(&options.kek, optarg))
                return command_misuse("too many shares");
            break;
        default: return EXIT_USAGE;
        }
    const char *wrong = check_options(&options, argc - optind);
    if (wrong)
        return command_misuse("%s", wrong);
    options.archive = argv[optind];
    return options.accept ? accept(&options) : restore(&options);
}

const struct command_verb cmd_restore = { "restore", run_restore,
                                          "restore the keystore in an archive to an empty directory", help,
                                          VERB_USES_SIGNER };

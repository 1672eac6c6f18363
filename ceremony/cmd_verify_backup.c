/* SPDX-License-Identifier: Apache-2.0 */
/* verify-backup: whether an archive is intact, which keystore and KEK it is of, and whether its keys open and sign. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ceremony/archive/archive_diff.h"
#include "ceremony/archive/archive_newest.h"
#include "ceremony/archive/archive_prove.h"
#include "ceremony/session/session.h"
#include "ceremony/share/kek_options.h"
#include "ceremony/signers/running_signer.h"
#include "ceremony/tool/tool.h"
#include "ceremony/verbs.h"
#include "keystore/format/bytes.h"

static const char help[] = "usage: signer-ceremony verify-backup FILE|DIR\n"
                           "           [--kek SOURCE | --share FILE... | --socket PATH] [--no-record]\n"
                           "           [--keystore DIR] [--verbose] [--json]\n"
                           "       signer-ceremony verify-backup DIR --print-newest\n"
                           "           [--keystore DIR | --keystore-id ID]\n"
                           "\n"
                           "Reads all of an archive and reports what it is, whether it is intact, and\n"
                           "which KEK it needs. With a KEK or shares of it, the MAC is verified, and every\n"
                           "key is opened in memory and signs a challenge that is verified with its\n"
                           "certificate. Without them the vaults of a running signer (at --socket, or at\n"
                           "the default socket if one of this keystore is there and open) verify the MAC\n"
                           "and open the keys, and no KEK leaves them. Where there is no signer either,\n"
                           "only accidental damage is detected.\n"
                           "It prints what is not right, and a verdict; with --verbose everything that was\n"
                           "checked. --keystore compares the archive with a keystore; exit code 1 if the\n"
                           "archive lacks a key that is there. Run it on the copy that is kept off this\n"
                           "host. --no-record accepts shares that the archive's records do not list, where\n"
                           "the archive is older than the shares.\n"
                           "\n"
                           "Of a directory it takes the newest archive that is whole and not dated in the\n"
                           "future, by the time in it and not by its name: of the keystore of --keystore,\n"
                           "or of --keystore-id (the first eight digits or more of its id, which begin the\n"
                           "archive's name); otherwise all must be of one keystore. --print-newest only\n"
                           "prints its path.\n";

enum { SIGNER_ANSWER_MS = 30 * 1000 };

struct options {
    const char *archive, *socket, *keystore, *keystore_id;
    struct kek_options kek;
    bool json, verbose, print_newest;
};

/* What proved the keys, for the verdict and the transcript; NULL: nothing did. */
static const char by_signer[] = "the vaults of a running signer", by_kek[] = "a private signer";

/* -- proof by a KEK or by a running signer -- */

static void prove_by_kek(struct archive_inspection *inspection, struct report *report)
{
    struct archive_proof proof;
    struct checks checks = { .report = report, .header = &inspection->header, .strict = true };
    if (archive_prove_restore(&proof, inspection) && archive_prove_start(&proof, inspection)) {
        checks.client = proof.authenticator.client;
        checks.client_kek = proof.authenticator.kek;
        archive_inspect_check(inspection, &checks);
        archive_prove_sign(&proof, inspection, report);
    } else {
        report_add_failure(report, "signer");
    }
    archive_prove_end(&proof);
}

/* Whether the archive's header has the signer's KEK; otherwise the signer can open none of its keys. */
static bool is_kek_of(const struct archive_inspection *inspection, const struct archive_authenticator *authenticator)
{
    char has[KEK_ID_TEXT], needed[KEK_ID_TEXT];
    const struct header_kek *entry = header_find(&inspection->header, &authenticator->kek);
    if (entry && entry->role != KEK_RETIRED)
        return true;
    kek_id_text(&authenticator->kek, has);
    kek_id_text(&header_current(&inspection->header)->id, needed);
    command_fail(
        "%s: the signer has KEK %s, and %s needs KEK %s: there was a rekey in between; verify it with that KEK or "
        "its shares, and make a new backup",
        fault_name(FAULT_KEK_MISMATCH), has, inspection->path, needed);
    return false;
}

static void check_mac(struct archive_inspection *inspection, const struct archive_authenticator *authenticator)
{
    const struct trailer *trailer = &inspection->archive.trailer;
    if (!trailer->authenticated)
        inspection->mac = MAC_ABSENT;
    else if (!kek_id_equal(&trailer->kek, &authenticator->kek))
        inspection->mac = MAC_OTHER_KEK;
    else
        inspection->mac = archive_authenticator_verify(authenticator, trailer) ? MAC_VALID : MAC_INVALID;
}

/* Whether the signer at the default socket can be asked: it is open and serves the archive's keystore. Where it cannot,
 * the report says why, and that is no failure: nobody asked for it. */
static bool has_signer(const struct archive_inspection *inspection, struct report *report)
{
    char keystore[2 * KEYSTORE_ID_SIZE + 1];
    struct running_signer running;
    struct signer_about about = { .state = SIGNER_SEALED };
    struct signer_error error = { 0 };
    bytes_to_hex(inspection->header.keystore_id, KEYSTORE_ID_SIZE, keystore);
    enum signer_status status = running_signer_open(&running, NULL, SIGNER_ANSWER_MS, &error);
    if (status == SIGNER_OK)
        status = signer_hello(running.client, &about, &error);
    running_signer_close(&running);
    bool is_its = strcmp(about.keystore_id, keystore) == 0;
    if (status != SIGNER_OK)
        report_fact(report, "no signer", "%s", error.message);
    else if (!is_its)
        report_fact(report, "no signer", "the one at the default socket serves another keystore");
    else if (about.state != SIGNER_OPEN)
        report_fact(report, "no signer", "the one at the default socket is not open");
    return status == SIGNER_OK && is_its && about.state == SIGNER_OPEN;
}

static bool prove_by_signer(struct archive_inspection *inspection, const char *socket, struct report *report,
                            struct kek_id *kek)
{
    struct archive_authenticator authenticator;
    struct checks checks = { .report = report, .header = &inspection->header, .strict = true };
    if (!archive_authenticator_connect(&authenticator, socket, inspection->header.keystore_id, NULL))
        return false;
    bool ok = is_kek_of(inspection, &authenticator);
    if (ok) {
        check_mac(inspection, &authenticator);
        checks.client = authenticator.client;
        checks.client_kek = *kek = authenticator.kek;
        archive_inspect_check(inspection, &checks);
    }
    archive_authenticator_close(&authenticator);
    return ok;
}

/* The signer at the default socket proves it if it can. */
static bool prove_by_default(struct archive_inspection *inspection, struct report *report, struct kek_id *kek,
                             const char **by)
{
    struct checks checks = { .report = report, .header = &inspection->header };
    if (has_signer(inspection, report)) {
        *by = by_signer;
        return prove_by_signer(inspection, NULL, report, kek);
    }
    archive_inspect_check(inspection, &checks);
    return true;
}

/* -- comparison with the keystore -- */

/* Records the proof in the transcript: rekey --status needs it to report when old shares may be destroyed. */
static bool note(struct session *session, const struct archive_inspection *inspection, const struct kek_id *kek,
                 const char *by)
{
    struct transcript entry;
    char id[KEK_ID_TEXT];
    if (!session_become_owner(session) || !transcript_begin(&entry, "verify-backup"))
        return false;
    kek_id_text(kek, id);
    transcript_add(&entry, "kek", "%s", id);
    transcript_add(&entry, "proven-by", "%s", by);
    archive_inspect_describe(inspection, &entry);
    return session_append(session, &entry);
}

/* -- the verdict -- */

static int conclude(const struct archive_inspection *inspection, const char *by, struct report *report)
{
    char kek[KEK_ID_TEXT];
    kek_id_text(&inspection->archive.trailer.kek, kek);
    if (report->counts[FINDING_FAIL] > 0)
        report_fact(report, "verdict", "WRONG: what is wrong stands above");
    else if (!by)
        report_fact(report, "verdict", "WHOLE, and not proven: no KEK was given, and no signer asked");
    else if (inspection->mac == MAC_VALID)
        report_fact(report, "verdict", "PROVEN: this archive was made with KEK %s, and its keys open", kek);
    else
        report_fact(report, "verdict", "ITS KEYS OPEN, and nothing proves which keys belong in it");
    return report_end(report);
}

static int compare(const struct options *options, struct archive_inspection *inspection, const struct kek_id *kek,
                   const char *by, struct report *report)
{
    static struct session session;
    if (!options->keystore)
        return conclude(inspection, by, report);
    if (!session_open(&session, options->keystore))
        return report_refuse(report, options->archive);
    archive_diff_run(inspection, &session.directory, &session.header, report);
    int code = conclude(inspection, by, report);
    if (code == EXIT_DONE && inspection->mac == MAC_VALID) {
        session.kek = inspection->kek; /* for the entry's MAC; owned by the session from here */
        inspection->kek = NULL;
        session.origin = inspection->origin;
        if (!note(&session, inspection, kek, by))
            code = EXIT_REFUSED;
    }
    session_close(&session);
    return code;
}

static bool prove(const struct options *options, struct archive_inspection *inspection, struct report *report,
                  struct kek_id *kek, const char **by)
{
    if (!options->socket && !inspection->kek)
        return prove_by_default(inspection, report, kek, by);
    *by = options->socket ? by_signer : by_kek;
    if (options->socket)
        return prove_by_signer(inspection, options->socket, report, kek);
    *kek = inspection->kek->id;
    prove_by_kek(inspection, report);
    return true;
}

static int run(const struct options *options)
{
    static struct archive_inspection inspection;
    struct report report;
    struct kek_id kek = { { 0 } };
    const char *by = NULL;
    report_begin(&report, options->json);
    report.quiet = !options->verbose && !options->json;
    if (!archive_inspect_open(&inspection, options->archive))
        return report_refuse(&report, options->archive);
    report_add(&report, FINDING_OK, options->archive, NULL, "whole: every byte is as it was written");
    bool ok = !kek_options_are_given(&options->kek) || archive_inspect_read_kek(&inspection, &options->kek);
    ok = ok && prove(options, &inspection, &report, &kek, &by);
    archive_inspect_print_facts(&inspection, &report);
    if (!ok)
        return report_refuse(&report, options->archive);
    archive_inspect_print_mac(&inspection, &report);
    int code = compare(options, &inspection, &kek, by, &report);
    archive_inspect_close(&inspection);
    return code;
}

/* -- which archive -- */

/* The id in hex, or what is given of it; "": any. */
static bool read_keystore_id(const struct options *options, char out[static 2 * KEYSTORE_ID_SIZE + 1])
{
    struct directory directory;
    struct header header;
    snprintf(out, 2 * KEYSTORE_ID_SIZE + 1, "%s", options->keystore_id ? options->keystore_id : "");
    if (!options->keystore)
        return true;
    if (!tool_open_keystore(options->keystore, &directory, &header))
        return false;
    bytes_to_hex(header.keystore_id, KEYSTORE_ID_SIZE, out);
    directory_close(&directory);
    return true;
}

static int choose_and_run(struct options *options)
{
    static char path[PATH_MAX];
    char id[2 * KEYSTORE_ID_SIZE + 1];
    struct stat status;
    bool is_directory = stat(options->archive, &status) == 0 && S_ISDIR(status.st_mode);
    if (options->print_newest && !is_directory)
        return command_misuse("--print-newest needs a directory");
    if (options->keystore_id && !is_directory)
        return command_misuse("--keystore-id needs a directory");
    if (!is_directory)
        return run(options);
    if (!read_keystore_id(options, id) || !archive_newest_find(options->archive, id, path))
        return EXIT_REFUSED;
    options->archive = path;
    if (!options->print_newest)
        return run(options);
    puts(path);
    return EXIT_DONE;
}

static int run_verify_backup(int argc, char **argv)
{
    static const struct option known[] = {
        { "kek", required_argument, NULL, 'k' },
        { "share", required_argument, NULL, 'S' },
        { "socket", required_argument, NULL, 's' },
        { "keystore", required_argument, NULL, 'd' },
        { "keystore-id", required_argument, NULL, 'i' },
        { "print-newest", no_argument, NULL, 'p' },
        { "no-record", no_argument, NULL, 'n' },
        { "verbose", no_argument, NULL, 'v' },
        { "json", no_argument, NULL, 'j' },
        { 0 },
    };
    struct options options = { .archive = NULL };
    int option;
    while ((option = command_option(argc, argv, known)) != -1)
        switch (option) {
        case 'k': options.kek.kek = optarg; break;
        case 's': options.socket = optarg; break;
        case 'd': options.keystore = optarg; break;
        case 'i': options.keystore_id = optarg; break;
        case 'j': options.json = true; break;
        case 'p': options.print_newest = true; break;
        case 'v': options.verbose = true; break;
        case 'n': options.kek.no_record = true; break;
        case 'S':
            if (!kek_options_share(&options.kek, optarg))
                return command_misuse("too many shares");
            break;
        default: return EXIT_USAGE;
        }
    if (optind + 1 != argc)
        return command_misuse("needs one archive");
    if ((options.kek.kek != NULL) + (options.kek.share_count > 0) + (options.socket != NULL) > 1)
        return command_misuse("accepts only one of --kek, --share and --socket");
    if (options.keystore && options.keystore_id)
        return command_misuse("accepts only one of --keystore and --keystore-id");
    if (options.keystore_id && !archive_newest_is_id(options.keystore_id))
        return command_misuse("--keystore-id is \"%.40s\": it must be 8 to 32 of 0-9 a-f, the begin of a keystore's id",
                              options.keystore_id);
    options.archive = argv[optind];
    return choose_and_run(&options);
}

const struct command_verb cmd_verify_backup = { "verify-backup", run_verify_backup,
                                                "check an archive, and that its keys open and sign", help,
                                                VERB_USES_SIGNER };

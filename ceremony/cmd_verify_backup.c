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
#include "ceremony/tool/tool.h"
#include "ceremony/verbs.h"

static const char help[] =
    "usage: signer-ceremony verify-backup FILE|DIR [--kek SOURCE | --share FILE... | --socket PATH]\n"
    "                                              [--no-record] [--keystore DIR] [--json]\n"
    "       signer-ceremony verify-backup DIR --print-newest [--keystore DIR]\n"
    "\n"
    "Reads all of an archive and reports what it is, whether it is intact, and which KEK it needs. With a\n"
    "KEK or shares of it, the MAC is verified, and every key is opened in memory and signs a challenge\n"
    "that is verified with its certificate. With --socket the vaults of a running signer verify the MAC\n"
    "and open the keys, and no KEK leaves them. Without either, only accidental damage is detected.\n"
    "--keystore compares the archive with a keystore; exit code 1 if the archive lacks a key that is\n"
    "there. Run it on the copy that is kept off this host. --no-record accepts shares that the archive's\n"
    "records do not list, where the archive is older than the shares.\n"
    "\n"
    "Of a directory it takes the newest archive that is whole and not dated in the future, by the time in\n"
    "it and not by its name: of the keystore of --keystore, otherwise all must be of one keystore.\n"
    "--print-newest only prints its path.\n";

struct options {
    const char *archive, *socket, *keystore;
    struct kek_options kek;
    bool json, print_newest;
};

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

static void look_only(const struct archive_inspection *inspection, struct report *report)
{
    const struct checks checks = { .report = report, .header = &inspection->header };
    archive_inspect_check(inspection, &checks);
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

static int compare(const struct options *options, struct archive_inspection *inspection, const struct kek_id *kek,
                   struct report *report)
{
    static struct session session;
    if (!options->keystore)
        return report_end(report);
    if (!session_open(&session, options->keystore))
        return report_refuse(report, options->archive);
    archive_diff_run(inspection, &session.directory, &session.header, report);
    int code = report_end(report);
    if (code == EXIT_DONE && inspection->mac == MAC_VALID) {
        session.kek = inspection->kek; /* for the entry's MAC; owned by the session from here */
        inspection->kek = NULL;
        session.origin = inspection->origin;
        if (!note(&session, inspection, kek, options->socket ? "the vaults of a running signer" : "a private signer"))
            code = EXIT_REFUSED;
    }
    session_close(&session);
    return code;
}

static bool prove(const struct options *options, struct archive_inspection *inspection, struct report *report,
                  struct kek_id *kek)
{
    if (options->socket)
        return prove_by_signer(inspection, options->socket, report, kek);
    if (inspection->kek) {
        *kek = inspection->kek->id;
        prove_by_kek(inspection, report);
    } else {
        look_only(inspection, report);
    }
    return true;
}

static int run(const struct options *options)
{
    static struct archive_inspection inspection;
    struct report report;
    struct kek_id kek = { { 0 } };
    report_begin(&report, options->json);
    if (!archive_inspect_open(&inspection, options->archive))
        return report_refuse(&report, options->archive);
    report_add(&report, FINDING_OK, options->archive, NULL, "whole: every byte is as it was written");
    bool ok = !kek_options_are_given(&options->kek) || archive_inspect_read_kek(&inspection, &options->kek);
    ok = ok && prove(options, &inspection, &report, &kek);
    archive_inspect_print_facts(&inspection, &report);
    if (!ok)
        return report_refuse(&report, options->archive);
    archive_inspect_print_mac(&inspection, &report);
    int code = compare(options, &inspection, &kek, &report);
    archive_inspect_close(&inspection);
    return code;
}

/* -- which archive -- */

static bool read_keystore_id(const char *keystore, uint8_t out[static KEYSTORE_ID_SIZE])
{
    struct directory directory;
    struct header header;
    if (!tool_open_keystore(keystore, &directory, &header))
        return false;
    memcpy(out, header.keystore_id, KEYSTORE_ID_SIZE);
    directory_close(&directory);
    return true;
}

static int choose_and_run(struct options *options)
{
    static char path[PATH_MAX];
    uint8_t id[KEYSTORE_ID_SIZE];
    struct stat status;
    bool is_directory = stat(options->archive, &status) == 0 && S_ISDIR(status.st_mode);
    if (options->print_newest && !is_directory)
        return command_misuse("--print-newest needs a directory");
    if (!is_directory)
        return run(options);
    if ((options->keystore && !read_keystore_id(options->keystore, id))
        || !archive_newest_find(options->archive, options->keystore ? id : NULL, path))
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
        { "kek", required_argument, NULL, 'k' },    { "share", required_argument, NULL, 'S' },
        { "socket", required_argument, NULL, 's' }, { "keystore", required_argument, NULL, 'd' },
        { "no-record", no_argument, NULL, 'n' },    { "print-newest", no_argument, NULL, 'p' },
        { "json", no_argument, NULL, 'j' },         { 0 },
    };
    struct options options = { .archive = NULL };
    int option;
    while ((option = command_option(argc, argv, known)) != -1)
        switch (option) {
        case 'k': options.kek.kek = optarg; break;
        case 's': options.socket = optarg; break;
        case 'd': options.keystore = optarg; break;
        case 'j': options.json = true; break;
        case 'p': options.print_newest = true; break;
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
    options.archive = argv[optind];
    return choose_and_run(&options);
}

const struct command_verb cmd_verify_backup = { "verify-backup", run_verify_backup,
                                                "check an archive, and that its keys open and sign", help,
                                                VERB_USES_SIGNER };

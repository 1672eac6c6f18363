/* verify-backup: is this archive whole, whose is it, and does what is in it open and sign. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "ceremony/archive/comparing.h"
#include "ceremony/archive/proving.h"
#include "ceremony/session/session.h"
#include "ceremony/share/kek_options.h"
#include "ceremony/tool/tool.h"
#include "ceremony/verbs.h"

static const char help[] =
    "usage: signer-ceremony verify-backup FILE [--kek SOURCE | --share FILE... | --socket PATH]\n"
    "                                          [--no-record] [--keystore DIR] [--json]\n"
    "\n"
    "Reads all of an archive and says what it is, whether it is whole, and which KEK it needs. With a KEK\n"
    "(or shares of it) its MAC is judged, every key is opened in memory, and signs a challenge that is\n"
    "held to its certificate. With --socket the vaults of a running signer judge the MAC and open the\n"
    "keys, and no KEK leaves them. With neither only accidents are found. --keystore compares with the\n"
    "keystore: exit code 1 if that has a key which the archive lacks. Run it on the copy that is kept\n"
    "off this host. --no-record lets the shares alone decide, where the archive is older than they are.\n";

struct wish {
    const char *archive, *socket, *keystore;
    struct kek_options kek;
    bool json;
};

/* -- who can tell -- */

static void prove_by_kek(struct opening *opening, struct report *report)
{
    struct proving proving;
    struct examination examination = { .report = report, .header = &opening->header, .proving = true };
    if (proving_restore(&proving, opening) && proving_start(&proving, opening)) {
        examination.client = proving.voucher.client;
        examination.client_kek = proving.voucher.kek;
        opening_examine(opening, &examination);
        proving_sign(&proving, opening, report);
    } else {
        report_add_said(report, "signer");
    }
    proving_end(&proving);
}

/* A signer whose KEK the archive's header does not have opens none of it. */
static bool is_kek_of(const struct opening *opening, const struct voucher *voucher)
{
    char has[KEK_ID_TEXT], needed[KEK_ID_TEXT];
    const struct header_kek *entry = header_find(&opening->header, &voucher->kek);
    if (entry && entry->role != KEK_RETIRED)
        return true;
    kek_id_text(&voucher->kek, has);
    kek_id_text(&header_current(&opening->header)->id, needed);
    command_fail(
        "%s: the signer has KEK %s, and %s needs KEK %s: a rekey lies between them; verify it with that KEK or "
        "its shares, and make a new backup",
        fault_name(FAULT_KEK_MISMATCH), has, opening->path, needed);
    return false;
}

static void judge_mac(struct opening *opening, const struct voucher *voucher)
{
    const struct trailer *trailer = &opening->archive.trailer;
    if (!trailer->authenticated)
        opening->vouched = VOUCHED_BY_NOBODY;
    else if (!kek_id_equal(&trailer->kek, &voucher->kek))
        opening->vouched = VOUCHED_BY_OTHER_KEK;
    else
        opening->vouched = voucher_confirms(voucher, trailer) ? VOUCHED_RIGHT : VOUCHED_WRONG;
}

static bool prove_by_signer(struct opening *opening, const char *socket, struct report *report, struct kek_id *kek)
{
    struct voucher voucher;
    struct examination examination = { .report = report, .header = &opening->header, .proving = true };
    if (!voucher_ask(&voucher, socket, opening->header.keystore_id))
        return false;
    bool ok = is_kek_of(opening, &voucher);
    if (ok) {
        judge_mac(opening, &voucher);
        examination.client = voucher.client;
        examination.client_kek = *kek = voucher.kek;
        opening_examine(opening, &examination);
    }
    voucher_close(&voucher);
    return ok;
}

static void look_only(const struct opening *opening, struct report *report)
{
    const struct examination examination = { .report = report, .header = &opening->header };
    opening_examine(opening, &examination);
}

/* -- the keystore that it is of -- */

/* What was proven with which KEK is on record, so that rekey --status knows when old shares may go. */
static bool note(struct session *session, const struct opening *opening, const struct kek_id *kek, const char *by)
{
    struct transcript entry;
    char id[KEK_ID_TEXT];
    if (!session_become_owner(session) || !transcript_begin(&entry, "verify-backup"))
        return false;
    kek_id_text(kek, id);
    transcript_add(&entry, "kek", "%s", id);
    transcript_add(&entry, "proven-by", "%s", by);
    opening_describe(opening, &entry);
    return session_append(session, &entry);
}

static int compare(const struct wish *wish, struct opening *opening, const struct kek_id *kek, struct report *report)
{
    static struct session session;
    if (!wish->keystore)
        return report_end(report);
    if (!session_open(&session, wish->keystore))
        return report_refuse(report, wish->archive);
    comparing_run(opening, &session.directory, &session.header, report);
    int code = report_end(report);
    if (code == EXIT_DONE && opening->vouched == VOUCHED_RIGHT) {
        session.kek = opening->kek; /* to sign the entry with; it is the session's now */
        opening->kek = NULL;
        session.origin = opening->origin;
        if (!note(&session, opening, kek, wish->socket ? "the vaults of a running signer" : "a private signer"))
            code = EXIT_REFUSED;
    }
    session_close(&session);
    return code;
}

static bool prove(const struct wish *wish, struct opening *opening, struct report *report, struct kek_id *kek)
{
    if (wish->socket)
        return prove_by_signer(opening, wish->socket, report, kek);
    if (opening->kek) {
        *kek = opening->kek->id;
        prove_by_kek(opening, report);
    } else {
        look_only(opening, report);
    }
    return true;
}

static int run(const struct wish *wish)
{
    static struct opening opening;
    struct report report;
    struct kek_id kek = { { 0 } };
    report_begin(&report, wish->json);
    if (!opening_open(&opening, wish->archive))
        return report_refuse(&report, wish->archive);
    report_add(&report, FINDING_OK, wish->archive, NULL, "whole: every byte is what its writer wrote");
    bool ok = !kek_options_given(&wish->kek) || opening_take_kek(&opening, &wish->kek);
    ok = ok && prove(wish, &opening, &report, &kek);
    opening_say_facts(&opening, &report);
    if (!ok)
        return report_refuse(&report, wish->archive);
    opening_say_vouched(&opening, &report);
    int code = compare(wish, &opening, &kek, &report);
    opening_close(&opening);
    return code;
}

static int run_verify_backup(int argc, char **argv)
{
    static const struct option known[] = {
        { "kek", required_argument, NULL, 'k' },
        { "share", required_argument, NULL, 'S' },
        { "socket", required_argument, NULL, 's' },
        { "keystore", required_argument, NULL, 'd' },
        { "no-record", no_argument, NULL, 'n' },
        { "json", no_argument, NULL, 'j' },
        { 0 },
    };
    struct wish wish = { .archive = NULL };
    int option;
    while ((option = command_option(argc, argv, known)) != -1)
        switch (option) {
        case 'k': wish.kek.kek = optarg; break;
        case 's': wish.socket = optarg; break;
        case 'd': wish.keystore = optarg; break;
        case 'j': wish.json = true; break;
        case 'n': wish.kek.no_record = true; break;
        case 'S':
            if (!kek_options_share(&wish.kek, optarg))
                return command_misuse("too many shares");
            break;
        default: return EXIT_USAGE;
        }
    if (optind + 1 != argc)
        return command_misuse("needs one archive");
    if ((wish.kek.kek != NULL) + (wish.kek.share_count > 0) + (wish.socket != NULL) > 1)
        return command_misuse("takes one of --kek, --share and --socket");
    wish.archive = argv[optind];
    return run(&wish);
}

const struct command_verb cmd_verify_backup = { "verify-backup", run_verify_backup,
                                                "is an archive whole, whose is it, do its keys open and sign", help,
                                                VERB_USES_SIGNER };

/* backup: everything of a keystore that must come back, in one verified file. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ceremony/archive/backup.h"
#include "ceremony/share/kek_options.h"
#include "ceremony/tool/tool.h"
#include "ceremony/verbs.h"

static const char help[] =
    "usage: signer-ceremony backup --keystore DIR --out FILE|DIR\n"
    "           [--kek SOURCE | --share FILE... | --socket PATH | --unauthenticated] [--keep N] [--json]\n"
    "\n"
    "Packs everything of the keystore that must come back (header, sealed keys, certificates, records;\n"
    "never a KEK) into one archive, while signers serve. Every key is checked first: a damaged one\n"
    "refuses the backup. A signer that serves the keystore vouches for the archive (--socket, or the\n"
    "one at the default socket), so that no KEK is needed; with --kek or shares a private one does.\n"
    "With --unauthenticated nobody does: accidents show then, an exchange does not.\n"
    "\n"
    "--out names a file that must not exist, or a directory, where names tell time and KEK; --keep N\n"
    "removes older ones there, once the new one was read again. Neither the keystore nor a KEK of it\n"
    "may lie where the archive goes. Move it off this host, and run verify-backup on that copy.\n";

struct wish {
    const char *keystore, *out, *socket;
    struct kek_options kek;
    unsigned keep;
    bool unauthenticated, json;
};

/* Once the archive is there, who opened the keystore is on record. Root becomes its owner for that. */
static bool note(struct session *session, const struct backup_result *result)
{
    struct transcript entry;
    if (!session->kek)
        return true;
    if (!session_become_owner(session) || !session_note_opened(session) || !transcript_begin(&entry, "backup"))
        return false;
    session_describe(session, &entry);
    transcript_add(&entry, "archive", "%s sha256 %s", result->path, result->sha256);
    return session_append(session, &entry);
}

static bool open_voucher(const struct wish *wish, struct session *session, struct voucher *voucher)
{
    if (!kek_options_given(&wish->kek)) {
        if (voucher_ask(voucher, wish->socket, session->header.keystore_id))
            return true;
        command_fail(
            "nobody vouches for the archive: name the signer with --socket, or the KEK with --kek or --share, or "
            "say --unauthenticated");
        return false;
    }
    return session_take_kek(session, wish->kek.kek, wish->kek.shares, wish->kek.share_count)
        && voucher_start(voucher, session->directory.root, session->kek);
}

static bool is_ours(const struct trailer *trailer, const void *context)
{
    return voucher_confirms(context, trailer);
}

static int make(const struct wish *wish, struct session *session, struct backup_place *place, struct voucher *voucher,
                struct report *report)
{
    struct backup_result result;
    bool ok = backup_make(session, place, wish->unauthenticated ? NULL : voucher, report, &result);
    if (ok && wish->keep > 0)
        backup_place_prune(place, wish->keep, &session->header, is_ours, voucher, report);
    voucher_close(voucher);
    int code = report_end(report);
    return ok && note(session, &result) ? code : EXIT_REFUSED;
}

static int run(const struct wish *wish)
{
    static struct session session;
    struct backup_place place;
    struct voucher voucher = { .client = NULL };
    struct report report;
    report_begin(&report, wish->json);
    report.quiet = true;
    if (!session_open(&session, wish->keystore)
        || !backup_place_open(&place, wish->out, wish->keystore, &session.header))
        return report_refuse(&report, wish->out);
    int code = wish->unauthenticated || open_voucher(wish, &session, &voucher)
        ? make(wish, &session, &place, &voucher, &report)
        : report_refuse(&report, wish->out);
    backup_place_close(&place);
    session_close(&session);
    return code;
}

static bool read_keep(const char *text, unsigned *out)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    *out = (unsigned)value;
    return text[0] >= '1' && text[0] <= '9' && *end == '\0' && value <= 100000;
}

/* NULL, or what is wrong. */
static const char *judge(const struct wish *wish)
{
    int ways = (wish->kek.kek != NULL) + (wish->kek.share_count > 0) + (wish->socket != NULL) + wish->unauthenticated;
    if (!wish->keystore || !wish->out)
        return "needs --keystore DIR and --out FILE or DIR";
    if (ways > 1)
        return "takes one of --kek, --share, --socket and --unauthenticated";
    struct stat status;
    if (wish->keep > 0 && (stat(wish->out, &status) != 0 || !S_ISDIR(status.st_mode)))
        return "--keep needs a directory as --out";
    return wish->keep > 0 && wish->unauthenticated ? "--keep needs an archive that somebody vouches for" : NULL;
}

static int run_backup(int argc, char **argv)
{
    static const struct option known[] = {
        { "keystore", required_argument, NULL, 'd' },
        { "out", required_argument, NULL, 'o' },
        { "kek", required_argument, NULL, 'k' },
        { "share", required_argument, NULL, 'S' },
        { "socket", required_argument, NULL, 's' },
        { "unauthenticated", no_argument, NULL, 'u' },
        { "keep", required_argument, NULL, 'n' },
        { "json", no_argument, NULL, 'j' },
        { 0 },
    };
    struct wish wish = { 0 };
    int option;
    while ((option = command_option(argc, argv, known)) != -1)
        switch (option) {
        case 'd': wish.keystore = optarg; break;
        case 'o': wish.out = optarg; break;
        case 'k': wish.kek.kek = optarg; break;
        case 's': wish.socket = optarg; break;
        case 'u': wish.unauthenticated = true; break;
        case 'j': wish.json = true; break;
        case 'S':
            if (!kek_options_share(&wish.kek, optarg))
                return command_misuse("too many shares");
            break;
        case 'n':
            if (!read_keep(optarg, &wish.keep))
                return command_misuse("--keep is a number of archives, 1 or more");
            break;
        default: return EXIT_USAGE;
        }
    const char *wrong = optind < argc ? "unknown argument" : judge(&wish);
    return wrong ? command_misuse("%s", wrong) : run(&wish);
}

const struct command_verb cmd_backup = { "backup", run_backup,
                                         "pack everything that must come back into one verified file", help,
                                         VERB_USES_SIGNER };

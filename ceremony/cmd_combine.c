/* SPDX-License-Identifier: Apache-2.0 */
/* combine: joins a quorum of shares to the KEK. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "ceremony/session/session.h"
#include "ceremony/share/handout.h"
#include "ceremony/share/share_file.h"
#include "ceremony/tool/aftermath.h"
#include "ceremony/tool/tool.h"
#include "ceremony/verbs.h"
#include "keystore/kek/kek_file.h"

static const char help[] = "usage: signer-ceremony combine --out FILE|fd:N [--keystore DIR | --record FILE]\n"
                           "               SHARE … | shares\n"
                           "       signer-ceremony combine --check --keystore DIR SHARE … | shares\n"
                           "\n"
                           "Joins shares (files, fd:N, or `shares`: typed at the terminal), in any order.\n"
                           "More shares than the threshold are accepted; a bad one among them is named and\n"
                           "left out. The KEK is checked before it is written (32 raw bytes): against the\n"
                           "keystore's header, or against the KEK id in the set record, which is also looked\n"
                           "for beside the shares. --no-record goes without the record. With --out fd:N the\n"
                           "KEK goes to a program and never to a file. With --check it only opens the\n"
                           "keystore, which counts towards VERIFIED, and is wiped.\n"
                           "  signer-ceremony combine --out fd:3 … 3>&1 >/dev/null |\n"
                           "      systemd-creds encrypt - FILE\n";

struct options {
    const char *out, *keystore, *record;
    bool no_record, check;
    const char **shares;
    size_t share_count;
};

static bool find_records(const struct options *options, struct session *session)
{
    char path[PATH_MAX];
    if (options->no_record) {
        known_sets_free(&session->known);
        return true;
    }
    if (options->record) {
        enum fault fault = known_sets_of_file(&session->known, options->record);
        if (fault)
            tool_refuse(fault, options->record);
        return fault == FAULT_NONE;
    }
    if (!options->keystore && handout_record_beside(options->shares[0], path))
        (void)!known_sets_of_file(&session->known, path); /* optional: no recovery needs a record */
    return true;
}

static bool write_descriptor(int fd, const struct kek *kek)
{
    if (!io_write_all(fd, kek->key, KEK_SIZE)) {
        command_fail("fd:%d: %s", fd, strerror(errno));
        return false;
    }
    aftermath_note("fd:%d: has got the KEK: use it or destroy it", fd);
    return true;
}

static void warn_of_disk(const char *path)
{
    const char *name;
    int dir = tool_open_parent(path, &name);
    if (dir >= 0 && !tool_is_in_memory(dir))
        fprintf(
            stderr,
            "signer-ceremony: warning: %s is on a disk: anyone who can read that disk has the KEK; use fd:N to pass it "
            "to a program\n",
            path);
    if (dir >= 0)
        close(dir);
}

static bool write_kek(const struct options *options, const struct kek *kek)
{
    int fd = options->check ? -1 : kek_file_descriptor(options->out);
    if (options->check)
        return true;
    if (fd >= 0)
        return write_descriptor(fd, kek);
    enum fault fault = options->keystore ? kek_file_is_apart(options->out, options->keystore) : FAULT_NONE;
    if (!fault) {
        warn_of_disk(options->out);
        fault = tool_write_new(options->out, "the KEK: use it or destroy it", kek->key, KEK_SIZE);
    }
    if (fault)
        tool_refuse(fault, options->out);
    return fault == FAULT_NONE;
}

/* Checks the output first, so that a refusal comes before anybody types 33 words. */
static bool may_write(const struct options *options)
{
    enum fault fault = FAULT_NONE;
    int fd = options->check ? -1 : kek_file_descriptor(options->out);
    if (options->check)
        return true;
    if (fd >= 0)
        fault = fcntl(fd, F_GETFD) >= 0 ? FAULT_NONE : FAULT_FILE_MISSING;
    else if (!tool_can_make(options->out))
        return false;
    else if (options->keystore)
        fault = kek_file_is_apart(options->out, options->keystore);
    if (fault)
        tool_refuse(fault, options->out);
    return fault == FAULT_NONE;
}

static bool note(struct session *session)
{
    struct transcript entry;
    if (!session->path)
        return true;
    if (!session_become_owner(session) || !session_note_opened(session) || !transcript_begin(&entry, "combine"))
        return false;
    session_describe(session, &entry);
    return session_append(session, &entry);
}

static int run(const struct options *options)
{
    static struct session session;
    char id[KEK_ID_TEXT];
    bool typed = options->share_count == 1 && strcmp(options->shares[0], "shares") == 0;
    if (!may_write(options) || !session_open(&session, options->keystore) || !find_records(options, &session)
        || !session_read_kek(&session, NULL, options->shares, typed ? 0 : options->share_count))
        return EXIT_REFUSED;
    if (!session.path && session.known.count == 0)
        fputs("signer-ceremony: warning: without a keystore or a record the KEK is checked only against the shares\n",
              stderr);
    kek_id_text(&session.kek->id, id);
    bool ok = write_kek(options, session.kek);
    if (ok)
        fprintf(stderr, "KEK %s\n", id);
    ok = ok && note(&session);
    session_close(&session);
    return ok ? EXIT_DONE : EXIT_REFUSED;
}

static int run_combine(int argc, char **argv)
{
    static const struct option known[] = {
        { "out", required_argument, NULL, 'o' },    { "keystore", required_argument, NULL, 'd' },
        { "record", required_argument, NULL, 'r' }, { "no-record", no_argument, NULL, 'n' },
        { "check", no_argument, NULL, 'c' },        { 0 },
    };
    struct options options = { 0 };
    int option;
    while ((option = command_option(argc, argv, known)) != -1)
        switch (option) {
        case 'o': options.out = optarg; break;
        case 'd': options.keystore = optarg; break;
        case 'r': options.record = optarg; break;
        case 'n': options.no_record = true; break;
        case 'c': options.check = true; break;
        default: return EXIT_USAGE;
        }
    options.shares = (const char **)argv + optind;
    options.share_count = (size_t)(argc - optind);
    if (!options.out == !options.check || options.share_count == 0)
        return command_misuse("needs --out (or --check) and shares");
    if (options.check && !options.keystore)
        return command_misuse("--check opens a keystore: name it with --keystore");
    return run(&options);
}

const struct command_verb cmd_combine = { "combine", run_combine, "join shares to the KEK", help, 0 };

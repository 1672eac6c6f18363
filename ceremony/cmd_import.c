/* SPDX-License-Identifier: Apache-2.0 */
/* import: seals an existing CA key into the keystore. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "ceremony/pki/import.h"
#include "ceremony/pki/weak_key.h"
#include "ceremony/session/session.h"
#include "ceremony/tool/tool.h"
#include "ceremony/verbs.h"
#include "keystore/kek/kek_file.h"

static const char help[] = "usage: signer-ceremony import --keystore DIR --kek SOURCE --id ID --key FILE\n"
                           "               [--cert FILE] [--passphrase FILE|fd:N] [--allow-weak RULE]\n"
                           "\n"
                           "Seals an existing private key as key ID: PKCS#8 or traditional, PEM or DER,\n"
                           "encrypted or not, or PKCS#12 (.p12, .pfx) with its certificates. The key's\n"
                           "policy allows every scheme of its algorithm. --cert files its certificate and\n"
                           "the chain (PEM, DER or PKCS#7, in any order), if one is of this key. The\n"
                           "passphrase is asked for at the terminal unless a source is given, whose first\n"
                           "line it is. A key that others can compute is refused; --allow-weak small-factor,\n"
                           "roca or close-primes has it all the same, and the transcript tells it. The file\n"
                           "is left as it is: destroy it once there is a backup.\n";

static void describe_weakness(struct transcript *entry, unsigned weak)
{
    for (enum weakness i = 0; i < WEAK_KEY_COUNT; i++)
        if (weak & 1u << i)
            transcript_add(entry, "weak", "%s: %s; allowed by --allow-weak", weak_key_name(i), weak_key_sentence(i));
}

static bool note(struct session *session, const struct import_options *options)
{
    struct transcript entry;
    if (!session_note_opened(session) || !transcript_begin(&entry, "import"))
        return false;
    session_describe(session, &entry);
    transcript_add(&entry, "key", "%s", options->id);
    describe_weakness(&entry, *options->weak);
    return session_append(session, &entry);
}

static int run(const struct import_options *options)
{
    static struct session session;
    struct key_id id;
    if (!key_id_from_text(options->id, &id))
        return tool_refuse(FAULT_KEY_ID, options->id);
    enum fault fault = strcmp(options->kek, "shares") == 0 ? FAULT_NONE : kek_file_exists(options->kek);
    if (fault)
        return tool_refuse(fault, options->kek);
    if (!session_open(&session, options->keystore) || !session_can_write(&session)
        || !import_is_possible(options, &session.directory, &id) || !session_read_kek(&session, options->kek, NULL, 0))
        return EXIT_REFUSED;
    int code = import_key(options, &session.directory, &session.header, session.kek, &id);
    if (code == EXIT_DONE && !note(&session, options))
        code = EXIT_REFUSED;
    session_close(&session);
    return code;
}

static int run_import(int argc, char **argv)
{
    static const struct option known[] = {
        { "keystore", required_argument, NULL, 'd' },   { "kek", required_argument, NULL, 'k' },
        { "id", required_argument, NULL, 'i' },         { "key", required_argument, NULL, 'f' },
        { "cert", required_argument, NULL, 'c' },       { "passphrase", required_argument, NULL, 'p' },
        { "allow-weak", required_argument, NULL, 'w' }, { 0 },
    };
    unsigned weak = 0;
    struct import_options options = { .weak = &weak };
    int option;
    while ((option = command_option(argc, argv, known)) != -1)
        switch (option) {
        case 'd': options.keystore = optarg; break;
        case 'k': options.kek = optarg; break;
        case 'i': options.id = optarg; break;
        case 'f': options.key = optarg; break;
        case 'c': options.certificate = optarg; break;
        case 'p': options.passphrase = optarg; break;
        case 'w':
            if (!weak_key_allow(optarg, &options.weak_allowed))
                return command_misuse(
                    "--allow-weak %s is no rule that can be allowed; there are small-factor, roca and close-primes",
                    optarg);
            break;
        default: return EXIT_USAGE;
        }
    if (!options.keystore || !options.kek || !options.id || !options.key || optind < argc)
        return command_misuse("needs --keystore, --kek, --id and --key");
    return run(&options);
}

const struct command_verb cmd_import = { "import", run_import, "seal an existing CA key into a keystore", help,
                                         VERB_PARSES_KEYS };

/* SPDX-License-Identifier: Apache-2.0 */
/* import: seals an existing CA key into the keystore. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "ceremony/pki/import.h"
#include "ceremony/session/session.h"
#include "ceremony/tool/tool.h"
#include "ceremony/verbs.h"
#include "keystore/kek/kek_file.h"

static const char help[] =
    "usage: signer-ceremony import --keystore DIR --kek SOURCE --id ID --key FILE [--cert FILE]\n"
    "                              [--passphrase FILE|fd:N]\n"
    "\n"
    "Seals an existing private key (PKCS#8 or traditional, PEM or DER, encrypted or not) as key ID.\n"
    "The key's policy allows every scheme of its algorithm. --cert files its certificate and the chain\n"
    "after it, if the certificate belongs to this key. The passphrase is asked for at the terminal unless\n"
    "a source is given. The imported file is left as it is: destroy it once the keystore is backed up.\n";

static bool note(struct session *session, const struct import_options *options)
{
    struct transcript entry;
    if (!session_note_opened(session) || !transcript_begin(&entry, "import"))
        return false;
    session_describe(session, &entry);
    transcript_add(&entry, "key", "%s", options->id);
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
    if (!session_open(&session, options->keystore) || !session_read_kek(&session, options->kek, NULL, 0))
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
        { "keystore", required_argument, NULL, 'd' },
        { "kek", required_argument, NULL, 'k' },
        { "id", required_argument, NULL, 'i' },
        { "key", required_argument, NULL, 'f' },
        { "cert", required_argument, NULL, 'c' },
        { "passphrase", required_argument, NULL, 'p' },
        { 0 },
    };
    struct import_options options = { 0 };
    int option;
    while ((option = command_option(argc, argv, known)) != -1)
        switch (option) {
        case 'd': options.keystore = optarg; break;
        case 'k': options.kek = optarg; break;
        case 'i': options.id = optarg; break;
        case 'f': options.key = optarg; break;
        case 'c': options.certificate = optarg; break;
        case 'p': options.passphrase = optarg; break;
        default: return EXIT_USAGE;
        }
    if (!options.keystore || !options.kek || !options.id || !options.key || optind < argc)
        return command_misuse("needs --keystore, --kek, --id and --key");
    return run(&options);
}

const struct command_verb cmd_import = { "import", run_import, "seal an existing CA key into a keystore", help,
                                         VERB_PARSES_KEYS };

/* SPDX-License-Identifier: Apache-2.0 */
/* init: makes a keystore and its KEK. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "ceremony/session/transcript.h"
#include "ceremony/tool/aftermath.h"
#include "ceremony/tool/owner.h"
#include "ceremony/tool/parent_directory.h"
#include "ceremony/tool/tool.h"
#include "ceremony/verbs.h"
#include "keystore/format/bytes.h"
#include "keystore/kek/kek_file.h"
#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"

static const char help[] = "usage: signer-ceremony init --keystore DIR --kek FILE [--user NAME]\n"
                           "\n"
                           "Makes an empty keystore in DIR, which must be absent or empty, and a KEK of 32\n"
                           "random bytes in FILE, which must not exist and must not be inside DIR. As root,\n"
                           "name the user that the signer runs as with --user: DIR then belongs to that\n"
                           "user, and FILE to root. Back the two up apart from each other, and split the KEK\n"
                           "among custodians.\n";

struct options {
    const char *keystore, *kek, *user;
    struct owner owner;
};

static bool note(const struct directory *directory, const struct header *header, const struct kek *kek,
                 const char *kek_id)
{
    struct transcript entry;
    if (!transcript_begin(&entry, "init"))
        return false;
    transcript_add(&entry, "kek", "%s", kek_id);
    return transcript_append(&entry, directory, header, kek);
}

static int publish_header(const struct options *options, const struct directory *directory, const struct kek *kek)
{
    struct header header;
    uint8_t id[KEYSTORE_ID_SIZE];
    char hex[2 * KEYSTORE_ID_SIZE + 1], kek_id[KEK_ID_TEXT];
    secret_random(id, sizeof id);
    header_create(&header, id, kek, time_now());
    enum fault fault = FAULT_NONE;
    if (!tool_become(options->owner.uid, options->owner.gid)
        || (fault = directory_create_header(directory, &header)) != FAULT_NONE) {
        if (fault)
            tool_refuse(fault, options->keystore);
        return command_fail("init did not finish: remove %s and %s, and run it again", options->keystore, options->kek);
    }
    aftermath_note("%s: the keystore is whole and can be used", options->keystore);
    bytes_to_hex(id, sizeof id, hex);
    kek_id_text(&kek->id, kek_id);
    printf("keystore %s in %s\nKEK %s in %s\n", hex, options->keystore, kek_id, options->kek);
    fflush(stdout); /* what was made, before what was noted of it */
    return note(directory, &header, kek, kek_id) ? EXIT_DONE : EXIT_REFUSED;
}

/* Writes the KEK before the header, so that no keystore is ever left without its KEK. */
static int make_both(const struct options *options, struct directory *directory)
{
    struct kek *kek = kek_new();
    enum fault fault = kek ? kek_file_is_apart(options->kek, options->keystore) : FAULT_MEMORY;
    if (!fault)
        fault = tool_write_new(options->kek, "the KEK of this keystore", kek->key, KEK_SIZE);
    int code = fault ? tool_refuse(fault, options->kek) : publish_header(options, directory, kek);
    if (fault)
        directory_discard(options->keystore, directory);
    arena_free(kek);
    return code;
}

static int run_init(int argc, char **argv)
{
    static const struct option known[] = {
        { "keystore", required_argument, NULL, 'd' },
        { "kek", required_argument, NULL, 'k' },
        { "user", required_argument, NULL, 'u' },
        { 0 },
    };
    struct options options = { 0 };
    struct directory directory;
    struct parent_directory above;
    int option;
    while ((option = command_option(argc, argv, known)) != -1)
        switch (option) {
        case 'd': options.keystore = optarg; break;
        case 'k': options.kek = optarg; break;
        case 'u': options.user = optarg; break;
        default: return EXIT_USAGE;
        }
    if (!options.keystore || !options.kek || optind < argc)
        return command_misuse("needs --keystore DIR and --kek FILE, and no other argument");
    if (access(options.kek, F_OK) == 0)
        return tool_refuse(FAULT_FILE_EXISTS, options.kek);
    if (!owner_choose(options.user, &options.owner) || !parent_directory_make(&above, options.keystore, &options.owner))
        return EXIT_REFUSED;
    enum fault fault = directory_create(options.keystore, options.owner.uid, options.owner.gid, &directory);
    int code = fault ? tool_refuse(fault, options.keystore) : make_both(&options, &directory);
    if (code != EXIT_DONE)
        parent_directory_undo(&above);
    if (!fault)
        directory_close(&directory);
    return code;
}

const struct command_verb cmd_init = { "init", run_init, "make a keystore and its KEK", help, 0 };

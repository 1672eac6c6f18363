/* SPDX-License-Identifier: Apache-2.0 */
/* kek: makes a KEK, prints a KEK's id, and encrypts a KEK under a passphrase or decrypts it. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "ceremony/share/kek_source.h"
#include "ceremony/tool/passphrase.h"
#include "ceremony/tool/tool.h"
#include "ceremony/verbs.h"
#include "keystore/kek/kek_protect.h"
#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"

static const char help[] = "usage: signer-ceremony kek new --out FILE\n"
                           "       signer-ceremony kek id SOURCE\n"
                           "       signer-ceremony kek protect SOURCE --out FILE [--passphrase FILE|fd:N]\n"
                           "       signer-ceremony kek unprotect FILE --out FILE [--passphrase FILE|fd:N]\n"
                           "\n"
                           "new:       writes 32 random bytes to FILE, which must not exist, and prints the\n"
                           "           KEK's id.\n"
                           "id:        prints the id of the KEK in SOURCE (a file, fd:N or credential:NAME).\n"
                           "           The id names a KEK in keystores, messages and logs; it is not secret\n"
                           "           and proves nothing by itself.\n"
                           "protect:   writes the KEK encrypted under a passphrase (Argon2id, 256 MiB, about\n"
                           "           a second).\n"
                           "unprotect: writes the 32 raw bytes again. A signer does not ask for a\n"
                           "           passphrase: start it sealed, and give it a protected KEK with\n"
                           "           signer-ceremony unseal --kek FILE.\n"
                           "The passphrase is asked for at the terminal unless a source is given. The input\n"
                           "file is kept.\n";

static int print_id(const struct kek *kek)
{
    char text[KEK_ID_TEXT];
    kek_id_text(&kek->id, text);
    return puts(text) < 0 ? EXIT_REFUSED : EXIT_DONE;
}

static int make(const char *path)
{
    struct kek *kek = kek_new();
    enum fault fault = kek
        ? tool_write_new(path, "a KEK that nothing uses yet: use it or destroy it", kek->key, KEK_SIZE)
        : FAULT_MEMORY;
    int code = fault ? tool_refuse(fault, path) : print_id(kek);
    arena_free(kek);
    return code;
}

static struct kek *read_kek(const char *source, const char *passphrase)
{
    static const struct known_sets none = { 0 };
    const struct kek_request options = { .known = &none, .passphrase = passphrase, .purpose = "the KEK" };
    return kek_source_read(source, &options, NULL);
}

static int print_id_of(const char *source)
{
    struct kek *kek = read_kek(source, NULL);
    int code = kek ? print_id(kek) : EXIT_REFUSED;
    arena_free(kek);
    return code;
}

/* -- passphrases -- */

/* Asked for twice at a terminal: a typing mistake would make the KEK unreadable for ever. */
static int choose_passphrase(const char *source, char *out)
{
    int length = passphrase_read(source, "new passphrase: ", out, PASSPHRASE_MAX);
    if (length >= 0 && length < PASSPHRASE_MIN) {
        command_fail("a passphrase needs at least %d characters; six random words are a good choice", PASSPHRASE_MIN);
        return -1;
    }
    if (length < 0 || source)
        return length;
    char *again = arena_alloc(PASSPHRASE_MAX);
    int second = again ? passphrase_read(NULL, "the same again: ", again, PASSPHRASE_MAX) : -1;
    bool same = second == length && secret_equal((uint8_t *)out, (uint8_t *)again, (size_t)length);
    arena_free(again);
    if (!same && second >= 0)
        command_fail("the two passphrases are not the same; nothing was written");
    return same ? length : -1;
}

static int protect(const char *source, const char *out, const char *passphrase_source)
{
    uint8_t protected[KEK_PROTECTED_SIZE];
    if (!tool_can_make(out))
        return EXIT_REFUSED;
    char *passphrase = arena_alloc(PASSPHRASE_MAX);
    struct kek *kek = read_kek(source, NULL);
    int length = kek && passphrase ? choose_passphrase(passphrase_source, passphrase) : -1;
    enum fault fault = FAULT_NONE;
    if (length >= 0)
        fault = kek_protect(kek, passphrase, (size_t)length, protected);
    if (!fault && length >= 0)
        fault = tool_write_new(out, "the KEK, protected by the passphrase: keep it or destroy it", protected,
                               sizeof protected);
    arena_free(passphrase);
    int code = length < 0 ? EXIT_REFUSED : fault ? tool_refuse(fault, out) : print_id(kek);
    arena_free(kek);
    return code;
}

static int unprotect(const char *source, const char *out, const char *passphrase_source)
{
    struct kek *kek = tool_can_make(out) ? read_kek(source, passphrase_source) : NULL;
    enum fault fault = kek ? tool_write_new(out, "the KEK, not protected: use it or destroy it", kek->key, KEK_SIZE)
                           : FAULT_NONE;
    int code = !kek ? EXIT_REFUSED : fault ? tool_refuse(fault, out) : print_id(kek);
    arena_free(kek);
    return code;
}

static int run_kek(int argc, char **argv)
{
    static const struct option known[] = {
        { "out", required_argument, NULL, 'o' },
        { "passphrase", required_argument, NULL, 'p' },
        { 0 },
    };
    const char *out = NULL, *passphrase = NULL;
    int option;
    while ((option = command_option(argc, argv, known)) != -1)
        switch (option) {
        case 'o': out = optarg; break;
        case 'p': passphrase = optarg; break;
        default: return EXIT_USAGE;
        }
    int words = argc - optind;
    const char *what = words > 0 ? argv[optind] : "";
    if (words == 1 && strcmp(what, "new") == 0 && out)
        return make(out);
    if (words == 2 && strcmp(what, "id") == 0 && !out)
        return print_id_of(argv[optind + 1]);
    if (words == 2 && strcmp(what, "protect") == 0 && out)
        return protect(argv[optind + 1], out, passphrase);
    if (words == 2 && strcmp(what, "unprotect") == 0 && out)
        return unprotect(argv[optind + 1], out, passphrase);
    return command_misuse("needs `new --out FILE`, `id SOURCE`, `protect SOURCE --out FILE` or"
                          " `unprotect FILE --out FILE`");
}

const struct command_verb cmd_kek = { "kek", run_kek, "make a KEK, print its id, protect it with a passphrase", help,
                                      0 };

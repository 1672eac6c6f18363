/* kek: make one, or tell which one this is. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "ceremony/tool.h"
#include "ceremony/verbs.h"
#include "keystore/arena.h"
#include "keystore/secret.h"

static const char help[] =
    "usage: signer-ceremony kek new --out FILE\n"
    "       signer-ceremony kek id SOURCE\n"
    "\n"
    "new: writes 32 random bytes to FILE, which must not exist, and prints the KEK's id.\n"
    "id:  prints the id of the KEK in SOURCE (a file, fd:N or credential:NAME). The id names a KEK\n"
    "     in keystores, messages and logs; it is not secret and proves nothing by itself.\n";

static int print_id(const struct kek *kek)
{
    char text[KEK_ID_TEXT];
    kek_id_text(&kek->id, text);
    return puts(text) < 0 ? EXIT_REFUSED : EXIT_DONE;
}

static int make(const char *path)
{
    struct kek *kek = arena_alloc(sizeof *kek);
    uint8_t *raw = arena_alloc(KEK_SIZE);
    enum fault fault = kek && raw ? FAULT_NONE : FAULT_MEMORY;
    if (!fault) {
        secret_random(raw, KEK_SIZE);
        fault = kek_from_bytes(raw, kek);
    }
    if (!fault)
        fault = tool_write_new(path, raw, KEK_SIZE);
    arena_free(raw);
    int code = fault ? tool_refuse(fault, path) : print_id(kek);
    arena_free(kek);
    return code;
}

static int tell(const char *source)
{
    struct kek *kek = tool_read_kek(source);
    int code = kek ? print_id(kek) : EXIT_REFUSED;
    arena_free(kek);
    return code;
}

int cmd_kek(int argc, char **argv)
{
    static const struct option known[] = {
        { "out", required_argument, NULL, 'o' }, { "help", no_argument, NULL, 'h' }, { 0 },
    };
    const char *out = NULL;
    int option;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
        switch (option) {
        case 'o': out = optarg; break;
        case 'h': return fputs(help, stdout) < 0;
        default: return tool_usage("kek", "unknown option");
        }
    int words = argc - optind;
    if (words == 1 && strcmp(argv[optind], "new") == 0 && out)
        return make(out);
    if (words == 2 && strcmp(argv[optind], "id") == 0 && !out)
        return tell(argv[optind + 1]);
    return tool_usage("kek", "takes `new --out FILE` or `id SOURCE`");
}

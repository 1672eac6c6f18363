/* signerctl: asks a signer, from a terminal or a script. */
#include <stdio.h>
#include <string.h>

#include "client/signerctl/cmd.h"

static const struct command commands[] = {
    { "health", cmd_health, "[--ready]", "Say how the signer is, and which protections are in force",
      "  --ready   exit 1 unless it is open and can store keys: for a service check\n" },
    { "keys", cmd_keys, "", "List every key, a line each",
      "A key is \"unverified\" when it was only read from its file and no vault has opened it.\n" },
    { "generate", cmd_generate, "ID [--algorithm A] [--schemes LIST] [--hashes LIST]",
      "Make a key, or find the one that is there with the same algorithm and policy",
      "  --algorithm A   ec-p256 (default), ec-p384, ec-p521, rsa-2048, rsa-3072, rsa-4096,\n"
      "                  ed25519, ed448, and the ml-dsa and slh-dsa sets that the signer offers\n"
      "  --schemes LIST  what it may be used for: rsa-pkcs1,rsa-pss,ecdsa,eddsa,ml-dsa,slh-dsa\n"
      "  --hashes LIST   and with which hashes: sha256,sha384,sha512\n"
      "Without lists the key may do all that its algorithm can. A policy never changes later.\n" },
    { "show", cmd_show, "ID [--pem | --cert]", "Show a key's public part",
      "  --pem    print the public key alone (PEM, SubjectPublicKeyInfo)\n"
      "  --cert   print its certificate, with the chain (PEM)\n" },
    { "sign", cmd_sign, "ID --in FILE [--hash H] [--pss] [--out FILE]", "Sign a file",
      "  --in FILE    what to sign; - is standard input\n"
      "  --hash H     sha256 (default), sha384 or sha512 of the file is signed; Ed25519, Ed448,\n"
      "               ML-DSA and SLH-DSA have none and sign the whole file, under 1 MiB\n"
      "  --pss        RSA-PSS; without it RSA means PKCS#1 v1.5\n"
      "  --out FILE   where the raw signature goes (DER for ECDSA); standard output without it\n" },
    { "destroy", cmd_destroy, "ID [--yes]", "Destroy a key for ever",
      "  --yes    do not ask. Without it a terminal is asked for the id once more.\n"
      "Copies in backups are not reached: they stay as long as the backup and its KEK do.\n" },
    { "cert", cmd_cert, "ID --set FILE", "File a key's certificate",
      "  --set FILE   PEM: the key's certificate first, then its chain; - is standard input\n" },
    { "seal", cmd_seal, "", "Lock the signer: every vault wipes its KEK and its keys",
      "A signer that was started with --kek opens again at its next restart.\n" },
    { "stats", cmd_stats, "", "Print the signer's counters", NULL },
    { "bench", cmd_bench, "ID [--callers N] [--in-flight M] [--seconds S] [--scheme S] [--hash H] [--spin US]",
      "Measure how many signatures a second a key gives",
      "  --callers N     threads, each with its own connection (default 1)\n"
      "  --in-flight M   requests that each keeps under way (default 1)\n"
      "  --seconds S     how long (default 5)\n"
      "  --scheme S      another scheme than the key's first: rsa-pss, say\n"
      "  --hash H        another hash than sha256\n"
      "  --spin US       poll that many microseconds for an answer before sleeping\n"
      "Latency is from sending a request to having its signature. Every error is counted, and\n"
      "the exit code is 1 when nothing was signed.\n" },
    { NULL, NULL, NULL, NULL, NULL },
};

static int print_help(void)
{
    puts("signerctl [--socket PATH] [--timeout SECONDS] [--json] VERB …\n");
    for (const struct command *command = commands; command->verb; command++)
        printf("  %-9s %s\n", command->verb, command->summary);
    puts("\n"
         "  --socket PATH      the signer's socket; else $SIGNER_SOCKET, else\n"
         "                     $RUNTIME_DIRECTORY/signer.sock, else /run/signer/signer.sock\n"
         "  --timeout SECONDS  how long an answer may take (30)\n"
         "  --json             answer in JSON\n"
         "  --version          print the version\n\n"
         "signerctl VERB --help tells more. Exit codes: 0 done, 1 refused or failed, 2 usage.\n"
         "First steps: signerctl health; signerctl generate my-ca; signerctl show my-ca --pem");
    return command_flush(COMMAND_DONE);
}

static const struct command *find(const char *verb)
{
    for (const struct command *command = commands; command->verb; command++)
        if (strcmp(command->verb, verb) == 0)
            return command;
    return NULL;
}

/* Runs the verb at argv[0]. */
static int run(struct context *context, int argc, char **argv)
{
    const struct command *command = find(argv[0]);
    if (!command)
        return command_misuse(context, "there is no verb \"%s\"", argv[0]);
    context->command = command;
    optind = 0; /* glibc: begin again, with another list */
    int code = command->run(context, argc, argv);
    signer_close(context->client);
    return command_flush(code);
}

int main(int argc, char **argv)
{
    static const struct option options[] = { COMMAND_OPTIONS,
                                             { "version", no_argument, NULL, 'V' },
                                             { NULL, 0, NULL, 0 } };
    struct context context = { 0 };
    int option;
    while ((option = command_option(&context, argc, argv, options)) != -1) {
        switch (option) {
        case 'h': return print_help();
        case 'V': puts("signerctl " SIGNER_VERSION); return command_flush(COMMAND_DONE);
        default: return COMMAND_USAGE;
        }
    }
    if (optind == argc)
        return command_misuse(&context, "there is no verb");
    return run(&context, argc - optind, argv + optind);
}

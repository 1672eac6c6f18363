/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/options.h"

#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keystore/kek/kek_file.h"
#include "signer/gate/core/workers.h"

static const char help[] = "usage: signer --keystore DIR --kek SOURCE [options]\n"
                           "       signer --keystore DIR --sealed [options]\n"
                           "\n"
                           "Serves signatures over a Unix socket with the keys of a sealed keystore. The\n"
                           "keys live in vault processes that read neither files nor what clients send.\n"
                           "\n"
                           "  --keystore DIR     the keystore; signer-ceremony init makes one\n"
                           "  --kek SOURCE       the key-encryption key: a file, fd:N, or credential:NAME\n"
                           "                     (systemd)\n"
                           "  --sealed           starts without a KEK; custodians unseal it with their\n"
                           "                     shares and signer-ceremony unseal\n"
                           "  --socket PATH      where to serve; else $SIGNER_SOCKET, else\n"
                           "                     $RUNTIME_DIRECTORY/signer.sock, else\n"
                           "                     /run/signer/signer.sock; a socket passed by systemd\n"
                           "                     overrides all of these\n"
                           "  --allow WHO[,ROLE]...\n"
                           "                     lets WHO in: uid=N, user=NAME, gid=N or group=NAME, with\n"
                           "                     roles: sign (sign, read keys), admin (generate, destroy,\n"
                           "                     certificates), operator (unseal, seal, counters), monitor\n"
                           "                     (counters); without a role, only health. sign=ID and\n"
                           "                     admin=ID are for one key, sign=PREFIX* for those whose ids\n"
                           "                     begin so. May repeat. The signer's own uid has all roles,\n"
                           "                     root is operator and monitor\n"
                           "  --access FILE      more of them, one on each line; SIGHUP has the file read\n"
                           "                     again\n"
                           "  --user NAME        the user to become when started as root (default: the\n"
                           "                     keystore's owner)\n"
                           "  --vaults N         vault processes that sign, 1 to 16 (default: the CPUs it\n"
                           "                     may use)\n"
                           "  --require NAME     refuses to start without this protection; may repeat:\n"
                           "                     seccomp, landlock, memfd_secret, locked (key memory),\n"
                           "                     unprivileged (not root)\n"
                           "  --sandbox=log      for diagnosis: refuses no system call and logs each that it\n"
                           "                     would refuse\n"
                           "  --limit NAME=N     changes a limit, may repeat; --limit help lists them\n"
                           "  --check            starts every process, opens the keystore with the KEK, and\n"
                           "                     exits\n"
                           "  --help, --version\n"
                           "\n"
                           "When it serves, it prints \"ready\" and the socket on standard error. On SIGTERM\n"
                           "it finishes the requests in flight and exits.\n"
                           "Exit codes: 0 done, 1 failed, 2 usage. See signer(8).\n"
                           "\n"
                           "  signer-ceremony init --keystore /var/lib/signer/keystore --kek /root/kek \\\n"
                           "      --user signer\n"
                           "  signer --keystore /var/lib/signer/keystore --kek /root/kek \\\n"
                           "      --allow uid=1001,sign,admin\n";

static void usage_error(const char *what, const char *argument)
{
    fprintf(stderr, "signer: %s%s%s; see signer --help\n", what, argument ? ": " : "", argument ? argument : "");
    exit(2);
}

/* One vault for each CPU that this process may use. */
static unsigned default_vaults(void)
{
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return count > VAULTS_MAX ? VAULTS_MAX : (unsigned)count;
}

static unsigned read_vaults(const char *argument)
{
    char *end;
    errno = 0;
    unsigned long count = strtoul(argument, &end, 10);
    if (errno != 0 || *end != '\0' || count < 1 || count > VAULTS_MAX)
        usage_error("--vaults must be a number from 1 to 16", argument);
    return (unsigned)count;
}

static const char *default_socket(void)
{
    static char path[PATH_MAX];
    const char *socket = getenv("SIGNER_SOCKET"), *directory = getenv("RUNTIME_DIRECTORY");
    if (socket && strchr(socket, ':')) /* the list of a client */
        usage_error("SIGNER_SOCKET names several sockets, and a signer serves one; give it with --socket", socket);
    if (socket && *socket)
        return socket;
    if (!directory || !*directory)
        return "/run/signer/signer.sock";
    /* The service manager's list of directories, separated by colons. */
    snprintf(path, sizeof path, "%.*s/signer.sock", (int)strcspn(directory, ":"), directory);
    return path;
}

static enum sandbox_mode read_sandbox(const char *argument)
{
    if (strcmp(argument, "log") != 0 && strcmp(argument, "enforce") != 0)
        usage_error("--sandbox must be enforce or log", argument);
    return strcmp(argument, "log") == 0 ? SANDBOX_LOG : SANDBOX_ENFORCE;
}

/* A path, with a place beside it for the lock and the file that custodians unseal with. */
static void check_socket(const char *path)
{
    if (path[0] == '\0')
        usage_error("--socket is empty; it names a path", NULL);
    if (path[0] == '@')
        usage_error(
            "--socket must be a path in the file system, not in the abstract namespace, where anybody could take "
            "its name",
            path);
}

enum {
    KEYSTORE = 256,
    KEK,
    SOCKET,
    ALLOW,
    ACCESS,
    USER,
    VAULTS,
    REQUIRE,
    SANDBOX,
    LIMIT,
    CHECK,
    SEALED,
    HELP,
    VERSION
};

static bool look_up(const void *context, const char *name, bool is_group, uint32_t *id)
{
    const struct passwd *user = is_group ? NULL : getpwnam(name);
    const struct group *group = is_group ? getgrnam(name) : NULL;
    (void)context;
    if (user)
        *id = user->pw_uid;
    if (group)
        *id = group->gr_gid;
    return user || group;
}

static void allow(const char *argument, struct roles *roles)
{
    struct grant grant;
    const char *why;
    if (!grant_parse(argument, look_up, NULL, &grant, &why)) {
        fprintf(stderr, "signer: --allow %s: %s; see signer --help\n", argument, why);
        exit(2);
    }
    if (!roles_add(roles, &grant))
        usage_error("too many --allow; --access reads a file of them", argument);
}

static void parse_option(int option, struct options *out)
{
    switch (option) {
    case KEYSTORE: out->keystore = optarg; break;
    case KEK: out->kek = optarg; break;
    case SOCKET: out->socket = optarg; break;
    case USER: out->user = optarg; break;
    case VAULTS: out->vaults = read_vaults(optarg); break;
    case SANDBOX: out->sandbox = read_sandbox(optarg); break;
    case CHECK: out->check = true; break;
    case SEALED: out->sealed = true; break;
    case LIMIT:
        if (strcmp(optarg, "help") == 0) {
            limits_print(stdout);
            exit(0);
        }
        if (!limits_set(&out->limits, optarg))
            usage_error("--limit must be NAME=N, within its range; --limit help lists the names", optarg);
        break;
    case REQUIRE:
        if (!protections_require(&out->required, optarg))
            usage_error("--require must be seccomp, landlock, memfd_secret, locked or unprivileged", optarg);
        break;
    case ALLOW: allow(optarg, &out->roles); break;
    case ACCESS: out->access = optarg; break;
    case HELP: fputs(help, stdout); exit(0);
    case VERSION: puts("signer " SIGNER_VERSION); exit(0);
    default: fputs("signer: see signer --help\n", stderr); exit(2);
    }
}

void options_parse(int argc, char **argv, struct options *out)
{
    static const struct option known[] = {
        { "keystore", required_argument, NULL, KEYSTORE },
        { "kek", required_argument, NULL, KEK },
        { "socket", required_argument, NULL, SOCKET },
        { "allow", required_argument, NULL, ALLOW },
        { "access", required_argument, NULL, ACCESS },
        { "user", required_argument, NULL, USER },
        { "vaults", required_argument, NULL, VAULTS },
        { "require", required_argument, NULL, REQUIRE },
        { "sandbox", required_argument, NULL, SANDBOX },
        { "limit", required_argument, NULL, LIMIT },
        { "check", no_argument, NULL, CHECK },
        { "sealed", no_argument, NULL, SEALED },
        { "help", no_argument, NULL, HELP },
        { "version", no_argument, NULL, VERSION },
        { 0 },
    };
    int option;
    *out = (struct options){ .vaults = default_vaults(), .sandbox = SANDBOX_DEFAULT, .limits = limits_default() };
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
        parse_option(option, out);
    if (optind < argc)
        usage_error("not an option", argv[optind]);
    if (!out->keystore)
        usage_error("--keystore is missing", NULL);
    if (!out->kek == !out->sealed)
        usage_error(out->kek ? "--kek and --sealed exclude each other" : "--kek is missing (or --sealed)", NULL);
    if (out->kek && kek_file_descriptor(out->kek) >= 0 && kek_file_descriptor(out->kek) <= STDERR_FILENO)
        usage_error("--kek fd:N must name a descriptor of 3 or more", out->kek);
    if (!out->socket)
        out->socket = default_socket();
    check_socket(out->socket);
}

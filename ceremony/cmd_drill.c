/* SPDX-License-Identifier: Apache-2.0 */
/* drill: proves that an archive and a KEK bring the CA back, before that is needed. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "ceremony/doctor/drill.h"
#include "ceremony/signers/private_signer.h"
#include "ceremony/tool/aftermath.h"
#include "ceremony/tool/terminal.h"
#include "ceremony/tool/tool.h"
#include "ceremony/verbs.h"

static const char help[] = "usage: signer-ceremony drill FILE --kek SOURCE | --share FILE... [--no-record]\n"
                           "               [--report FILE] [--verbose] [--json]\n"
                           "\n"
                           "Restores an archive into memory, starts a signer on it, has every key sign a\n"
                           "challenge and each CA issue a certificate, verifies all of it with the CA's\n"
                           "certificates, and leaves nothing behind. Nothing that it signs can be misused:\n"
                           "the certificate is named DRILL, expired, and unusable. Each step is timed,\n"
                           "including the typing of shares; fetching the archive and gathering custodians\n"
                           "are not included. It prints what is not right and the main lines of its report;\n"
                           "--verbose prints everything that was checked, and the whole report. The report\n"
                           "has a MAC under the KEK; file it with doctor --drill-report. Exit code 1 if the\n"
                           "verdict is FAILED.\n"
                           "\n"
                           "A timer can drill with --kek credential:NAME on a host that has the KEK as a\n"
                           "credential anyway. Where custodians hold the KEK, let a timer run verify-backup\n"
                           "--socket, and drill with them each quarter.\n";

static bool save(const char *path, const char *text)
{
    enum fault fault = path ? tool_write_new(path, "the report: keep it", (const uint8_t *)text, strlen(text))
                            : FAULT_NONE;
    if (fault)
        tool_refuse(fault, path);
    return fault == FAULT_NONE;
}

/* Every line of the report but the MAC becomes a member of the JSON object. */
static void add_facts(struct report *report, const char *text)
{
    char line[REPORT_VALUE + 64];
    for (const char *at = strchr(text, '\n') + 1; *at && strncmp(at, "mac ", 4) != 0; at = strchr(at, '\n') + 1) {
        size_t length = strcspn(at, "\n");
        snprintf(line, sizeof line, "%.*s", (int)length, at);
        char *value = strchr(line, ' ');
        bool two = strncmp(line, "step ", 5) == 0;
        if (two && value)
            value = strchr(value + 1, ' ');
        if (!value)
            continue;
        *value++ = '\0';
        for (char *c = line; *c; c++)
            *c = *c == '-' ? ' ' : *c;
        report_fact(report, line, "%s", value);
    }
}

/* The lines of the report that a person must know. */
static void print_main_lines(const char *text)
{
    static const char *const names[] = { "verdict ", "archive-made ", "kek ",    "keys ",
                                         "signed ",  "without-",      "failed ", "rto " };
    for (const char *at = text; *at; at += strcspn(at, "\n"), at += *at == '\n')
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (strncmp(at, names[i], strlen(names[i])) == 0)
                printf("%.*s\n", (int)strcspn(at, "\n"), at);
}

/* Nothing was drilled, and so there is nothing to report. */
static int stop(struct drill *drill, struct report *report)
{
    fprintf(stderr, "the drill was stopped: it has no verdict and no report\n");
    drill_free(drill);
    return report_refuse(report, drill->archive);
}

static int run(struct drill *drill, const char *path, bool json, bool verbose)
{
    static struct report report;
    report_begin(&report, json);
    report.quiet = !verbose && !json;
    drill->findings = &report;
    if (!private_signer_is_possible() || (path && !tool_can_make(path)))
        return report_refuse(&report, drill->archive);
    bool ok = drill_run(drill);
    if (!ok && terminal_was_stopped())
        return stop(drill, &report);
    if (ok && json) {
        add_facts(&report, drill->text);
        report.document = drill->text;
    } else if (ok && verbose) {
        fputs(drill->text, stdout);
    } else if (ok) {
        print_main_lines(drill->text);
    } else {
        report_add_failure(&report, drill->archive);
        report_fact(&report, "verdict", "FAILED");
    }
    int code = report_end(&report);
    bool saved = ok && save(path, drill->text);
    aftermath_clear(); /* a drill that FAILED has its report all the same */
    if (!json || !ok)
        fprintf(stderr, "the drill %s\n", ok && drill->passed ? "PASSED" : "FAILED");
    code = saved && drill->passed ? code : EXIT_REFUSED;
    drill_free(drill);
    return code;
}

static int run_drill(int argc, char **argv)
{
    static const struct option known[] = {
        { "kek", required_argument, NULL, 'k' },
        { "share", required_argument, NULL, 'S' },
        { "report", required_argument, NULL, 'r' },
        { "no-record", no_argument, NULL, 'n' },
        { "json", no_argument, NULL, 'j' },
        { "verbose", no_argument, NULL, 'v' },
        { 0 },
    };
    static struct drill drill;
    const char *path = NULL;
    bool json = false, verbose = false;
    int option;
    while ((option = command_option(argc, argv, known)) != -1)
        switch (option) {
        case 'k': drill.kek.kek = optarg; break;
        case 'r': path = optarg; break;
        case 'j': json = true; break;
        case 'v': verbose = true; break;
        case 'n': drill.kek.no_record = true; break;
        case 'S':
            if (!kek_options_share(&drill.kek, optarg))
                return command_misuse("too many shares");
            break;
        default: return EXIT_USAGE;
        }
    if (optind + 1 != argc || !kek_options_are_given(&drill.kek) || (drill.kek.kek && drill.kek.share_count > 0))
        return command_misuse("needs one archive, and --kek or --share");
    drill.archive = argv[optind];
    return run(&drill, path, json, verbose);
}

const struct command_verb cmd_drill = { "drill", run_drill, "prove that an archive and a KEK bring the CA back", help,
                                        VERB_USES_SIGNER };

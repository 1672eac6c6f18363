/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/tool/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ceremony/tool/terminal.h"
#include "ceremony/tool/tool.h"
#include "keystore/format/text.h"

static const char *const words[] = { "ok", "warn", "fail" };
static const char *const colours[] = { "\033[32m", "\033[33m", "\033[31m" };

void report_begin(struct report *report, bool json)
{
    *report = (struct report){ .json = json, .writer = { .out = stdout } };
    if (!json)
        return;
    json_open(&report->writer, NULL, '{');
    json_open(&report->writer, "findings", '[');
}

static void put_json(struct json *to, enum finding finding, const char *subject, const char *reason, const char *text)
{
    json_line(to);
    json_open(to, NULL, '{');
    json_text(to, "finding", words[finding]);
    json_text(to, "subject", subject);
    if (reason)
        json_text(to, "reason", reason);
    json_text(to, "text", text);
    json_close(to, '}');
}

void report_add(struct report *report, enum finding finding, const char *subject, const char *reason,
                const char *format, ...)
{
    char text[512], safe[REPORT_VALUE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (!report->json) { /* both may contain a file's name, and go to a terminal */
        text_make_printable(text);
        snprintf(safe, sizeof safe, "%s", subject);
        text_make_printable(safe);
        subject = safe;
    }
    if (finding == FINDING_FAIL && report->counts[finding] == 0)
        snprintf(report->first_failure, sizeof report->first_failure, "%.80s: %.31s%s%.500s", subject,
                 reason ? reason : "", reason ? ": " : "", text);
    report->counts[finding]++;
    if (report->quiet && (finding == FINDING_OK || (finding == FINDING_WARN && report->only_named && !reason)))
        return;
    bool coloured = isatty(STDOUT_FILENO);
    if (report->json)
        put_json(&report->writer, finding, subject, reason, text);
    else
        printf("%s%-4s%s  %s: %s%s%s\n", coloured ? colours[finding] : "", words[finding], coloured ? "\033[0m" : "",
               subject, reason ? reason : "", reason ? ": " : "", text);
}

/* Splits "NAME: text" into reason and text; a message without a NAME is all text. */
void report_add_failure(struct report *report, const char *subject)
{
    char reason[REPORT_NAME];
    const char *text = terminal_was_stopped() ? "stopped" : command_last_failure();
    size_t length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
    bool named = length > 0 && length < sizeof reason && text[length] == ':';
    snprintf(reason, sizeof reason, "%.*s", named ? (int)length : 0, text);
    report_add(report, FINDING_FAIL, subject, named ? reason : NULL, "%s", text + (named ? length + 2 : 0));
}

int report_refuse(struct report *report, const char *subject)
{
    if (!report->json)
        return EXIT_REFUSED;
    report_add_failure(report, subject);
    report_end(report);
    return EXIT_REFUSED;
}

__attribute__((format(printf, 4, 0))) static void add_fact(struct report *report, const char *name, bool is_detail,
                                                           const char *format, va_list arguments)
{
    struct report_fact *last = report->fact_count > 0 ? &report->facts[report->fact_count - 1] : NULL;
    bool goes_on = last && strcmp(last->name, name) == 0;
    if (!goes_on && report->fact_count == REPORT_FACTS_MAX)
        return;
    struct report_fact *fact = goes_on ? last : &report->facts[report->fact_count++];
    size_t used = goes_on ? strlen(fact->value) : 0;
    if (goes_on && used + 2 < sizeof fact->value)
        used += (size_t)snprintf(fact->value + used, sizeof fact->value - used, ", ");
    vsnprintf(fact->value + used, sizeof fact->value - used, format, arguments);
    if (!report->json)
        text_make_printable(fact->value);
    if (goes_on)
        return;
    snprintf(fact->name, sizeof fact->name, "%s", name);
    fact->is_detail = is_detail;
}

void report_fact(struct report *report, const char *name, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_fact(report, name, false, format, arguments);
    va_end(arguments);
}

void report_detail(struct report *report, const char *name, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_fact(report, name, true, format, arguments);
    va_end(arguments);
}

/* "12", "0.075": becomes a JSON number. Longer digit strings are ids and hashes. */
static bool is_number(const char *text)
{
    size_t whole = strspn(text, "0123456789"), length = strlen(text);
    if (whole == 0 || length > 15 || (text[0] == '0' && whole > 1))
        return false;
    return whole == length
        || (text[whole] == '.' && strspn(text + whole + 1, "0123456789") == length - whole - 1
            && text[length - 1] != '.');
}

static void put_fact_json(struct json *to, const struct report_fact *fact)
{
    char name[REPORT_NAME];
    snprintf(name, sizeof name, "%s", fact->name);
    for (char *c = name; *c; c++)
        *c = *c == ' ' ? '_' : *c;
    json_line(to);
    if (is_number(fact->value))
        json_literal(to, name, fact->value);
    else
        json_text(to, name, fact->value);
}

static void put_facts(struct report *report)
{
    for (size_t i = 0; i < report->fact_count; i++)
        if (report->json)
            put_fact_json(&report->writer, &report->facts[i]);
        else if (!report->quiet || !report->facts[i].is_detail)
            printf("%-16s %s\n", report->facts[i].name, report->facts[i].value);
}

static void end_json(struct json *to, const struct report *report)
{
    if (report->document) {
        json_line(to);
        json_text(to, "report", report->document);
    }
    for (enum finding finding = FINDING_OK; finding <= FINDING_FAIL; finding++)
        json_number(to, words[finding], report->counts[finding]);
    json_close(to, '}');
    json_end(to);
}

int report_end(struct report *report)
{
    const unsigned *counts = report->counts;
    if (report->json) {
        json_line(&report->writer);
        json_close(&report->writer, ']');
    }
    put_facts(report);
    if (report->json)
        end_json(&report->writer, report);
    else
        printf("%u ok, %u to look at, %u wrong\n", counts[FINDING_OK], counts[FINDING_WARN], counts[FINDING_FAIL]);
    return counts[FINDING_FAIL] == 0 ? EXIT_DONE : EXIT_REFUSED;
}

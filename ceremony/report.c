#include "ceremony/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ceremony/tool.h"

static const char *const words[] = { "ok", "warn", "fail" };
static const char *const colours[] = { "\033[32m", "\033[33m", "\033[31m" };

void report_begin(struct report *report, bool json)
{
    *report = (struct report){ .json = json };
    if (json)
        fputs("{\"findings\":[", stdout);
}

static void put_json_string(const char *text)
{
    putchar('"');
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if (*c == '"' || *c == '\\')
            printf("\\%c", *c);
        else if (*c < ' ' || *c > '~')
            printf("\\u%04x", *c);
        else
            putchar(*c);
    putchar('"');
}

static void put_json(struct report *report, enum finding finding, const char *subject, const char *reason,
                     const char *text)
{
    printf("%s\n{\"finding\":\"%s\",\"subject\":", report->begun ? "," : "", words[finding]);
    put_json_string(subject);
    if (reason) {
        fputs(",\"reason\":", stdout);
        put_json_string(reason);
    }
    fputs(",\"text\":", stdout);
    put_json_string(text);
    putchar('}');
}

void report_add(struct report *report, enum finding finding, const char *subject, const char *reason,
                const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    for (char *c = text; *c && !report->json; c++) /* it may quote a file's name, and end on a terminal */
        if (*c < ' ' || *c > '~')
            *c = '?';
    report->counts[finding]++;
    if (report->quiet && finding == FINDING_OK)
        return;
    bool coloured = isatty(STDOUT_FILENO);
    if (report->json)
        put_json(report, finding, subject, reason, text);
    else
        printf("%s%-4s%s  %s: %s%s%s\n", coloured ? colours[finding] : "", words[finding],
               coloured ? "\033[0m" : "", subject, reason ? reason : "", reason ? ": " : "", text);
    report->begun = true;
}

void report_fact(struct report *report, const char *name, const char *format, ...)
{
    if (report->fact_count == REPORT_FACTS_MAX)
        return;
    struct report_fact *fact = &report->facts[report->fact_count++];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(fact->value, sizeof fact->value, format, arguments);
    va_end(arguments);
    snprintf(fact->name, sizeof fact->name, "%s", name);
}

static void put_fact_json(const struct report_fact *fact)
{
    fputs(",\n\"", stdout);
    for (const char *c = fact->name; *c; c++)
        putchar(*c == ' ' ? '_' : *c);
    fputs("\":", stdout);
    put_json_string(fact->value);
}

static void put_facts(const struct report *report)
{
    for (size_t i = 0; i < report->fact_count; i++)
        if (report->json)
            put_fact_json(&report->facts[i]);
        else
            printf("%-16s %s\n", report->facts[i].name, report->facts[i].value);
}

int report_end(struct report *report)
{
    const unsigned *counts = report->counts;
    if (report->json)
        fputs("\n]", stdout);
    put_facts(report);
    if (report->json)
        printf(",\"ok\":%u,\"warn\":%u,\"fail\":%u}\n", counts[FINDING_OK], counts[FINDING_WARN],
               counts[FINDING_FAIL]);
    else
        printf("%u ok, %u to look at, %u wrong\n", counts[FINDING_OK], counts[FINDING_WARN],
               counts[FINDING_FAIL]);
    return counts[FINDING_FAIL] == 0 ? EXIT_DONE : EXIT_REFUSED;
}

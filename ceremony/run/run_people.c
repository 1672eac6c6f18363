/* SPDX-License-Identifier: Apache-2.0 */
/* What people in the room confirm, and the delivery of the cards, one at a time. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/time.h"
#include "ceremony/card/pgp_words.h"
#include "ceremony/card/winansi.h"
#include "ceremony/run/run.h"
#include "ceremony/share/share_file.h"
#include "ceremony/tool/aftermath.h"
#include "ceremony/tool/passing_file.h"
#include "ceremony/tool/terminal.h"
#include "ceremony/tool/tool.h"
#include "keystore/format/bytes.h"
#include "keystore/memory/arena.h"

bool run_people_ask(char *out, size_t size, const char *format, ...)
{
    char question[PATH_MAX + 512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(question, sizeof question, format, arguments);
    va_end(arguments);
    if (terminal_ask(out, size, "%s", question) && strcmp(out, "stop") != 0)
        return true;
    terminal_stop();
    return false;
}

bool run_people_confirm(const char *question, const char *word)
{
    char answer[64];
    while (run_people_ask(answer, sizeof answer, "%s [type %s, or stop]: ", question, word)) {
        if (strcmp(answer, word) == 0)
            return true;
        terminal_print("that is not %s: type it exactly so, in these letters and without spaces; or stop", word);
    }
    return false;
}

/* Waits for Enter alone: whatever else is typed goes on nowhere. */
static bool wait_for_enter(const char *question)
{
    char answer[64];
    while (run_people_ask(answer, sizeof answer, "%s", question)) {
        if (!answer[0])
            return true;
        terminal_print("that was not Enter alone; or type stop");
    }
    return false;
}

bool run_people_choose(char *answer, size_t size)
{
    while (run_people_ask(answer, size, "go on with those shares, or give it up? [type resume or void]: ")) {
        if (strcmp(answer, "resume") == 0 || strcmp(answer, "void") == 0)
            return true;
        terminal_print(
            "that is neither resume nor void: resume goes on with the cards that were handed out, void gives "
            "them up");
    }
    command_fail("nothing was changed: run it again to go on or to give it up");
    return false;
}

/* NULL: the name will do. Dual control needs two people. */
static const char *against_witness(const struct run *run, int witness)
{
    const char *name = run->witnesses[witness];
    if (!name[0])
        return "the transcript needs the name of a witness";
    if (witness == 1 && strcasecmp(run->witnesses[0], name) == 0)
        return "that is the first witness: two different people are needed, each with a watch of their own";
    return share_set_is_label(name) ? NULL : SHARE_LABEL_RULE;
}

static bool ask_witness(struct run *run, int witness)
{
    char now[TIME_TEXT];
    for (const char *why;;) {
        time_text(time_now(), now);
        if (!run_people_ask(run->witnesses[witness], sizeof run->witnesses[witness],
                            "the clock says %s; witness %d compares it with their own watch and types their name: ",
                            now, witness + 1))
            return false;
        why = against_witness(run, witness);
        if (!why)
            return true;
        terminal_print("%s; or stop", why);
    }
}

static bool confirm_clock(struct run *run)
{
    terminal_print("two different witnesses confirm the clock");
    return ask_witness(run, 0) && ask_witness(run, 1);
}

/* Looked at before anything is made: a card that does not fit could not be copied. */
static bool can_show_cards(const struct run *run)
{
    char sentence[TERMINAL_SENTENCE];
    if (run->plan.kind == PLAN_ISSUE || run->site.print)
        return true; /* no card comes to the screen */
    if (!terminal_holds_a_card(sentence)) {
        command_fail("%s; or have cards printed (print in the site file)", sentence);
        return false;
    }
    if (!terminal_can_clear())
        terminal_print("TERM=dumb: this terminal cannot be cleared; a card is scrolled away, and can be scrolled back: "
                       "let nobody do that, and switch it off at the end");
    return true;
}

static bool is_printable(const struct run *run, const char *what, const char *name)
{
    char missing[UTF8_BYTES_MAX + 1];
    if (!run->site.print || !name || winansi_holds(name, missing))
        return true;
    command_fail("%s \"%s\": a printed card has no letter %s: its fonts have those of Western European languages; "
                 "write it with these, or have cards shown on the screen (no print in the site file)",
                 what, name, missing);
    return false;
}

/* Looked at before anything is made: on paper, on the screen and in the transcript a name is the same. */
static bool can_print_names(const struct run *run)
{
    const struct split_policy *split = &run->plan.split;
    bool ok = is_printable(run, "ceremony", run->plan.ceremony)
        && is_printable(run, "subject", run->plan.key_count > 0 ? run->plan.keys[0].subject : NULL);
    for (size_t i = 0; ok && i < split->label_count; i++)
        ok = is_printable(run, "custodian", split->labels[i]);
    return ok;
}

bool run_people_can_come(void)
{
    bool ok = terminal_open();
    if (!ok)
        command_fail("a ceremony is led at a terminal: " TERMINAL_NONE);
    return ok;
}

bool run_people_begin(struct run *run)
{
    char hex[SHA256_TEXT], words[PGP_WORD_ROOM * SHA256_SIZE];
    if (!can_print_names(run) || !can_show_cards(run))
        return false;
    bytes_to_hex(run->plan.sha256, SHA256_SIZE, hex);
    pgp_words(run->plan.sha256, SHA256_SIZE, words, sizeof words);
    terminal_print("%s%s", run->rehearsal ? "REHEARSAL: throw-away keys, every output is marked. " : "",
                   run->plan.ceremony);
    terminal_print("SHA-256 of the plan: %s", hex);
    terminal_print("in words: %s", words);
    if (run_people_confirm("is this the plan that was reviewed, read aloud and compared?", "yes") && confirm_clock(run))
        return true;
    command_fail("nothing was made: run it again to begin again");
    aftermath_clear(); /* that says it */
    return false;
}

/* NULL: the serial number will do. Two shares in one bag would leave a bag unnoted. */
static const char *against_bag(const struct run *run, size_t which)
{
    const char *bag = run->bags[which];
    if (!utf8_is_name(bag, sizeof run->bags[which]))
        return "that has a character that cannot be shown, or a space at an end: type the number again";
    for (size_t i = 0; bag[0] && i < which; i++)
        if (strcasecmp(run->bags[i], bag) == 0)
            return "that is the number of a bag before it, and each bag has its own: read it from the bag once more";
    return NULL;
}

static bool ask_bag(struct run *run, size_t which, const char *label)
{
    const char *why;
    while (run_people_ask(run->bags[which], sizeof run->bags[which],
                          "serial number of %s's bag (Enter for none): ", label)) {
        why = against_bag(run, which);
        if (!why)
            return true;
        terminal_print("%s", why);
    }
    return false;
}

bool run_people_bags(struct run *run, const struct share_set *set)
{
    bool ok = true;
    for (size_t i = 0; ok && i < set->count; i++)
        ok = ask_bag(run, i, set->holders[i].label);
    return ok;
}

/* -- cards -- */

struct page { /* in the arena */
    char text[CARD_TEXT_MAX];
    uint8_t pdf[CARD_PDF_MAX];
    struct qr qr;
};

static bool is_print_device(const struct run *run, int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == run->print_device;
}

static bool write_device(const struct run *run, const uint8_t *bytes, size_t length)
{
    int fd = open(run->site.print, O_WRONLY | O_NOCTTY | O_CLOEXEC);
    bool same = fd >= 0 && is_print_device(run, fd);
    bool ok = same && io_write_all(fd, bytes, length);
    if (!ok)
        command_fail("%s: %s", run->site.print,
                     fd >= 0 && !same ? "is another device than when the ceremony began" : strerror(errno));
    if (fd >= 0)
        close(fd);
    return ok;
}

/* Prints to a device; or to a file, which is there until the custodian has the card on paper, and not longer than this
 * process. */
static bool print_card(const struct run *run, const struct split *split, size_t holder, const struct page *page,
                       size_t length)
{
    char name[SHARE_FILE_NAME], question[PATH_MAX + 128];
    struct passing_file file;
    if (run->print < 0)
        return write_device(run, page->pdf, length);
    share_file_name(&split->set, &split->set.holders[holder], "card", ".pdf", name);
    enum fault fault = passing_file_make(&file, run->print, name, page->pdf, length);
    if (fault) {
        tool_refuse(fault, name);
        return false;
    }
    snprintf(question, sizeof question,
             "the card is in %s/%s; it is removed when you go on\npress Enter when you have it on paper: ",
             run->site.print, name);
    bool ok = wait_for_enter(question);
    bool removed = passing_file_remove(&file);
    if (!removed)
        command_fail("%s/%s: could not be removed: destroy it", run->site.print, name);
    return removed && ok;
}

/* After anything but Enter the card is shown anew, since the answer has scrolled it. */
static bool show_card(const struct page *page, size_t length)
{
    char answer[64];
    const char *what = "copy all words by hand";
    bool ok;
    do {
        terminal_clear();
        terminal_show(page->text, length);
        terminal_drop_input(); /* an Enter typed ahead would clear the card unread */
        ok = run_people_ask(answer, sizeof answer, "%s; press Enter when you have, and the screen is cleared: ", what);
        what = "Enter alone, or stop";
    } while (ok && answer[0]);
    terminal_clear();
    return ok;
}

/* A terminal can be made smaller at any time: then the card would lose its first lines. */
static bool wait_for_room(void)
{
    char sentence[TERMINAL_SENTENCE];
    bool ok = true;
    while (ok && !terminal_holds_a_card(sentence)) {
        terminal_print("%s", sentence);
        ok = wait_for_enter("press Enter when it is: ");
    }
    return ok;
}

static bool is_alone(const struct share_holder *custodian)
{
    char question[SHARE_LABEL_SIZE + 80];
    snprintf(question, sizeof question, "only %s looks at the screen and the printer; press Enter: ", custodian->label);
    return wait_for_enter(question);
}

static bool deliver(const struct run *run, const struct split *split, size_t holder, struct page *page)
{
    const struct handout look = { .ceremony = run->plan.ceremony,
                                  .authority = run->plan.key_count > 0 ? run->plan.keys[0].subject : "",
                                  .rehearsal = run->rehearsal };
    struct card_strings strings;
    const struct card card = handout_card(&look, split, holder, &strings);
    if (!run->site.print)
        return wait_for_room() && show_card(page, card_screen(&card, page->text, sizeof page->text));
    if (run->site.qr && !qr_make(split->words[holder], split->word_count, &page->qr))
        return false;
    return print_card(run, split, holder, page,
                      card_pdf(&card, run->site.qr ? &page->qr : NULL, page->pdf, sizeof page->pdf));
}

/* The KEK is in memory only until every custodian has a card. */
static void note_void(const struct split *split, size_t count)
{
    command_fail("stopped before all cards were handed out: their KEK is forgotten");
    for (size_t i = 0; i < count; i++)
        aftermath_note("the card of %s, whole or in part: VOID, it opens nothing: burn it",
                       split->set.holders[i].label);
}

bool run_people_deliver(const struct run *run, const struct split *split)
{
    struct page *page = arena_alloc(sizeof *page);
    bool ok = page != NULL;
    for (size_t i = 0; ok && i < split->set.count; i++) {
        bool shown = is_alone(&split->set.holders[i]);
        ok = shown && deliver(run, split, i, page);
        if (!ok)
            note_void(split, i + shown);
    }
    arena_free(page);
    return ok;
}

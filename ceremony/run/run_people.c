/* SPDX-License-Identifier: Apache-2.0 */
/* What people in the room confirm, and the delivery of the cards, one at a time. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/time.h"
#include "ceremony/card/pgp_words.h"
#include "ceremony/run/run.h"
#include "ceremony/share/share_file.h"
#include "ceremony/tool/passing_file.h"
#include "ceremony/tool/terminal.h"
#include "ceremony/tool/tool.h"
#include "keystore/format/bytes.h"
#include "keystore/memory/arena.h"

bool run_people_confirm(const char *question, const char *word)
{
    char answer[64];
    for (;;) {
        if (!terminal_ask(answer, sizeof answer, "%s [type %s, or stop]: ", question, word)
            || strcmp(answer, "stop") == 0) {
            command_fail("stopped");
            return false;
        }
        if (strcmp(answer, word) == 0)
            return true;
    }
}

static bool confirm_clock(struct run *run)
{
    char now[TIME_TEXT];
    for (int i = 0; i < 2; i++) {
        time_text(time_now(), now);
        if (!terminal_ask(run->witnesses[i], sizeof run->witnesses[i],
                          "the clock says %s; witness %d compares it with their own watch and types their name: ", now,
                          i + 1))
            return command_fail("stopped") == EXIT_DONE;
        if (strcmp(run->witnesses[i], "stop") == 0)
            return command_fail("stopped") == EXIT_DONE;
        if (!run->witnesses[i][0] || !share_set_is_label(run->witnesses[i])
            || (i == 1 && strcmp(run->witnesses[0], run->witnesses[1]) == 0))
            i--; /* ask again: two different names are needed (dual control) */
    }
    return true;
}

bool run_people_begin(struct run *run)
{
    char hex[SHA256_TEXT], words[PGP_WORD_ROOM * SHA256_SIZE];
    if (!terminal_open()) {
        command_fail("a ceremony is led at a terminal, and there is none");
        return false;
    }
    bytes_to_hex(run->plan.sha256, SHA256_SIZE, hex);
    pgp_words(run->plan.sha256, SHA256_SIZE, words, sizeof words);
    terminal_print("%s%s", run->rehearsal ? "REHEARSAL: throw-away keys, every output is marked. " : "",
                   run->plan.ceremony);
    terminal_print("SHA-256 of the plan: %s", hex);
    terminal_print("in words: %s", words);
    return run_people_confirm("is this the plan that was reviewed, read aloud and compared?", "yes")
        && confirm_clock(run);
}

bool run_people_bags(struct run *run, const struct share_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        if (!terminal_ask(run->bags[i], sizeof run->bags[i],
                          "serial number of %s's bag (Enter for none): ", set->holders[i].label))
            return false;
    return true;
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
    char name[SHARE_FILE_NAME], ignored[8];
    struct passing_file file;
    if (run->print < 0)
        return write_device(run, page->pdf, length);
    share_file_name(&split->set, &split->set.holders[holder], "card", ".pdf", name);
    enum fault fault = passing_file_make(&file, run->print, name, page->pdf, length);
    if (fault) {
        tool_refuse(fault, name);
        return false;
    }
    terminal_print("the card is in %s/%s; it is removed when you go on", run->site.print, name);
    bool ok = terminal_ask(ignored, sizeof ignored, "press Enter when you have it on paper: ");
    bool removed = passing_file_remove(&file);
    if (!removed)
        command_fail("%s/%s: could not be removed: destroy it", run->site.print, name);
    return removed && ok;
}

static bool show_card(struct page *page, size_t length)
{
    char ignored[8];
    terminal_clear();
    terminal_show(page->text, length);
    terminal_drop_input(); /* an Enter typed ahead would clear the card unread */
    bool ok = terminal_ask(ignored, sizeof ignored,
                           "\ncopy all words by hand; press Enter when you have, and the screen is cleared: ");
    terminal_clear();
    return ok;
}

static bool deliver(const struct run *run, const struct split *split, size_t holder, struct page *page)
{
    const struct handout look = { .ceremony = run->plan.ceremony,
                                  .authority = run->plan.key_count > 0 ? run->plan.keys[0].subject : "",
                                  .rehearsal = run->rehearsal };
    struct card_strings strings;
    char ignored[8];
    const struct card card = handout_card(&look, split, holder, &strings);
    if (!terminal_ask(ignored, sizeof ignored,
                      "only %s looks at the screen and the printer; press Enter: ", card.custodian))
        return false;
    if (!run->site.print)
        return show_card(page, card_text(&card, page->text, sizeof page->text));
    if (run->site.qr && !qr_make(split->words[holder], split->word_count, &page->qr))
        return false;
    return print_card(run, split, holder, page,
                      card_pdf(&card, run->site.qr ? &page->qr : NULL, page->pdf, sizeof page->pdf));
}

bool run_people_deliver(const struct run *run, const struct split *split)
{
    struct page *page = arena_alloc(sizeof *page);
    bool ok = page != NULL;
    for (size_t i = 0; ok && i < split->set.count; i++)
        ok = deliver(run, split, i, page);
    arena_free(page);
    return ok;
}

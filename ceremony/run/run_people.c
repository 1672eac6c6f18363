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

static bool write_device(const char *path, const uint8_t *bytes, size_t length)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0 && io_write_all(fd, bytes, length);
    if (!ok)
        command_fail("%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return ok;
}

/* Prints to a device; or writes a file to a directory, and removes it when the custodian has the card on paper. */
static bool print_card(const struct run *run, const struct split *split, size_t holder, const struct page *page,
                       size_t length)
{
    char name[SHARE_FILE_NAME], path[320];
    struct stat status;
    if (stat(run->site.print, &status) == 0 && !S_ISDIR(status.st_mode))
        return write_device(run->site.print, page->pdf, length);
    share_file_name(&split->set, &split->set.holders[holder], "card", ".pdf", name);
    snprintf(path, sizeof path, "%.255s/%s", run->site.print, name);
    enum fault fault = tool_write_new(path, "a card: destroy it", page->pdf, length);
    if (fault) {
        tool_refuse(fault, path);
        return false;
    }
    terminal_print("the card is in %s; it is removed when you go on", path);
    char ignored[8];
    bool ok = terminal_ask(ignored, sizeof ignored, "press Enter when you have it on paper: ");
    return unlink(path) == 0 && ok;
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

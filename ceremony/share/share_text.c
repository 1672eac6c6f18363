/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/share/share_text.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "ceremony/card/card_parts.h"
#include "keystore/memory/secret.h"
#include "keystore/share/slip39_words.h"

enum { NUMBER_DIGITS = 2 };
_Static_assert(SLIP39_WORDS_MAX < 64, "one bit for each word");

struct part { /* of the text: a line or a token */
    const char *at;
    size_t length;
};

struct reading {
    uint16_t *words;
    uint64_t seen; /* bit n: word n is there */
    size_t next;   /* where the next word goes, from 0 */
};

/* -- white space -- */

/* The bytes of white space in UTF-8, or of a mark that shows as nothing; 0: it is neither. */
static size_t space_at(const uint8_t *at, size_t left)
{
    if (isspace(at[0]))
        return 1;
    if (left >= 2 && at[0] == 0xc2 && (at[1] == 0xa0 || at[1] == 0x85))
        return 2; /* no-break space, next line */
    if (left < 3)
        return 0;
    bool punctuation = at[0] == 0xe2 && at[1] == 0x80
        && ((at[2] >= 0x80 && at[2] <= 0x8f) || at[2] == 0xa8 || at[2] == 0xa9 || at[2] == 0xaf);
    bool joiner = at[0] == 0xe2 && at[1] == 0x81 && (at[2] == 0x9f || at[2] == 0xa0);
    bool ideographic = at[0] == 0xe3 && at[1] == 0x80 && at[2] == 0x80;
    bool mark = at[0] == 0xef && at[1] == 0xbb && at[2] == 0xbf;
    return punctuation || joiner || ideographic || mark ? 3 : 0;
}

/* Leaves blanks and newlines as the only white space. Returns the new length. */
static size_t plain_spaces(char *text, size_t length)
{
    size_t written = 0;
    for (size_t at = 0; at < length;) {
        size_t space = space_at((const uint8_t *)text + at, length - at);
        char c = text[at];
        text[written++] = space > 0 && c != '\n' ? ' ' : c;
        at += space > 0 ? space : 1;
    }
    secret_wipe(text + written, length - written);
    return written;
}

/* -- lines and tokens -- */

/* Cuts the next part off, up to `end`; false: there is none. */
static bool cut(struct part *from, char end, struct part *out)
{
    while (end == ' ' && from->length > 0 && *from->at == ' ') {
        from->at++;
        from->length--;
    }
    if (from->length == 0)
        return false;
    const char *stop = memchr(from->at, end, from->length);
    *out = (struct part){ from->at, stop ? (size_t)(stop - from->at) : from->length };
    size_t used = out->length + (stop != NULL);
    from->at += used;
    from->length -= used;
    return true;
}

static bool begins_with(struct part line, const char *text)
{
    struct part rest = line, token;
    size_t size = strlen(text);
    if (!cut(&rest, ' ', &token))
        return false;
    size_t left = line.length - (size_t)(token.at - line.at);
    return left >= size && memcmp(token.at, text, size) == 0;
}

/* The digits at a token's start, and a mark behind them as in "1." or "1)". */
static size_t number_length(struct part token, size_t *digits)
{
    size_t at = 0;
    while (at < token.length && isdigit((unsigned char)token.at[at]))
        at++;
    *digits = at;
    return at > 0 && at < token.length && strchr(".):", token.at[at]) && token.at[at] ? at + 1 : at;
}

/* A row of a card is a number and then a word; its other lines begin with text, or are not like that. */
static bool is_row(struct part line)
{
    struct part number, word;
    size_t digits;
    return cut(&line, ' ', &number) && number_length(number, &digits) == number.length && digits > 0
        && digits <= NUMBER_DIGITS && cut(&line, ' ', &word) && isalpha((unsigned char)word.at[0]);
}

/* -- words -- */

static enum fault take_number(struct reading *reading, struct part token, size_t digits)
{
    size_t number = 0;
    if (digits > NUMBER_DIGITS)
        return FAULT_SHARE_LENGTH;
    for (size_t i = 0; i < digits; i++)
        number = number * 10 + (size_t)(token.at[i] - '0');
    if (number == 0 || number > SLIP39_WORDS_MAX)
        return FAULT_SHARE_LENGTH;
    reading->next = number - 1;
    return FAULT_NONE;
}

static enum fault take_word(struct reading *reading, struct part token)
{
    int number = slip39_words_number(token.at, token.length);
    if (number < 0)
        return FAULT_SHARE_WORD;
    if (reading->next >= SLIP39_WORDS_MAX || reading->seen & UINT64_C(1) << reading->next)
        return FAULT_SHARE_LENGTH;
    reading->seen |= UINT64_C(1) << reading->next;
    reading->words[reading->next++] = (uint16_t)number;
    return FAULT_NONE;
}

static enum fault take_token(struct reading *reading, struct part token)
{
    size_t digits, used = number_length(token, &digits);
    enum fault fault = digits > 0 ? take_number(reading, token, digits) : FAULT_NONE;
    token.at += used;
    token.length -= used;
    return fault || token.length == 0 ? fault : take_word(reading, token);
}

static enum fault take_line(struct reading *reading, struct part line)
{
    struct part token;
    enum fault fault = FAULT_NONE;
    while (!fault && cut(&line, ' ', &token))
        fault = take_token(reading, token);
    return fault;
}

static bool is_card(struct part text)
{
    struct part line;
    while (cut(&text, '\n', &line))
        if (begins_with(line, card_title) || begins_with(line, card_reading))
            return true;
    return false;
}

enum fault share_text_read(char *text, size_t length, uint16_t words[static SLIP39_WORDS_MAX], size_t *count,
                           size_t *bad)
{
    struct part rest = { text, plain_spaces(text, length) }, line;
    struct reading reading = { .words = words };
    bool card = is_card(rest);
    enum fault fault = FAULT_NONE;
    while (!fault && cut(&rest, '\n', &line))
        if (card ? is_row(line) : !begins_with(line, "#"))
            fault = take_line(&reading, line);
    *bad = reading.next + 1;
    for (*count = 0; reading.seen >> *count & 1;)
        ++*count;
    return !fault && reading.seen >> *count != 0 ? FAULT_SHARE_LENGTH : fault;
}

const char *share_text_foreign(const char *text, size_t length)
{
    if (length >= 5 && memcmp(text, "%PDF-", 5) == 0)
        return "a PDF: type the words of the card, or give its text";
    if (length >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0))
        return "text in UTF-16: save it as UTF-8";
    return NULL;
}

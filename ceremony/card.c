#include "ceremony/card.h"

#include <string.h>

#include "keystore/bytes.h"
#include "keystore/secret.h"
#include "keystore/slip39.h"
#include "keystore/slip39_words.h"

static const char title[] = "KEK SHARE";
static const char rehearsal[] = "REHEARSAL - NOT A REAL KEY";
static const char reading[] = "The words, row by row, in the order of their numbers:";

static const char *const notes[] = {
    "This card is one part of a key: keep it where only you can reach it. As many",
    "such cards as the line Member says open the CA; fewer tell nothing of the key.",
    "`signer-ceremony verify-share` checks it. Type it nowhere else; take no photos.",
};

enum {
    NOTES = sizeof notes / sizeof *notes,
    FIELDS = 10,
    PIECES = 2, /* lines that a name may take */
    COLUMNS = 3,
    DECIMAL = 20, /* digits of the largest number */
};

/* -- what both forms share --------------------------------------------------------------- */

struct field {
    const char *label, *value;
    size_t lines;
};

/* What goes on one line of a text that may go on. */
struct piece {
    const char *text;
    size_t length;
    bool cut; /* "..." follows */
};

static struct piece whole(const char *text)
{
    return (struct piece){ text, strlen(text), false };
}

static void put(struct writer *to, const char *text)
{
    bytes_put(to, text, strlen(text));
}

static void put_repeated(struct writer *to, char c, size_t count)
{
    while (count-- > 0)
        bytes_put(to, &c, 1);
}

/* A decimal number, filled up to a width on its left. */
static void put_number(struct writer *to, size_t value, size_t width, char fill)
{
    char digits[DECIMAL];
    char *at = digits + sizeof digits;
    do
        *--at = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    size_t length = (size_t)(digits + sizeof digits - at);
    put_repeated(to, fill, width > length ? width - length : 0);
    bytes_put(to, at, length);
}

/* Characters among `special` get a backslash. */
static void put_piece(struct writer *to, struct piece piece, const char *special)
{
    for (size_t i = 0; i < piece.length; i++) {
        char c = piece.text[i];
        if (c < ' ' || c > '~')
            c = '?';
        if (strchr(special, c))
            bytes_put(to, "\\", 1);
        bytes_put(to, &c, 1);
    }
    if (piece.cut)
        put(to, "...");
}

/* How much of a text goes on a line: all, or up to a space in the second half of the line. */
static size_t fitting(const char *text, size_t width)
{
    if (strlen(text) <= width)
        return strlen(text);
    for (size_t at = width; at > width / 2; at--)
        if (text[at] == ' ')
            return at;
    return width;
}

/* A value in lines of a width, no more than it may take; returns how many. */
static size_t split(const struct field *field, size_t width, struct piece pieces[static PIECES])
{
    const char *value = field->value;
    size_t count = 0;
    do {
        pieces[count] = (struct piece){ value, fitting(value, width), false };
        value += pieces[count++].length;
        value += *value == ' ';
    } while (*value && count < field->lines);
    struct piece *last = &pieces[count - 1];
    if (*value) {
        last->length = last->length < width - 3 ? last->length : width - 3;
        last->cut = true;
    }
    return count;
}

static void list_fields(const struct card *card, char generation[static DECIMAL + 1],
                        struct field fields[static FIELDS])
{
    struct writer number = { (uint8_t *)generation, DECIMAL, false };
    put_number(&number, card->generation, 1, ' ');
    *number.at = '\0';
    const struct field all[FIELDS] = {
        { "Ceremony", card->ceremony, 2 },
        { "CA", card->authority, 2 },
        { "Keystore", card->keystore, 1 },
        { "KEK", card->kek, 1 },
        { "Generation", generation, 1 },
        { "Set", card->set, 1 },
        { "Member", card->member, 2 },
        { "Custodian", card->custodian, 2 },
        { "Fingerprint", card->fingerprint, 1 },
        { "Date", card->date, 1 },
    };
    memcpy(fields, all, sizeof all);
}

static bool has_words(const struct card *card)
{
    return card->word_count > 0 && card->word_count <= SLIP39_WORDS_MAX;
}

/* How much was written; nothing is left of what did not fit. */
static size_t finish(const struct writer *to, void *out, size_t capacity)
{
    if (!to->failed)
        return capacity - to->left;
    secret_wipe(out, capacity);
    return 0;
}

/* -- plain text -------------------------------------------------------------------------- */

enum { TEXT_LABEL = 14, TEXT_VALUE = 64, TEXT_WORD = 21, TEXT_WIDTH = 78 };

static void text_banner(struct writer *to)
{
    size_t stars = (TEXT_WIDTH - strlen(rehearsal) - 2) / 2;
    put_repeated(to, '*', stars);
    put(to, " ");
    put(to, rehearsal);
    put(to, " ");
    put_repeated(to, '*', stars);
    put(to, "\n");
}

static void text_field(struct writer *to, const struct field *field)
{
    struct piece pieces[PIECES];
    size_t count = split(field, TEXT_VALUE, pieces);
    for (size_t i = 0; i < count; i++) {
        const char *label = i == 0 ? field->label : "";
        put(to, label);
        put_repeated(to, ' ', TEXT_LABEL - strlen(label));
        put_piece(to, pieces[i], "");
        put(to, "\n");
    }
}

static void text_fields(struct writer *to, const struct card *card)
{
    char generation[DECIMAL + 1];
    struct field fields[FIELDS];
    list_fields(card, generation, fields);
    for (size_t i = 0; i < FIELDS; i++)
        text_field(to, &fields[i]);
}

static void text_words(struct writer *to, const struct card *card)
{
    for (size_t i = 0; i < card->word_count; i++) {
        const char *word = slip39_word(card->words[i]);
        bool ends_row = i % COLUMNS == COLUMNS - 1 || i + 1 == card->word_count;
        put_number(to, i + 1, 5, ' ');
        put(to, " ");
        put(to, word);
        put_repeated(to, ' ', ends_row ? 0 : TEXT_WORD - strlen(word));
        put(to, ends_row ? "\n" : "");
    }
}

static void text_rest(struct writer *to)
{
    for (size_t i = 0; i < NOTES; i++) {
        put(to, notes[i]);
        put(to, "\n");
    }
    put(to, "\nBag serial number ________________________  Date ____________________________\n"
            "\nCustodian, signed ________________________  Witness, signed _________________\n\n");
}

static void text_page(struct writer *to, const struct card *card)
{
    if (card->rehearsal)
        text_banner(to);
    put(to, title);
    put(to, "\n\n");
    text_fields(to, card);
    put(to, "\n");
    put(to, reading);
    put(to, "\n");
    text_words(to, card);
    put(to, "\n");
    text_rest(to);
    if (card->rehearsal)
        text_banner(to);
}

size_t card_text(const struct card *card, char *out, size_t capacity)
{
    struct writer to = { (uint8_t *)out, capacity, !has_words(card) };
    if (!to.failed)
        text_page(&to, card);
    bytes_put(&to, "", 1);
    size_t written = finish(&to, out, capacity);
    return written > 0 ? written - 1 : 0;
}

/* -- the page: points from its lower left corner ------------------------------------------ */

#define FACE_TITLE "/F2 22"
#define FACE_BANNER "/F2 28"
#define FACE_NOTE "/F1 10"
#define FACE_LABEL "/F1 9"
#define FACE_VALUE "/F3 10"
#define FACE_NUMBER "/F3 12"
#define FACE_WORD "/F4 18"

enum {
    LEFT = 50,
    RIGHT = 545,
    MIDDLE = 308, /* where the second line to write on begins */
    BANNER_TOP = 794,
    BANNER_BOTTOM = 44,
    BANNER_HEIGHT = 36,
    BANNER_INDENT = 30, /* which centres it, nearly */
    TITLE_Y = 756,
    FIELDS_Y = 730,
    FIELD_STEP = 13,
    VALUE_X = 118,
    VALUE_WIDTH = 43, /* characters of Courier 10 before the code */
    CODE_SIDE = 160,  /* with its quiet zone */
    CODE_QUIET = 4,   /* modules */
    CODE_Y = 590,
    READING_Y = 540,
    WORDS_Y = 516,
    WORD_STEP = 22,
    CELL = (RIGHT - LEFT) / COLUMNS,
    NOTES_Y = 262,
    NOTE_STEP = 14,
    SIGN_Y = 178,
    SIGN_STEP = 56,
    SIGN_GAP = 21,
};

enum { OBJECT_CATALOG = 1, OBJECT_PAGES, OBJECT_PAGE, OBJECT_CONTENT, OBJECT_LENGTH, OBJECT_FONT, FONTS = 4 };

enum { OBJECTS = OBJECT_FONT + FONTS };

struct pdf {
    struct writer to;
    const uint8_t *start;
    size_t offsets[OBJECTS];
};

static void put_pair(struct writer *to, size_t x, size_t y)
{
    put_number(to, x, 1, ' ');
    put(to, " ");
    put_number(to, y, 1, ' ');
    put(to, " ");
}

static void show(struct writer *to, const char *face, size_t x, size_t y, struct piece piece)
{
    put(to, "BT ");
    put(to, face);
    put(to, " Tf ");
    put_pair(to, x, y);
    put(to, "Td (");
    put_piece(to, piece, "()\\");
    put(to, ") Tj ET\n");
}

static void rectangle(struct writer *to, size_t x, size_t y, size_t width, size_t height)
{
    put_pair(to, x, y);
    put_pair(to, width, height);
    put(to, "re\n");
}

static void rule(struct writer *to, size_t x, size_t y, size_t end)
{
    put_pair(to, x, y);
    put(to, "m ");
    put_pair(to, end, y);
    put(to, "l S\n");
}

static void page_banner(struct writer *to, size_t y)
{
    rectangle(to, LEFT, y, RIGHT - LEFT, BANNER_HEIGHT);
    put(to, "f 1 g\n");
    show(to, FACE_BANNER, LEFT + BANNER_INDENT, y + 8, whole(rehearsal));
    put(to, "0 g\n");
}

static void page_fields(struct writer *to, const struct card *card)
{
    char generation[DECIMAL + 1];
    struct field fields[FIELDS];
    struct piece pieces[PIECES];
    size_t y = FIELDS_Y;
    list_fields(card, generation, fields);
    for (size_t i = 0; i < FIELDS; i++) {
        size_t count = split(&fields[i], VALUE_WIDTH, pieces);
        show(to, FACE_LABEL, LEFT, y, whole(fields[i].label));
        for (size_t line = 0; line < count; line++, y -= FIELD_STEP)
            show(to, FACE_VALUE, VALUE_X, y, pieces[line]);
    }
}

/* The dark runs of a row are rectangles of one path for the whole code: renderers leave no gaps. */
static void page_code_row(struct writer *to, const struct qr *qr, size_t row)
{
    const uint8_t *modules = qr->modules + row * qr->width;
    for (size_t begin = 0, end; begin < qr->width; begin = end) {
        for (end = begin + 1; end < qr->width && modules[end] == modules[begin];)
            end++;
        if (modules[begin])
            rectangle(to, begin, qr->width - 1 - row, end - begin, 1);
    }
}

static void put_thousandths(struct writer *to, size_t value)
{
    put_number(to, value / 1000, 1, ' ');
    put(to, ".");
    put_number(to, value % 1000, 3, '0');
    put(to, " ");
}

static void page_code(struct writer *to, const struct qr *qr)
{
    size_t scale = CODE_SIDE * 1000 / (qr->width + 2 * CODE_QUIET);
    size_t quiet = CODE_QUIET * scale;
    put(to, "q ");
    put_thousandths(to, scale);
    put(to, "0 0 ");
    put_thousandths(to, scale);
    put_thousandths(to, (RIGHT - CODE_SIDE) * 1000 + quiet);
    put_thousandths(to, CODE_Y * 1000 + quiet);
    put(to, "cm\n");
    for (size_t row = 0; row < qr->width; row++)
        page_code_row(to, qr, row);
    put(to, "f Q\n");
    show(to, FACE_LABEL, RIGHT - CODE_SIDE + quiet / 1000, CODE_Y - 6,
         whole("The words again, to be scanned"));
}

static void page_words(struct writer *to, const struct card *card)
{
    show(to, FACE_NOTE, LEFT, READING_Y, whole(reading));
    put(to, "0.7 G\n");
    for (size_t i = 0; i < card->word_count; i++) {
        size_t x = LEFT + i % COLUMNS * CELL, y = WORDS_Y - i / COLUMNS * WORD_STEP;
        put(to, "BT " FACE_NUMBER " Tf ");
        put_pair(to, x, y);
        put(to, "Td (");
        put_number(to, i + 1, 2, ' ');
        put(to, " ) Tj " FACE_WORD " Tf (");
        put(to, slip39_word(card->words[i]));
        put(to, ") Tj ET\n");
        if (i % COLUMNS == 0)
            rule(to, LEFT, y - 6, RIGHT);
    }
    put(to, "0 G\n");
}

static void page_line_to_sign(struct writer *to, size_t x, size_t y, const char *label)
{
    rule(to, x, y, x + MIDDLE - LEFT - SIGN_GAP);
    show(to, FACE_LABEL, x, y - 11, whole(label));
}

static void page_rest(struct writer *to)
{
    for (size_t i = 0; i < NOTES; i++)
        show(to, FACE_NOTE, LEFT, NOTES_Y - i * NOTE_STEP, whole(notes[i]));
    page_line_to_sign(to, LEFT, SIGN_Y, "Serial number of the bag");
    page_line_to_sign(to, MIDDLE, SIGN_Y, "Date");
    page_line_to_sign(to, LEFT, SIGN_Y - SIGN_STEP, "Signature of the custodian");
    page_line_to_sign(to, MIDDLE, SIGN_Y - SIGN_STEP, "Signature of the witness");
}

static void page(struct writer *to, const struct card *card, const struct qr *qr)
{
    put(to, "0.5 w\n");
    if (card->rehearsal)
        page_banner(to, BANNER_TOP);
    show(to, FACE_TITLE, LEFT, TITLE_Y, whole(title));
    page_fields(to, card);
    if (qr)
        page_code(to, qr);
    page_words(to, card);
    page_rest(to);
    if (card->rehearsal)
        page_banner(to, BANNER_BOTTOM);
}

/* -- the file around it -------------------------------------------------------------------- */

static size_t position(const struct pdf *pdf)
{
    return (size_t)(pdf->to.at - pdf->start);
}

static void begin_object(struct pdf *pdf, size_t number)
{
    pdf->offsets[number] = position(pdf);
    put_number(&pdf->to, number, 1, ' ');
    put(&pdf->to, " 0 obj\n");
}

static void put_object(struct pdf *pdf, size_t number, const char *body)
{
    begin_object(pdf, number);
    put(&pdf->to, body);
    put(&pdf->to, "\nendobj\n");
}

static void put_fonts(struct pdf *pdf)
{
    static const char *const names[FONTS] = { "Helvetica", "Helvetica-Bold", "Courier", "Courier-Bold" };
    for (size_t i = 0; i < FONTS; i++) {
        begin_object(pdf, OBJECT_FONT + i);
        put(&pdf->to, "<< /Type /Font /Subtype /Type1 /Encoding /WinAnsiEncoding /BaseFont /");
        put(&pdf->to, names[i]);
        put(&pdf->to, " >>\nendobj\n");
    }
}

/* The length of the content is known after it, and so is an object of its own. */
static void put_content(struct pdf *pdf, const struct card *card, const struct qr *qr)
{
    begin_object(pdf, OBJECT_CONTENT);
    put(&pdf->to, "<< /Length 5 0 R >>\nstream\n");
    size_t begin = position(pdf);
    page(&pdf->to, card, qr);
    size_t length = position(pdf) - begin;
    put(&pdf->to, "endstream\nendobj\n");
    begin_object(pdf, OBJECT_LENGTH);
    put_number(&pdf->to, length, 1, ' ');
    put(&pdf->to, "\nendobj\n");
}

static void put_trailer(struct pdf *pdf)
{
    size_t table = position(pdf);
    put(&pdf->to, "xref\n0 ");
    put_number(&pdf->to, OBJECTS, 1, ' ');
    put(&pdf->to, "\n0000000000 65535 f \n");
    for (size_t i = 1; i < OBJECTS; i++) {
        put_number(&pdf->to, pdf->offsets[i], 10, '0');
        put(&pdf->to, " 00000 n \n");
    }
    put(&pdf->to, "trailer\n<< /Root 1 0 R /Size ");
    put_number(&pdf->to, OBJECTS, 1, ' ');
    put(&pdf->to, " >>\nstartxref\n");
    put_number(&pdf->to, table, 1, ' ');
    put(&pdf->to, "\n%%EOF\n");
}

static void put_file(struct pdf *pdf, const struct card *card, const struct qr *qr)
{
    put(&pdf->to, "%PDF-1.4\n");
    put_object(pdf, OBJECT_CATALOG, "<< /Type /Catalog /Pages 2 0 R >>");
    put_object(pdf, OBJECT_PAGES, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
    put_object(pdf, OBJECT_PAGE,
               "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R\n"
               "/Resources << /Font << /F1 6 0 R /F2 7 0 R /F3 8 0 R /F4 9 0 R >> >> >>");
    put_content(pdf, card, qr);
    put_fonts(pdf);
    put_trailer(pdf);
}

size_t card_pdf(const struct card *card, const struct qr *qr, uint8_t *out, size_t capacity)
{
    bool drawable = has_words(card) && (!qr || qr->width <= QR_WIDTH_MAX);
    struct pdf pdf = { { out, capacity, !drawable }, out, { 0 } };
    if (drawable)
        put_file(&pdf, card, qr);
    return finish(&pdf.to, out, capacity);
}

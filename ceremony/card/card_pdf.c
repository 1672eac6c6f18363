/* SPDX-License-Identifier: Apache-2.0 */
/* card_pdf (card.h): the card as one A4 page, PDF 1.4 (ISO 32000-1). */
#include <string.h>

#include "ceremony/card/card_parts.h"
#include "ceremony/card/winansi.h"
#include "keystore/share/slip39_words.h"

/* -- the page: coordinates in points from the lower left corner -- */

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
    MIDDLE = 308, /* where the right-hand line to write on begins */
    BANNER_TOP = 794,
    BANNER_BOTTOM = 44,
    BANNER_HEIGHT = 36,
    BANNER_INDENT = 30, /* roughly centred */
    TITLE_Y = 756,
    FIELDS_Y = 730,
    FIELD_STEP = 13,
    VALUE_X = 118,
    VALUE_WIDTH = 43, /* characters of Courier 10 to the left of the QR code */
    CODE_SIDE = 160,  /* with the quiet zone */
    CODE_QUIET = 4,   /* modules */
    CODE_Y = 590,
    READING_Y = 540,
    WORDS_Y = 516,
    WORD_STEP = 22,
    CELL = (RIGHT - LEFT) / CARD_COLUMNS,
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
    card_parts_put_number(to, x, 1, ' ');
    card_parts_put(to, " ");
    card_parts_put_number(to, y, 1, ' ');
    card_parts_put(to, " ");
}

/* In a string of a PDF, where brackets and the backslash need one before them. */
static void put_character(struct writer *to, int32_t character)
{
    uint8_t byte = winansi_byte(character);
    if (byte == 0)
        byte = '?';
    if (strchr("()\\", byte))
        bytes_put(to, "\\", 1);
    bytes_put(to, &byte, 1);
}

static void show(struct writer *to, const char *face, size_t x, size_t y, struct piece piece)
{
    card_parts_put(to, "BT ");
    card_parts_put(to, face);
    card_parts_put(to, " Tf ");
    put_pair(to, x, y);
    card_parts_put(to, "Td (");
    card_parts_put_piece(to, piece, put_character);
    card_parts_put(to, ") Tj ET\n");
}

static void rectangle(struct writer *to, size_t x, size_t y, size_t width, size_t height)
{
    put_pair(to, x, y);
    put_pair(to, width, height);
    card_parts_put(to, "re\n");
}

static void rule(struct writer *to, size_t x, size_t y, size_t end)
{
    put_pair(to, x, y);
    card_parts_put(to, "m ");
    put_pair(to, end, y);
    card_parts_put(to, "l S\n");
}

static void page_banner(struct writer *to, size_t y)
{
    rectangle(to, LEFT, y, RIGHT - LEFT, BANNER_HEIGHT);
    card_parts_put(to, "f 1 g\n");
    show(to, FACE_BANNER, LEFT + BANNER_INDENT, y + 8, card_parts_whole(card_rehearsal));
    card_parts_put(to, "0 g\n");
}

static void page_fields(struct writer *to, const struct card *card)
{
    char generation[CARD_DECIMAL + 1];
    struct field fields[CARD_FIELDS];
    struct piece pieces[CARD_PIECES];
    size_t y = FIELDS_Y;
    card_parts_list_fields(card, generation, fields);
    for (size_t i = 0; i < CARD_FIELDS; i++) {
        size_t count = card_parts_split(&fields[i], VALUE_WIDTH, pieces);
        show(to, FACE_LABEL, LEFT, y, card_parts_whole(fields[i].label));
        for (size_t line = 0; line < count; line++, y -= FIELD_STEP)
            show(to, FACE_VALUE, VALUE_X, y, pieces[line]);
    }
}

/* One rectangle for each dark run of a row, all in one path, so that renderers leave no gaps between modules. */
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
    card_parts_put_number(to, value / 1000, 1, ' ');
    card_parts_put(to, ".");
    card_parts_put_number(to, value % 1000, 3, '0');
    card_parts_put(to, " ");
}

static void page_code(struct writer *to, const struct qr *qr)
{
    size_t scale = CODE_SIDE * 1000 / (qr->width + 2 * CODE_QUIET);
    size_t quiet = CODE_QUIET * scale;
    card_parts_put(to, "q ");
    put_thousandths(to, scale);
    card_parts_put(to, "0 0 ");
    put_thousandths(to, scale);
    put_thousandths(to, (RIGHT - CODE_SIDE) * 1000 + quiet);
    put_thousandths(to, CODE_Y * 1000 + quiet);
    card_parts_put(to, "cm\n");
    for (size_t row = 0; row < qr->width; row++)
        page_code_row(to, qr, row);
    card_parts_put(to, "f Q\n");
    show(to, FACE_LABEL, RIGHT - CODE_SIDE + quiet / 1000, CODE_Y - 6,
         card_parts_whole("The words again, to be scanned"));
}

static void page_words(struct writer *to, const struct card *card)
{
    show(to, FACE_NOTE, LEFT, READING_Y, card_parts_whole(card_reading));
    card_parts_put(to, "0.7 G\n");
    for (size_t i = 0; i < card->word_count; i++) {
        size_t x = LEFT + i % CARD_COLUMNS * CELL, y = WORDS_Y - i / CARD_COLUMNS * WORD_STEP;
        card_parts_put(to, "BT " FACE_NUMBER " Tf ");
        put_pair(to, x, y);
        card_parts_put(to, "Td (");
        card_parts_put_number(to, i + 1, 2, ' ');
        card_parts_put(to, " ) Tj " FACE_WORD " Tf (");
        card_parts_put(to, slip39_words_text(card->words[i]));
        card_parts_put(to, ") Tj ET\n");
        if (i % CARD_COLUMNS == 0)
            rule(to, LEFT, y - 6, RIGHT);
    }
    card_parts_put(to, "0 G\n");
}

static void page_line_to_sign(struct writer *to, size_t x, size_t y, const char *label)
{
    rule(to, x, y, x + MIDDLE - LEFT - SIGN_GAP);
    show(to, FACE_LABEL, x, y - 11, card_parts_whole(label));
}

static void page_rest(struct writer *to)
{
    for (size_t i = 0; i < CARD_NOTES; i++)
        show(to, FACE_NOTE, LEFT, NOTES_Y - i * NOTE_STEP, card_parts_whole(card_notes[i]));
    page_line_to_sign(to, LEFT, SIGN_Y, "Serial number of the bag");
    page_line_to_sign(to, MIDDLE, SIGN_Y, "Date");
    page_line_to_sign(to, LEFT, SIGN_Y - SIGN_STEP, "Signature of the custodian");
    page_line_to_sign(to, MIDDLE, SIGN_Y - SIGN_STEP, "Signature of the witness");
}

static void page(struct writer *to, const struct card *card, const struct qr *qr)
{
    card_parts_put(to, "0.5 w\n");
    if (card->rehearsal)
        page_banner(to, BANNER_TOP);
    show(to, FACE_TITLE, LEFT, TITLE_Y, card_parts_whole(card_title));
    page_fields(to, card);
    if (qr)
        page_code(to, qr);
    page_words(to, card);
    page_rest(to);
    if (card->rehearsal)
        page_banner(to, BANNER_BOTTOM);
}

/* -- the PDF file -- */

static size_t position(const struct pdf *pdf)
{
    return (size_t)(pdf->to.at - pdf->start);
}

static void begin_object(struct pdf *pdf, size_t number)
{
    pdf->offsets[number] = position(pdf);
    card_parts_put_number(&pdf->to, number, 1, ' ');
    card_parts_put(&pdf->to, " 0 obj\n");
}

static void put_object(struct pdf *pdf, size_t number, const char *body)
{
    begin_object(pdf, number);
    card_parts_put(&pdf->to, body);
    card_parts_put(&pdf->to, "\nendobj\n");
}

static void put_fonts(struct pdf *pdf)
{
    static const char *const names[FONTS] = { "Helvetica", "Helvetica-Bold", "Courier", "Courier-Bold" };
    for (size_t i = 0; i < FONTS; i++) {
        begin_object(pdf, OBJECT_FONT + i);
        card_parts_put(&pdf->to, "<< /Type /Font /Subtype /Type1 /Encoding /WinAnsiEncoding /BaseFont /");
        card_parts_put(&pdf->to, names[i]);
        card_parts_put(&pdf->to, " >>\nendobj\n");
    }
}

/* The stream's length is an object of its own, since it is known only after the stream. */
static void put_content(struct pdf *pdf, const struct card *card, const struct qr *qr)
{
    begin_object(pdf, OBJECT_CONTENT);
    card_parts_put(&pdf->to, "<< /Length 5 0 R >>\nstream\n");
    size_t begin = position(pdf);
    page(&pdf->to, card, qr);
    size_t length = position(pdf) - begin;
    card_parts_put(&pdf->to, "endstream\nendobj\n");
    begin_object(pdf, OBJECT_LENGTH);
    card_parts_put_number(&pdf->to, length, 1, ' ');
    card_parts_put(&pdf->to, "\nendobj\n");
}

static void put_trailer(struct pdf *pdf)
{
    size_t table = position(pdf);
    card_parts_put(&pdf->to, "xref\n0 ");
    card_parts_put_number(&pdf->to, OBJECTS, 1, ' ');
    card_parts_put(&pdf->to, "\n0000000000 65535 f \n");
    for (size_t i = 1; i < OBJECTS; i++) {
        card_parts_put_number(&pdf->to, pdf->offsets[i], 10, '0');
        card_parts_put(&pdf->to, " 00000 n \n");
    }
    card_parts_put(&pdf->to, "trailer\n<< /Root 1 0 R /Size ");
    card_parts_put_number(&pdf->to, OBJECTS, 1, ' ');
    card_parts_put(&pdf->to, " >>\nstartxref\n");
    card_parts_put_number(&pdf->to, table, 1, ' ');
    card_parts_put(&pdf->to, "\n%%EOF\n");
}

static void put_file(struct pdf *pdf, const struct card *card, const struct qr *qr)
{
    card_parts_put(&pdf->to, "%PDF-1.4\n");
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
    bool drawable = card_parts_has_words(card) && (!qr || qr->width <= QR_WIDTH_MAX);
    struct pdf pdf = { { out, capacity, !drawable }, out, { 0 } };
    if (drawable)
        put_file(&pdf, card, qr);
    return card_parts_finish(&pdf.to, out, capacity);
}

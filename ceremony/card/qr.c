/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/card/qr.h"

#include <errno.h>
#include <fcntl.h>
#include <qrencode.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "keystore/memory/secret.h"
#include "keystore/share/slip39.h"
#include "keystore/share/slip39_words.h"

enum {
    TEXT_MAX = SLIP39_WORDS_MAX * (SLIP39_WORD_MAX + 1),
    WIDTH_MIN = 21, /* of the smallest QR code, version 1 */
};

/* -- in the child -- */

/* Appends a word in capitals: QR alphanumeric mode has no lower case. */
static size_t append(char *text, size_t length, const char *word)
{
    if (length > 0)
        text[length++] = ' ';
    for (; *word; word++)
        text[length++] = (char)(*word - 'a' + 'A');
    return length;
}

static QRcode *encode(const uint16_t *words, size_t count)
{
    char text[TEXT_MAX];
    size_t length = 0;
    for (size_t i = 0; i < count; i++)
        length = append(text, length, slip39_words_text(words[i]));
    QRinput *input = QRinput_new2(0, QR_ECLEVEL_M);
    if (!input || QRinput_append(input, QR_MODE_AN, (int)length, (const unsigned char *)text) != 0)
        return NULL;
    return QRcode_encodeInput(input);
}

/* The child has no arena and wipes nothing: it exits at once, and the kernel zeroes its memory. */
static bool draw(int from, int to, size_t count)
{
    uint16_t words[SLIP39_WORDS_MAX];
    (void)mlockall(MCL_CURRENT | MCL_FUTURE);
    if (prctl(PR_SET_DUMPABLE, 0) != 0 || !io_read_exactly(from, words, count * sizeof *words))
        return false;
    QRcode *code = encode(words, count);
    if (!code && munlockall() == 0) /* locking may have hit RLIMIT_MEMLOCK: try again unlocked */
        code = encode(words, count);
    if (!code || code->width > QR_WIDTH_MAX)
        return false;
    uint8_t width = (uint8_t)code->width;
    size_t size = (size_t)width * width;
    for (size_t i = 0; i < size; i++)
        code->data[i] &= 1;
    return io_write_all(to, &width, 1) && io_write_all(to, code->data, size);
}

/* -- in the parent -- */

static bool receive(int fd, struct qr *out)
{
    uint8_t width;
    if (!io_read_exactly(fd, &width, 1) || width < WIDTH_MIN || width > QR_WIDTH_MAX)
        return false;
    out->width = width;
    return io_read_exactly(fd, out->modules, (size_t)width * width);
}

static bool ended_well(pid_t child)
{
    int status = -1;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Forks a child that reads the words from one pipe and writes the code to the other; closes both ends of `drawn`. */
static bool draw_in_child(const int words[static 2], int drawn[static 2], size_t count, struct qr *out)
{
    pid_t child = fork();
    if (child == 0) {
        close(words[1]);
        close(drawn[0]);
        _exit(draw(words[0], drawn[1], count) ? 0 : 1);
    }
    close(drawn[1]);
    drawn[1] = -1;
    bool received = child > 0 && receive(drawn[0], out);
    close(drawn[0]);
    drawn[0] = -1;
    return child > 0 && ended_well(child) && received;
}

static void close_pipe(const int ends[static 2])
{
    for (int i = 0; i < 2; i++)
        if (ends[i] >= 0)
            close(ends[i]);
}

/* The words are written to the pipe before the fork: they fit into it, and the child does not inherit the arena. */
bool qr_make(const uint16_t *words, size_t count, struct qr *out)
{
    int given[2] = { -1, -1 }, drawn[2] = { -1, -1 };
    memset(out, 0, sizeof *out);
    bool made = count > 0 && count <= SLIP39_WORDS_MAX && pipe2(given, O_CLOEXEC) == 0 && pipe2(drawn, O_CLOEXEC) == 0
        && io_write_all(given[1], words, count * sizeof *words) && draw_in_child(given, drawn, count, out);
    close_pipe(given);
    close_pipe(drawn);
    if (!made)
        secret_wipe(out, sizeof *out);
    return made;
}

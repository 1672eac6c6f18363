/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/tool/passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/command.h"
#include "base/io.h"
#include "ceremony/tool/terminal.h"
#include "keystore/kek/kek_file.h"

/* A carriage return is kept back until the next byte tells whether it belongs to the line's end, as Windows has it. */
static int read_line(int fd, char *out, int size)
{
    char c;
    bool held = false;
    for (int length = 0;;) {
        ssize_t n = io_read_some(fd, &c, 1);
        if (n < 0 || (n == 0 && length == 0 && !held))
            return -1;
        if (n > 0 && c == '\n')
            return length;
        if (held && length == size)
            return -1; /* too long */
        if (held)
            out[length++] = '\r';
        if (n == 0)
            return length;
        held = c == '\r';
        if (!held && length == size)
            return -1;
        if (!held)
            out[length++] = c;
    }
}

/* Backspace and Ctrl-U edit the line. -1: too long, or the terminal is gone; KEY_INTERRUPT goes to *key. */
static int type_line(char *out, int size, int *key)
{
    for (int length = 0;;) {
        *key = terminal_key();
        if (*key == KEY_END || *key == KEY_INTERRUPT)
            return -1;
        if (*key == '\r' || *key == '\n')
            return length <= size ? length : -1;
        if (*key == KEY_ERASE)
            length -= length > 0;
        else if (*key == KEY_ERASE_LINE)
            length = 0;
        else if (length++ < size)
            out[length - 1] = (char)*key;
    }
}

/* A second Ctrl-C stops; after the first one the passphrase is typed from its begin. */
static int from_terminal(const char *what, char *out, int size)
{
    int length = -1, key = KEY_INTERRUPT;
    if (!terminal_open() || !terminal_hush()) {
        command_fail(TERMINAL_NONE "; or name a file or fd:N with --passphrase");
        return -1;
    }
    for (int tries = 0; tries < 2 && key == KEY_INTERRUPT; tries++) {
        if (tries > 0)
            terminal_print("interrupted: nothing is lost; type the passphrase, or press Ctrl-C again to stop");
        terminal_prompt("%s", what); /* echo is off by then */
        length = type_line(out, size, &key);
    }
    terminal_restore();
    terminal_print("%s", what);
    if (key == KEY_INTERRUPT || key == KEY_END)
        terminal_stop();
    else if (length < 0)
        command_fail("a passphrase of more than %d bytes is not read; nothing was done with it", size);
    return length;
}

int passphrase_read(const char *source, const char *what, char *out, int size)
{
    if (!source)
        return from_terminal(what, out, size);
    int fd = kek_file_descriptor(source);
    bool opened = fd < 0;
    if (opened)
        fd = open(source, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int length = fd < 0 ? -1 : read_line(fd, out, size);
    if (opened && fd >= 0)
        close(fd);
    if (length < 0)
        command_fail("%s: no passphrase could be read: it is the first line, of at most %d bytes, of a file that is no "
                     "link, or of fd:N",
                     source, size);
    return length;
}

#include "ceremony/passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "keystore/kek_file.h"

static int read_line(int fd, char *out, int size)
{
    char c;
    for (int length = 0;;) {
        ssize_t n = read(fd, &c, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 || length == 0 ? -1 : length;
        if (c == '\n')
            return length;
        if (length == size)
            return -1; /* longer than any passphrase here may be */
        out[length++] = c;
    }
}

static void write_text(int fd, const char *text)
{
    ssize_t ignored = write(fd, text, strlen(text));
    (void)ignored;
}

static int from_terminal(const char *what, char *out, int size)
{
    struct termios saved, silent;
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY), length = -1;
    if (tty < 0)
        return -1;
    if (tcgetattr(tty, &saved) == 0) {
        silent = saved;
        silent.c_lflag &= ~(tcflag_t)ECHO;
        write_text(tty, what);
        if (tcsetattr(tty, TCSAFLUSH, &silent) == 0) {
            length = read_line(tty, out, size);
            (void)tcsetattr(tty, TCSAFLUSH, &saved);
        }
        write_text(tty, "\n");
    }
    close(tty);
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
    return length;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/tool/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/io.h"

enum { LOOK_MS = 200 };

static struct {
    int fd;          /* 0: not open */
    unsigned hushed; /* nesting depth of terminal_hush */
    struct termios saved;
    terminal_is_over *is_over; /* what is typed may be needed no more */
    void *context;
} terminal;

static volatile sig_atomic_t ended;

static void on_end(int number)
{
    (void)number;
    ended = 1;
}

/* A terminating signal only sets a flag that the next terminal_key reports, so that secrets are wiped and the terminal
 * is restored. */
static void catch_ends(void)
{
    static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
    const struct sigaction action = { .sa_handler = on_end };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaction(numbers[i], &action, NULL);
}

bool terminal_open(void)
{
    if (terminal.fd > 0)
        return true;
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 || tcgetattr(fd, &terminal.saved) != 0) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    terminal.fd = fd;
    catch_ends();
    return true;
}

bool terminal_hush(void)
{
    struct termios silent = terminal.saved;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    silent.c_cc[VMIN] = 1;
    silent.c_cc[VTIME] = 0;
    if (terminal.hushed == 0 && tcsetattr(terminal.fd, TCSANOW, &silent) != 0)
        return false;
    terminal.hushed++;
    return true;
}

void terminal_restore(void)
{
    if (terminal.hushed > 0 && --terminal.hushed == 0)
        (void)tcsetattr(terminal.fd, TCSAFLUSH, &terminal.saved);
}

int terminal_key(void)
{
    unsigned char c;
    while (!ended) {
        struct pollfd readable = { .fd = terminal.fd, .events = POLLIN };
        if (terminal.is_over && terminal.is_over(terminal.context))
            return KEY_END;
        if (poll(&readable, 1, LOOK_MS) <= 0)
            continue; /* the timeout catches a signal that came between the check of `ended` and poll */
        ssize_t n = read(terminal.fd, &c, 1);
        if (n == 1)
            return c == '\b' ? KEY_ERASE : c == 4 ? KEY_INTERRUPT : c; /* Ctrl-D ends as Ctrl-C does */
        if (n == 0 || errno != EINTR)
            return KEY_END;
    }
    return KEY_END;
}

void terminal_watch(terminal_is_over *is_over, void *context)
{
    terminal.is_over = is_over;
    terminal.context = context;
}

bool terminal_has_more(void)
{
    struct pollfd readable = { .fd = terminal.fd, .events = POLLIN };
    return poll(&readable, 1, 0) == 1;
}

void terminal_drop_input(void)
{
    (void)tcflush(terminal.fd, TCIFLUSH);
}

static void write_all(const char *text, size_t length)
{
    (void)!io_write_all(terminal.fd, text, length); /* if the terminal is gone, the next read reports it */
}

static void put(const char *before, const char *after, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

static void put(const char *before, const char *after, const char *format, va_list arguments)
{
    char text[1024];
    int length = vsnprintf(text, sizeof text, format, arguments);
    write_all(before, strlen(before));
    if (length > 0)
        write_all(text, (size_t)length < sizeof text ? (size_t)length : sizeof text - 1);
    write_all(after, strlen(after));
}

void terminal_print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    put("\r\033[K", "\n", format, arguments);
    va_end(arguments);
}

void terminal_prompt(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    put("\r\033[K", "", format, arguments);
    va_end(arguments);
}

bool terminal_ask(char *out, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    put("", "", format, arguments);
    va_end(arguments);
    for (size_t length = 0;;) { /* the terminal driver echoes and edits the line */
        char c;
        struct pollfd readable = { .fd = terminal.fd, .events = POLLIN };
        if (!ended && poll(&readable, 1, LOOK_MS) <= 0)
            continue;
        if (ended || read(terminal.fd, &c, 1) != 1) {
            write_all("\n", 1);
            return false;
        }
        if (c == '\n' && length < size) {
            out[length] = '\0';
            return true;
        }
        if (c == '\n') {
            terminal_print("that is longer than %zu characters; once more, shorter:", size - 1);
            length = 0;
        } else if (length < size) {
            out[length++] = c;
        }
    }
}

void terminal_show(const char *text, size_t length)
{
    write_all(text, length);
}

void terminal_clear(void)
{
    static const char sequence[] = "\033[2J\033[3J\033[H";
    write_all(sequence, sizeof sequence - 1);
}

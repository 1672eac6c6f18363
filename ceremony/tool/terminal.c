/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/tool/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/io.h"

enum { LOOK_MS = 200 };

static struct {
    int fd;          /* 0: not open */
    unsigned hushed; /* nesting depth of terminal_hush */
    struct termios saved;
    bool dumb;                 /* it knows no escape sequences */
    bool prompted;             /* the cursor stands behind a prompt */
    bool interrupted;          /* Ctrl-C was pressed at this question; a second one stops */
    terminal_is_over *is_over; /* what is typed may be needed no more */
    void *context;
    bool over, stopped; /* what ended the last typing; whether people ever stopped */
} terminal;

static volatile sig_atomic_t ended, interrupted, ctrl_c_is_a_key;

static void on_end(int number)
{
    if (number == SIGINT && !ctrl_c_is_a_key)
        interrupted = 1;
    else
        ended = 1;
}

/* A terminating signal only sets a flag that the next key or answer reports, so that secrets are wiped and the terminal
 * is restored. SIGINT is Ctrl-C, also while nobody is asked; where that is a key, another process sent it, and it
 * ends. */
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
    const char *kind = getenv("TERM");
    terminal.fd = fd;
    terminal.dumb = kind && strcmp(kind, "dumb") == 0;
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
    ctrl_c_is_a_key = 1;
    return true;
}

void terminal_restore(void)
{
    if (terminal.hushed > 0 && --terminal.hushed == 0) {
        ctrl_c_is_a_key = 0;
        (void)tcsetattr(terminal.fd, TCSAFLUSH, &terminal.saved);
    }
}

/* The next byte, KEY_INTERRUPT or KEY_END. */
static int next_byte(void)
{
    while (!ended) {
        unsigned char c;
        struct pollfd readable = { .fd = terminal.fd, .events = POLLIN };
        if (interrupted) {
            interrupted = 0;
            return KEY_INTERRUPT;
        }
        terminal.over = terminal.is_over && terminal.is_over(terminal.context);
        if (terminal.over)
            return KEY_END;
        if (poll(&readable, 1, LOOK_MS) <= 0)
            continue; /* the timeout catches a signal that came between the check of the flags and poll */
        ssize_t n = read(terminal.fd, &c, 1);
        if (n == 1)
            return c;
        if (n == 0 && !(readable.revents & POLLHUP))
            return KEY_INTERRUPT; /* Ctrl-D at the begin of a line that the driver edits */
        if (n == 0 || errno != EINTR)
            return KEY_END;
    }
    return KEY_END;
}

int terminal_key(void)
{
    int c = next_byte();
    return c == '\b' ? KEY_ERASE : c == 4 ? KEY_INTERRUPT : c; /* Ctrl-D stops as Ctrl-C does */
}

void terminal_watch(terminal_is_over *is_over, void *context)
{
    terminal.is_over = is_over;
    terminal.context = context;
}

void terminal_stop(void)
{
    if (terminal.over)
        return;
    terminal.stopped = true;
    terminal_print("stopped");
}

bool terminal_was_stopped(void)
{
    return terminal.stopped;
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

static void put(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));

static void put(const char *format, va_list arguments)
{
    char text[1024];
    int length = vsnprintf(text, sizeof text, format, arguments);
    if (length > 0)
        write_all(text, (size_t)length < sizeof text ? (size_t)length : sizeof text - 1);
}

/* A line in place of the current one; where that cannot be erased, below it. */
static void begin_line(void)
{
    const char *begin = !terminal.dumb ? "\r\033[K" : terminal.prompted ? "\n" : "\r";
    write_all(begin, strlen(begin));
}

void terminal_print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    begin_line();
    put(format, arguments);
    write_all("\n", 1);
    terminal.prompted = false;
    va_end(arguments);
}

void terminal_prompt(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    begin_line();
    put(format, arguments);
    terminal.prompted = true;
    va_end(arguments);
}

/* -- questions -- */

enum answer { STOPPED, ANSWERED, INTERRUPTED, TOO_LONG };

/* After the first one the cursor stays behind the question, for what is printed in its place. */
static enum answer interrupt(void)
{
    bool again = terminal.interrupted;
    terminal.interrupted = !again;
    if (again)
        write_all("\n", 1);
    return again ? STOPPED : INTERRUPTED;
}

/* The terminal driver echoes and edits the line. */
static enum answer read_line(char *out, size_t size)
{
    for (size_t length = 0;; length++) {
        int c = next_byte();
        if (c == KEY_INTERRUPT)
            return interrupt();
        if (c == KEY_END)
            write_all("\n", 1);
        if (c == KEY_END)
            return STOPPED;
        if (length < size)
            out[length] = (char)(c == '\n' ? '\0' : c);
        if (c == '\n') {
            terminal.interrupted = false;
            return length < size ? ANSWERED : TOO_LONG;
        }
    }
}

static enum answer ask(char *out, size_t size, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

static enum answer ask(char *out, size_t size, const char *format, va_list arguments)
{
    put(format, arguments);
    enum answer answer = read_line(out, size);
    terminal.prompted = answer == INTERRUPTED; /* else the line has ended */
    return answer;
}

bool terminal_ask(char *out, size_t size, const char *format, ...)
{
    enum answer answer = INTERRUPTED;
    while (answer == INTERRUPTED) {
        va_list arguments;
        va_start(arguments, format);
        answer = ask(out, size, format, arguments);
        va_end(arguments);
        while (answer == TOO_LONG) {
            terminal_print("that is longer than %zu characters; once more, shorter:", size - 1);
            answer = read_line(out, size);
        }
        if (answer == INTERRUPTED)
            terminal_print("interrupted: nothing is lost; answer the question, or press Ctrl-C again to stop");
    }
    return answer == ANSWERED;
}

/* -- the screen -- */

static struct winsize size_now(void)
{
    struct winsize size;
    if (ioctl(terminal.fd, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0)
        size = (struct winsize){ .ws_row = TERMINAL_ROWS_MIN, .ws_col = TERMINAL_COLUMNS_MIN };
    return size;
}

bool terminal_holds_a_card(char sentence[static TERMINAL_SENTENCE])
{
    const struct winsize size = size_now();
    snprintf(sentence, TERMINAL_SENTENCE,
             "this terminal has %u columns and %u lines, and a card needs %d and %d: make it larger, or its font "
             "smaller",
             size.ws_col, size.ws_row, TERMINAL_COLUMNS_MIN, TERMINAL_ROWS_MIN);
    return size.ws_col >= TERMINAL_COLUMNS_MIN && size.ws_row >= TERMINAL_ROWS_MIN;
}

bool terminal_can_clear(void)
{
    return !terminal.dumb;
}

void terminal_show(const char *text, size_t length)
{
    write_all(text, length);
}

void terminal_clear(void)
{
    static const char sequence[] = "\033[2J\033[3J\033[H";
    if (!terminal.dumb)
        write_all(sequence, sizeof sequence - 1);
    for (unsigned row = terminal.dumb ? size_now().ws_row : 0; row > 0; row--)
        write_all("\n", 1);
    terminal.prompted = false;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLANKS " \t\r"
#define PATTERNS_HINT                                                                                                  \
    "it must have 1 to 64 ids of keys, or beginnings of ids that end in *, with blanks or commas between"

/* -- one setting -- */

static bool set_keys(struct config *config, const char *value, char *problem)
{
    if (patterns_parse(value, &config->keys))
        return true;
    snprintf(problem, CONFIG_PROBLEM_MAX, "keys is \"%.80s\": " PATTERNS_HINT, value);
    return false;
}

static bool set_generate(struct config *config, const char *value, char *problem)
{
    config->generates = strcmp(value, "yes") == 0;
    if (config->generates || strcmp(value, "no") == 0)
        return true;
    snprintf(problem, CONFIG_PROBLEM_MAX, "generate is \"%.80s\": it must be yes or no", value);
    return false;
}

static bool set_socket(struct config *config, const char *name, const char *value, char *problem)
{
    struct signer_error error;
    if (signer_set_option(&config->options, name, value, &error) == SIGNER_OK)
        return true;
    snprintf(problem, CONFIG_PROBLEM_MAX, "%s", error.message);
    return false;
}

enum { NAMES = 5 };
static const char *const names[NAMES] = { "keys", "generate", "signer_socket", "timeout", "expect_uid" };

static bool set(struct config *config, unsigned which, const char *value, char *problem)
{
    switch (which) {
    case 0: return set_keys(config, value, problem);
    case 1: return set_generate(config, value, problem);
    default: return set_socket(config, names[which], value, problem);
    }
}

/* -- the file -- */

/* Cuts the blanks at both ends off, in place. */
static char *trim(char *text)
{
    text += strspn(text, BLANKS);
    size_t length = strlen(text);
    while (length > 0 && strchr(BLANKS, text[length - 1]))
        text[--length] = '\0';
    return text;
}

static bool parse_line(struct config *config, char *line, bool seen[static NAMES], char *problem)
{
    char *equals = strchr(line, '='), *name = trim(line);
    if (name[0] == '\0' || name[0] == '#')
        return true;
    if (!equals) {
        snprintf(problem, CONFIG_PROBLEM_MAX, "\"%.80s\" is no setting: write NAME = VALUE", name);
        return false;
    }
    *equals = '\0';
    name = trim(name);
    unsigned which = 0;
    while (which < NAMES && strcmp(names[which], name) != 0)
        which++;
    if (which == NAMES || seen[which]) {
        snprintf(problem, CONFIG_PROBLEM_MAX,
                 which == NAMES ? "there is no setting \"%.80s\": there are keys, generate, signer_socket, timeout and "
                                  "expect_uid"
                                : "%.80s is set twice: leave one out",
                 name);
        return false;
    }
    seen[which] = true;
    return set(config, which, trim(equals + 1), problem);
}

static bool parse(struct config *config, const char *path, char *problem)
{
    bool seen[NAMES] = { false };
    char why[CONFIG_PROBLEM_MAX], *rest = config->text;
    for (unsigned number = 1; rest; number++) {
        char *line = strsep(&rest, "\n");
        if (parse_line(config, line, seen, why))
            continue;
        snprintf(problem, CONFIG_PROBLEM_MAX, "%.200s, line %u: %.380s", path, number, why);
        return false;
    }
    return true;
}

/* Does not wait for the writer of a FIFO, which is no file to have settings in. */
static FILE *open_file(const char *path, bool *is_file)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
    *is_file = file && fstat(fd, &status) == 0 && (S_ISREG(status.st_mode) || S_ISCHR(status.st_mode));
    if (fd >= 0 && !file)
        close(fd);
    return file;
}

/* Reads the text. False: there is a problem; a file that is absent and need not exist is an empty one. */
static bool load(struct config *config, const char *path, bool may_be_absent, char *problem)
{
    bool is_file;
    FILE *file = open_file(path, &is_file);
    if (!file && errno == ENOENT && may_be_absent)
        return true;
    size_t length = is_file ? fread(config->text, 1, sizeof config->text, file) : 0;
    const char *why = !file || ferror(file)          ? strerrordesc_np(errno)
        : !is_file                                   ? "it is no file"
        : length == sizeof config->text              ? "it is too large"
        : memchr(config->text, '\0', length) != NULL ? "it is no text"
                                                     : NULL;
    if (file)
        fclose(file);
    if (!why) {
        config->text[length] = '\0';
        return true;
    }
    snprintf(problem, CONFIG_PROBLEM_MAX, "the settings in %.200s cannot be read: %s", path, why);
    return false;
}

/* -- all of it -- */

bool config_read(struct config *config, const char *usual, char problem[static CONFIG_PROBLEM_MAX])
{
    const char *named = secure_getenv("SIGNER_PKCS11_CONF"), *keys = secure_getenv("SIGNER_PKCS11_KEYS");
    bool is_named = named && *named;
    const char *path = is_named ? named : usual;
    *config = (struct config){ .options.environment_first = true };
    if (!load(config, path, !is_named, problem) || !parse(config, path, problem))
        return false;
    if (!keys || !*keys || patterns_parse(keys, &config->keys))
        return true;
    snprintf(problem, CONFIG_PROBLEM_MAX, "SIGNER_PKCS11_KEYS is \"%.80s\": " PATTERNS_HINT, keys);
    return false;
}

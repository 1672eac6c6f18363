/* The names in a directory. */
#ifndef BASE_ENTRIES_H
#define BASE_ENTRIES_H

#include <dirent.h>
#include <stdbool.h>

/* Lists an open directory from its start, with a position of its own; the caller's descriptor stays as it is.
 * NULL: errno says why. Close it with closedir. */
DIR *entries_open(int directory) __attribute__((warn_unused_result));

/* Whether a name is "." or "..". */
bool entries_is_dots(const char *name);

#endif

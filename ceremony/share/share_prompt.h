/* SPDX-License-Identifier: Apache-2.0 */
/* The prompt at which custodians type their shares, without echo, word by word. */
#ifndef CEREMONY_SHARE_SHARE_PROMPT_H
#define CEREMONY_SHARE_SHARE_PROMPT_H

#include "ceremony/share/share_tray.h"

enum share_prompt { SHARE_PROMPT_DONE, SHARE_PROMPT_STOPPED, SHARE_PROMPT_NO_TERMINAL };

/* Asks for one share until a valid one is in the tray. `heading` says what it is for; NULL: none. A mistake or a single
 * Ctrl-C loses no word. SHARE_PROMPT_STOPPED: two Ctrl-C, a signal, or the terminal went away. */
enum share_prompt share_prompt_one(struct share_tray *tray, const char *heading) __attribute__((warn_unused_result));
/* The same, as share `number` of those that people type, where the tray does not count them all. */
enum share_prompt share_prompt_numbered(struct share_tray *tray, const char *heading, size_t number)
    __attribute__((warn_unused_result));

/* Asks for shares until the tray has a quorum of one set. */
enum share_prompt share_prompt_quorum(struct share_tray *tray, const char *heading) __attribute__((warn_unused_result));

#endif

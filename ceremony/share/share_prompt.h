/* Custodians type their shares at the terminal, without echo, word by word. */
#ifndef CEREMONY_SHARE_SHARE_PROMPT_H
#define CEREMONY_SHARE_SHARE_PROMPT_H

#include "ceremony/share/share_tray.h"

enum share_prompt { SHARE_PROMPT_DONE, SHARE_PROMPT_STOPPED, SHARE_PROMPT_NO_TERMINAL };

/* One share into the tray; SHARE_PROMPT_STOPPED when people gave up or the terminal went away. `heading` says
 * what it is for. What was taken before is never lost by a mistake or one Ctrl-C. */
enum share_prompt share_prompt_one(struct share_tray *tray, const char *heading) __attribute__((warn_unused_result));

/* Shares until there is a quorum of one set. */
enum share_prompt share_prompt_quorum(struct share_tray *tray, const char *heading) __attribute__((warn_unused_result));

#endif

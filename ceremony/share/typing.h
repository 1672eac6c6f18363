/* Custodians type their shares at the terminal, without echo, word by word. */
#ifndef CEREMONY_TYPING_H
#define CEREMONY_TYPING_H

#include "ceremony/share/share_tray.h"

enum typing { TYPING_TAKEN, TYPING_STOPPED, TYPING_NO_TERMINAL };

/* One share into the tray; TYPING_STOPPED when people gave up or the terminal went away. `heading` says
 * what it is for. What was taken before is never lost by a mistake or one Ctrl-C. */
enum typing typing_share(struct share_tray *tray, const char *heading) __attribute__((warn_unused_result));

/* Shares until there is a quorum of one set. */
enum typing typing_quorum(struct share_tray *tray, const char *heading) __attribute__((warn_unused_result));

#endif

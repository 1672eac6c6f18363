/* The verbs: one function each, in cmd_<verb>.c. They return the exit code. */
#ifndef CLIENT_SIGNERCTL_CMD_H
#define CLIENT_SIGNERCTL_CMD_H

#include "client/signerctl/command.h"

int cmd_bench(struct context *context, int argc, char **argv);
int cmd_cert(struct context *context, int argc, char **argv);
int cmd_destroy(struct context *context, int argc, char **argv);
int cmd_generate(struct context *context, int argc, char **argv);
int cmd_health(struct context *context, int argc, char **argv);
int cmd_keys(struct context *context, int argc, char **argv);
int cmd_seal(struct context *context, int argc, char **argv);
int cmd_show(struct context *context, int argc, char **argv);
int cmd_sign(struct context *context, int argc, char **argv);
int cmd_stats(struct context *context, int argc, char **argv);

#endif

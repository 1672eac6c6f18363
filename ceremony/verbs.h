/* The verbs of signer-ceremony, one cmd_<verb>.c each. A verb gets its own argv (argv[0] is the
 * verb) and gives the exit code. */
#ifndef CEREMONY_VERBS_H
#define CEREMONY_VERBS_H

int cmd_init(int argc, char **argv);
int cmd_kek(int argc, char **argv);
int cmd_split(int argc, char **argv);
int cmd_reshare(int argc, char **argv);
int cmd_verify_share(int argc, char **argv);
int cmd_combine(int argc, char **argv);
int cmd_rekey(int argc, char **argv);
int cmd_unseal(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_backup(int argc, char **argv);
int cmd_verify_backup(int argc, char **argv);
int cmd_restore(int argc, char **argv);
int cmd_drill(int argc, char **argv);
int cmd_doctor(int argc, char **argv);

#endif

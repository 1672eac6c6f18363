/* SPDX-License-Identifier: Apache-2.0 */
/* A program that uses the PKCS #11 module MODULE as daemons do: loaded once, with a session and a key that it holds.
 *
 *   pkcs11_caller MODULE talk                      does what the lines of its standard input say, a line for each:
 *     find LABEL   finds the private key             found | none | failed RV
 *     sign         signs with it                     signed HEX | failed RV      (ECDSA with SHA-256 of "message")
 *     slots        how many slots have a token       slots N
 *     fork         a child goes on with the next lines; when it has ended, the parent goes on
 *     again        the same as sign, in a child that calls C_Initialize and opens a session of its own
 *     end          ends the process
 *   pkcs11_caller MODULE storm LABEL THREADS EACH  threads that sign, and fork children that sign; prints
 *                                                  "MESSAGE SIGNATURE" (hex) for each
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/pkcs11/functions.h"

enum { SIGNATURE_MAX = 132, LINE = 256 };

static CK_FUNCTION_LIST *p11;
static CK_SESSION_HANDLE session;
static CK_OBJECT_HANDLE key;

static void need(CK_RV rv, const char *what)
{
    if (rv == CKR_OK)
        return;
    fprintf(stderr, "%s failed: 0x%lx\n", what, rv);
    exit(1);
}

static void load(const char *path)
{
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!module) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    call_function_list *get;
    void *symbol = dlsym(module, "C_GetFunctionList");
    memcpy(&get, &symbol, sizeof get);
    need(get(&p11), "C_GetFunctionList");
}

static void open_session(CK_SESSION_HANDLE *opened)
{
    need(p11->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, opened), "C_OpenSession");
}

static CK_RV find(CK_SESSION_HANDLE with, const char *label, CK_OBJECT_HANDLE *found, CK_ULONG *count)
{
    CK_ULONG class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof class },
                                { CKA_LABEL, (void *)(uintptr_t)label, strlen(label) } };
    CK_RV rv = p11->C_FindObjectsInit(with, template, 2);
    if (rv != CKR_OK)
        return rv;
    rv = p11->C_FindObjects(with, found, 1, count);
    (void)p11->C_FindObjectsFinal(with);
    return rv;
}

static CK_RV sign(CK_SESSION_HANDLE with, const char *message, CK_BYTE *signature, CK_ULONG *length)
{
    CK_MECHANISM mechanism = { CKM_ECDSA_SHA256, NULL, 0 };
    CK_RV rv = p11->C_SignInit(with, &mechanism, key);
    *length = SIGNATURE_MAX;
    return rv == CKR_OK ? p11->C_Sign(with, (CK_BYTE *)(uintptr_t)message, strlen(message), signature, length) : rv;
}

static void write_hex(char *out, const CK_BYTE *bytes, CK_ULONG length)
{
    for (CK_ULONG i = 0; i < length; i++)
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

/* -- talk -- */

static void say_sign(void)
{
    CK_BYTE signature[SIGNATURE_MAX];
    char hex[2 * SIGNATURE_MAX + 1] = "";
    CK_ULONG length;
    CK_RV rv = sign(session, "message", signature, &length);
    if (rv == CKR_OK)
        write_hex(hex, signature, length);
    if (rv == CKR_OK)
        printf("signed %s\n", hex);
    else
        printf("failed 0x%lx\n", rv);
}

static void say_find(const char *label)
{
    CK_ULONG count = 0;
    CK_RV rv = find(session, label, &key, &count);
    if (rv == CKR_OK)
        printf("%s\n", count == 1 ? "found" : "none");
    else
        printf("failed 0x%lx\n", rv);
}

static void say_slots(void)
{
    CK_ULONG count = 0;
    need(p11->C_GetSlotList(1, NULL, &count), "C_GetSlotList");
    printf("slots %lu\n", count);
}

/* True in the child. */
static bool fork_child(void)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        return true;
    waitpid(child, NULL, 0);
    return false;
}

static void say_again(void)
{
    if (!fork_child())
        return;
    need(p11->C_Initialize(NULL), "C_Initialize");
    open_session(&session);
    say_sign();
    need(p11->C_Finalize(NULL), "C_Finalize");
    fflush(stdout);
    _exit(0);
}

static void talk(void)
{
    char line[LINE];
    setvbuf(stdin, NULL, _IONBF, 0); /* a child goes on where its parent was */
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "find ", 5) == 0)
            say_find(line + 5);
        else if (strcmp(line, "sign") == 0)
            say_sign();
        else if (strcmp(line, "slots") == 0)
            say_slots();
        else if (strcmp(line, "fork") == 0)
            fork_child();
        else if (strcmp(line, "again") == 0)
            say_again();
        else
            break;
        fflush(stdout);
    }
}

/* -- storm -- */

static int each;

/* One write for a line: threads and children share the descriptor. */
static void sign_and_print(CK_SESSION_HANDLE with, int thread, int number, const char *who)
{
    CK_BYTE signature[SIGNATURE_MAX];
    char message[64], line[512], hex[2 * SIGNATURE_MAX + 1] = "", of[129] = "";
    CK_ULONG length;
    snprintf(message, sizeof message, "%s %d of thread %d", who, number, thread);
    need(sign(with, message, signature, &length), who);
    write_hex(of, (const CK_BYTE *)message, strlen(message));
    write_hex(hex, signature, length);
    int size = snprintf(line, sizeof line, "%s %s\n", of, hex);
    if (write(STDOUT_FILENO, line, (size_t)size) != size)
        _exit(1);
}

/* The child uses the session that it has inherited from this thread. */
static void in_child(CK_SESSION_HANDLE with, int thread)
{
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < 3; i++)
            sign_and_print(with, thread, i, "child");
        _exit(0);
    }
    int status = -1;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        fprintf(stderr, "a child of thread %d ended with %d\n", thread, status);
        exit(1);
    }
}

static void *run_thread(void *argument)
{
    int thread = (int)(intptr_t)argument;
    CK_SESSION_HANDLE own;
    open_session(&own);
    for (int i = 0; i < each; i++) {
        sign_and_print(own, thread, i, "message");
        if (thread % 8 == 0 && i == each / 2)
            in_child(own, thread);
    }
    need(p11->C_CloseSession(own), "C_CloseSession");
    return NULL;
}

static void storm(const char *label, int count)
{
    pthread_t threads[256];
    CK_ULONG found = 0;
    need(find(session, label, &key, &found), "C_FindObjects");
    for (int i = 0; i < count && i < 256; i++)
        if (pthread_create(&threads[i], NULL, run_thread, (void *)(intptr_t)i) != 0)
            exit(1);
    for (int i = 0; i < count && i < 256; i++)
        pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    load(argv[1]);
    need(p11->C_Initialize(NULL), "C_Initialize");
    open_session(&session);
    if (strcmp(argv[2], "talk") == 0)
        talk();
    else if (argc == 6) {
        each = atoi(argv[5]);
        storm(argv[3], atoi(argv[4]));
    }
    need(p11->C_Finalize(NULL), "C_Finalize");
    return 0;
}

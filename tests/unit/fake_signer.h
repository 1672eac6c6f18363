/* SPDX-License-Identifier: Apache-2.0 */
/* A signer that lives in a thread of the test and does what the test's script says: it reads
 * requests and writes answers with the codec, on a socket in a directory of its own. */
#ifndef TESTS_UNIT_FAKE_SIGNER_H
#define TESTS_UNIT_FAKE_SIGNER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "proto/frame.h"
#include "proto/request.h"
#include "proto/response.h"

struct fake_signer {
    char directory[64], path[96];
    int listener;
    pthread_t thread;
    void (*script)(struct fake_signer *fake);
    atomic_int connections, requests;
};

struct fake_request { /* a request and what it points to */
    struct request request;
    uint8_t bytes[70000];
    uint8_t decoded[SCRATCH_SIZE(70000)] __attribute__((aligned(16)));
};

static inline void fake_check(bool right, const char *what)
{
    if (right)
        return;
    perror(what);
    abort();
}

static inline void *fake_thread(void *argument)
{
    struct fake_signer *fake = argument;
    fake->script(fake);
    return NULL;
}

static inline void fake_listen(struct fake_signer *fake)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    memcpy(address.sun_path, fake->path, strlen(fake->path) + 1);
    unlink(fake->path);
    fake->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    fake_check(bind(fake->listener, (struct sockaddr *)&address, sizeof address) == 0, "bind");
    fake_check(listen(fake->listener, 64) == 0, "listen");
}

static inline void fake_start(struct fake_signer *fake, void (*script)(struct fake_signer *))
{
    memset(fake, 0, sizeof *fake);
    fake->script = script;
    strcpy(fake->directory, "/tmp/fake-signer-XXXXXX");
    fake_check(mkdtemp(fake->directory) != NULL, "mkdtemp");
    snprintf(fake->path, sizeof fake->path, "%s/s", fake->directory);
    fake_listen(fake);
    fake_check(pthread_create(&fake->thread, NULL, fake_thread, fake) == 0, "thread");
}

/* Waits for the script's end. Close the client first if the script reads to the end of file. */
static inline void fake_stop(struct fake_signer *fake)
{
    shutdown(fake->listener, SHUT_RDWR);
    pthread_join(fake->thread, NULL);
    close(fake->listener);
    unlink(fake->path);
    rmdir(fake->directory);
}

/* -1 once fake_stop was called. */
static inline int fake_accept(struct fake_signer *fake)
{
    int fd = accept(fake->listener, NULL, NULL);
    if (fd >= 0)
        atomic_fetch_add(&fake->connections, 1);
    return fd;
}

static inline bool fake_read_all(int fd, uint8_t *bytes, size_t length)
{
    while (length > 0) {
        ssize_t got = recv(fd, bytes, length, 0);
        if (got <= 0)
            return false;
        bytes += got;
        length -= (size_t)got;
    }
    return true;
}

static inline bool fake_write_all(int fd, const uint8_t *bytes, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        length -= (size_t)sent;
    }
    return true;
}

/* The next request; false at the end of the stream. */
static inline bool fake_read(struct fake_signer *fake, int fd, struct fake_request *into)
{
    uint8_t prefix[FRAME_PREFIX];
    size_t payload;
    if (!fake_read_all(fd, prefix, sizeof prefix))
        return false;
    fake_check(frame_look(prefix, sizeof prefix, sizeof into->bytes, &payload) != FRAME_BROKEN, "frame");
    if (!fake_read_all(fd, into->bytes, payload))
        return false;
    struct scratch scratch = { .bytes = into->decoded, .size = sizeof into->decoded };
    struct slice frame = { into->bytes, payload };
    fake_check(request_decode(frame, &scratch, &into->request) == DECODE_OK, "request");
    atomic_fetch_add(&fake->requests, 1);
    return true;
}

static inline bool fake_answer(int fd, const struct response *response)
{
    size_t length = response_encode(response, NULL, 0);
    uint8_t *bytes = malloc(length);
    fake_check(bytes && response_encode(response, bytes, length) == length, "response");
    bool sent = fake_write_all(fd, bytes, length);
    free(bytes);
    return sent;
}

static inline bool fake_answer_error(int fd, uint64_t id, int status, const char *reason)
{
    struct response response = { .id = id, .status = status, .reason = reason, .message = "the fake signer says so" };
    return fake_answer(fd, &response);
}

/* A signature that is the input, so that a test sees whose answer it has. */
static inline bool fake_answer_sign(int fd, const struct request *request)
{
    struct response response = { .id = request->id, .operation = OPERATION_SIGN };
    response.sign.signature = request->sign.input;
    return fake_answer(fd, &response);
}

/* The plain answer to any operation that the tests use. */
static inline bool fake_serve_one(int fd, const struct request *request)
{
    static const uint8_t point[] = "public key";
    struct response response = { .id = request->id, .operation = request->operation };
    struct key_info key = { .id = "ca", .algorithm = "ec-p256", .created = 1, .public_key = { point, sizeof point } };
    if (request->operation == OPERATION_SIGN)
        return fake_answer_sign(fd, request);
    if (request->operation == OPERATION_GET_KEY)
        response.get_key.key = key;
    if (request->operation == OPERATION_GENERATE_KEY)
        response.generate_key.key = key;
    if (request->operation == OPERATION_DESTROY_KEY)
        response.destroy_key.existed = true;
    return fake_answer(fd, &response);
}

/* Serves a connection to its end and closes it. */
static inline void fake_serve(struct fake_signer *fake, int fd)
{
    struct fake_request *read = malloc(sizeof *read);
    while (fake_read(fake, fd, read) && fake_serve_one(fd, &read->request))
        ;
    free(read);
    close(fd);
}

/* A script: every connection, one after the other, to its end. */
static inline void fake_serve_all(struct fake_signer *fake)
{
    int fd;
    while ((fd = fake_accept(fake)) >= 0)
        fake_serve(fake, fd);
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* A line to the system's log, in the form of RFC 3164 without a time, which the log adds. Not syslog(3): that keeps a
 * descriptor, and the process belongs to an application that may close every descriptor and open its own under the
 * same number; and an identity, which is the application's. */
#ifndef CLIENT_PKCS11_SYSLOG_LINE_H
#define CLIENT_PKCS11_SYSLOG_LINE_H

#define SYSLOG_LINE_SOCKET "/dev/log"

/* Sends to the datagram socket `path`, without waiting; what cannot be sent is dropped. Control characters become
 * question marks. */
void syslog_line_send(const char *path, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

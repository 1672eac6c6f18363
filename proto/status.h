/* The statuses of a response and the machine-readable reasons that go with them.
 * A status tells a program what kind of answer it has; a reason tells it which one. */
#ifndef PROTO_STATUS_H
#define PROTO_STATUS_H

enum status {
    STATUS_OK = 0,
    STATUS_INVALID_ARGUMENT = 1,
    STATUS_NOT_FOUND = 2,
    STATUS_ALREADY_EXISTS = 3,
    STATUS_PERMISSION_DENIED = 4,
    STATUS_FAILED_PRECONDITION = 5,
    STATUS_RESOURCE_EXHAUSTED = 6,
    STATUS_DEADLINE_EXCEEDED = 7,
    STATUS_UNAVAILABLE = 8,
    STATUS_INTERNAL = 9,
    STATUS_COUNT
};

/* "OK", "INVALID_ARGUMENT", …; "UNKNOWN" for a number outside the list. */
const char *status_name(int status);

/* Reasons that the gate gives of itself. Those about keys, KEKs and the keystore are the
 * names in keystore/fault.h and cross the wire unchanged. */
#define REASON_NOT_A_REQUEST "NOT_A_REQUEST"
#define REASON_FRAME_TOO_LARGE "FRAME_TOO_LARGE"
#define REASON_UNKNOWN_FIELD "UNKNOWN_FIELD"
#define REASON_NOT_CANONICAL "NOT_CANONICAL"
#define REASON_LIST_TOO_LONG "LIST_TOO_LONG"
#define REASON_REQUEST_TOO_LARGE "REQUEST_TOO_LARGE"
#define REASON_ID_MISSING "ID_MISSING"
#define REASON_OPERATION_MISSING "OPERATION_MISSING"
#define REASON_UID_NOT_ALLOWED "UID_NOT_ALLOWED"
#define REASON_ROLE_MISSING "ROLE_MISSING"
#define REASON_SEALED "SEALED"
#define REASON_DRAINING "DRAINING"
#define REASON_OVERLOADED "OVERLOADED"
#define REASON_RATE_LIMITED "RATE_LIMITED"
#define REASON_CONNECTIONS "CONNECTIONS"
#define REASON_IDLE "IDLE"
#define REASON_DEADLINE "DEADLINE"
#define REASON_CERTIFICATE_INVALID "CERTIFICATE_INVALID"
#define REASON_CERTIFICATE_OTHER_KEY "CERTIFICATE_OTHER_KEY"
#define REASON_UNSEAL_BOXES "UNSEAL_BOXES"
#define REASON_ALGORITHM_UNKNOWN "ALGORITHM_UNKNOWN"

#endif

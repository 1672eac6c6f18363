/* SPDX-License-Identifier: Apache-2.0 */
/* Conversion between plain values and protobuf-c's structures, shared by request.c and response.c. Only these three
 * files include protobuf-c. */
#ifndef PROTO_WIRE_H
#define PROTO_WIRE_H

#include "proto/scratch.h"
#include "proto/values.h"
#include "signer.pb-c.h"

/* Unpacks a frame's payload into the scratch memory; NULL if it is not a message of this type or does not fit. */
ProtobufCMessage *wire_unpack(const ProtobufCMessageDescriptor *type, struct slice frame, struct scratch *scratch);

/* Writes the frame prefix and the message to `out` and returns their size; 0 if they do not fit in `capacity`.
 * With `out` NULL it returns the size that is needed. */
size_t wire_pack_frame(const ProtobufCMessage *message, uint8_t *out, size_t capacity);

/* Whether the message, or a message in it, has a field that this version does not know; protobuf-c keeps those. */
bool wire_has_unknown_field(const ProtobufCMessage *message);

struct slice wire_to_slice(ProtobufCBinaryData data);
ProtobufCBinaryData wire_to_binary(struct slice slice);
char *wire_to_string(const char *text);

struct wire_policy { /* a policy and the lists that it points to */
    Signer__V1__Policy policy;
    Signer__V1__Scheme schemes[POLICY_LIST_MAX];
    Signer__V1__Hash hashes[POLICY_LIST_MAX];
};

/* False if a list is over its limit. A missing policy is an empty one. */
bool wire_read_policy(const Signer__V1__Policy *wire, struct policy_lists *out);
Signer__V1__Policy *wire_write_policy(const struct policy_lists *lists, struct wire_policy *out);

#endif

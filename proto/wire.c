/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/wire.h"

#include <string.h>

#include "proto/frame.h"

static void *alloc_from_scratch(void *context, size_t size)
{
    return scratch_alloc(context, size);
}

static void free_to_scratch(void *context, void *block)
{
    (void)context; /* scratch_reset frees all blocks at once */
    (void)block;
}

ProtobufCMessage *wire_unpack(const ProtobufCMessageDescriptor *type, struct slice frame, struct scratch *scratch)
{
    ProtobufCAllocator allocator = { alloc_from_scratch, free_to_scratch, scratch };
    return protobuf_c_message_unpack(type, &allocator, frame.length, frame.data);
}

size_t wire_pack_frame(const ProtobufCMessage *message, uint8_t *out, size_t capacity)
{
    size_t payload = protobuf_c_message_get_packed_size(message);
    if (!out)
        return FRAME_PREFIX + payload;
    if (payload > UINT32_MAX || capacity < FRAME_PREFIX || payload > capacity - FRAME_PREFIX)
        return 0;
    frame_prefix(out, payload);
    return FRAME_PREFIX + protobuf_c_message_pack(message, out + FRAME_PREFIX);
}

/* The sub-message of a non-repeated field; NULL if the field is not a message or not set. */
static const ProtobufCMessage *sub_message(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    if (field->type != PROTOBUF_C_TYPE_MESSAGE || field->label == PROTOBUF_C_LABEL_REPEATED)
        return NULL;
    const uint8_t *base = (const uint8_t *)message;
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
        uint32_t set;
        memcpy(&set, base + field->quantifier_offset, sizeof set);
        if (set != field->id)
            return NULL;
    }
    const ProtobufCMessage *sub;
    memcpy(&sub, base + field->offset, sizeof sub);
    return sub;
}

bool wire_has_unknown_field(const ProtobufCMessage *message)
{
    if (message->n_unknown_fields > 0)
        return true;
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCMessage *sub = sub_message(message, &message->descriptor->fields[i]);
        if (sub && wire_has_unknown_field(sub))
            return true;
    }
    return false;
}

struct slice wire_to_slice(ProtobufCBinaryData data)
{
    return (struct slice){ data.data, data.len };
}

ProtobufCBinaryData wire_to_binary(struct slice slice)
{
    return (ProtobufCBinaryData){ .len = slice.length, .data = (uint8_t *)slice.data };
}

char *wire_to_string(const char *text)
{
    return (char *)(text ? text : "");
}

bool wire_read_policy(const Signer__V1__Policy *wire, struct policy_lists *out)
{
    if (!wire)
        return true;
    if (wire->n_schemes > POLICY_LIST_MAX || wire->n_hashes > POLICY_LIST_MAX)
        return false;
    out->scheme_count = wire->n_schemes;
    out->hash_count = wire->n_hashes;
    for (size_t i = 0; i < wire->n_schemes; i++)
        out->schemes[i] = (int)wire->schemes[i];
    for (size_t i = 0; i < wire->n_hashes; i++)
        out->hashes[i] = (int)wire->hashes[i];
    return true;
}

/* NULL for an empty policy: the canonical encoding omits the field. */
Signer__V1__Policy *wire_write_policy(const struct policy_lists *lists, struct wire_policy *out)
{
    if (lists->scheme_count == 0 && lists->hash_count == 0)
        return NULL;
    signer__v1__policy__init(&out->policy);
    for (size_t i = 0; i < lists->scheme_count; i++)
        out->schemes[i] = (Signer__V1__Scheme)lists->schemes[i];
    for (size_t i = 0; i < lists->hash_count; i++)
        out->hashes[i] = (Signer__V1__Hash)lists->hashes[i];
    out->policy.n_schemes = lists->scheme_count;
    out->policy.schemes = out->schemes;
    out->policy.n_hashes = lists->hash_count;
    out->policy.hashes = out->hashes;
    return &out->policy;
}

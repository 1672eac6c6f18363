/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/inventory.h"

#include "tests/unit/client/pkcs11/samples.h"
#include "tests/unit/unit.h"

static struct inventory inventory;
static char chain[sizeof sample_certificate + sizeof sample_root];

/* A key as the signer tells of it. `number` makes it another key of the same bytes. */
static struct signer_key key_of(const char *id, const uint8_t *spki, size_t length, uint8_t number)
{
    struct signer_key key = { .id = (char *)(uintptr_t)id,
                              .public_key = (uint8_t *)(uintptr_t)spki,
                              .public_key_length = length,
                              .public_key_sha256 = { number },
                              .unverified = true };
    return key;
}

static bool add(const char *id, uint8_t number, uint64_t generation)
{
    struct signer_key key = key_of(id, sample_p256, sizeof sample_p256, number);
    return inventory_add(&inventory, &key, generation);
}

static bool open_with(const char *id, uint8_t number, const char *pem)
{
    struct signer_key key = key_of(id, sample_p256, sizeof sample_p256, number);
    key.unverified = false;
    key.certificate = (char *)(uintptr_t)pem;
    return inventory_open(&inventory, &key, 7);
}

static CK_OBJECT_HANDLE private_of(const char *id)
{
    return inventory_handle(&inventory, id, CKO_PRIVATE_KEY);
}

static void test_a_key_has_two_objects_and_keeps_their_handles(void)
{
    uint64_t first = inventory_begin(&inventory);
    CU_ASSERT(add("b", 1, first) && add("a", 2, first));
    inventory_end(&inventory, first);
    CK_OBJECT_HANDLE a = private_of("a"), b = private_of("b");
    CU_ASSERT(a != 0 && b != 0 && a != b);
    CU_ASSERT_EQUAL(inventory_object(&inventory, a)->class, CKO_PRIVATE_KEY);
    CU_ASSERT_NOT_EQUAL(inventory_handle(&inventory, "a", CKO_PUBLIC_KEY), 0);
    CU_ASSERT_EQUAL(inventory_handle(&inventory, "a", CKO_CERTIFICATE), 0);
    uint64_t second = inventory_begin(&inventory);
    CU_ASSERT(add("a", 2, second) && add("b", 1, second));
    inventory_end(&inventory, second);
    CU_ASSERT(private_of("a") == a && private_of("b") == b);
    inventory_clear(&inventory);
}

static void test_a_key_that_is_gone_takes_its_handles_along(void)
{
    uint64_t first = inventory_begin(&inventory);
    CU_ASSERT(add("a", 1, first) && add("b", 2, first));
    CK_OBJECT_HANDLE a = private_of("a");
    uint64_t second = inventory_begin(&inventory);
    CU_ASSERT(add("b", 2, second));
    inventory_end(&inventory, second);
    CU_ASSERT_PTR_NULL(inventory_object(&inventory, a));
    CU_ASSERT_PTR_NULL(inventory_key(&inventory, "a"));
    CU_ASSERT_PTR_NOT_NULL(inventory_key(&inventory, "b"));
    CU_ASSERT(add("a", 1, second) && private_of("a") != a);
    inventory_remove(&inventory, "nobody");
    inventory_clear(&inventory);
}

static void test_an_id_that_is_another_keys_gets_other_handles(void)
{
    CU_ASSERT(add("a", 1, 1));
    CK_OBJECT_HANDLE before = private_of("a");
    CU_ASSERT(add("a", 2, 1));
    CU_ASSERT_PTR_NULL(inventory_object(&inventory, before));
    CU_ASSERT_EQUAL(inventory.key_count, 1);
    inventory_clear(&inventory);
}

/* Threads list at the same time; a key that is made meanwhile is not in every listing. */
static void test_a_listing_that_is_late_removes_nothing_that_is_newer(void)
{
    uint64_t slow = inventory_begin(&inventory), quick = inventory_begin(&inventory);
    CU_ASSERT(add("a", 1, quick) && add("a", 1, slow));
    CU_ASSERT(open_with("made", 2, NULL));
    inventory_end(&inventory, quick);
    inventory_end(&inventory, slow);
    CU_ASSERT_PTR_NOT_NULL(inventory_key(&inventory, "a"));
    CU_ASSERT_PTR_NOT_NULL(inventory_key(&inventory, "made"));
    inventory_clear(&inventory);
}

static void test_keys_that_cannot_be_shown_are_passed_over(void)
{
    static const uint8_t nonsense[] = "no key";
    struct signer_key unreadable = key_of("a", NULL, 0, 1), other = key_of("b", nonsense, sizeof nonsense, 2);
    CU_ASSERT(inventory_add(&inventory, &unreadable, 1) && inventory_add(&inventory, &other, 1));
    CU_ASSERT_EQUAL(inventory.object_count, 0);
    inventory_clear(&inventory);
}

static void test_certificates_are_objects_with_labels_and_renewed(void)
{
    char label[INVENTORY_LABEL_MAX];
    CU_ASSERT(add("ca", 1, 1));
    CU_ASSERT_FALSE(inventory_key(&inventory, "ca")->verified);
    CU_ASSERT(open_with("ca", 1, chain));
    CU_ASSERT(inventory_key(&inventory, "ca")->verified);
    CU_ASSERT_EQUAL(inventory_key(&inventory, "ca")->asked_ms, 7);
    CU_ASSERT_EQUAL(inventory.object_count, 4);
    inventory_label(inventory.objects[2], label);
    CU_ASSERT_STRING_EQUAL(label, "ca");
    inventory_label(inventory.objects[3], label);
    CU_ASSERT_STRING_EQUAL(label, "ca issuer 1");
    CK_OBJECT_HANDLE own = inventory_handle(&inventory, "ca", CKO_CERTIFICATE);
    CU_ASSERT(open_with("ca", 1, sample_certificate));
    CU_ASSERT_EQUAL(inventory.object_count, 3);
    CU_ASSERT_EQUAL(inventory_handle(&inventory, "ca", CKO_CERTIFICATE), own);
    CU_ASSERT(open_with("ca", 1, "-----BEGIN CERTIFICATE-----"));
    CU_ASSERT_EQUAL(inventory.object_count, 2);
    inventory_clear(&inventory);
}

static void test_a_certificate_of_two_chains_is_one_object(void)
{
    CU_ASSERT(open_with("a", 1, chain) && open_with("root", 2, sample_root));
    CU_ASSERT_EQUAL(inventory.object_count, 6); /* two keys, a's own certificate, and the root's */
    CK_OBJECT_HANDLE root = inventory_handle(&inventory, "root", CKO_CERTIFICATE);
    CU_ASSERT_NOT_EQUAL(root, 0);
    CU_ASSERT(open_with("a", 1, chain));
    CU_ASSERT_EQUAL(inventory.object_count, 6);
    CU_ASSERT_EQUAL(inventory_handle(&inventory, "root", CKO_CERTIFICATE), root);
    inventory_clear(&inventory);
}

static void test_a_certificate_that_a_chain_has_twice_is_in_its_first_place(void)
{
    static char twice[2 * sizeof sample_certificate];
    char label[INVENTORY_LABEL_MAX];
    snprintf(twice, sizeof twice, "%s%s", sample_certificate, sample_certificate);
    for (int i = 0; i < 2; i++) {
        CU_ASSERT(open_with("ca", 1, twice));
        CU_ASSERT_EQUAL(inventory.object_count, 3);
        inventory_label(inventory.objects[2], label);
        CU_ASSERT_STRING_EQUAL(label, "ca");
    }
    inventory_clear(&inventory);
}

static void test_a_thousand_keys_in_any_order_are_found(void)
{
    char id[16];
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(id, sizeof id, "k%03u", i * 7 % 1000);
        CU_ASSERT(add(id, (uint8_t)i, 1));
    }
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(id, sizeof id, "k%03u", i);
        CU_ASSERT_STRING_EQUAL(inventory.keys[i]->id, id);
    }
    inventory_clear(&inventory);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_key_has_two_objects_and_keeps_their_handles),
        UNIT_TEST(test_a_key_that_is_gone_takes_its_handles_along),
        UNIT_TEST(test_an_id_that_is_another_keys_gets_other_handles),
        UNIT_TEST(test_a_listing_that_is_late_removes_nothing_that_is_newer),
        UNIT_TEST(test_keys_that_cannot_be_shown_are_passed_over),
        UNIT_TEST(test_certificates_are_objects_with_labels_and_renewed),
        UNIT_TEST(test_a_certificate_of_two_chains_is_one_object),
        UNIT_TEST(test_a_certificate_that_a_chain_has_twice_is_in_its_first_place),
        UNIT_TEST(test_a_thousand_keys_in_any_order_are_found),
    };
    snprintf(chain, sizeof chain, "%s%s", sample_certificate, sample_root);
    return UNIT_RUN("inventory", tests);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* PKCS #11 as the standard has it (OASIS, versions 2.40 and 3.0): the types, structures and numbers that this module
 * uses. Names are the standard's; structures have the platform's own layout, as everywhere but on Windows. */
#ifndef CLIENT_PKCS11_CRYPTOKI_H
#define CLIENT_PKCS11_CRYPTOKI_H

typedef unsigned char CK_BYTE;
typedef unsigned char CK_BBOOL;
typedef unsigned long CK_ULONG;
typedef CK_ULONG CK_RV, CK_FLAGS, CK_SLOT_ID, CK_SESSION_HANDLE, CK_OBJECT_HANDLE, CK_USER_TYPE, CK_STATE;
typedef CK_ULONG CK_OBJECT_CLASS, CK_KEY_TYPE, CK_MECHANISM_TYPE, CK_ATTRIBUTE_TYPE, CK_NOTIFICATION;
typedef CK_RV (*CK_NOTIFY)(CK_SESSION_HANDLE session, CK_NOTIFICATION event, void *application);

#define CK_UNAVAILABLE_INFORMATION (~0UL)
#define CK_EFFECTIVELY_INFINITE 0UL

typedef struct {
    CK_BYTE major, minor;
} CK_VERSION;

typedef struct {
    CK_VERSION cryptokiVersion;
    CK_BYTE manufacturerID[32];
    CK_FLAGS flags;
    CK_BYTE libraryDescription[32];
    CK_VERSION libraryVersion;
} CK_INFO;

typedef struct {
    CK_BYTE slotDescription[64];
    CK_BYTE manufacturerID[32];
    CK_FLAGS flags;
    CK_VERSION hardwareVersion, firmwareVersion;
} CK_SLOT_INFO;

typedef struct {
    CK_BYTE label[32], manufacturerID[32], model[16], serialNumber[16];
    CK_FLAGS flags;
    CK_ULONG ulMaxSessionCount, ulSessionCount, ulMaxRwSessionCount, ulRwSessionCount, ulMaxPinLen, ulMinPinLen;
    CK_ULONG ulTotalPublicMemory, ulFreePublicMemory, ulTotalPrivateMemory, ulFreePrivateMemory;
    CK_VERSION hardwareVersion, firmwareVersion;
    CK_BYTE utcTime[16];
} CK_TOKEN_INFO;

typedef struct {
    CK_SLOT_ID slotID;
    CK_STATE state;
    CK_FLAGS flags;
    CK_ULONG ulDeviceError;
} CK_SESSION_INFO;

typedef struct {
    CK_ATTRIBUTE_TYPE type;
    void *pValue;
    CK_ULONG ulValueLen;
} CK_ATTRIBUTE;

typedef struct {
    CK_MECHANISM_TYPE mechanism;
    void *pParameter;
    CK_ULONG ulParameterLen;
} CK_MECHANISM;

typedef struct {
    CK_ULONG ulMinKeySize, ulMaxKeySize;
    CK_FLAGS flags;
} CK_MECHANISM_INFO;

typedef struct {
    CK_MECHANISM_TYPE hashAlg;
    CK_ULONG mgf, sLen;
} CK_RSA_PKCS_PSS_PARAMS;

typedef struct {
    CK_BBOOL phFlag;
    CK_ULONG ulContextDataLen;
    CK_BYTE *pContextData;
} CK_EDDSA_PARAMS;

typedef struct {
    void *CreateMutex, *DestroyMutex, *LockMutex, *UnlockMutex; /* functions; this module calls none */
    CK_FLAGS flags;
    void *pReserved;
} CK_C_INITIALIZE_ARGS;

typedef struct {
    const char *pInterfaceName;
    const void *pFunctionList;
    CK_FLAGS flags;
} CK_INTERFACE;

enum { /* flags, each of its own structure or call */
       CKF_TOKEN_PRESENT = 0x1,
       CKF_REMOVABLE_DEVICE = 0x2,
       CKF_RNG = 0x1,
       CKF_USER_PIN_INITIALIZED = 0x8,
       CKF_TOKEN_INITIALIZED = 0x400,
       CKF_RW_SESSION = 0x2,
       CKF_SERIAL_SESSION = 0x4,
       CKF_OS_LOCKING_OK = 0x2,
       CKF_DONT_BLOCK = 0x1,
       CKF_INTERFACE_FORK_SAFE = 0x1,
       CKF_FIND_OBJECTS = 0x40,
       CKF_SIGN = 0x800,
       CKF_GENERATE_KEY_PAIR = 0x10000,
       CKF_EC_F_P = 0x100000,
       CKF_EC_OID = 0x800000,
       CKF_EC_UNCOMPRESS = 0x1000000,
};

enum { CKU_SO = 0, CKU_USER = 1, CKU_CONTEXT_SPECIFIC = 2 };
enum { CKS_RO_PUBLIC_SESSION = 0, CKS_RO_USER_FUNCTIONS = 1, CKS_RW_PUBLIC_SESSION = 2, CKS_RW_USER_FUNCTIONS = 3 };
enum { CKO_CERTIFICATE = 1, CKO_PUBLIC_KEY = 2, CKO_PRIVATE_KEY = 3 };
enum { CKK_RSA = 0x00, CKK_EC = 0x03, CKK_EC_EDWARDS = 0x40 };
enum { CKC_X_509 = 0 };
enum { CKG_MGF1_SHA256 = 2, CKG_MGF1_SHA384 = 3, CKG_MGF1_SHA512 = 4 };

enum {
    CKA_CLASS = 0x0,
    CKA_TOKEN = 0x1,
    CKA_PRIVATE = 0x2,
    CKA_LABEL = 0x3,
    CKA_VALUE = 0x11,
    CKA_CERTIFICATE_TYPE = 0x80,
    CKA_ISSUER = 0x81,
    CKA_SERIAL_NUMBER = 0x82,
    CKA_TRUSTED = 0x86,
    CKA_CERTIFICATE_CATEGORY = 0x87,
    CKA_KEY_TYPE = 0x100,
    CKA_SUBJECT = 0x101,
    CKA_ID = 0x102,
    CKA_SENSITIVE = 0x103,
    CKA_ENCRYPT = 0x104,
    CKA_DECRYPT = 0x105,
    CKA_WRAP = 0x106,
    CKA_UNWRAP = 0x107,
    CKA_SIGN = 0x108,
    CKA_SIGN_RECOVER = 0x109,
    CKA_VERIFY = 0x10a,
    CKA_VERIFY_RECOVER = 0x10b,
    CKA_DERIVE = 0x10c,
    CKA_START_DATE = 0x110,
    CKA_END_DATE = 0x111,
    CKA_MODULUS = 0x120,
    CKA_MODULUS_BITS = 0x121,
    CKA_PUBLIC_EXPONENT = 0x122,
    CKA_PRIVATE_EXPONENT = 0x123,
    CKA_PRIME_1 = 0x124,
    CKA_COEFFICIENT = 0x128,
    CKA_PUBLIC_KEY_INFO = 0x129,
    CKA_EXTRACTABLE = 0x162,
    CKA_LOCAL = 0x163,
    CKA_NEVER_EXTRACTABLE = 0x164,
    CKA_ALWAYS_SENSITIVE = 0x165,
    CKA_KEY_GEN_MECHANISM = 0x166,
    CKA_MODIFIABLE = 0x170,
    CKA_COPYABLE = 0x171,
    CKA_DESTROYABLE = 0x172,
    CKA_EC_PARAMS = 0x180,
    CKA_EC_POINT = 0x181,
    CKA_ALWAYS_AUTHENTICATE = 0x202,
    CKA_WRAP_WITH_TRUSTED = 0x210,
    CKA_ALLOWED_MECHANISMS = 0x40000600,
};

enum {
    CKM_RSA_PKCS_KEY_PAIR_GEN = 0x0,
    CKM_RSA_PKCS = 0x1,
    CKM_RSA_PKCS_PSS = 0xd,
    CKM_SHA256_RSA_PKCS = 0x40,
    CKM_SHA384_RSA_PKCS = 0x41,
    CKM_SHA512_RSA_PKCS = 0x42,
    CKM_SHA256_RSA_PKCS_PSS = 0x43,
    CKM_SHA384_RSA_PKCS_PSS = 0x44,
    CKM_SHA512_RSA_PKCS_PSS = 0x45,
    CKM_SHA256 = 0x250,
    CKM_SHA384 = 0x260,
    CKM_SHA512 = 0x270,
    CKM_EC_KEY_PAIR_GEN = 0x1040,
    CKM_ECDSA = 0x1041,
    CKM_ECDSA_SHA256 = 0x1044,
    CKM_ECDSA_SHA384 = 0x1045,
    CKM_ECDSA_SHA512 = 0x1046,
    CKM_EC_EDWARDS_KEY_PAIR_GEN = 0x1055,
    CKM_EDDSA = 0x1057,
};

enum {
    CKR_OK = 0x0,
    CKR_HOST_MEMORY = 0x2,
    CKR_SLOT_ID_INVALID = 0x3,
    CKR_FUNCTION_FAILED = 0x6,
    CKR_ARGUMENTS_BAD = 0x7,
    CKR_NO_EVENT = 0x8,
    CKR_CANT_LOCK = 0xa,
    CKR_ATTRIBUTE_SENSITIVE = 0x11,
    CKR_ATTRIBUTE_TYPE_INVALID = 0x12,
    CKR_ATTRIBUTE_VALUE_INVALID = 0x13,
    CKR_ACTION_PROHIBITED = 0x1b,
    CKR_DATA_INVALID = 0x20,
    CKR_DATA_LEN_RANGE = 0x21,
    CKR_DEVICE_ERROR = 0x30,
    CKR_DEVICE_MEMORY = 0x31,
    CKR_FUNCTION_NOT_PARALLEL = 0x51,
    CKR_FUNCTION_NOT_SUPPORTED = 0x54,
    CKR_KEY_HANDLE_INVALID = 0x60,
    CKR_KEY_TYPE_INCONSISTENT = 0x63,
    CKR_KEY_FUNCTION_NOT_PERMITTED = 0x68,
    CKR_MECHANISM_INVALID = 0x70,
    CKR_MECHANISM_PARAM_INVALID = 0x71,
    CKR_OBJECT_HANDLE_INVALID = 0x82,
    CKR_OPERATION_ACTIVE = 0x90,
    CKR_OPERATION_NOT_INITIALIZED = 0x91,
    CKR_SESSION_COUNT = 0xb1,
    CKR_SESSION_HANDLE_INVALID = 0xb3,
    CKR_SESSION_PARALLEL_NOT_SUPPORTED = 0xb4,
    CKR_SESSION_READ_ONLY = 0xb5,
    CKR_TEMPLATE_INCOMPLETE = 0xd0,
    CKR_TEMPLATE_INCONSISTENT = 0xd1,
    CKR_TOKEN_NOT_PRESENT = 0xe0,
    CKR_TOKEN_WRITE_PROTECTED = 0xe2,
    CKR_USER_ALREADY_LOGGED_IN = 0x100,
    CKR_USER_NOT_LOGGED_IN = 0x101,
    CKR_USER_TYPE_INVALID = 0x103,
    CKR_RANDOM_SEED_NOT_SUPPORTED = 0x120,
    CKR_DOMAIN_PARAMS_INVALID = 0x130,
    CKR_CURVE_NOT_SUPPORTED = 0x140,
    CKR_BUFFER_TOO_SMALL = 0x150,
    CKR_CRYPTOKI_NOT_INITIALIZED = 0x190,
    CKR_CRYPTOKI_ALREADY_INITIALIZED = 0x191,
    CKR_FUNCTION_REJECTED = 0x200,
};

#endif

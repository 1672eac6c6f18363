// SPDX-License-Identifier: Apache-2.0

package signer

// Reason is the exact cause of a failure, for programs: errors.Is(err, signer.ReasonKeyUnknown). A newer signer may
// have more of them than these, which are those of proto/PROTOCOL.md, "Statuses and reasons".
type Reason string

func (r Reason) Error() string { return string(r) }

// What the signer refuses in a request.
const (
	ReasonNotARequest          Reason = "NOT_A_REQUEST"
	ReasonFrameTooLarge        Reason = "FRAME_TOO_LARGE"
	ReasonUnknownField         Reason = "UNKNOWN_FIELD" // the signer is older than this client
	ReasonNotCanonical         Reason = "NOT_CANONICAL"
	ReasonListTooLong          Reason = "LIST_TOO_LONG"
	ReasonRequestTooLarge      Reason = "REQUEST_TOO_LARGE"
	ReasonIDMissing            Reason = "ID_MISSING"
	ReasonOperationMissing     Reason = "OPERATION_MISSING"
	ReasonKeyIDInvalid         Reason = "KEY_ID_INVALID"
	ReasonAlgorithmUnknown     Reason = "ALGORITHM_UNKNOWN"
	ReasonAlgorithmUnsupported Reason = "ALGORITHM_UNSUPPORTED"
	ReasonPolicyScheme         Reason = "POLICY_SCHEME"
	ReasonPolicyHash           Reason = "POLICY_HASH"
	ReasonInputDigest          Reason = "INPUT_DIGEST"
	ReasonInputMessage         Reason = "INPUT_MESSAGE"
	ReasonDigestLength         Reason = "DIGEST_LENGTH"
	ReasonCertificateInvalid   Reason = "CERTIFICATE_INVALID"
	ReasonCertificateOtherKey  Reason = "CERTIFICATE_OTHER_KEY"
	ReasonUnsealBoxes          Reason = "UNSEAL_BOXES"
	ReasonUnsealStale          Reason = "UNSEAL_STALE"
	ReasonShareMismatch        Reason = "SHARE_MISMATCH"
	ReasonBackupInput          Reason = "BACKUP_INPUT"
	ReasonArchiveOtherKeystore Reason = "ARCHIVE_OTHER_KEYSTORE"
	ReasonUIDNotAllowed        Reason = "UID_NOT_ALLOWED"
	ReasonRoleMissing          Reason = "ROLE_MISSING"
)

// What is the matter with a key, the keystore or the signer.
const (
	ReasonKeyUnknown       Reason = "KEY_UNKNOWN"
	ReasonKeyExists        Reason = "KEY_EXISTS"  // with another algorithm or policy
	ReasonKeyChanged       Reason = "KEY_CHANGED" // the id is another key's by now
	ReasonKeyLost          Reason = "KEY_LOST"
	ReasonKeyCorrupt       Reason = "KEY_CORRUPT"
	ReasonKeyNewer         Reason = "KEY_NEWER"
	ReasonKeyForeign       Reason = "KEY_FOREIGN"
	ReasonKeyMisnamed      Reason = "KEY_MISNAMED"
	ReasonKeyTampered      Reason = "KEY_TAMPERED"
	ReasonKEKMismatch      Reason = "KEK_MISMATCH"
	ReasonKEKRetired       Reason = "KEK_RETIRED"
	ReasonKEKMalformed     Reason = "KEK_MALFORMED"
	ReasonRestored         Reason = "RESTORED"
	ReasonFileIrregular    Reason = "FILE_IRREGULAR"
	ReasonFileOwner        Reason = "FILE_OWNER"
	ReasonFileMode         Reason = "FILE_MODE"
	ReasonFileLinked       Reason = "FILE_LINKED"
	ReasonFileTooLarge     Reason = "FILE_TOO_LARGE"
	ReasonStoreUnsupported Reason = "STORE_UNSUPPORTED"
	ReasonStoreReadOnly    Reason = "STORE_READ_ONLY"
	ReasonLockMissing      Reason = "LOCK_MISSING"
	ReasonStoreFull        Reason = "STORE_FULL"
	ReasonStoreBusy        Reason = "STORE_BUSY"
	ReasonStoreStale       Reason = "STORE_STALE"
	ReasonStoreIO          Reason = "STORE_IO"
	ReasonStoreUnsynced    Reason = "STORE_UNSYNCED"
	ReasonSealed           Reason = "SEALED"
	ReasonDraining         Reason = "DRAINING"
	ReasonNotLoaded        Reason = "NOT_LOADED"
	ReasonOverloaded       Reason = "OVERLOADED"
	ReasonRateLimited      Reason = "RATE_LIMITED"
	ReasonConnections      Reason = "CONNECTIONS"
	ReasonMemory           Reason = "MEMORY"
	ReasonDeadline         Reason = "DEADLINE"
	ReasonIdle             Reason = "IDLE"
	ReasonCrypto           Reason = "CRYPTO"
)

// What this package finds itself, with the names that libsigner has for it, and Cancelled.
const (
	ReasonArgument          Reason = "ARGUMENT"
	ReasonConnectionRefused Reason = "CONNECTION_REFUSED"
	ReasonConnectionLost    Reason = "CONNECTION_LOST"
	ReasonProtocol          Reason = "PROTOCOL"
	ReasonServerUnexpected  Reason = "SERVER_UNEXPECTED"
	ReasonTimeout           Reason = "TIMEOUT"   // errors.Is(err, context.DeadlineExceeded) too
	ReasonCancelled         Reason = "CANCELLED" // errors.Is(err, context.Canceled) too
)

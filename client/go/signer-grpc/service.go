// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/hex"
	"errors"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	signer "signer/client/go"
)

const serviceName = "trstctl.signing.v1.SignerService"

// What the contract has numbers for.
var (
	algorithms = []string{"", "rsa-2048", "rsa-3072", "rsa-4096", "ec-p256", "ec-p384", "ec-p521"}
	hashes     = []signer.Hash{signer.HashNone, signer.SHA256, signer.SHA384, signer.SHA512}
	digests    = []crypto.Hash{0, crypto.SHA256, crypto.SHA384, crypto.SHA512}
)

const (
	paddingPSS = 2

	healthServing    = 1
	healthNotServing = 2
	healthDraining   = 3
)

// Metadata that transports write. Any other name could be an authorization, which is not to be ignored.
var plainMetadata = []string{":authority", "content-type", "user-agent", "accept-encoding", "grpc-accept-encoding",
	"traceparent", "tracestate"}

// service answers the contract's requests with the keys of a signer.
type service struct {
	client *signer.Client
	// Whether a Sign may say what it is for. No key has purposes here, and for such a key the contract has it as a remark.
	purposesAreRemarks bool
}

func newService(client *signer.Client, purposesAreRemarks bool) *service {
	return &service{client: client, purposesAreRemarks: purposesAreRemarks}
}

func refuse(code codes.Code, reason, why string) error { return status.Error(code, reason+": "+why) }

// failure is the signer's refusal by gRPC's number, which is not the signer's; its reason stands in the text.
func failure(err error) error {
	var problem *signer.Error
	if !errors.As(err, &problem) {
		return status.Error(codes.Internal, err.Error())
	}
	if problem.Reason == signer.ReasonCancelled {
		return refuse(codes.Canceled, string(problem.Reason), problem.Message)
	}
	numbers := map[signer.Status]codes.Code{signer.StatusInvalidArgument: codes.InvalidArgument,
		signer.StatusNotFound: codes.NotFound, signer.StatusAlreadyExists: codes.AlreadyExists,
		signer.StatusPermissionDenied:   codes.PermissionDenied,
		signer.StatusFailedPrecondition: codes.FailedPrecondition,
		signer.StatusResourceExhausted:  codes.ResourceExhausted,
		signer.StatusDeadlineExceeded:   codes.DeadlineExceeded, signer.StatusUnavailable: codes.Unavailable}
	code, known := numbers[problem.Status]
	if !known {
		code = codes.Internal
	}
	return refuse(code, string(problem.Reason), problem.Message)
}

func (s *service) generate(ctx context.Context, r *generateRequest) (*generateResponse, error) {
	if len(r.purposes) > 0 {
		return nil, refuse(codes.FailedPrecondition, "PURPOSES_UNSUPPORTED", "this signer does not enforce the purposes of "+
			"a key, so it makes none that has some: leave allowed_purposes empty")
	}
	if r.algorithm == 0 || r.algorithm >= uint64(len(algorithms)) {
		return nil, refuse(codes.InvalidArgument, "ALGORITHM_UNSUPPORTED", "RSA and ECDSA keys are made here: 1 to 6")
	}
	policy, err := policyOf(r.hashes)
	if err != nil {
		return nil, err
	}
	key, err := s.make(ctx, r.id, algorithms[r.algorithm], policy)
	if err != nil {
		return nil, err
	}
	return &generateResponse{key.ID, r.algorithm, key.PublicKey}, nil
}

func policyOf(allowed []uint64) (policy signer.Policy, err error) {
	for _, hash := range allowed {
		if hash == 0 || hash >= uint64(len(hashes)) {
			return policy, refuse(codes.InvalidArgument, "POLICY_HASH", "a hash of allowed_hashes is not known")
		}
		if !slices.Contains(policy.Hashes, hashes[hash]) {
			policy.Hashes = append(policy.Hashes, hashes[hash])
		}
	}
	slices.Sort(policy.Hashes)
	return policy, nil
}

// make makes the caller a key, of a random handle if none is given: nobody else can have meant that, so a key that
// exists was made by this very request. Of a name that is not known where the request was repeated.
func (s *service) make(ctx context.Context, name, algorithm string, policy signer.Policy) (*signer.Key, error) {
	id, shown := name, handlesOf(ctx)
	if name == "" {
		random := make([]byte, 16)
		rand.Read(random)
		id = "key-" + hex.EncodeToString(random)
	}
	if err := shown.checkRoom(id); err != nil {
		return nil, err
	}
	made, err := s.client.Generate(ctx, id, algorithm, policy)
	switch {
	case err != nil:
		return nil, failureToMake(id, err)
	case !made.Created && name != "" && made.Repeated:
		return nil, refuse(codes.Aborted, "OUTCOME_UNKNOWN", "the connection to the signer was lost and the request sent "+
			"again: the key "+id+" exists, and whether this request or another has made it is not known: GetPublicKey has it")
	case !made.Created && name != "":
		return nil, refuse(codes.AlreadyExists, "KEY_EXISTS", "there is a key "+id+": GetPublicKey has it")
	}
	shown.note(made.Key)
	return made.Key, nil
}

// failureToMake names the key where it may have been made all the same.
func failureToMake(id string, err error) error {
	var problem *signer.Error
	unknown := []signer.Reason{signer.ReasonConnectionLost, signer.ReasonTimeout, signer.ReasonCancelled}
	if !errors.As(err, &problem) || !slices.Contains(unknown, problem.Reason) {
		return failure(err)
	}
	told := *problem
	told.Message += "; GetPublicKey tells whether there is a key " + id + " now"
	return failure(&told)
}

func (s *service) publicKey(ctx context.Context, r *keyRequest) (*publicKeyResponse, error) {
	key, err := s.load(ctx, r.id)
	if err != nil {
		return nil, err
	}
	return &publicKeyResponse{uint64(slices.Index(algorithms, key.Algorithm)), key.PublicKey}, nil
}

// load shows the caller a key, which is from now on what is meant by its handle on this connection.
func (s *service) load(ctx context.Context, id string) (*signer.Key, error) {
	shown := handlesOf(ctx)
	if err := shown.checkRoom(id); err != nil {
		return nil, err
	}
	key, err := s.client.GetKey(ctx, id)
	if err != nil {
		return nil, failure(err)
	}
	if !slices.Contains(algorithms, key.Algorithm) {
		return nil, refuse(codes.FailedPrecondition, "ALGORITHM_UNSUPPORTED", id+" is of the algorithm "+key.Algorithm+
			", which the contract has no number for")
	}
	shown.note(key)
	return key, nil
}

func (s *service) sign(ctx context.Context, r *signRequest) (*signResponse, error) {
	if len(r.token) > 0 {
		return nil, refuse(codes.FailedPrecondition, "TOKEN_UNSUPPORTED", "this signer does not check a token of dual "+
			"control, so it signs nothing that comes with one")
	}
	if r.purpose != 0 && !s.purposesAreRemarks {
		return nil, refuse(codes.FailedPrecondition, "PURPOSES_UNSUPPORTED", "this signer does not enforce what a signature "+
			"is for: leave purpose unspecified, or start signer-grpc with -purposes-are-remarks")
	}
	key := handlesOf(ctx).find(r.id)
	if key == nil {
		var err error
		if key, err = s.load(ctx, r.id); err != nil {
			return nil, err
		}
	}
	opts, err := optionsOf(key, r)
	if err != nil {
		return nil, err
	}
	signature, err := key.WithContext(ctx).Sign(nil, r.digest, opts)
	if err != nil {
		return nil, failure(err)
	}
	return &signResponse{signature}, nil
}

// optionsOf: an ECDSA key's hash may be left out, and is then that of the digest's length; the padding is for RSA.
func optionsOf(key *signer.Key, r *signRequest) (crypto.SignerOpts, error) {
	_, isRSA := key.Public().(*rsa.PublicKey)
	hash := r.hash
	if hash == 0 && !isRSA {
		hash = uint64(max(0, slices.Index([]int{0, 32, 48, 64}, len(r.digest))))
	}
	if hash == 0 || hash >= uint64(len(digests)) {
		return nil, refuse(codes.InvalidArgument, "INPUT_DIGEST", "the hash is SHA-256, SHA-384 or SHA-512: 1 to 3")
	}
	if r.padding > paddingPSS {
		return nil, refuse(codes.InvalidArgument, "POLICY_SCHEME", "the padding is PKCS#1 v1.5 or PSS: 1 or 2")
	}
	if isRSA && r.padding == paddingPSS {
		return &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: digests[hash]}, nil
	}
	return digests[hash], nil
}

func (s *service) destroy(ctx context.Context, r *keyRequest) (*nothing, error) {
	if _, err := s.client.DestroyKey(ctx, r.id); err != nil {
		return nil, failure(err)
	}
	handlesOf(ctx).forget(r.id)
	return &nothing{}, nil
}

func (s *service) health(ctx context.Context, _ *nothing) (*healthResponse, error) {
	health, err := s.client.Health(ctx)
	switch {
	case err == nil && health.State == signer.StateDraining:
		return &healthResponse{healthDraining}, nil
	case err == nil && health.IsReady():
		return &healthResponse{healthServing}, nil
	}
	return &healthResponse{healthNotServing}, nil
}

// -- what package grpc calls

// method makes a row of the service's table. Message is *Request.
func method[Request, Response any, Message interface {
	*Request
	decode([]byte) error
}](name string, call func(*service, context.Context, Message) (*Response, error)) grpc.MethodDesc {
	return grpc.MethodDesc{MethodName: name, Handler: func(served any, ctx context.Context, decode func(any) error,
		_ grpc.UnaryServerInterceptor) (any, error) {
		var content undecoded
		var request Message = new(Request)
		if err := decode(&content); err != nil {
			return nil, err
		}
		if err := request.decode(content); err != nil {
			return nil, refuse(codes.InvalidArgument, "NOT_A_REQUEST", err.Error())
		}
		if err := checkMetadata(ctx); err != nil {
			return nil, err
		}
		response, err := call(served.(*service), ctx, request)
		if err != nil {
			return nil, err
		}
		return response, nil
	}}
}

func checkMetadata(ctx context.Context) error {
	given, _ := metadata.FromIncomingContext(ctx)
	for name := range given {
		if !slices.Contains(plainMetadata, strings.ToLower(name)) {
			return refuse(codes.FailedPrecondition, "METADATA_UNSUPPORTED", "the metadata "+name+" is not known here, and "+
				"could be an authorization, which this signer does not check")
		}
	}
	return nil
}

var description = grpc.ServiceDesc{ServiceName: serviceName, HandlerType: (*any)(nil), Methods: []grpc.MethodDesc{
	method("GenerateKey", (*service).generate), method("GetPublicKey", (*service).publicKey),
	method("Sign", (*service).sign), method("DestroyKey", (*service).destroy), method("Health", (*service).health)}}

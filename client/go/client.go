// SPDX-License-Identifier: Apache-2.0

package signer

import (
	"context"
	"iter"
	"net"
	"sync/atomic"
)

// Client sends requests to a signer, from any number of goroutines at the same time. Close it when it is no longer
// needed. Every failure is an *Error.
type Client struct {
	settings *settings
	isClosed atomic.Bool
	gate     chan struct{} // has an entry while a goroutine connects
	current  atomic.Pointer[connection]
}

// New makes a client without connecting; the first call does.
func New(options ...Option) (*Client, error) {
	settings, err := readSettings(options)
	if err != nil {
		return nil, err
	}
	return &Client{settings: settings, gate: make(chan struct{}, 1)}, nil
}

// Dial makes a client and connects.
func Dial(ctx context.Context, options ...Option) (*Client, error) {
	client, err := New(options...)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, client.settings.timeout)
	defer cancel()
	if _, err := client.connected(ctx); err != nil {
		return nil, err
	}
	return client, nil
}

// Close closes the connection. Calls in progress fail, and later ones are refused.
func (c *Client) Close() error {
	c.isClosed.Store(true)
	if connection := c.current.Load(); connection != nil {
		connection.quit()
	}
	return nil
}

// -- the signer

// Hello returns version, limits, algorithms, and the roles of this caller.
func (c *Client) Hello(ctx context.Context) (Hello, error) {
	return do(ctx, c, simple(opHello), decodeHello)
}

// Health returns the state, the protections in force, and why the signer is not ready.
func (c *Client) Health(ctx context.Context) (Health, error) {
	return do(ctx, c, simple(opHealth), decodeHealth)
}

// Stats returns the counters; needs the role operator or monitor.
func (c *Client) Stats(ctx context.Context) (map[string]uint64, error) {
	return do(ctx, c, simple(opStats), decodeStats)
}

// Seal makes the signer forget its KEK and its keys. The client must have one socket, and its user the role operator.
func (c *Client) Seal(ctx context.Context) error {
	if n := len(c.settings.paths); n > 1 {
		return argument("the client has %d sockets, and this is for one signer: name one", n)
	}
	_, err := do(ctx, c, simple(opSeal), decodeNothing)
	return err
}

// -- keys

// ListKeys goes over every key whose id comes after `after`, in byte order. It ends after an error. The client's
// timeout is that of a page: the whole list is bounded by the context alone.
func (c *Client) ListKeys(ctx context.Context, after string) iter.Seq2[KeyInfo, error] {
	return func(yield func(KeyInfo, error) bool) {
		for more := true; more; {
			page, err := c.ListPage(ctx, after, 0)
			if err != nil {
				yield(KeyInfo{}, err)
				return
			}
			for _, key := range page.Keys {
				if after = key.ID; !yield(key, nil) {
					return
				}
			}
			more = page.More
		}
	}
}

// ListPage returns at most `limit` keys (0: as many as fit) whose ids come after `after`. A page that is out of order,
// or has none where there are more, is a violation of the protocol: a list of such pages would have no end.
func (c *Client) ListPage(ctx context.Context, after string, limit uint32) (Page, error) {
	request, err := listKeys(after, limit)
	if err != nil {
		return Page{}, err
	}
	return do(ctx, c, request, func(content []byte) (Page, error) { return decodePageAfter(after, content) })
}

// GetKey loads a key, with its certificate.
func (c *Client) GetKey(ctx context.Context, id string) (*Key, error) {
	request, err := ofKey(opGetKey, id)
	if err != nil {
		return nil, err
	}
	info, err := do(ctx, c, request, decodeGetKey)
	if err != nil {
		return nil, err
	}
	return newKey(c, id, info)
}

// GenerateKey makes a key, or returns the existing one if it has the same algorithm and policy (KEY_EXISTS if not), so
// that it may be repeated. Without an algorithm it is ec-p256.
func (c *Client) GenerateKey(ctx context.Context, id, algorithm string, policy Policy) (*Key, bool, error) {
	made, err := c.Generate(ctx, id, algorithm, policy)
	return made.Key, made.Created, err
}

// Generated is the result of Generate. A key that was not created existed before, or was made by the same request: that
// is not known where the request was repeated.
type Generated struct {
	Key      *Key
	Created  bool
	Repeated bool // the connection was lost when the request may have been done, and it was sent once more
}

// Generate is GenerateKey for callers who have to know whose key it is that exists.
func (c *Client) Generate(ctx context.Context, id, algorithm string, policy Policy) (Generated, error) {
	request, err := generateKey(id, algorithm, policy)
	if err != nil {
		return Generated{}, err
	}
	attempts := c.attemptsOf(request)
	made, err := doCounting(ctx, c, request, attempts, decodeGenerated)
	if err != nil {
		return Generated{}, err
	}
	key, err := newKey(c, id, made.key)
	return Generated{key, made.created, attempts.mayBeDone}, err
}

// SetCertificate stores the key's certificate with its chain: PEM, the key's own certificate first.
func (c *Client) SetCertificate(ctx context.Context, id string, chain []byte) error {
	request, err := setCertificate(id, chain)
	if err != nil {
		return err
	}
	_, err = do(ctx, c, request, decodeNothing)
	return err
}

// DestroyKey destroys a key and its certificate; false if it was gone already.
func (c *Client) DestroyKey(ctx context.Context, id string) (existed bool, err error) {
	request, err := ofKey(opDestroyKey, id)
	if err != nil {
		return false, err
	}
	return do(ctx, c, request, decodeExisted)
}

// Sign returns the signature of a digest or a message. Mostly a Key is what is wanted: it knows its scheme, and binds
// the signature to the key that was loaded.
func (c *Client) Sign(ctx context.Context, what SignRequest) ([]byte, error) {
	request, err := what.request()
	if err != nil {
		return nil, err
	}
	return do(ctx, c, request, decodeSignature)
}

// -- calls

// do asks, again where that is right, and decodes the result.
func do[T any](ctx context.Context, c *Client, r request, decode func([]byte) (T, error)) (result T, err error) {
	return doCounting(ctx, c, r, c.attemptsOf(r), decode)
}

func (c *Client) attemptsOf(r request) *attempts {
	return &attempts{others: len(c.settings.paths) - 1, isRepeatable: r.isRepeatable()}
}

func doCounting[T any](ctx context.Context, c *Client, r request, attempts *attempts, decode func([]byte) (T, error),
) (result T, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.settings.timeout)
	defer cancel()
	for {
		if ctx.Err() != nil {
			return result, timedOut(ctx, c.settings.paths[0], "take the request")
		}
		connection, err := c.connected(ctx)
		if err != nil {
			return result, err
		}
		asked, err := connection.ask(ctx, r)
		if why, isLost := err.(*lost); isLost {
			if c.isClosed.Load() || attempts.mayRepeat(why) {
				continue
			}
			return result, why.forCaller()
		}
		if err != nil {
			return result, err
		}
		result, problem := readAnswer(connection, asked, decode)
		if problem == nil {
			return result, nil
		}
		if !attempts.goesElsewhere(problem) {
			return result, problem
		}
		connection.quit()
	}
}

// readAnswer returns the result or the signer's refusal. An answer that is not one ends the connection.
func readAnswer[T any](c *connection, asked *call, decode func([]byte) (T, error)) (result T, problem *Error) {
	answer, err := decodeResponse(asked.answer)
	switch {
	case err != nil:
		return result, c.distrust("bytes that are not a response")
	case answer.status != StatusOK:
		return result, answer.refusal()
	case answer.operation != asked.operation:
		return result, c.distrust("the answer to another operation")
	}
	result, err = decode(answer.result)
	if err == errDisorder {
		return result, c.distrust(err.Error())
	}
	if err != nil {
		return result, c.distrust("bytes that are not a response")
	}
	return result, nil
}

// connected returns the connection, and makes one if there is none that is up.
func (c *Client) connected(ctx context.Context) (*connection, error) {
	if current := c.current.Load(); current != nil && !current.hasEnded() {
		return current, nil
	}
	select {
	case c.gate <- struct{}{}:
		defer func() { <-c.gate }()
	case <-ctx.Done():
		return nil, timedOut(ctx, c.settings.paths[0], "accept a connection")
	}
	current, at := c.current.Load(), 0
	if current != nil && !current.hasEnded() {
		return current, nil
	}
	if c.isClosed.Load() {
		return nil, closed()
	}
	if current != nil {
		at = current.next()
	}
	socket, at, err := dialAny(ctx, c.settings, at)
	if err != nil {
		return nil, err
	}
	return c.keep(newConnection(socket, c.settings.paths[at], at))
}

// keep makes a connection the client's, unless that was closed meanwhile.
func (c *Client) keep(made *connection) (*connection, error) {
	c.current.Store(made)
	if c.isClosed.Load() {
		made.quit()
		return nil, closed()
	}
	return made, nil
}

func closed() *Error { return argument("this client is closed").because(net.ErrClosed) }

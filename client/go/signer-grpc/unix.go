// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"syscall"
)

// listenUnix makes a socket that these users may connect to; the kernel says who does. A socket on which somebody
// serves stays: only one whose listener is gone is removed.
func listenUnix(path string, uids []uint32) (*door, error) {
	lock, err := lockPath(path)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	if err := removeStale(path); err != nil {
		return nil, err
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	listener.(*net.UnixListener).SetUnlinkOnClose(false) // by then it may be another's
	if err := os.Chmod(path, 0o666); err != nil {        // the check below is the gate
		listener.Close()
		return nil, err
	}
	return newDoor(listener, nil, func(connection net.Conn) error {
		uid, err := uidOf(connection)
		if err == nil && !slices.Contains(uids, uid) {
			err = fmt.Errorf("uid %d is not let in: -allow-uid", uid)
		}
		return err
	}), nil
}

// lockPath has the lock of a socket's path, which is held from the check for a stale socket until somebody listens:
// else two that start at once could each remove the other's socket as stale.
func lockPath(path string) (*os.File, error) {
	lock, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX)
		if err == nil {
			return lock, nil
		}
		if err != syscall.EINTR {
			lock.Close()
			return nil, &os.PathError{Op: "lock", Path: lock.Name(), Err: err}
		}
	}
}

func removeStale(path string) error {
	about, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if about.Mode().Type() != os.ModeSocket {
		return fmt.Errorf("%s exists and is not a socket: name another path, or remove it", path)
	}
	connection, err := net.Dial("unix", path)
	if err == nil {
		connection.Close()
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("%s: somebody serves there already: stop that, or name another path", path)
	}
	return os.Remove(path)
}

func uidOf(connection net.Conn) (uint32, error) {
	unix, isUnix := connection.(*net.UnixConn)
	if !isUnix {
		return 0, errors.New("no Unix socket")
	}
	raw, err := unix.SyscallConn()
	if err != nil {
		return 0, err
	}
	var peer *syscall.Ucred
	var failed error
	err = raw.Control(func(descriptor uintptr) {
		peer, failed = syscall.GetsockoptUcred(int(descriptor), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	})
	if err = errors.Join(err, failed); err != nil {
		return 0, err
	}
	return peer.Uid, nil
}

package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net"

	"github.com/millrace/millrace/bench/contest"
	"github.com/millrace/millrace/bench/measure"
)

// addresses is what the server process says first.
type addresses struct {
	Contestants map[string]string // name to address
	Control     string            // answers each byte with its number of allocations
}

// servers are the listeners of all contestants in one process.
type servers struct {
	addresses
	listeners []net.Listener
}

// listenAll serves every contestant and the control port on loopback.
func listenAll() (*servers, error) {
	s := &servers{addresses: addresses{Contestants: map[string]string{}}}
	listen := func() (net.Listener, error) {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err == nil {
			s.listeners = append(s.listeners, ln)
		}
		return ln, err
	}
	for _, c := range contest.All() {
		ln, err := listen()
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
		s.Contestants[c.Name] = ln.Addr().String()
		go c.Serve(ln) // ends when close closes ln
	}
	ln, err := listen()
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	s.Control = ln.Addr().String()
	go control(ln) // ends when close closes ln
	return s, nil
}

func (s *servers) close() error {
	var errs []error
	for _, ln := range s.listeners {
		errs = append(errs, ln.Close())
	}
	return errors.Join(errs...)
}

// serve is the server process: it ends with its standard input.
func serve(stdin io.Reader, stdout io.Writer) error {
	s, err := listenAll()
	if err != nil {
		return err
	}
	if err := json.NewEncoder(stdout).Encode(s.addresses); err != nil {
		return errors.Join(err, s.close())
	}
	_, err = io.Copy(io.Discard, stdin)
	return errors.Join(err, s.close())
}

// control answers the one client that there is.
func control(ln net.Listener) {
	conn, err := ln.Accept()
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }() // the client has gone
	var buf [8]byte
	for {
		if _, err := io.ReadFull(conn, buf[:1]); err != nil {
			return
		}
		binary.BigEndian.PutUint64(buf[:], measure.Mallocs())
		if _, err := conn.Write(buf[:]); err != nil {
			return
		}
	}
}

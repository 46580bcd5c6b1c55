// Package expose is around a method whose result has methods.
package expose

import "github.com/millrace/millrace/core"

// Room is an object.
type Room struct{}

// User is what it leads to.
type User struct {
	Name string `millrace:"name"`
}

// Friends can be called when a User is exposed.
func (u *User) Friends() []string { return nil }

//BLOCK

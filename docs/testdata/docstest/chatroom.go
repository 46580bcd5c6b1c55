// Package chatroom is around an object and its method.
package chatroom

import (
	"context"
	"database/sql"

	"github.com/millrace/millrace/core"
)

// Posted is what posting returns.
type Posted struct {
	Success   bool  `millrace:"success"`
	MessageID int64 `millrace:"messageId"`
}

// Chat is what everybody gets.
type Chat struct {
	Type string `millrace:"type"`
	ID   int64  `millrace:"id"`
	Text string `millrace:"text"`
}

func (r *ChatRoom) insert(ctx context.Context, from, text string) (int64, error) {
	res, err := r.db.ExecContext(ctx, "INSERT INTO messages (author, text) VALUES (?, ?)", from, text)
	if err != nil {
		return 0, err
	}
	return res.LastInsertId()
}

//BLOCK

package store

import (
	"database/sql"
	"encoding/json"
	"time"

	"github.com/lib/pq"

	"github.com/wemaps/wemaps/services/chat/internal/message"
)

// columns are those of a row, of chat.messages as m.
const columns = `m.room_id, m.seq, m.id, m.sender_id, m.sender_name, m.client_key, m.entry, m.content, m.reply_to,
m.mentions, m.kind, m.data, m.created_at,
m.rev, m.changed_entry, m.edited_at, m.deleted_at, m.deleted_by, m.reactions`

type row struct {
	RoomID       string         `db:"room_id"`
	Seq          int64          `db:"seq"`
	ID           string         `db:"id"`
	SenderID     string         `db:"sender_id"`
	SenderName   string         `db:"sender_name"`
	ClientKey    string         `db:"client_key"`
	Entry        string         `db:"entry"`
	Content      string         `db:"content"`
	ReplyTo      string         `db:"reply_to"`
	Mentions     pq.StringArray `db:"mentions"`
	Kind         string         `db:"kind"`
	Data         string         `db:"data"`
	CreatedAt    time.Time      `db:"created_at"`
	Rev          int64          `db:"rev"`
	ChangedEntry string         `db:"changed_entry"`
	EditedAt     sql.NullTime   `db:"edited_at"`
	DeletedAt    sql.NullTime   `db:"deleted_at"`
	DeletedBy    string         `db:"deleted_by"`
	Reactions    []byte         `db:"reactions"`
}

func (r row) message() message.Message {
	m := message.Message{ID: r.ID, RoomID: r.RoomID, Seq: r.Seq, UserID: r.SenderID, UserName: r.SenderName, Key: r.ClientKey,
		Entry: r.Entry, Content: r.Content, ReplyTo: r.ReplyTo, Mentions: r.Mentions, Kind: r.Kind, Data: r.Data, At: r.CreatedAt.UTC(),
		Rev: r.Rev, ChangeEntry: r.ChangedEntry, DeletedBy: r.DeletedBy}
	if r.EditedAt.Valid {
		m.EditedAt = r.EditedAt.Time.UTC()
	}
	if r.DeletedAt.Valid {
		m.DeletedAt = r.DeletedAt.Time.UTC()
	}
	if len(r.Reactions) > len("[]") {
		_ = json.Unmarshal(r.Reactions, &m.Reactions) // as commitChanges wrote it
	}
	return m
}

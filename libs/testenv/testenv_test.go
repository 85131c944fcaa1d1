package testenv

import (
	"database/sql"
	"strings"
	"testing"
)

func query(t *testing.T, url, q string) error {
	t.Helper()
	db, err := sql.Open("postgres", url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	_, err = db.Exec(q)
	return err
}

func TestRolesSeeOnlyTheirOwnSchema(t *testing.T) {
	t.Parallel()
	d := NewDatabase(t)
	services := []string{"auth", "room", "location", "chat"}
	for _, s := range services {
		if err := query(t, d.URL(s), `CREATE TABLE own_probe (n int)`); err != nil {
			t.Errorf("%s in its own schema: %v", s, err)
		}
	}
	for _, s := range services {
		for _, other := range services {
			if other == s {
				continue
			}
			for _, q := range []string{`SELECT * FROM ` + other + `.own_probe`, `CREATE TABLE ` + other + `.x (n int)`} {
				if err := query(t, d.URL(s), q); err == nil || !strings.Contains(err.Error(), "permission denied") {
					t.Errorf("%s: %s: %v; want permission denied", s, q, err)
				}
			}
		}
		for _, q := range []string{`CREATE TABLE public.x (n int)`, `CREATE ROLE x`, `CREATE DATABASE x`} {
			if err := query(t, d.URL(s), q); err == nil || !strings.Contains(err.Error(), "permission denied") {
				t.Errorf("%s: %s: %v; want permission denied", s, q, err)
			}
		}
	}
	if err := query(t, d.AdminURL(), `SELECT * FROM room.own_probe`); err != nil {
		t.Errorf("administrator: %v", err)
	}
}

func TestDatabasesAndServersAreApart(t *testing.T) {
	t.Parallel()
	if a, b := Postgres(t, "room"), Postgres(t, "room"); a == b {
		t.Errorf("two databases share the URL %s", a)
	}
	if a, b := Redis(t), Redis(t); a == b {
		t.Errorf("two Redis servers share the address %s", a)
	}
}

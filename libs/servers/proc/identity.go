package proc

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Identity is a system user that a child runs as. A nil Identity means the parent's own user.
type Identity struct {
	Name     string
	UID, GID uint32
}

// Unprivileged returns nil unless the calling process is root; then the first of names that the system knows.
func Unprivileged(names ...string) (*Identity, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range names {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 != nil || err2 != nil || uid == 0 {
			continue
		}
		return &Identity{Name: name, UID: uint32(uid), GID: uint32(gid)}, nil
	}
	return nil, fmt.Errorf("running as root needs one of the system users %s to drop to", strings.Join(names, ", "))
}

func (i *Identity) credential() *syscall.Credential {
	if i == nil {
		return nil
	}
	return &syscall.Credential{Uid: i.UID, Gid: i.GID}
}

// Reaches says whether the user may enter dir, which needs the search bit on it and on all its parents, and names
// the first one that bars the way. Missing directories do not count: they are created with fitting bits.
func (i *Identity) Reaches(dir string) (barred string, ok bool) {
	if i == nil {
		return "", true
	}
	for d := filepath.Clean(dir); ; d = filepath.Dir(d) {
		if info, err := os.Stat(d); err == nil && !i.searches(info) {
			barred = d
		}
		if d == filepath.Dir(d) {
			return barred, barred == ""
		}
	}
}

func (i *Identity) searches(info os.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return true
	}
	switch {
	case st.Uid == i.UID:
		return info.Mode()&0o100 != 0
	case st.Gid == i.GID:
		return info.Mode()&0o010 != 0
	default:
		return info.Mode()&0o001 != 0
	}
}

// Own creates dir with mode 0700 for the user, handing over everything that is already in it. Missing parents get
// 0755, since the user must pass through them.
func (i *Identity) Own(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fmt.Errorf("create %s: %w", dir, err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("create %s: %w", dir, err)
	}
	if i == nil {
		return nil
	}
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, int(i.UID), int(i.GID))
	})
	if err != nil {
		return fmt.Errorf("hand %s to user %s: %w", dir, i.Name, err)
	}
	return nil
}

package up

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/wemaps/wemaps/migrations"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/migrate"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/workspace"
)

const (
	secretsFile = "secrets.env" // mode 0600

	secretPostgres = "POSTGRES_PASSWORD"
	secretAuthKey  = "AUTH_KEY_SECRET"
)

// loadSecrets reads .data/secrets.env and generates what is missing there. A variable of the same name in the
// environment wins and is not stored.
func loadSecrets(data string) (map[string]string, error) {
	path := filepath.Join(data, secretsFile)
	secrets, err := workspace.ReadEnv(path)
	if err != nil {
		return nil, fmt.Errorf("secrets: %w", err)
	}
	added := false
	for _, name := range secretNames() {
		if secrets[name] != "" {
			continue
		}
		secrets[name] = rand.Text() // 26 characters of base32, 130 bits
		if name == secretAuthKey {
			var key [32]byte
			_, _ = rand.Read(key[:]) // never fails, see crypto/rand
			secrets[name] = base64.StdEncoding.EncodeToString(key[:])
		}
		added = true
	}
	if added {
		if err := writeSecrets(path, secrets); err != nil {
			return nil, err
		}
	}
	for _, name := range secretNames() {
		if v := os.Getenv(name); v != "" {
			secrets[name] = v
		}
	}
	return secrets, nil
}

func secretNames() []string {
	names := []string{secretPostgres, secretAuthKey}
	for _, s := range migrations.Services() {
		names = append(names, migrate.PasswordVariable(s))
	}
	return names
}

// writeSecrets replaces the file as a whole: half a file would lock us out of our own database.
func writeSecrets(path string, secrets map[string]string) error {
	lines := []string{"# Generated for this data directory only. The database does not open without them."}
	for name, value := range secrets {
		lines = append(lines, name+"="+value)
	}
	slices.Sort(lines[1:])
	tmp := path + ".new"
	if err := os.WriteFile(tmp, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		return fmt.Errorf("secrets: %w", err)
	}
	if err := os.Rename(tmp, path); err != nil {
		return fmt.Errorf("secrets: %w", err)
	}
	return nil
}

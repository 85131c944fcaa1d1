package up

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/wemaps/wemaps/libs/servers"
	"github.com/wemaps/wemaps/migrations"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/migrate"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/workspace"
)

// SecretsCommand is `wemapsctl secrets`: it generates the secrets that Compose and Kubernetes need, unless they are
// there, and says where they are or, with --kubernetes, prints them as Secret objects.
func SecretsCommand(_ context.Context, args []string) error {
	flags := flag.NewFlagSet("secrets", flag.ContinueOnError)
	kubernetes := flags.Bool("kubernetes", false, "print Secret objects for kubectl apply")
	host := flags.String("postgres", "postgres:5432", "host:port of Postgres inside the cluster")
	if err := flags.Parse(args); err != nil {
		return err
	}
	root, err := workspace.Root()
	if err != nil {
		return err
	}
	data := workspace.DataDir(root)
	if err := os.MkdirAll(data, 0o755); err != nil {
		return err
	}
	secrets, err := loadSecrets(data)
	if err != nil {
		return err
	}
	if *kubernetes {
		return writeKubernetesSecrets(os.Stdout, *host, secrets)
	}
	fmt.Println(filepath.Join(data, secretsFile))
	return nil
}

// writeKubernetesSecrets writes the objects that k8s/ refers to by name.
func writeKubernetesSecrets(w io.Writer, host string, secrets map[string]string) error {
	url := func(role, password string) string {
		return fmt.Sprintf("postgres://%s:%s@%s/%s?sslmode=disable", role, password, host, databaseName)
	}
	bootstrap := []string{"DATABASE_URL", url(servers.Superuser, secrets[secretPostgres])}
	objects := []string{secretObject("postgres-secret", secretPostgres, secrets[secretPostgres])}
	for _, service := range migrations.Services() {
		name := migrate.PasswordVariable(service)
		bootstrap = append(bootstrap, name, secrets[name])
		pairs := []string{"DATABASE_URL", url(migrations.Role(service), secrets[name])}
		if service == "auth" {
			pairs = append(pairs, secretAuthKey, secrets[secretAuthKey])
		}
		objects = append(objects, secretObject(service+"-secret", pairs...))
	}
	objects = append(objects, secretObject("bootstrap-secret", bootstrap...))
	_, err := io.WriteString(w, strings.Join(objects, "---\n"))
	return err
}

func secretObject(name string, pairs ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "apiVersion: v1\nkind: Secret\nmetadata:\n  name: %s\nstringData:\n", name)
	for i := 0; i < len(pairs); i += 2 {
		fmt.Fprintf(&b, "  %s: %q\n", pairs[i], pairs[i+1])
	}
	return b.String()
}

package migrate

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/wemaps/wemaps/migrations"
)

// Command is `wemapsctl migrate`. DATABASE_URL is either an administrator's, with the roles' passwords in
// AUTH_DB_PASSWORD, ROOM_DB_PASSWORD, …, or, with --service, that service's own, which needs no rights beyond its schema.
func Command(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("migrate", flag.ContinueOnError)
	service := flags.String("service", "", "migrate this service only: "+strings.Join(migrations.Services(), ", "))
	bootstrap := flags.Bool("bootstrap", false, "only create roles and schemas, apply no migration")
	if err := flags.Parse(args); err != nil {
		return err
	}
	databaseURL := os.Getenv("DATABASE_URL")
	if databaseURL == "" {
		return errors.New("DATABASE_URL is not set")
	}
	if *service != "" {
		return migrateOne(ctx, databaseURL, *service)
	}
	passwords, err := passwordsFromEnv(migrations.Services())
	if err != nil {
		return err
	}
	if *bootstrap {
		return Bootstrap(ctx, databaseURL, passwords)
	}
	n, err := All(ctx, databaseURL, passwords)
	if err != nil {
		return err
	}
	fmt.Printf("applied %d migrations\n", n)
	return nil
}

func migrateOne(ctx context.Context, databaseURL, service string) error {
	u, err := url.Parse(databaseURL)
	if err != nil || u.Host == "" {
		return errors.New("DATABASE_URL must be a postgres:// URL")
	}
	if u.User.Username() != migrations.Role(service) {
		passwords, err := passwordsFromEnv([]string{service})
		if err != nil {
			return err
		}
		if err := Bootstrap(ctx, databaseURL, passwords); err != nil {
			return err
		}
		if databaseURL, err = ServiceURL(databaseURL, service, passwords[service]); err != nil {
			return err
		}
	}
	n, err := One(ctx, databaseURL, service)
	if err != nil {
		return err
	}
	fmt.Printf("%s: applied %d migrations\n", service, n)
	return nil
}

func passwordsFromEnv(services []string) (Passwords, error) {
	passwords := Passwords{}
	var missing []string
	for _, s := range services {
		name := PasswordVariable(s)
		if passwords[s] = os.Getenv(name); passwords[s] == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("%s must hold the passwords of the services' database roles", strings.Join(missing, ", "))
	}
	return passwords, nil
}

// PasswordVariable names the environment variable with the password of the service's database role.
func PasswordVariable(service string) string { return strings.ToUpper(service) + "_DB_PASSWORD" }

// Command probe is the health check inside the images, which hold no shell and no curl: it asks the service's own
// /readyz and exits with status 1 unless that says ready. Standard library only, since every image carries it.
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"time"
)

func main() {
	_, port, err := net.SplitHostPort(os.Getenv("ADMIN_ADDR"))
	if err == nil {
		err = check("http://127.0.0.1:" + port + "/readyz")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func check(url string) error {
	client := http.Client{Timeout: 2 * time.Second}
	resp, err := client.Get(url)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, resp.Status)
	}
	return nil
}

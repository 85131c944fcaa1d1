// Package deploy holds nothing but the tests of the deployment files: k8s/, docker-compose.yml and the images that
// they name. `go tool task k8s:check` runs them.
package deploy

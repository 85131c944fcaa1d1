package deploy

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

const k8s = "../../../../k8s"

var services = []string{"auth", "chat", "edge", "location", "room"}

// strict decodes as the API server would, refusing unknown and repeated fields.
func strict(t *testing.T) runtime.Decoder {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		corev1.AddToScheme, appsv1.AddToScheme, batchv1.AddToScheme, policyv1.AddToScheme, networkingv1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	return json.NewSerializerWithOptions(json.DefaultMetaFactory, scheme, scheme, json.SerializerOptions{Yaml: true, Strict: true})
}

// render builds a kustomization and decodes each of its objects.
func render(t *testing.T, dir string) []runtime.Object {
	t.Helper()
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), filepath.Join(k8s, dir))
	if err != nil {
		t.Fatalf("%s: %v", dir, err)
	}
	decoder := strict(t)
	var objects []runtime.Object
	for _, r := range resources.Resources() {
		text, err := r.AsYAML()
		if err != nil {
			t.Fatalf("%s: %v", r.CurId(), err)
		}
		object, _, err := decoder.Decode(text, nil, nil)
		if err != nil {
			t.Errorf("%s: %s: %v", dir, r.CurId(), err)
			continue
		}
		objects = append(objects, object)
	}
	return objects
}

func kind[T runtime.Object](objects []runtime.Object) []T {
	var found []T
	for _, o := range objects {
		if x, ok := o.(T); ok {
			found = append(found, x)
		}
	}
	return found
}

func TestEveryServiceDeploysAlone(t *testing.T) {
	t.Parallel()
	for _, service := range services {
		objects := render(t, "base/"+service)
		deployments, svcs := kind[*appsv1.Deployment](objects), kind[*corev1.Service](objects)
		budgets, configs := kind[*policyv1.PodDisruptionBudget](objects), kind[*corev1.ConfigMap](objects)
		if len(deployments) != 1 || len(svcs) != 1 || len(budgets) != 1 || len(configs) != 1 {
			t.Errorf("%s: %d deployments, %d services, %d disruption budgets, %d config maps; want one each",
				service, len(deployments), len(svcs), len(budgets), len(configs))
			continue
		}
		d := deployments[0]
		pod := d.Spec.Template
		for what, selector := range map[string]map[string]string{
			"deployment": d.Spec.Selector.MatchLabels, "service": svcs[0].Spec.Selector, "budget": budgets[0].Spec.Selector.MatchLabels,
		} {
			if len(selector) == 0 || pod.Labels["app"] != selector["app"] {
				t.Errorf("%s: the %s selects %v, the pods carry %v", service, what, selector, pod.Labels)
			}
		}
		checkService(t, service, pod.Spec, svcs[0])
		checkMigration(t, service, pod.Spec)
		for _, secret := range configs[0].Data {
			if strings.Contains(secret, "postgres://") {
				t.Errorf("%s: a database URL belongs into the secret, not the config map", service)
			}
		}
	}
}

func checkService(t *testing.T, service string, pod corev1.PodSpec, svc *corev1.Service) {
	t.Helper()
	c := pod.Containers[0]
	const drain = 10 + 5 // SHUTDOWN_TIMEOUT and preStop, seconds
	if pod.TerminationGracePeriodSeconds == nil || *pod.TerminationGracePeriodSeconds <= drain {
		t.Errorf("%s: terminationGracePeriodSeconds must be above the drain of %d s", service, drain)
	}
	if c.LivenessProbe == nil || c.LivenessProbe.HTTPGet.Path != "/livez" || c.ReadinessProbe == nil ||
		c.ReadinessProbe.HTTPGet.Path != "/readyz" || c.StartupProbe == nil {
		t.Errorf("%s: probes are missing or ask the wrong path", service)
	}
	// The edge never exposes its admin port; it asks the others' for readiness.
	want := []string{"http", "admin"}
	if service == "edge" {
		want = want[:1]
	}
	var got []string
	for _, p := range svc.Spec.Ports {
		got = append(got, p.TargetPort.String())
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s: the service exposes %v, want %v", service, got, want)
	}
}

// Services with tables migrate their own schema first; the edge has none and no credentials.
func checkMigration(t *testing.T, service string, pod corev1.PodSpec) {
	t.Helper()
	if service == "edge" {
		if len(pod.InitContainers) != 0 || slices.ContainsFunc(pod.Containers[0].EnvFrom, func(e corev1.EnvFromSource) bool { return e.SecretRef != nil }) {
			t.Error("edge: it owns nothing in Postgres and needs no secret")
		}
		return
	}
	if len(pod.InitContainers) != 1 || !slices.Equal(pod.InitContainers[0].Args, []string{"migrate", "--service", service}) {
		t.Errorf("%s: no init container that migrates it", service)
	}
}

func TestCompleteOverlay(t *testing.T) {
	t.Parallel()
	objects := render(t, "overlays/complete")
	var names []string
	for _, d := range kind[*appsv1.Deployment](objects) {
		names = append(names, d.Name)
		checkPod(t, d.Name, d.Spec.Template.Spec)
		if d.Namespace != "wemaps" {
			t.Errorf("%s: namespace %q", d.Name, d.Namespace)
		}
	}
	slices.Sort(names)
	if !slices.Equal(names, services) {
		t.Errorf("the overlay runs %v, want %v", names, services)
	}
	for _, s := range kind[*appsv1.StatefulSet](objects) {
		checkPod(t, s.Name, s.Spec.Template.Spec)
	}
	for _, j := range kind[*batchv1.Job](objects) {
		checkPod(t, j.Name, j.Spec.Template.Spec)
	}
}

// checkPod holds what the "restricted" pod security standard demands and what keeps one pod from starving others.
func checkPod(t *testing.T, name string, pod corev1.PodSpec) {
	t.Helper()
	if s := pod.SecurityContext; s == nil || s.RunAsNonRoot == nil || !*s.RunAsNonRoot || s.SeccompProfile == nil {
		t.Errorf("%s: the pod may run as root or without seccomp", name)
	}
	for _, c := range append(append([]corev1.Container{}, pod.InitContainers...), pod.Containers...) {
		s := c.SecurityContext
		if s == nil || s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation || s.ReadOnlyRootFilesystem == nil ||
			!*s.ReadOnlyRootFilesystem || s.Capabilities == nil || len(s.Capabilities.Drop) != 1 {
			t.Errorf("%s/%s: the container is not restricted", name, c.Name)
		}
		if c.Resources.Limits.Memory().IsZero() || c.Resources.Requests.Cpu().IsZero() {
			t.Errorf("%s/%s: no memory limit or CPU request", name, c.Name)
		}
		if tag := c.Image[strings.LastIndex(c.Image, ":")+1:]; tag == c.Image || tag == "latest" {
			t.Errorf("%s/%s: image %q is not pinned", name, c.Name, c.Image)
		}
	}
}

func TestStrictDecodingRefusesTypos(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"apiVersion: apps/v1\nkind: Deployment\nspec:\n  replica: 2\n",
		"apiVersion: v1\nkind: Service\nspec:\n  ports: []\n  ports: []\n",
		"apiVersion: apps/v2\nkind: Deployment\n",
	} {
		if _, _, err := strict(t).Decode([]byte(text), nil, nil); err == nil {
			t.Errorf("decoded without complaint:\n%s", text)
		}
	}
}

// Command health says which health Argo CD gives to objects: it reads {"settings": the data of an argocd-cm, "objects":
// [...]} from standard input, and writes a list of {"status", "message"} in the same order. Settings and objects go the
// way that they go in Argo CD's application controller. `argocd admin settings resource-overrides health` does the same
// for one object a process.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/argoproj/argo-cd/gitops-engine/v3/pkg/health"
	"github.com/argoproj/argo-cd/v3/common"
	"github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	"github.com/argoproj/argo-cd/v3/util/lua"
	"github.com/argoproj/argo-cd/v3/util/settings"
	log "github.com/sirupsen/logrus"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes/fake"
)

const namespace = "argocd"

type question struct {
	Settings map[string]string           `json:"settings"`
	Objects  []unstructured.Unstructured `json:"objects"`
}

type answer struct {
	Status  health.HealthStatusCode `json:"status"`
	Message string                  `json:"message"`
}

func main() {
	log.SetOutput(os.Stderr)
	log.SetLevel(log.WarnLevel)
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(input io.Reader, output io.Writer) error {
	var asked question
	if err := json.NewDecoder(input).Decode(&asked); err != nil {
		return err
	}
	overrides, err := overridesOf(asked.Settings)
	if err != nil {
		return err
	}
	answers := make([]answer, 0, len(asked.Objects))
	for i := range asked.Objects {
		answers = append(answers, assess(&asked.Objects[i], overrides))
	}
	return json.NewEncoder(output).Encode(answers)
}

// overridesOf lets Argo CD's own settings code find the checks in the ConfigMap's keys.
func overridesOf(data map[string]string) (map[string]v1alpha1.ResourceOverride, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	about := func(name string) metav1.ObjectMeta {
		labels := map[string]string{"app.kubernetes.io/part-of": "argocd"}
		return metav1.ObjectMeta{Name: name, Namespace: namespace, Labels: labels}
	}
	configMap := &corev1.ConfigMap{ObjectMeta: about(common.ArgoCDConfigMapName), Data: data}
	secret := &corev1.Secret{ObjectMeta: about(common.ArgoCDSecretName)}
	manager := settings.NewSettingsManager(ctx, fake.NewClientset(configMap, secret), namespace)
	if err := manager.ResyncInformers(); err != nil {
		return nil, err
	}
	return manager.GetResourceOverrides()
}

// assess answers as the controller shows it: an error of the script is the health Unknown with the error's text, and no
// health at all an empty status.
func assess(object *unstructured.Unstructured, overrides map[string]v1alpha1.ResourceOverride) answer {
	found, err := health.GetResourceHealth(object, lua.ResourceHealthOverrides(overrides))
	if err != nil {
		return answer{Status: health.HealthStatusUnknown, Message: err.Error()}
	}
	if found == nil {
		return answer{}
	}
	return answer{Status: found.Status, Message: found.Message}
}

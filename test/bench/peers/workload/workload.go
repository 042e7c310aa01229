// Package workload is what every subject of the benchmark does to an object: it adds a finalizer, then writes eight
// conditions through the status subresource. The TypeScript subjects do the same, from ../../workload.ts.
package workload

import (
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Object is of any kind that has a finalizer and conditions. Its spec stays as it came.
type Object struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              runtime.RawExtension `json:"spec"`
	Status            Status               `json:"status,omitzero"`
}

// Status is what a controller writes.
type Status struct {
	ObservedGeneration int64              `json:"observedGeneration,omitempty"`
	Conditions         []metav1.Condition `json:"conditions,omitempty"`
}

// ObjectList is a page of objects.
type ObjectList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata"`
	Items           []Object `json:"items"`
}

// DeepCopyObject copies what a controller may change; the spec is shared because nobody changes it.
func (o *Object) DeepCopyObject() runtime.Object {
	copied := *o
	copied.ObjectMeta = *o.ObjectMeta.DeepCopy()
	copied.Status.Conditions = slices.Clone(o.Status.Conditions)
	return &copied
}

// DeepCopyObject copies the list and its objects.
func (l *ObjectList) DeepCopyObject() runtime.Object {
	copied := *l
	copied.Items = make([]Object, len(l.Items))
	for i := range l.Items {
		copied.Items[i] = *l.Items[i].DeepCopyObject().(*Object)
	}
	return &copied
}

var conditionTypes = []string{
	"Resolved", "Active", "Drained", "Protected", "Settled", "Approved", "Placed", "Ready",
}

// WantedStatus is the status that the object should have; equal to the one that it has when there is nothing to write.
func WantedStatus(o *Object) Status {
	wanted := Status{ObservedGeneration: o.Generation, Conditions: slices.Clone(o.Status.Conditions)}
	for _, name := range conditionTypes {
		meta.SetStatusCondition(&wanted.Conditions, metav1.Condition{
			Type:               name,
			Status:             metav1.ConditionTrue,
			ObservedGeneration: o.Generation,
			Reason:             "AsWanted",
			Message:            fmt.Sprintf("%s: what the spec asks for was compared with what there is, and nothing is missing.", name),
		})
	}
	return wanted
}

// Options are the flags that every subject takes.
type Options struct {
	Resource    schema.GroupVersionResource
	Finalizer   string
	Concurrency int
	// Only for controller-runtime.
	MetricsAddress string
	LeaderElection bool
}

// ParseOptions reads the command line.
func ParseOptions() Options {
	var o Options
	flag.StringVar(&o.Resource.Group, "group", "", "group of the kind")
	flag.StringVar(&o.Resource.Version, "version", "v1", "version of the kind")
	flag.StringVar(&o.Resource.Resource, "plural", "", "plural of the kind")
	flag.StringVar(&o.Finalizer, "finalizer", "", "finalizer to add to each object")
	flag.IntVar(&o.Concurrency, "concurrency", 10, "how many objects are worked on at the same time")
	flag.StringVar(&o.MetricsAddress, "metrics-address", "0", "where metrics are served, 0 for nowhere; only for controller-runtime")
	flag.BoolVar(&o.LeaderElection, "leader-elect", false, "become leader first; only for controller-runtime")
	flag.Parse()
	return o
}

// Connect reads $KUBECONFIG. The client limits no rates, and counts the connections that it opens.
func Connect() (*rest.Config, *Connections, error) {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return nil, nil, err
	}
	config.QPS = -1
	connections := &Connections{dialer: net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}}
	config.Dial = connections.dial
	return config, connections, nil
}

// Report writes one line of JSON on standard output, which is how a harness knows how far a subject is.
func Report(event string, fields map[string]any) {
	line := map[string]any{"event": event}
	for name, value := range fields {
		line[name] = value
	}
	_ = json.NewEncoder(os.Stdout).Encode(line)
}

// Command controller-runtime is the workload as a good user of controller-runtime writes it: a typed client with the
// manager's cache, and own writes filtered by a predicate.
package main

import (
	"context"
	"log"
	"os/signal"
	"syscall"

	"dcc-operator.io/test/bench/peers/workload"
	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
)

func main() {
	options := workload.ParseOptions()
	ctrl.SetLogger(logr.Discard())
	if err := run(options); err != nil {
		log.Fatal(err)
	}
}

func run(options workload.Options) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	config, connections, err := workload.Connect()
	if err != nil {
		return err
	}
	manager, err := newManager(config, options)
	if err != nil {
		return err
	}
	err = ctrl.NewControllerManagedBy(manager).
		Named(options.Resource.Resource).
		For(&workload.Object{}).
		WithEventFilter(wantsPass).
		WithOptions(controller.Options{MaxConcurrentReconciles: options.Concurrency}).
		Complete(&reconciler{client: manager.GetClient(), finalizer: options.Finalizer})
	if err != nil {
		return err
	}
	go reportSynced(ctx, manager)
	if err := manager.Start(ctx); err != nil {
		return err
	}
	workload.Report("stopped", map[string]any{"connections": connections.Opened()})
	return nil
}

func newManager(config *rest.Config, options workload.Options) (ctrl.Manager, error) {
	if options.MetricsAddress != "0" {
		metrics.RegisterRESTClientMetrics(optInMetrics...)
	}
	http, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	mapper, err := apiutil.NewDynamicRESTMapper(config, http)
	if err != nil {
		return nil, err
	}
	kind, err := mapper.KindFor(options.Resource)
	if err != nil {
		return nil, err
	}
	return ctrl.NewManager(config, ctrl.Options{
		Scheme:                  schemeWith(kind),
		LeaderElection:          options.LeaderElection,
		LeaderElectionID:        "bench-controller-runtime",
		LeaderElectionNamespace: "default",
		Metrics:                 metricsserver.Options{BindAddress: options.MetricsAddress},
		HealthProbeBindAddress:  "0",
	})
}

// optInMetrics are measured by client-go and not served unless asked for.
var optInMetrics = []metrics.RESTClientMetric{
	metrics.MetricRequestLatency,
	metrics.MetricDNSResolutionLatency,
	metrics.MetricRequestSize,
	metrics.MetricResponseSize,
	metrics.MetricRateLimiterLatency,
	metrics.MetricRequestRetry,
}

func schemeWith(kind schema.GroupVersionKind) *runtime.Scheme {
	scheme := runtime.NewScheme()
	scheme.AddKnownTypeWithName(kind, &workload.Object{})
	scheme.AddKnownTypeWithName(kind.GroupVersion().WithKind(kind.Kind+"List"), &workload.ObjectList{})
	metav1.AddToGroupVersion(scheme, kind.GroupVersion())
	return scheme
}

// wantsPass keeps own writes from causing passes: neither a finalizer nor a status counts as a new generation, but a
// deletion does.
var wantsPass = predicate.GenerationChangedPredicate{}

func reportSynced(ctx context.Context, manager ctrl.Manager) {
	<-manager.Elected()
	if _, err := manager.GetCache().GetInformer(ctx, &workload.Object{}); err != nil {
		log.Fatal(err)
	}
	if manager.GetCache().WaitForCacheSync(ctx) {
		workload.Report("synced", nil)
	}
}

type reconciler struct {
	client    client.Client
	finalizer string
}

func (r *reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	var object workload.Object
	if err := r.client.Get(ctx, request.NamespacedName, &object); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !object.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, r.release(ctx, &object)
	}
	if !controllerutil.ContainsFinalizer(&object, r.finalizer) {
		before := object.DeepCopyObject().(*workload.Object)
		controllerutil.AddFinalizer(&object, r.finalizer)
		if err := r.client.Patch(ctx, &object, client.MergeFrom(before)); err != nil {
			return ctrl.Result{}, err
		}
	}
	wanted := workload.WantedStatus(&object)
	if equality.Semantic.DeepEqual(wanted, object.Status) {
		return ctrl.Result{}, nil
	}
	object.Status = wanted
	return ctrl.Result{}, r.client.Status().Update(ctx, &object)
}

func (r *reconciler) release(ctx context.Context, object *workload.Object) error {
	before := object.DeepCopyObject().(*workload.Object)
	if !controllerutil.RemoveFinalizer(object, r.finalizer) {
		return nil
	}
	return client.IgnoreNotFound(r.client.Patch(ctx, object, client.MergeFrom(before)))
}

// Command floor is the least that any controller can cost: it lists the objects once, does the two writes an object with a
// few workers, and then waits for SIGTERM. No watch, no cache, no queue.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os/signal"
	"sync"
	"syscall"

	"dcc-operator.io/test/bench/peers/workload"
	"k8s.io/client-go/rest"
)

func main() {
	options := workload.ParseOptions()
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
	http, err := rest.HTTPClientFor(config)
	if err != nil {
		return err
	}
	resource := options.Resource
	client := client{http: http, server: config.Host, root: "/apis/" + resource.Group + "/" + resource.Version, plural: resource.Resource}
	objects, err := client.list(ctx)
	if err != nil {
		return err
	}
	workload.Report("synced", map[string]any{"objects": len(objects)})
	if err := converge(ctx, client, objects, options); err != nil {
		return err
	}
	<-ctx.Done()
	workload.Report("stopped", map[string]any{"connections": connections.Opened()})
	return nil
}

func converge(ctx context.Context, client client, objects []workload.Object, options workload.Options) error {
	next := make(chan *workload.Object)
	failed := make(chan error, options.Concurrency)
	var workers sync.WaitGroup
	for range options.Concurrency {
		workers.Go(func() {
			for object := range next {
				if err := client.writeTwice(ctx, object, options.Finalizer); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	defer workers.Wait()
	defer close(next)
	for i := range objects {
		select {
		case next <- &objects[i]:
		case err := <-failed:
			return err
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

type client struct {
	http                 *http.Client
	server, root, plural string
}

func (c client) list(ctx context.Context) ([]workload.Object, error) {
	var objects []workload.Object
	query := url.Values{"limit": {"500"}}
	for {
		var page workload.ObjectList
		if err := c.do(ctx, "GET", "/"+c.plural+"?"+query.Encode(), "", nil, &page); err != nil {
			return nil, err
		}
		objects = append(objects, page.Items...)
		if page.Continue == "" {
			return objects, nil
		}
		query.Set("continue", page.Continue)
	}
}

func (c client) writeTwice(ctx context.Context, object *workload.Object, finalizer string) error {
	path := fmt.Sprintf("/namespaces/%s/%s/%s", object.Namespace, c.plural, object.Name)
	var held workload.Object
	patch := map[string]any{"metadata": map[string]any{"finalizers": append(object.Finalizers, finalizer)}}
	if err := c.do(ctx, "PATCH", path, "application/merge-patch+json", patch, &held); err != nil {
		return err
	}
	held.Status = workload.WantedStatus(&held)
	held.ManagedFields = nil
	return c.do(ctx, "PUT", path+"/status", "application/json", held, nil)
}

// do sends a request and decodes the answer into result, or reads past it when that is nil.
func (c client) do(ctx context.Context, method, path, contentType string, body, result any) error {
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.server+c.root+path, content)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "application/json")
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %s", method, path, response.Status, answer)
	}
	if result == nil {
		return nil
	}
	return json.Unmarshal(answer, result)
}

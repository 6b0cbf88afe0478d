package main

import (
	"context"
	"log/slog"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

// sources is where the objects come from: an API server, or a test.
type sources struct {
	pods, namespaces, policies cache.ListerWatcher
	// allowed asks whether they may be listed; nil where nobody is asked.
	allowed func(context.Context) error
}

// A pod that has ended has no address any more, though its status still says one: another pod may have it.
var running = fields.ParseSelectorOrDie("status.phase!=Succeeded,status.phase!=Failed")

// connect makes clients for the two API groups that are needed. A scheme of those two alone is a fraction of
// client-go's own.
func connect(kubeconfig string) (sources, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return sources{}, err
	}
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, networkingv1.AddToScheme} {
		if err := add(scheme); err != nil {
			return sources{}, err
		}
	}
	config.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	config.ContentType = runtime.ContentTypeProtobuf
	config.AcceptContentTypes = runtime.ContentTypeProtobuf + "," + runtime.ContentTypeJSON
	config.UserAgent = "ptp-network-policy"
	client := func(version schema.GroupVersion, path string) (*rest.RESTClient, error) {
		one := rest.CopyConfig(config)
		one.GroupVersion, one.APIPath = &version, path
		return rest.RESTClientFor(one)
	}
	core, err := client(corev1.SchemeGroupVersion, "/api")
	if err != nil {
		return sources{}, err
	}
	networking, err := client(networkingv1.SchemeGroupVersion, "/apis")
	if err != nil {
		return sources{}, err
	}
	return sources{
		pods:       cache.NewListWatchFromClient(core, "pods", metav1.NamespaceAll, running),
		namespaces: cache.NewListWatchFromClient(core, "namespaces", metav1.NamespaceAll, fields.Everything()),
		policies:   cache.NewListWatchFromClient(networking, "networkpolicies", metav1.NamespaceAll, fields.Everything()),
		allowed: func(ctx context.Context) error {
			for resource, client := range map[string]*rest.RESTClient{"pods": core, "namespaces": core, "networkpolicies": networking} {
				if err := client.Get().Resource(resource).Param("limit", "1").Do(ctx).Error(); err != nil {
					return err
				}
			}
			return nil
		},
	}, nil
}

// untilAllowed waits for the API server and for the rights, which on a new cluster come after this process. The
// informers' own retries would be told of each time, and soon be half a minute apart.
func (s sources) untilAllowed(ctx context.Context) error {
	if s.allowed == nil {
		return nil
	}
	told := false
	for {
		err := s.allowed(ctx)
		if err == nil {
			return nil
		}
		if !told {
			slog.Info("waiting until pods, namespaces and policies may be listed", "because", err)
			told = true
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(250 * time.Millisecond):
		}
	}
}

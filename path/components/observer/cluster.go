package main

import (
	"context"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

// settingsLabel is on the Secrets that hold a project's settings; its value is the project's name.
const settingsLabel = "ptp.dev/monitoring"

// cluster keeps what is shown of a cluster, and no more of each object than that.
type cluster struct {
	pods, deployments, sets, nodes, secrets cache.SharedInformer
	// watched has those of them that may be looked at.
	watched []cache.SharedInformer
}

func connect(o options) (*cluster, error) {
	config, err := clientcmd.BuildConfigFromFlags("", o.kubeconfig)
	if err != nil {
		return nil, err
	}
	// A scheme of the groups that are needed is a fraction of client-go's own.
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, appsv1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	config.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	config.ContentType = runtime.ContentTypeProtobuf
	config.AcceptContentTypes = runtime.ContentTypeProtobuf + "," + runtime.ContentTypeJSON
	config.UserAgent = "ptp-observer"
	client := func(version schema.GroupVersion, path string) (*rest.RESTClient, error) {
		one := rest.CopyConfig(config)
		one.GroupVersion, one.APIPath = &version, path
		return rest.RESTClientFor(one)
	}
	core, err := client(corev1.SchemeGroupVersion, "/api")
	if err != nil {
		return nil, err
	}
	apps, err := client(appsv1.SchemeGroupVersion, "/apis")
	if err != nil {
		return nil, err
	}
	// All namespaces, unless one is told.
	everything := o.watch
	watch := func(client *rest.RESTClient, resource, namespace string, example runtime.Object) cache.SharedInformer {
		return cache.NewSharedInformer(cache.NewListWatchFromClient(client, resource, namespace, fields.Everything()), example, 0)
	}
	found := &cluster{
		pods:        watch(core, "pods", everything, &corev1.Pod{}),
		nodes:       watch(core, "nodes", metav1.NamespaceAll, &corev1.Node{}),
		deployments: watch(apps, "deployments", everything, &appsv1.Deployment{}),
		sets:        watch(apps, "statefulsets", everything, &appsv1.StatefulSet{}),
		secrets:     watch(core, "secrets", o.namespace, &corev1.Secret{}),
	}
	found.watched = []cache.SharedInformer{found.pods, found.deployments, found.sets, found.secrets}
	if o.nodes {
		found.watched = append(found.watched, found.nodes)
	}
	for _, one := range found.watched {
		if err := one.SetTransform(trim); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// run watches until the context ends; secretsChanged is called with all settings, once at first and after each change.
func (c *cluster) run(ctx context.Context, secretsChanged func([]*corev1.Secret)) error {
	all := func() {
		if !c.secrets.HasSynced() {
			return
		}
		var found []*corev1.Secret
		for _, one := range c.secrets.GetStore().List() {
			if secret, ok := one.(*corev1.Secret); ok && secret.Labels[settingsLabel] != "" {
				found = append(found, secret)
			}
		}
		secretsChanged(found)
	}
	_, err := c.secrets.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { all() },
		UpdateFunc: func(any, any) { all() },
		DeleteFunc: func(any) { all() },
	})
	if err != nil {
		return err
	}
	for _, one := range c.watched {
		go one.RunWithContext(ctx)
	}
	cache.WaitForCacheSync(ctx.Done(), c.secrets.HasSynced)
	all()
	<-ctx.Done()
	return ctx.Err()
}

func (c *cluster) runningPods() []*corev1.Pod {
	var found []*corev1.Pod
	for _, one := range c.pods.GetStore().List() {
		if pod, ok := one.(*corev1.Pod); ok && pod.Status.Phase == corev1.PodRunning {
			found = append(found, pod)
		}
	}
	return found
}

func (c *cluster) nodeNames() []string {
	var found []string
	for _, one := range c.nodes.GetStore().List() {
		if node, ok := one.(*corev1.Node); ok {
			found = append(found, node.Name)
		}
	}
	return found
}

// trim keeps of an object what is shown of it.
func trim(given any) (any, error) {
	bare := func(meta metav1.ObjectMeta) metav1.ObjectMeta {
		return metav1.ObjectMeta{Name: meta.Name, Namespace: meta.Namespace, Labels: meta.Labels, UID: meta.UID, ResourceVersion: meta.ResourceVersion, DeletionTimestamp: meta.DeletionTimestamp}
	}
	switch one := given.(type) {
	case *corev1.Pod:
		return &corev1.Pod{ObjectMeta: bare(one.ObjectMeta), Status: corev1.PodStatus{Phase: one.Status.Phase, ContainerStatuses: one.Status.ContainerStatuses}}, nil
	case *corev1.Node:
		return &corev1.Node{ObjectMeta: bare(one.ObjectMeta), Status: corev1.NodeStatus{Conditions: one.Status.Conditions}}, nil
	case *appsv1.Deployment:
		return &appsv1.Deployment{ObjectMeta: bare(one.ObjectMeta), Spec: appsv1.DeploymentSpec{Replicas: one.Spec.Replicas}, Status: one.Status}, nil
	case *appsv1.StatefulSet:
		return &appsv1.StatefulSet{ObjectMeta: bare(one.ObjectMeta), Spec: appsv1.StatefulSetSpec{Replicas: one.Spec.Replicas}, Status: one.Status}, nil
	case *corev1.Secret:
		if one.Labels[settingsLabel] == "" {
			return &corev1.Secret{ObjectMeta: bare(one.ObjectMeta)}, nil
		}
		return &corev1.Secret{ObjectMeta: bare(one.ObjectMeta), Data: one.Data}, nil
	}
	return given, nil
}

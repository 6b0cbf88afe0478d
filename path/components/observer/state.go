package main

import (
	"github.com/prometheus/client_golang/prometheus"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

// state shows what a cluster runs, under the names and labels that kube-state-metrics gives the same figures, so that
// the same rules serve where that runs.
type state struct{ cluster *cluster }

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

var (
	deploymentWanted = desc("kube_deployment_spec_replicas", "How many pods a Deployment is to have.", "namespace", "deployment")
	deploymentReady  = desc("kube_deployment_status_replicas_ready", "How many of its pods are ready.", "namespace", "deployment")
	setWanted        = desc("kube_statefulset_replicas", "How many pods a StatefulSet is to have.", "namespace", "statefulset")
	setReady         = desc("kube_statefulset_status_replicas_ready", "How many of its pods are ready.", "namespace", "statefulset")
	podPhase         = desc("kube_pod_status_phase", "A pod's phase.", "namespace", "pod", "phase")
	restarts         = desc("kube_pod_container_status_restarts_total", "How often a container was started again.", "namespace", "pod", "container")
	waiting          = desc("kube_pod_container_status_waiting_reason", "Why a container does not run.", "namespace", "pod", "container", "reason")
	terminated       = desc("kube_pod_container_status_last_terminated_reason", "Why a container ended the last time.", "namespace", "pod", "container", "reason")
	nodeCondition    = desc("kube_node_status_condition", "Conditions of a node.", "node", "condition", "status")
)

func (s *state) Describe(out chan<- *prometheus.Desc) {
	for _, one := range []*prometheus.Desc{deploymentWanted, deploymentReady, setWanted, setReady, podPhase, restarts, waiting, terminated, nodeCondition} {
		out <- one
	}
}

func (s *state) Collect(out chan<- prometheus.Metric) {
	gauge := func(desc *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	for _, one := range s.cluster.deployments.GetStore().List() {
		if d, ok := one.(*appsv1.Deployment); ok {
			gauge(deploymentWanted, wanted(d.Spec.Replicas), d.Namespace, d.Name)
			gauge(deploymentReady, float64(d.Status.ReadyReplicas), d.Namespace, d.Name)
		}
	}
	for _, one := range s.cluster.sets.GetStore().List() {
		if d, ok := one.(*appsv1.StatefulSet); ok {
			gauge(setWanted, wanted(d.Spec.Replicas), d.Namespace, d.Name)
			gauge(setReady, float64(d.Status.ReadyReplicas), d.Namespace, d.Name)
		}
	}
	for _, one := range s.cluster.pods.GetStore().List() {
		p, ok := one.(*corev1.Pod)
		if !ok {
			continue
		}
		gauge(podPhase, 1, p.Namespace, p.Name, string(p.Status.Phase))
		for _, c := range p.Status.ContainerStatuses {
			out <- prometheus.MustNewConstMetric(restarts, prometheus.CounterValue, float64(c.RestartCount), p.Namespace, p.Name, c.Name)
			if why := c.State.Waiting; why != nil && why.Reason != "" {
				gauge(waiting, 1, p.Namespace, p.Name, c.Name, why.Reason)
			}
			if why := c.LastTerminationState.Terminated; why != nil && why.Reason != "" {
				gauge(terminated, 1, p.Namespace, p.Name, c.Name, why.Reason)
			}
		}
	}
	for _, one := range s.cluster.nodes.GetStore().List() {
		n, ok := one.(*corev1.Node)
		if !ok {
			continue
		}
		for _, c := range n.Status.Conditions {
			for _, status := range []string{"true", "false", "unknown"} {
				value := 0.0
				if lower(string(c.Status)) == status {
					value = 1
				}
				gauge(nodeCondition, value, n.Name, string(c.Type), status)
			}
		}
	}
}

func wanted(replicas *int32) float64 {
	if replicas == nil {
		return 1
	}
	return float64(*replicas)
}

func lower(status string) string {
	switch status {
	case "True":
		return "true"
	case "False":
		return "false"
	}
	return "unknown"
}

package policy

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// The protocols that a policy can name, in the order in which rules are written.
var protocols = []corev1.Protocol{corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP}

const lastPort = 65535

// numbered gives the matches for a rule's ports that are numbers: one for each protocol.
func numbered(ports []networkingv1.NetworkPolicyPort) []string {
	var matches []string
	for _, protocol := range protocols {
		var spans []span
		for _, port := range ports {
			if one, ok := portSpan(port); ok && protocolOf(port) == protocol {
				spans = append(spans, one)
			}
		}
		if len(spans) == 0 {
			continue
		}
		name := strings.ToLower(string(protocol))
		if spans = merged(spans); spans[0] == (span{0, lastPort}) {
			matches = append(matches, "meta l4proto "+name)
			continue
		}
		var texts []string
		for _, one := range spans {
			text := fmt.Sprint(one.from)
			if one.to != one.from {
				text += fmt.Sprintf("-%d", one.to)
			}
			texts = append(texts, text)
		}
		matches = append(matches, fmt.Sprintf("%s dport { %s }", name, strings.Join(texts, ", ")))
	}
	return matches
}

// portSpan gives a port that is a number, a range (endPort) or absent (every port of its protocol).
func portSpan(port networkingv1.NetworkPolicyPort) (span, bool) {
	if port.Port == nil {
		return span{0, lastPort}, true
	}
	if port.Port.Type != intstr.Int {
		return span{}, false
	}
	first := uint32(port.Port.IntVal)
	last := first
	if port.EndPort != nil {
		last = uint32(*port.EndPort)
	}
	return span{first, last}, first <= last && last <= lastPort
}

func protocolOf(port networkingv1.NetworkPolicyPort) corev1.Protocol {
	if port.Protocol == nil {
		return corev1.ProtocolTCP
	}
	return protocolOr(*port.Protocol)
}

func hasNames(ports []networkingv1.NetworkPolicyPort) bool {
	return slices.ContainsFunc(ports, func(port networkingv1.NetworkPolicyPort) bool {
		return port.Port != nil && port.Port.Type == intstr.String
	})
}

// named gives address, protocol and number of what the ports' names mean at each destination. A name means what the
// destination's containers call so, and may be another number at the next pod.
func named(ports []networkingv1.NetworkPolicyPort, destinations []Pod) []string {
	var elements []string
	for _, port := range ports {
		if port.Port == nil || port.Port.Type != intstr.String {
			continue
		}
		for _, pod := range destinations {
			for _, one := range pod.Ports {
				if one.Name == port.Port.StrVal && one.Protocol == protocolOf(port) {
					elements = append(elements, strings.Join([]string{
						pod.Address.String(), strings.ToLower(string(one.Protocol)), fmt.Sprint(one.Number),
					}, Separator))
				}
			}
		}
	}
	return unique(elements)
}

func unique(texts []string) []string { return slices.Compact(slices.Sorted(slices.Values(texts))) }

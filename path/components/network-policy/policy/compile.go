package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
)

// Compile gives the ruleset that enforces the world's policies.
//
// The way of a packet that begins a connection: the sender's address is looked up in a map; where it is there, a chain
// of the policies that isolate it follows, and ends in a drop. A policy's chain hands what it allows on to the
// receiver's half of the way, which is built alike. A pod costs an element of a map and of the sets of the rules that
// mean it; how many pods there are costs a packet nothing.
func Compile(world World) Ruleset {
	c := compiler{
		world: world.sorted(),
		out: Ruleset{
			Sets:     map[string]Set{},
			Verdicts: map[string]map[string]string{},
			Chains:   fixed(),
		},
	}
	isolated := []string{}
	for _, way := range []direction{outgoing, incoming} {
		for address := range c.isolate(way) {
			isolated = append(isolated, address.String()+Separator+address.String())
		}
	}
	c.out.Sets[Self] = Set{Type: addressPair, Elements: unique(isolated)}
	return c.out
}

type compiler struct {
	world World
	out   Ruleset
}

// direction is one of the two ways in which a policy isolates: what differs between them.
type direction struct {
	kind networkingv1.PolicyType
	// short is in names.
	short string
	// verdicts is the map that the isolated pods are in.
	verdicts string
	// peer is the side of a packet that a rule's peers are compared with.
	peer string
	// allowed is what happens to a packet that a rule allows.
	allowed string
}

var (
	outgoing = direction{networkingv1.PolicyTypeEgress, "out", Egress, "ip daddr", "goto " + Arrive}
	incoming = direction{networkingv1.PolicyTypeIngress, "in", Ingress, "ip saddr", "accept"}
)

// isolate writes the chains of all policies of a direction and returns the pods that they isolate.
func (c *compiler) isolate(way direction) map[netip.Addr][]string {
	chains := map[netip.Addr][]string{}
	for _, policy := range c.world.Policies {
		if !applies(policy, way.kind) {
			continue
		}
		pods := c.world.selected(policy.Namespace, policy.Spec.PodSelector)
		if len(pods) == 0 {
			continue
		}
		chain := nameOf("policy-"+way.short, policy.Namespace+"/"+policy.Name)
		c.out.Chains[chain] = c.rules(policy, way, pods)
		for _, pod := range pods {
			chains[pod.Address] = append(chains[pod.Address], chain)
		}
	}
	verdicts := map[string]string{}
	for address, policies := range chains {
		verdicts[address.String()] = "goto " + c.group(way, policies)
	}
	c.out.Verdicts[way.verdicts] = verdicts
	return chains
}

// group is the chain of all pods that the same policies isolate: each policy in turn, then nothing else.
func (c *compiler) group(way direction, policies []string) string {
	name := nameOf("pods-"+way.short, strings.Join(policies, " "))
	if _, known := c.out.Chains[name]; !known {
		var rules []string
		for _, chain := range policies {
			rules = append(rules, "jump "+chain)
		}
		c.out.Chains[name] = append(rules, "counter drop")
	}
	return name
}

// applies says whether a policy isolates in a direction: as its types say or, where it has none, ingress always and
// egress where it has such rules (what the API server's defaulting does).
func applies(policy *networkingv1.NetworkPolicy, kind networkingv1.PolicyType) bool {
	if len(policy.Spec.PolicyTypes) > 0 {
		return slices.Contains(policy.Spec.PolicyTypes, kind)
	}
	return kind == networkingv1.PolicyTypeIngress || len(policy.Spec.Egress) > 0
}

func (c *compiler) rules(policy *networkingv1.NetworkPolicy, way direction, pods []Pod) []string {
	rules := []string{}
	if way.kind == networkingv1.PolicyTypeIngress {
		for index, rule := range policy.Spec.Ingress {
			rules = append(rules, c.rule(policy, way, index, rule.From, rule.Ports, pods)...)
		}
		return rules
	}
	for index, rule := range policy.Spec.Egress {
		rules = append(rules, c.rule(policy, way, index, rule.To, rule.Ports, nil)...)
	}
	return rules
}

// rule gives the nft rules of one rule: each of its peers' kinds with each of its ports' kinds. They depend on the
// policy alone; which pods are meant is in sets, so that a pod that comes or goes changes no rule.
func (c *compiler) rule(
	policy *networkingv1.NetworkPolicy,
	way direction,
	index int,
	peers []networkingv1.NetworkPolicyPeer,
	ports []networkingv1.NetworkPolicyPort,
	selected []Pod,
) []string {
	set := func(kind string, set Set) string {
		name := nameOf(fmt.Sprintf("%s-%s-%d", kind, way.short, index), policy.Namespace+"/"+policy.Name)
		c.out.Sets[name] = set
		return "@" + name
	}
	allowed := func(matches ...string) string {
		return strings.TrimSpace(strings.Join(append(slices.DeleteFunc(matches, isEmpty), way.allowed), " "))
	}
	var rules []string
	addresses := c.addresses(policy.Namespace, way, peers, set)
	matches := numbered(ports)
	if len(ports) == 0 {
		matches = []string{""}
	}
	for _, peer := range addresses {
		for _, port := range matches {
			rules = append(rules, allowed(peer, port))
		}
	}
	if !hasNames(ports) {
		return rules
	}
	const destination = "ip daddr . meta l4proto . th dport "
	if way.kind == networkingv1.PolicyTypeEgress {
		// The set's addresses are those of the peers: there is nothing else to compare.
		found := set("named", Set{Type: addressPort, Elements: named(ports, c.destinations(policy.Namespace, peers))})
		return append(rules, allowed(destination+found))
	}
	found := set("named", Set{Type: addressPort, Elements: named(ports, selected)})
	for _, peer := range addresses {
		rules = append(rules, allowed(peer, destination+found))
	}
	return rules
}

// addresses gives the matches for a rule's peers: pods, IP blocks, or the empty match where anybody is meant.
func (c *compiler) addresses(
	namespace string,
	way direction,
	peers []networkingv1.NetworkPolicyPeer,
	set func(kind string, set Set) string,
) []string {
	if len(peers) == 0 {
		return []string{""}
	}
	spans := blocks(peers)
	if len(spans) == 1 && spans[0] == (span{0, lastAddress}) {
		return []string{""}
	}
	var matches []string
	isPod := func(peer networkingv1.NetworkPolicyPeer) bool { return peer.IPBlock == nil }
	if slices.ContainsFunc(peers, isPod) {
		var elements []string
		for _, pod := range c.world.peers(namespace, peers) {
			elements = append(elements, pod.Address.String())
		}
		matches = append(matches, way.peer+" "+set("peers", Set{Type: address, Elements: unique(elements)}))
	}
	if len(spans) > 0 {
		blocks := Set{Type: address, Interval: true, Elements: addressElements(spans)}
		matches = append(matches, way.peer+" "+set("blocks", blocks))
	}
	return matches
}

// destinations are the pods that an egress rule's peers mean, those in its IP blocks included.
func (c *compiler) destinations(namespace string, peers []networkingv1.NetworkPolicyPeer) []Pod {
	if len(peers) == 0 {
		return c.world.Pods
	}
	spans := blocks(peers)
	inBlocks := c.world.podsWhere(func(pod Pod) bool { return contains(spans, pod.Address) })
	return append(c.world.peers(namespace, peers), inBlocks...)
}

// nameOf gives a name that nft takes and nothing else has: what it is, a hash, and as much of the subject as fits.
func nameOf(kind, subject string) string {
	sum := sha256.Sum256([]byte(subject))
	name := kind + "-" + hex.EncodeToString(sum[:6]) + "-" + strings.Map(plain, subject)
	return name[:min(len(name), 120)]
}

func plain(letter rune) rune {
	switch {
	case letter >= 'a' && letter <= 'z', letter >= '0' && letter <= '9', strings.ContainsRune("/.-", letter):
		return letter
	}
	return '_'
}

func isEmpty(text string) bool { return text == "" }

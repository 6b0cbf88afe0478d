package policy

// Ruleset is what the table holds, in nft's words; its maps are never changed once it is made.
type Ruleset struct {
	// Sets by name.
	Sets map[string]Set
	// Verdicts are the verdict maps by name: address → verdict. The pods that are in one are isolated in a direction.
	Verdicts map[string]map[string]string
	// Chains by name: their rules in order.
	Chains map[string][]string
}

// Set is a named set of addresses, or of what its type says.
type Set struct {
	// Type as nft writes it: "ipv4_addr", "ipv4_addr . inet_proto . inet_service".
	Type string
	// Interval sets hold ranges; they do not overlap.
	Interval bool
	// Elements are sorted; the parts of one are joined by Separator.
	Elements []string
}

// Separator is between the parts of an element.
const Separator = " . "

// Names of the sets and chains that are always there.
const (
	// Self has each isolated pod's address twice: no pod is isolated from itself.
	Self = "self"
	// Egress maps the pods whose egress is isolated to the chain that says what they may reach.
	Egress = "isolated-egress"
	// Ingress maps the pods whose ingress is isolated to the chain that says who may reach them.
	Ingress = "isolated-ingress"
	// Forward sees every packet that begins a connection from, to or between pods.
	Forward = "forward"
	// Deliver sees every packet that begins a connection to the node itself.
	Deliver = "deliver"
	// Arrive is the second half of the way: the sender may send, may the receiver receive?
	Arrive = "arrive"
)

const (
	address     = "ipv4_addr"
	addressPair = "ipv4_addr . ipv4_addr"
	addressPort = "ipv4_addr . inet_proto . inet_service"
)

// fixed is the part of the table that no policy changes. The forward hook comes after the services' destination NAT
// and before their masquerade: both addresses are those of pods. What the node itself sends leaves by the output hook,
// so that probes always pass (as the API has it). What is sent to the node comes in by the input hook: the API would let
// a pod reach the node that it runs on, but there the API server listens, and to other nodes the same pod may not speak.
func fixed() map[string][]string {
	return map[string][]string{
		Forward: {
			// Every pod has a link-local IPv6 address that no policy can speak of. The cluster has no other IPv6.
			"meta nfproto ipv6 drop",
			"ct state established,related accept",
			"ip saddr . ip daddr @" + Self + " accept",
			"ip saddr vmap @" + Egress,
			"goto " + Arrive,
		},
		Deliver: {
			// The same link-local addresses; neighbours still have to find each other.
			`iifname != "lo" meta nfproto ipv6 meta l4proto != ipv6-icmp drop`,
			"ct state established,related accept",
			"ip saddr vmap @" + Egress,
		},
		Arrive: {
			"ip daddr vmap @" + Ingress,
			"accept",
		},
	}
}
